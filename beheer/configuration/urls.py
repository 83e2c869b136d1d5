"""Where the pages for configuration as code stand."""

from __future__ import annotations

from django.urls import path

from beheer.configuration import views

app_name = "configuration"

urlpatterns = [
    path("", views.configuration, name="upload"),
    path("apply/", views.configuration_apply, name="apply"),
    path("export/", views.configuration_export, name="export"),
]
