"""The front door in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from beheer.ui.tests.browser import Visitor
from beheer.workplace.tests.conftest import Institution

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_front_door_is_for_everyone(look_at: Callable[..., None], institution: Institution) -> None:
    institution.incident(1, institution.web)
    look_at("/", "/board/", "/search/?q=web")


def test_the_board_shows_what_changed_by_itself(visitor: Visitor, institution: Institution) -> None:
    with visitor.page() as page:
        page.goto("/board/")
        assert page.locator(".troubles .trouble").count() == 1
        institution.mail.monitored_state.state = "degraded"
        institution.mail.monitored_state.save()
        page.evaluate(
            "htmx.ajax('GET', location.href, {target: '#board', select: '#board', swap: 'outerHTML'})"
        )
        page.locator(".troubles .trouble").nth(1).wait_for()
        assert "E-mail" in page.locator(".troubles").inner_text()
