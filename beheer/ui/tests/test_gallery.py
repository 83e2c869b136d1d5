"""The gallery shows every component, and every component works there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from beheer.ui.icons import ICONS
from beheer.ui.templatetags.ui import register

pytestmark = pytest.mark.django_db
# Shown by all pages, or by their own tests, because they need a request or a list.
SHOWN_ELSEWHERE = {"list_table", "list_rows", "options", "pager", "live", "fields", "plain"}


@pytest.fixture
def page(client: Client) -> str:
    """The gallery as someone signed in sees it."""
    client.force_login(
        get_user_model().objects.create_user("anna", "anna@example.org", "a long enough secret")
    )
    response = client.get("/ui/")
    assert response.status_code == 200
    return response.content.decode()


def test_the_gallery_uses_every_component() -> None:
    template = (Path(__file__).parents[1] / "templates/ui/gallery.html").read_text()
    used = set(re.findall(r"{%\s*(\w+)", template))
    assert set(register.tags) - SHOWN_ELSEWHERE - used == set()


def test_every_icon_is_drawn(page: str) -> None:
    sprite = (Path(__file__).parents[1] / "static/ui/icons.svg").read_text()
    assert set(re.findall(r'symbol id="(\w+)"', sprite)) == ICONS
    assert all(f"#{name}" in page for name in ICONS)


def test_nothing_on_a_page_needs_inline_script_or_style(page: str) -> None:
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=", page)


def test_the_gallery_is_not_for_strangers(client: Client) -> None:
    assert client.get("/ui/").status_code == 302
