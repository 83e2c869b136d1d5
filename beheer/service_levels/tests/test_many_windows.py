"""Many planned windows: the list and the calendars show what is asked for, and read no more than that."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from beheer.catalogue.models import Service
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.windows import (
    WindowDraft,
    cancel_window,
    change_window,
    draft_of,
    plan_window,
)
from beheer.service_levels.models import PlannedWindow
from beheer.service_levels.queries.windows import SHOWN_A_DAY, months_from, windows_listed, windows_with

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def services() -> list[Service]:
    return [Service.objects.create(key=key, name=f"Shop {key}") for key in ("web", "mail")]


def plan(services: list[Service], starts_at: datetime = NOW + DAY, **changes: object) -> PlannedWindow:
    values: dict[str, object] = {"ends_at": starts_at + HOUR, "reason": "New disks"}
    draft = WindowDraft(services=services, starts_at=starts_at, **{**values, **changes})  # type: ignore[arg-type]
    return plan_window(actor=SYSTEM, draft=draft, now=NOW)


def test_a_window_that_was_replaced_is_not_listed(services: list[Service]) -> None:
    first = plan(services)
    changed = change_window(actor=SYSTEM, window=first, draft=draft_of(first), now=NOW)
    assert list(windows_listed()) == [changed]


def test_a_window_is_found_once_by_words_of_its_reason_and_its_services(services: list[Service]) -> None:
    window = plan(services)
    plan(services[:1], reason="Other work")
    assert list(windows_with(windows_listed(), "shop disks")) == [window]
    assert list(windows_with(windows_listed(), "mail")) == [window]
    assert not windows_with(windows_listed(), "disks nowhere").exists()


def test_the_list_is_read_in_the_order_of_an_index() -> None:
    if connection.vendor == "postgresql":  # which chooses its way by how much there is: nothing, here
        with connection.cursor() as cursor:
            for way in ("seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
    steps = windows_listed()[:50].explain()
    assert "windows_by_start" in steps
    assert "B-TREE" not in steps and "Sort" not in steps


def shown(day: date) -> dict[date, list[tuple[str, str, str]]]:
    """What the calendar shows from a day on: reason, and begin and end in local time, of each day with windows."""
    _first, days = months_from(day.isoformat(), day)
    return {
        one.day: [
            (window.reason, f"{timezone.localtime(low):%H:%M}", f"{timezone.localtime(high):%H:%M}")
            for window, low, high in one.windows
        ]
        for one in days
        if one.windows
    }


def test_the_calendar_shows_windows_that_hold_and_not_those_replaced_or_cancelled(
    services: list[Service],
) -> None:
    first = plan(services, recurrence="FREQ=WEEKLY;COUNT=2")
    change_window(actor=SYSTEM, window=first, draft=replace(draft_of(first), reason="Moved"), now=NOW)
    cancel_window(actor=SYSTEM, window=plan(services, reason="Not at all"), now=NOW)
    assert shown(NOW.date()) == {
        date(2026, 11, 3): [("Moved", "10:00", "11:00")],
        date(2026, 11, 10): [("Moved", "10:00", "11:00")],
    }


def test_a_window_stands_on_each_day_it_touches_and_not_on_the_day_that_begins_as_it_ends(
    services: list[Service],
) -> None:
    start = datetime(2026, 11, 3, 21, tzinfo=UTC)  # 22:00 in Amsterdam
    plan(services, start, ends_at=start + 2 * HOUR, reason="Until midnight")
    plan(services, start, ends_at=start + 2 * HOUR + timedelta(seconds=1), reason="Past midnight")
    assert {day: [row[0] for row in rows] for day, rows in shown(NOW.date()).items()} == {
        date(2026, 11, 3): ["Until midnight", "Past midnight"],
        date(2026, 11, 4): ["Past midnight"],
    }


def test_a_series_keeps_its_local_time_on_the_calendar_over_the_end_of_summer_time(
    services: list[Service],
) -> None:
    start = datetime(2027, 10, 24, 21, 30, tzinfo=UTC)  # 23:30 in Amsterdam, in summer time
    plan(services, start, ends_at=start + 25 * timedelta(minutes=1), recurrence="FREQ=WEEKLY;COUNT=2")
    assert shown(start.date()) == {
        date(2027, 10, 24): [("New disks", "23:30", "23:55")],
        date(2027, 10, 31): [("New disks", "23:30", "23:55")],
    }


def test_occurrences_that_overlap_each_other_are_all_shown(services: list[Service]) -> None:
    plan(services, ends_at=NOW + DAY + 36 * HOUR, recurrence="FREQ=DAILY;COUNT=3")
    found = {day: [row[1] for row in rows] for day, rows in shown(NOW.date()).items()}
    assert found == {
        date(2026, 11, 3): ["10:00"],
        date(2026, 11, 4): ["10:00", "10:00"],
        date(2026, 11, 5): ["10:00", "10:00"],
        date(2026, 11, 6): ["10:00"],
    }


def test_a_time_that_is_left_out_is_not_on_the_calendar(services: list[Service]) -> None:
    plan(services, recurrence="FREQ=DAILY;COUNT=3", left_out=[NOW + 2 * DAY])
    plan(services, reason="Once, and left out", left_out=[NOW + DAY])
    assert list(shown(NOW.date())) == [date(2026, 11, 3), date(2026, 11, 5)]
    assert {row[0] for rows in shown(NOW.date()).values() for row in rows} == {"New disks"}


def test_of_a_busy_day_the_first_are_shown_and_read_and_the_rest_is_counted(services: list[Service]) -> None:
    for number in range(SHOWN_A_DAY + 3):
        plan(services, NOW + DAY - number * timedelta(minutes=1), reason=f"Window {number}")
    with CaptureQueriesContext(connection) as queries:
        _first, days = months_from("", NOW.date())
    (busy,) = [one for one in days if one.windows]
    assert [row[0].reason for row in busy.windows] == [f"Window {n}" for n in range(14, 2, -1)]
    assert busy.more == 3
    assert len(queries) == 3
