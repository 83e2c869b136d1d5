"""Cards on the board are moved by the steps of their kind."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from beheer.catalogue.models import Service
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM
from beheer.ui.tests.browser import Visitor
from beheer.work.actions import create
from beheer.work.models import Item
from beheer.work.tests.conftest import MONDAY, Estate

BOARD, MOVE = "/work-items/board/", "/work-items/board/move/"


@pytest.mark.django_db
def test_a_card_carries_the_steps_its_reader_may_take(client: Client, bob: User, incident: Item) -> None:
    client.force_login(bob)
    page = client.get(BOARD + "?kind=incident").content.decode()
    assert f'value="{incident.number}:{incident.version}:take" data-to="in_progress"' in page
    assert f'value="{incident.number}:{incident.version}:resolve"' in page
    assert ":ask_user" not in page


@pytest.mark.django_db
def test_a_step_that_asks_nothing_is_taken_at_once_and_the_second_person_is_told(
    client: Client, bob: User, incident: Item
) -> None:
    client.force_login(bob)
    data = {"move": f"{incident.number}:{incident.version}:take", "kind": "incident", "team": ""}
    first = client.post(MOVE, data)
    assert first["Location"] == BOARD + "?kind=incident&team="
    incident.refresh_from_db()
    assert (incident.state, incident.assignee) == ("in_progress", bob)
    version = incident.version
    second = client.post(MOVE, data, follow=True).content.decode()
    assert "was changed by somebody else" in second
    incident.refresh_from_db()
    assert incident.version == version


@pytest.mark.django_db
def test_a_step_that_asks_leads_to_its_form(client: Client, bob: User, incident: Item) -> None:
    client.force_login(bob)
    answer = client.post(MOVE, {"move": f"{incident.number}:{incident.version}:resolve", "kind": "incident"})
    assert answer["Location"] == f"/work-items/{incident.number}/steps/resolve/"
    incident.refresh_from_db()
    assert incident.state == "new"


@pytest.mark.django_db
def test_who_may_not_is_refused_and_nonsense_is_told(
    client: Client, bob: User, charlie: User, incident: Item
) -> None:
    client.force_login(charlie)
    data = {"move": f"{incident.number}:{incident.version}:take"}
    assert client.post(MOVE, data).status_code in (403, 404)
    client.force_login(bob)
    assert client.post(MOVE, {"move": "x"}).status_code == 422
    incident.refresh_from_db()
    assert incident.state == "new"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_card_is_dragged_and_moved_by_keyboard_without_script(visitor: Visitor, estate: Estate) -> None:
    values = {"title": "Slow", "description": "x", "service": "webmail", "impact": "low", "urgency": "low"}
    one = create(actor=SYSTEM, kind="incident", values=values, now=MONDAY)
    two = create(actor=SYSTEM, kind="incident", values=values | {"title": "Slower"}, now=MONDAY)
    with visitor.page() as page:
        page.goto(BOARD + "?kind=incident")
        card = page.locator(".work-card", has_text=one.number)
        with page.expect_navigation():
            card.drag_to(page.locator('.lane[data-state="in_progress"]'))
        assert page.locator('.lane[data-state="in_progress"] .work-card').count() == 1
    with visitor.page(scripts=False) as page:
        page.goto(BOARD + "?kind=incident")
        card = page.locator(".work-card", has_text=two.number)
        card.locator("summary").press("Enter")
        with page.expect_navigation():
            card.locator('button[data-to="in_progress"]').press("Enter")
        assert page.locator('.lane[data-state="in_progress"] .work-card').count() == 2


@pytest.mark.django_db
def test_the_board_asks_no_more_for_more_cards(client: Client, bob: User, incident: Item) -> None:
    client.force_login(bob)

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(BOARD + "?kind=incident").status_code == 200
        return len(asked)

    questions()
    few = questions()
    for number in range(8):
        service = Service.objects.create(key=f"s{number}", name=f"Service {number}", criticality=1)
        row = Item.objects.get(pk=incident.pk)
        row.pk, row.number, row.service = None, f"INC-2026-9{number:04}", service
        row.save()
    assert questions() == few
