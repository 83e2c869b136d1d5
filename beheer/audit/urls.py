"""Where the audit trail's pages stand."""

from __future__ import annotations

from django.urls import path

from beheer.audit import views

app_name = "audit"

urlpatterns = [
    path("", views.entry_list, name="entry_list"),
    path("verify/", views.verify_chain, name="verify"),
    path("<int:entry_id>/", views.entry_detail, name="entry_detail"),
]
