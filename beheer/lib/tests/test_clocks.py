"""Clocks on work: the cases of the specification, and what must hold of every clock."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beheer.lib.calendar_files import read_calendar
from beheer.lib.clocks import Clock, ClockEvent, ClockEventKind, ClockState, pauses_as_events
from beheer.lib.durations import HOUR, MINUTE
from beheer.lib.errors import InputError
from beheer.lib.intervals import to_us
from beheer.lib.service_time import ServiceTime

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
OFFICE = ServiceTime(
    read_calendar(
        "timezone: Europe/Amsterdam\nversions: [{valid_from: 2020-01-01, hours: {mon-fri: '08:00-18:00'}}]"
    )
)
ALWAYS = ServiceTime(read_calendar("24x7"))
DAYS = {"mon": 2, "tue": 3, "wed": 4, "thu": 5, "fri": 6, "sat": 7, "next mon": 9}
Kind = ClockEventKind


def at(text: str) -> dt.datetime:
    """An instant in the week of Monday 2 March 2026: "tue 10:00"."""
    day, _, time = text.rpartition(" ")
    hour, minute = time.split(":")
    return dt.datetime(2026, 3, DAYS[day], int(hour), int(minute), tzinfo=AMSTERDAM)


def event(kind: ClockEventKind, text: str, reason: str = "") -> ClockEvent:
    return ClockEvent(kind, at(text), reason)


def clock(target_h: float | None, *events: ClockEvent, calendar: ServiceTime = OFFICE) -> Clock:
    return Clock(None if target_h is None else int(target_h * HOUR), calendar, events)


def test_four_hours_from_monday_afternoon_are_due_on_tuesday_morning() -> None:
    reading = clock(4, event(Kind.STARTED, "mon 16:00")).at(at("mon 17:00"))
    assert reading.due == at("tue 10:00")
    assert (reading.elapsed_us, reading.remaining_us) == (HOUR, 3 * HOUR)
    assert reading.state is ClockState.RUNNING


def test_ten_hours_from_friday_morning_are_due_at_closing_time() -> None:
    running = clock(10, event(Kind.STARTED, "fri 08:00"))
    assert running.at(at("fri 09:00")).due == at("fri 18:00")
    assert not running.at(at("fri 18:00")).is_breached
    assert running.at(at("sat 12:00")).is_breached
    assert running.at(at("sat 12:00")).elapsed_us == 10 * HOUR


def test_time_spent_solved_before_a_reopening_is_solved_and_does_not_run() -> None:
    reading = clock(
        20,
        event(Kind.STARTED, "tue 08:00"),
        event(Kind.STOPPED, "tue 10:00"),
        event(Kind.REOPENED, "tue 14:00"),
    ).at(at("tue 15:00"))
    assert reading.elapsed_us == 3 * HOUR
    solved = [stretch for stretch in reading.stretches if stretch.kind == "solved"]
    assert [(stretch.start, stretch.end, stretch.counted_us) for stretch in solved] == [
        (at("tue 10:00"), at("tue 14:00"), 0)
    ]
    assert not any(stretch.kind == "paused" for stretch in reading.stretches)


def test_a_deadline_fixed_by_hand_is_moved_by_nothing() -> None:
    fixed = ClockEvent(Kind.DEADLINE_FIXED, at("mon 09:00"), deadline=at("wed 12:00"))
    changed = ClockEvent(Kind.TARGET_CHANGED, at("mon 10:00"), target_us=HOUR)
    reading = clock(
        4,
        event(Kind.STARTED, "mon 08:00"),
        fixed,
        changed,
        event(Kind.PAUSED, "tue 09:00", "waits for the supplier"),
        event(Kind.RESUMED, "tue 17:00"),
    )
    assert reading.at(at("tue 12:00")).due == at("wed 12:00")
    assert reading.at(at("wed 11:00")).due == at("wed 12:00")
    assert reading.at(at("wed 11:00")).remaining_us == HOUR
    assert not reading.at(at("wed 12:00")).is_breached
    assert reading.at(at("wed 12:01")).is_breached
    assert reading.at(at("wed 13:00")).remaining_us == -HOUR


def test_the_response_clock_runs_while_the_update_clock_has_not_started() -> None:
    response = clock(4, event(Kind.STARTED, "mon 08:00")).at(at("mon 09:00"))
    update = clock(1).at(at("mon 09:00"))
    assert response.state is ClockState.RUNNING
    assert (update.state, update.elapsed_us, update.due, update.is_breached) == (
        ClockState.NOT_STARTED,
        0,
        None,
        False,
    )


def test_an_update_clock_starts_anew_with_each_reply() -> None:
    update = clock(1, event(Kind.STARTED, "mon 08:00"), event(Kind.STARTED, "mon 08:50"))
    assert update.at(at("mon 09:00")).due == at("mon 09:50")
    assert update.at(at("mon 09:00")).elapsed_us == 10 * MINUTE


def test_a_cancelled_clock_stays_visible_with_its_reason() -> None:
    reading = clock(
        1,
        event(Kind.STARTED, "mon 08:00"),
        event(Kind.CANCELLED, "mon 08:30", "the new team has no update target"),
    ).at(at("mon 12:00"))
    assert reading.state is ClockState.CANCELLED
    assert reading.reason == "the new team has no update target"
    assert (reading.elapsed_us, reading.due, reading.remaining_us) == (30 * MINUTE, None, None)


def test_while_paused_there_is_no_due_time_but_what_remains_is_known() -> None:
    reading = clock(
        4, event(Kind.STARTED, "mon 08:00"), event(Kind.PAUSED, "mon 09:00", "waits for the user")
    ).at(at("tue 12:00"))
    assert (reading.due, reading.remaining_us, reading.reason) == (None, 3 * HOUR, "waits for the user")
    assert reading.stretches[-1].kind == "paused"
    assert reading.stretches[-1].reason == "waits for the user"


def test_a_clock_paused_for_two_reasons_runs_again_when_both_are_over() -> None:
    events = (
        event(Kind.STARTED, "mon 08:00"),
        event(Kind.PAUSED, "mon 09:00", "user"),
        event(Kind.PAUSED, "mon 10:00", "supplier"),
        event(Kind.RESUMED, "mon 11:00", "user"),
    )
    assert clock(4, *events).at(at("mon 12:00")).state is ClockState.PAUSED
    over = clock(4, *events, event(Kind.RESUMED, "mon 13:00", "supplier")).at(at("mon 14:00"))
    assert over.elapsed_us == 2 * HOUR


def test_a_changed_target_keeps_what_has_elapsed_and_every_pause() -> None:
    changed = ClockEvent(Kind.TARGET_CHANGED, at("mon 12:00"), target_us=8 * HOUR)
    reading = clock(
        4,
        event(Kind.STARTED, "mon 08:00"),
        event(Kind.PAUSED, "mon 09:00"),
        event(Kind.RESUMED, "mon 11:00"),
        changed,
    ).at(at("mon 13:00"))
    assert (reading.elapsed_us, reading.remaining_us, reading.due) == (3 * HOUR, 5 * HOUR, at("mon 18:00"))


def test_a_target_made_smaller_than_what_has_elapsed_is_breached_where_it_was_reached() -> None:
    changed = ClockEvent(Kind.TARGET_CHANGED, at("mon 12:00"), target_us=HOUR)
    reading = clock(8, event(Kind.STARTED, "mon 08:00"), changed).at(at("mon 12:00"))
    assert (reading.due, reading.is_breached, reading.remaining_us) == (at("mon 09:00"), True, -3 * HOUR)


def test_another_calendar_counts_from_its_moment_only() -> None:
    moved = ClockEvent(Kind.CALENDAR_CHANGED, at("fri 20:00"), calendar=ALWAYS)
    reading = clock(10, event(Kind.STARTED, "fri 16:00"), moved).at(at("fri 21:00"))
    assert (reading.elapsed_us, reading.due) == (3 * HOUR, at("sat 04:00"))


def test_stopped_in_time_is_no_breach_and_stopped_late_is_one() -> None:
    started = event(Kind.STARTED, "mon 08:00")
    assert not clock(2, started, event(Kind.STOPPED, "mon 10:00")).at(at("fri 12:00")).is_breached
    late = clock(2, started, event(Kind.STOPPED, "mon 10:01")).at(at("fri 12:00"))
    assert (late.is_breached, late.due, late.elapsed_us) == (True, at("mon 10:00"), 121 * MINUTE)


def test_events_of_tomorrow_have_not_happened() -> None:
    reading = clock(4, event(Kind.STARTED, "mon 08:00"), event(Kind.STOPPED, "tue 09:00")).at(at("mon 10:00"))
    assert reading.state is ClockState.RUNNING


def test_a_clock_without_target_only_measures() -> None:
    reading = clock(None, event(Kind.STARTED, "mon 08:00")).at(at("mon 10:00"))
    assert (reading.elapsed_us, reading.due, reading.remaining_us, reading.is_breached) == (
        2 * HOUR,
        None,
        None,
        False,
    )


def test_a_pause_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InputError, match="ends before it begins"):
        pauses_as_events([(at("mon 10:00"), at("mon 09:00"))])


moments = st.integers(0, 7 * 24 * 60).map(lambda minutes: at("mon 00:00") + dt.timedelta(minutes=minutes))


@settings(max_examples=80)
@given(moments, st.lists(st.tuples(moments, moments).map(sorted), max_size=5), moments, st.integers(1, 60))
def test_elapsed_is_agreed_time_outside_the_pauses_minute_by_minute(
    start: dt.datetime, pauses: list[list[dt.datetime]], now: dt.datetime, target_h: int
) -> None:
    pairs = [(first, last) for first, last in pauses]
    events = (ClockEvent(Kind.STARTED, start), *pauses_as_events(pairs))
    reading = clock(target_h, *events).at(now)

    def runs(instant: dt.datetime) -> bool:
        wall = instant.astimezone(AMSTERDAM)
        agreed = wall.weekday() < 5 and 8 <= wall.hour < 18
        return agreed and not any(first <= instant < last for first, last in pairs)

    def walk(until: dt.datetime) -> int:
        at_minute, count = start, 0
        while at_minute < until:
            count += runs(at_minute)
            at_minute += dt.timedelta(minutes=1)
        return count

    assert reading.elapsed_us == walk(now) * MINUTE
    assert reading.elapsed_us == sum(stretch.counted_us for stretch in reading.stretches)
    if now > start and reading.stretches:
        assert to_us(reading.stretches[0].start) == to_us(start)
        assert to_us(reading.stretches[-1].end) == to_us(now)
    if reading.due is not None and reading.due <= now:
        assert walk(reading.due) == target_h * 60
        assert walk(reading.due - dt.timedelta(minutes=1)) == target_h * 60 - 1
