"""Incidents from state changes: one for each outage, nearest the cause."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.utils import IntegrityError

from beheer.monitoring.models import StateChange
from beheer.notifications.models import Channel, Message
from beheer.permissions.rules import SYSTEM
from beheer.work.actions import outages, take_step
from beheer.work.models import Item, Outage, ServiceRule
from beheer.work.models.items import LinkKind
from beheer.work.tasks import answer_state_changes, take_timed_steps
from beheer.work.tests.conftest import MONDAY, Estate, state_change

pytestmark = pytest.mark.django_db


def answered(minute: float) -> int:
    return answer_state_changes(MONDAY + timedelta(minutes=minute))


def test_a_service_that_goes_down_gets_one_incident_with_impact_of_its_criticality(estate: Estate) -> None:
    state_change(estate.webmail, "down", 0)
    assert answered(1) == 1
    item = Item.objects.get()
    assert (item.kind, item.state, item.service) == ("incident", "new", estate.webmail)
    assert item.title == "Webmail is down"
    assert (item.impact, item.urgency, item.priority) == (2, 1, 2)
    assert item.team == estate.webmail.team
    assert item.opened_at == MONDAY
    assert [row.service for row in item.outages.all()] == [estate.webmail]


def test_answering_twice_is_answering_once(estate: Estate) -> None:
    state_change(estate.webmail, "down", 0)
    assert (answered(1), answered(2)) == (1, 0)
    assert Item.objects.count() == 1


def test_degraded_is_less_urgent_than_down_and_rises_when_it_gets_worse(estate: Estate) -> None:
    state_change(estate.webmail, "degraded", 0)
    answered(1)
    assert Item.objects.get().urgency == 2
    state_change(estate.webmail, "down", 5, previous_state="degraded")
    answered(6)
    item = Item.objects.get()
    assert (item.urgency, item.outages.get().worst) == (1, "down")


def test_the_incident_stands_on_the_service_nearest_the_cause_and_lists_the_others(estate: Estate) -> None:
    state_change(estate.database, "down", 0)
    state_change(estate.directory, "down", 1, cause_service=estate.database)
    state_change(estate.webmail, "down", 2, cause_service=estate.database)
    answered(3)
    item = Item.objects.get()
    assert item.service == estate.database
    assert {row.service.key for row in item.affected.all()} == {"database", "directory", "webmail"}
    assert item.outages.get(is_cause=True).service == estate.database
    assert item.priority == 2  # of webmail, the heaviest of the three


def test_a_follower_known_first_opens_the_incident_on_the_cause_that_monitoring_names(estate: Estate) -> None:
    state_change(estate.webmail, "down", 0, cause_service=estate.database)
    answered(0.5)
    assert Item.objects.get().service == estate.database
    state_change(estate.database, "down", 1)
    answered(2)
    item = Item.objects.get()
    assert item.outages.count() == 2


def test_when_the_cause_shows_itself_later_the_incident_moves_to_it_and_others_merge(estate: Estate) -> None:
    state_change(estate.webmail, "down", 0)
    answered(0.5)
    state_change(estate.alone, "down", 1)
    state_change(estate.database, "down", 2)
    answered(3)
    moved = Item.objects.get(outages__service=estate.webmail)
    assert (moved.service, moved.title) == (estate.database, "Database is down")
    assert moved.events.filter(verb="cause_moved").count() == 1
    assert Item.objects.exclude(pk=moved.pk).get().service == estate.alone


def test_two_followers_that_got_an_incident_each_become_one(estate: Estate) -> None:
    other = type(estate.webmail).objects.create(key="portal", name="Portal")
    estate.webmail.dependencies.all().delete()
    estate.webmail.dependencies.create(needs=estate.database)
    other.dependencies.create(needs=estate.database)
    state_change(estate.webmail, "down", 0)
    state_change(other, "down", 1)
    answered(1.5)
    assert Item.objects.count() == 2
    state_change(estate.database, "down", 2)
    answered(3)
    main = Item.objects.get(service=estate.database)
    merged = Item.objects.exclude(pk=main.pk).get()
    assert merged.phase == "closed"
    assert merged.links_out.get().kind == LinkKind.DUPLICATES
    assert main.outages.filter(ended_at=None).count() == 3


def test_an_old_outage_is_not_taken_for_a_follower(estate: Estate) -> None:
    state_change(estate.webmail, "down", 0)
    answered(1)
    state_change(estate.database, "down", 600)
    answered(601)
    assert Item.objects.count() == 2


def test_an_incident_merges_when_monitoring_names_its_cause_later(estate: Estate) -> None:
    state_change(estate.webmail, "down", 0)
    state_change(estate.database, "down", 30)
    answered(31)
    assert Item.objects.count() == 2
    state_change(estate.webmail, "down", 32, previous_state="down", cause_service=estate.database)
    answered(33)
    main = Item.objects.get(phase="open")
    assert main.service == estate.database
    assert {row.service.key for row in main.outages.filter(ended_at=None)} == {"database", "webmail"}


def test_the_incident_is_resolved_when_every_service_of_it_is_back(estate: Estate) -> None:
    state_change(estate.database, "down", 0)
    state_change(estate.directory, "down", 1)
    answered(2)
    state_change(estate.database, "up", 10)
    answered(11)
    assert Item.objects.get().state == "new"
    state_change(estate.directory, "up", 12)
    answered(13)
    item = Item.objects.get()
    assert (item.state, item.solved_at) == ("resolved", MONDAY + timedelta(minutes=12))
    assert "12 min" in item.values["solution"]
    assert not Outage.objects.filter(ended_at=None).exists()


def test_a_service_may_ask_for_closure_instead(estate: Estate) -> None:
    ServiceRule.objects.create(service=estate.webmail, when_back="ask")
    state_change(estate.webmail, "down", 0)
    state_change(estate.webmail, "up", 5)
    answered(6)
    item = Item.objects.get()
    assert (item.state, item.is_service_back) == ("new", True)


def test_a_service_may_open_no_incidents(estate: Estate) -> None:
    ServiceRule.objects.create(service=estate.alone, opens_incidents=False)
    state_change(estate.alone, "down", 0)
    assert answered(1) == 1
    assert not Item.objects.exists()


def test_down_again_soon_reopens_the_same_incident(estate: Estate) -> None:
    for minute, state in ((0, "down"), (5, "up"), (20, "down")):
        state_change(estate.webmail, state, minute)
    answered(21)
    item = Item.objects.get()
    assert (item.state, item.phase) == ("new", "open")
    assert item.solved_at is None
    assert item.outages.count() == 2


def test_down_again_much_later_is_another_incident(estate: Estate) -> None:
    for minute, state in ((0, "down"), (5, "up"), (60, "down")):
        state_change(estate.webmail, state, minute)
    answered(61)
    assert Item.objects.count() == 2


def test_a_closed_incident_is_not_opened_again(estate: Estate) -> None:
    state_change(estate.webmail, "down", 0)
    state_change(estate.webmail, "up", 5)
    answered(6)
    item = Item.objects.get()
    take_step(actor=SYSTEM, item=item, step="close", version=None, now=MONDAY + timedelta(minutes=7))
    state_change(estate.webmail, "down", 8)
    answered(9)
    assert Item.objects.count() == 2


def test_flapping_makes_one_incident_that_waits_for_rest(estate: Estate) -> None:
    for minute in range(0, 40, 4):
        state_change(estate.webmail, "down", minute, is_flapping=True)
        state_change(estate.webmail, "up", minute + 2, is_flapping=True)
    answered(40)
    item = Item.objects.get()
    assert (item.state, item.is_service_back) == ("new", True)
    assert not item.events.filter(verb="step").exists()
    state_change(estate.webmail, "up", 60, previous_state="up")
    answered(61)
    assert Item.objects.get().state == "resolved"


def test_unknown_opens_nothing_and_ends_nothing(estate: Estate) -> None:
    state_change(estate.webmail, "unknown", 0)
    state_change(estate.directory, "down", 1)
    state_change(estate.directory, "unknown", 2, previous_state="down")
    answered(3)
    assert Item.objects.get().service == estate.directory
    assert Outage.objects.get().ended_at is None


def test_simulated_history_opens_nothing(estate: Estate) -> None:
    state_change(estate.webmail, "down", 0, is_simulated=True)
    assert answered(1) == 1
    assert not Item.objects.exists()


def test_a_resolved_incident_closes_by_itself_after_three_days(estate: Estate) -> None:
    state_change(estate.webmail, "down", 0)
    state_change(estate.webmail, "up", 5)
    answered(6)
    assert take_timed_steps(MONDAY + timedelta(days=3)) == 0
    assert take_timed_steps(MONDAY + timedelta(days=3, minutes=10)) == 1
    assert Item.objects.get().state == "closed"


def test_the_store_itself_refuses_a_second_open_outage_of_a_service(estate: Estate) -> None:
    state_change(estate.webmail, "down", 0)
    answered(1)
    item = Item.objects.get()
    with pytest.raises(IntegrityError, match=r"a_service_has_one_outage|work_outage"):
        Outage.objects.create(service=estate.webmail, item=item, started_at=MONDAY, worst="down")


def test_a_row_that_cannot_be_answered_holds_up_no_other(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = state_change(estate.alone, "down", 0)
    state_change(estate.webmail, "down", 1)

    answer = outages.answer

    def breaks(row: StateChange, *rest: object) -> None:
        if row.pk == bad.pk:
            raise RuntimeError("broken on purpose")
        answer(row, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(outages, "answer", breaks)
    assert answered(2) == 1
    assert Item.objects.get().service == estate.webmail
    assert StateChange.objects.get(pk=bad.pk).claimed_by_work_at is None
    monkeypatch.undo()
    assert answered(3) == 1


def test_opened_and_resolved_are_told_by_the_channels_that_ask_for_it(estate: Estate) -> None:
    channel = Channel.objects.create(key="mail", name="Mail", kind="email", settings={"to": "a@example.org"})
    channel.subscriptions.create(events=[])
    for minute, state in ((0, "down"), (5, "up")):
        state_change(estate.webmail, state, minute)
    answered(6)
    told = [(row.event, row.severity) for row in Message.objects.order_by("pk")]
    assert told == [("incident.opened", "critical"), ("incident.resolved", "info")]
    first = Message.objects.order_by("pk")[0]
    assert "Service: Webmail" in first.body["en"]
    assert first.path == f"/work-items/{Item.objects.get().number}/"
