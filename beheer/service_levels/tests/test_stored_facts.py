"""From rows to facts: what was recorded when, which rows hold, and that the packed arrays say what the rows say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from beheer.catalogue.models import Service
from beheer.lib.intervals import to_us
from beheer.monitoring.models import StateChange
from beheer.people.actions import create_user, grant_role
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.corrections import (
    approve_correction,
    propose_correction,
    withdraw_correction,
)
from beheer.service_levels.actions.windows import (
    WindowDraft,
    cancel_window,
    change_window,
    decide_window,
    draft_of,
    plan_window,
)
from beheer.service_levels.models import PlannedWindow, ServiceTimeline
from beheer.service_levels.queries.facts import facts_as_of
from beheer.service_levels.queries.packed import current_facts, refresh
from beheer.service_levels.queries.timelines import holding, timeline_from_rows

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
SINCE, UNTIL = to_us(NOW - 24 * HOUR), to_us(NOW + 24 * HOUR)
pytestmark = pytest.mark.django_db


@pytest.fixture
def web() -> Service:
    return Service.objects.create(key="web", name="Web")


def change(service: Service, state: str, at: datetime, recorded: datetime | None = None) -> StateChange:
    return StateChange.objects.create(
        service=service,
        state=state,
        previous_state="unknown",
        first_bad_at=at,
        last_good_at=at - timedelta(minutes=1),
        confirmed_at=at + timedelta(minutes=2),
        recorded_at=recorded or at + timedelta(minutes=3),
    )


def states(service: Service, as_of: datetime) -> list[tuple[int, int]]:
    line = timeline_from_rows([service.pk], as_of)
    return list(zip(line.at.tolist()[1:], line.state.tolist()[1:], strict=True))


def test_a_later_row_replaces_what_earlier_rows_said_of_that_time() -> None:
    assert holding(np.array([10, 30, 20, 20, 40], np.int64)).tolist() == [True, False, False, True, True]
    assert holding(np.array([], np.int64)).tolist() == []


def test_what_was_recorded_later_is_not_in_what_was_known_before(web: Service) -> None:
    change(web, "up", NOW)
    change(web, "down", NOW + HOUR, recorded=NOW + 9 * HOUR)
    assert states(web, NOW + 5 * HOUR) == [(to_us(NOW), 0)]
    assert states(web, NOW + 9 * HOUR) == [(to_us(NOW), 0), (to_us(NOW + HOUR), 2)]


def test_the_packed_arrays_say_what_the_rows_say(web: Service) -> None:
    other = Service.objects.create(key="mail", name="Mail")
    for hours, state in enumerate(["up", "down", "degraded", "up", "unknown", "up"]):
        change(web, state, NOW + hours * HOUR)
        change(other, state, NOW + 2 * hours * HOUR)
    refresh()
    ids = [other.pk, web.pk]
    packed, exact = (
        current_facts(ids, SINCE, UNTIL).timeline,
        facts_as_of(ids, SINCE, UNTIL, NOW + 99 * HOUR).timeline,
    )
    for name in ("service", "at", "state", "confirmed", "last_good"):
        assert getattr(packed, name).tolist() == getattr(exact, name).tolist(), name


def test_new_rows_are_added_and_rows_that_became_visible_late_are_found(web: Service) -> None:
    first = change(web, "up", NOW)
    assert list(refresh()) == [web.pk]
    assert refresh() == {}
    late = change(web, "down", NOW + HOUR, recorded=NOW + timedelta(minutes=4))
    StateChange.objects.filter(pk=late.pk).update(id=first.pk - 1)  # committed later, numbered earlier
    assert refresh() == {web.pk: to_us(NOW)}
    assert ServiceTimeline.objects.get().changes == 2


def test_what_is_packed_is_what_the_rows_say_whatever_is_done(web: Service) -> None:
    mail = Service.objects.create(key="mail", name="Mail")
    alice, bob = (
        create_user(actor=SYSTEM, username=name, email=f"{name}@example.org", now=NOW)[0]
        for name in ("alice", "bob")
    )
    for person in (alice, bob):
        grant_role(actor=SYSTEM, user=person, role="administrator", now=NOW)

    def plan(start: int, *services: Service, rule: str = "") -> PlannedWindow:
        begin = NOW + start * HOUR
        draft = WindowDraft(services, begin, begin + HOUR, "Disks", recurrence=rule)
        return plan_window(actor=alice, draft=draft, now=NOW)

    def hold(step: str) -> None:
        ids = [mail.pk, web.pk]
        packed, exact = current_facts(ids, SINCE, UNTIL), facts_as_of(ids, SINCE, UNTIL, None)
        for part in ("timeline", "windows", "corrections"):
            ours, theirs = vars(getattr(packed, part)), vars(getattr(exact, part))
            assert {name: sorted(column.tolist()) for name, column in ours.items()} == {
                name: sorted(column.tolist()) for name, column in theirs.items()
            }, (step, part)

    hold("nothing is packed")
    change(web, "up", NOW - 3 * HOUR)
    both, late, weekly = plan(2, web, mail), plan(-5, web), plan(3, mail, rule="FREQ=DAILY")
    hold("windows before states")
    refresh()
    change(mail, "down", NOW - HOUR)
    refresh()
    hold("states of a service with windows")
    decide_window(actor=bob, window=late, approve=True, decision="", now=NOW)
    hold("a late window approved")
    moved = change_window(actor=alice, window=both, draft=replace(draft_of(both), services=[mail]), now=NOW)
    hold("a window moved to another service")
    cancel_window(actor=alice, window=weekly, now=NOW)
    cancel_window(actor=alice, window=moved, now=NOW)
    hold("windows cancelled")
    correction = propose_correction(
        actor=alice, service=web, starts_at=NOW - 2 * HOUR, ends_at=NOW - HOUR, makes="exclude", reason="No", now=NOW
    )  # fmt: skip
    hold("a correction proposed")
    approve_correction(actor=bob, correction=correction, now=NOW)
    hold("a correction approved")
    assert len(current_facts([web.pk], SINCE, UNTIL).corrections) == 1
    withdraw_correction(actor=alice, correction=correction, now=NOW)
    hold("a correction withdrawn")
    ServiceTimeline.objects.all().delete()
    hold("thrown away")
    refresh()
    hold("packed again")
    assert ServiceTimeline.objects.count() == 2


def test_a_service_without_rows_is_unknown(web: Service) -> None:
    facts = current_facts([web.pk], SINCE, UNTIL)
    assert facts.timeline.state.tolist() == [3]


def test_a_window_counts_from_when_it_was_recorded_until_it_was_cancelled(web: Service) -> None:
    draft = WindowDraft(services=[web], starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR, reason="Disks")
    window = plan_window(actor=SYSTEM, draft=draft, now=NOW)
    cancel_window(actor=SYSTEM, window=window, now=NOW + timedelta(minutes=30))

    def known(as_of: datetime) -> int:
        return len(facts_as_of([web.pk], SINCE, UNTIL, as_of).windows)

    assert [known(NOW - HOUR), known(NOW), known(NOW + HOUR)] == [0, 1, 0]
    assert len(current_facts([web.pk], SINCE, UNTIL).windows) == 0
