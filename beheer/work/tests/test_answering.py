"""An answer of the reporter wakes what waits for them."""

from __future__ import annotations

import pytest
from django.test import Client

from beheer.people.models import User
from beheer.work.actions import create, take_step
from beheer.work.clocks import clocks_on
from beheer.work.models import Item
from beheer.work.tests.conftest import MONDAY, Estate

pytestmark = pytest.mark.django_db


@pytest.fixture
def reported(estate: Estate, bob: User, charlie: User) -> Item:
    values = {
        "title": "No mail",
        "service": "webmail",
        "impact": "low",
        "urgency": "low",
        "requester": "charlie",
    }
    return create(actor=bob, kind="incident", values=values, now=MONDAY)


def asked(item: Item, bob: User) -> Item:
    take_step(actor=bob, item=item, step="take", version=None, now=MONDAY)
    return take_step(
        actor=bob, item=item, step="ask_user", version=None, now=MONDAY, values={"reply": "To whom?"}
    )


def test_what_waits_for_the_reporter_goes_on_and_its_clocks_run(
    client: Client, reported: Item, bob: User, charlie: User
) -> None:
    asked(reported, bob)
    client.force_login(charlie)
    assert client.post(f"/portal/requests/{reported.number}/answer/", {"text": "To Jan"}).status_code == 302
    reported.refresh_from_db()
    assert reported.state == "in_progress"
    assert reported.assignee == bob
    verbs = list(reported.events.order_by("position").values_list("verb", "actor_name"))
    assert verbs[-2:] == [("message", "charlie"), ("step", "charlie")]
    clock = clocks_on(reported)["resolution"]
    assert clock.at(reported.changed_at).state == "running"


def test_what_does_not_wait_for_them_stays_as_it_is(
    client: Client, reported: Item, bob: User, charlie: User
) -> None:
    client.force_login(charlie)
    client.post(f"/portal/requests/{reported.number}/answer/", {"text": "Also on the phone"})
    reported.refresh_from_db()
    assert reported.state == "new"
