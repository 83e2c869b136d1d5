"""From rows to facts: what was recorded when, which rows hold, and that the packed arrays say what the rows say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from beheer.catalogue.models import Service
from beheer.lib.intervals import to_us
from beheer.monitoring.models import StateChange
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.windows import WindowDraft, cancel_window, plan_window
from beheer.service_levels.models import ServiceTimeline
from beheer.service_levels.queries.facts import current_facts, facts_as_of
from beheer.service_levels.queries.timelines import holding, refresh_timelines, timeline_from_rows

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
    refresh_timelines()
    ids = [other.pk, web.pk]
    packed, exact = (
        current_facts(ids, SINCE, UNTIL).timeline,
        facts_as_of(ids, SINCE, UNTIL, NOW + 99 * HOUR).timeline,
    )
    for name in ("service", "at", "state", "confirmed", "last_good"):
        assert getattr(packed, name).tolist() == getattr(exact, name).tolist(), name


def test_new_rows_are_added_and_rows_that_became_visible_late_are_found(web: Service) -> None:
    first = change(web, "up", NOW)
    assert list(refresh_timelines()) == [web.pk]
    assert refresh_timelines() == {}
    late = change(web, "down", NOW + HOUR, recorded=NOW + timedelta(minutes=4))
    StateChange.objects.filter(pk=late.pk).update(id=first.pk - 1)  # committed later, numbered earlier
    assert refresh_timelines() == {web.pk: to_us(NOW)}
    assert ServiceTimeline.objects.get().changes == 2


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
