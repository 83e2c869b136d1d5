"""Addresses of pages in the rooms below; a page that does not exist has none."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse


def address(name: str, *arguments: object, query: str = "") -> str:
    """The address of a page with a query behind it; empty when there is no such page."""
    try:
        found = reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
    return f"{found}?{query}" if query else found
