"""The front door in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from beheer.ui import navigation
from beheer.ui.tests.browser import Visitor
from beheer.workplace.tests.conftest import Institution

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
REFRESH = "htmx.trigger('#board', 'refresh')"
UNANSWERED = "htmx.trigger('#board', 'htmx:sendError', {elt: document.querySelector('#board')})"


def test_the_front_door_is_for_everyone(look_at: Callable[..., None], institution: Institution) -> None:
    institution.incident(1, institution.web)
    look_at("/", "/board/", "/search/?q=web")


def test_every_place_of_the_navigation_is_for_everyone(
    look_at: Callable[..., None], institution: Institution
) -> None:
    institution.incident(1, institution.web)
    places = [link.url for _title, links in navigation.links("/") for link in links]
    assert len(places) > 15
    look_at(*places)


def test_the_board_shows_what_changed_by_itself(visitor: Visitor, institution: Institution) -> None:
    with visitor.page() as page:
        page.goto("/board/")
        assert page.locator(".troubles .trouble").count() == 1
        institution.mail.monitored_state.state = "degraded"
        institution.mail.monitored_state.save()
        page.evaluate(REFRESH)
        page.locator(".troubles .trouble").nth(1).wait_for()
        assert "E-mail" in page.locator(".troubles").inner_text()


def test_a_board_that_could_not_be_refreshed_says_so(visitor: Visitor, institution: Institution) -> None:
    with visitor.page() as page:
        page.goto("/board/")
        assert not page.locator("#board .stale").is_visible()
        page.evaluate(UNANSWERED)
        assert page.locator("#board .stale").is_visible()
        page.evaluate(REFRESH)
        page.locator("#board .stale").wait_for(state="hidden")


def test_who_was_signed_out_is_led_to_signing_in(visitor: Visitor, institution: Institution) -> None:
    with visitor.page() as page:
        page.goto("/board/")
        page.context.clear_cookies()
        page.evaluate(REFRESH)
        page.wait_for_url("**/account/login/**")


def test_a_list_narrows_while_typing_and_keeps_it_in_the_address(
    visitor: Visitor, institution: Institution
) -> None:
    with visitor.page() as page:
        page.goto("/catalogue/services/")
        assert page.locator(".table tbody tr").count() == 2
        page.locator(".search-field input").press_sequentially("webs")
        page.wait_for_url("**q=webs**")
        assert page.locator(".table tbody tr").count() == 1
        assert page.evaluate("document.activeElement.name") == "q"
        page.reload()
        assert page.locator(".table tbody tr").count() == 1
        page.get_by_role("link", name="Show all").click()
        assert page.locator(".table tbody tr").count() == 2


def test_a_list_works_without_javascript(visitor: Visitor, institution: Institution) -> None:
    with visitor.page(scripts=False) as page:
        page.goto("/catalogue/services/")
        page.locator(".search-field input").fill("webs")
        page.get_by_role("button", name="Apply").click()
        assert page.locator(".table tbody tr").count() == 1
        page.locator("thead a").first.click()
        assert "q=webs" in page.url and "sort=" in page.url
