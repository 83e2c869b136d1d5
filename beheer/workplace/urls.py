"""Where this room's pages stand: the front door."""

from __future__ import annotations

from beheer.workplace.activities.urls import urlpatterns as activity_urls

app_name = "workplace"

urlpatterns = [*activity_urls]
