"""The frame and its components in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from beheer.ui.tests.browser import Visitor, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_gallery_is_for_everyone(look_at: Callable[..., None]) -> None:
    look_at("/ui/", "/api/docs")


def test_signing_in_is_for_everyone(visitor: Visitor) -> None:
    stranger = Visitor(visitor.browser, visitor.address, {})
    stranger.look_at("/account/login/", "/account/password/reset/")


def test_dragging_over_a_chart_shows_only_that_span(visitor: Visitor) -> None:
    with visitor.page() as page:
        page.goto("/ui/")
        page.locator("#lines").scroll_into_view_if_needed()
        box = page.locator("#lines .drawing").bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 50)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 50, steps=3)
        page.mouse.up()
        page.wait_for_url("**from=*")
        assert "until=" in page.url and "range=" not in page.url


def test_keys_lead_to_places_and_are_shown(visitor: Visitor) -> None:
    with visitor.page() as page:
        page.goto("/ui/")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("?")
        assert page.locator("#keys").is_visible()
        assert violations(page) == []
        page.keyboard.press("Escape")
        assert not page.locator("#keys").is_visible()


def test_language_and_colours_are_chosen_without_javascript(visitor: Visitor) -> None:
    with visitor.page("en", scripts=False) as page:
        page.goto("/ui/")
        page.locator(".top-end button[value=nl]").click()
        assert page.locator("html").get_attribute("lang") == "nl"
        page.locator(".top-end button[value=dark]").click()
        assert page.locator("html").get_attribute("data-theme") == "dark"
        page.locator(".top-end button[value=system]").click()
        assert page.locator("html").get_attribute("data-theme") is None


def test_the_first_stop_of_the_tab_key_skips_to_the_content(visitor: Visitor) -> None:
    with visitor.page() as page:
        page.goto("/account/password/change/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
