"""Where every room's pages stand."""

from __future__ import annotations

import importlib.util

from django.urls import URLPattern, URLResolver, include, path

from beheer.api import api
from beheer.people.views.account import choose_language
from beheer.service_levels.views.metrics import metrics

# Rooms whose pages stand under their own name; `workplace` has the front door.
ROOMS = {
    "": "workplace",
    "ui/": "ui",
    "people/": "people",
    "profile/": "profile",
    "catalogue/": "catalogue",
    "monitoring/": "monitoring",
    "service-levels/": "service_levels",
    "portal/": "portal",
    "work-items/": "work",
    "notifications/": "notifications",
    "audit/": "audit",
    "configuration/": "configuration",
    "demo/": "demo",
}


def _room_urls() -> list[URLPattern | URLResolver]:
    """The pages of the rooms that have any."""
    names = {prefix: f"beheer.{room}.urls" for prefix, room in ROOMS.items()}
    return [path(prefix, include(name)) for prefix, name in names.items() if importlib.util.find_spec(name)]


urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", include("allauth.urls")),
    path("language/", choose_language, name="set_language"),
    path("api/", api.urls),
    path("metrics", metrics, name="metrics"),
    path("", include("beheer.monitoring.root_urls")),
    *_room_urls(),
]

handler400 = "beheer.ui.views.bad_request"
handler403 = "beheer.ui.views.not_allowed"
handler404 = "beheer.ui.views.not_found"
handler500 = "beheer.ui.views.failed"
