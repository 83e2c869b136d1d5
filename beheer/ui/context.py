"""What every page frame needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from beheer import __version__
from beheer.ui import navigation

THEME_COOKIE = "beheer_theme"
THEMES = ("light", "dark")


def page(request: HttpRequest) -> dict[str, Any]:
    """Values for the page frame: navigation for who is signed in, search, colours, version."""
    user = getattr(request, "user", None)
    known = bool(getattr(user, "is_authenticated", False))
    is_staff = known and navigation.sees_all(user)
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return {
        "page_navigation": navigation.links(request.path, is_staff) if known else [],
        "page_account_links": navigation.account_links() if known else [],
        "page_search_url": _search_url() if is_staff else "",
        "page_theme": theme if theme in THEMES else "",
        "page_version": __version__,
    }


def _search_url() -> str:
    """Where searching everywhere stands; empty when there is no such page."""
    try:
        return reverse("workplace:search")
    except NoReverseMatch:
        return ""
