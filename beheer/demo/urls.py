"""Where the demonstration's buttons lead."""

from __future__ import annotations

from django.urls import path

from beheer.demo import views

app_name = "demo"

urlpatterns = [
    path("load/", views.load, name="load"),
    path("remove/", views.remove, name="remove"),
]
