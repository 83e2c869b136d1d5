"""Where the pages of the result areas stand; included by the room's urls."""

from __future__ import annotations

from django.urls import path

from beheer.workplace.activities import views

urlpatterns = [
    path("areas/", views.area_list, name="area_list"),
    path("areas/<int:area_id>/", views.area, name="area"),
]
