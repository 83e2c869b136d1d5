"""Published cases of other products, as numbers: what the peer says, and what is right.

Sources: Icinga DB 1.1.0 (tests/sql/sla_test.go, and its function run by hand), Monitoring::Availability (t/*.t),
Zabbix (CSla.php, getUptimePeriods), issues of GLPI, Zammad and Frappe Helpdesk by their numbers.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from beheer.lib.calendar_files import read_calendar
from beheer.lib.calendars import ALWAYS
from beheer.lib.clocks import Clock, ClockEvent, ClockEventKind, ClockState
from beheer.lib.durations import HOUR, MINUTE, SECOND
from beheer.lib.intervals import from_us, to_us
from beheer.lib.service_time import ServiceTime
from beheer.service_levels.rules import (
    Figure,
    ServiceFacts,
    State,
    StateChange,
    Window,
    facts_of,
    judge,
    read_rules,
)

CLOCK_ROUND = ServiceTime(ALWAYS)
UP, DEGRADED, DOWN, UNKNOWN = State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN


def figure(
    changes: list[tuple[int, State]],
    windows: list[tuple[int, int]],
    span: tuple[int, int],
    rules: dict[str, object],
    time: ServiceTime = CLOCK_ROUND,
) -> Figure:
    """The figure of one service; instants in seconds since the epoch."""
    service = ServiceFacts(
        [StateChange(state, at * SECOND) for at, state in changes],
        [Window(start * SECOND, end * SECOND) for start, end in windows],
    )
    start, end = span
    return judge(facts_of([service]), time, read_rules(rules), [(start * SECOND, end * SECOND)]).figure(0, 0)


@dataclass(frozen=True)
class IcingaCase:
    """A vector over [1000, 2000): states (99, pending, is unknown), downtimes, Icinga's percents, and the right ones
    under `planned: as_up, no_data: exclude`; None where nothing is known. `why` where they differ.
    """

    name: str
    states: list[tuple[int, State]]
    downtimes: list[tuple[int, int]]
    icinga: Fraction
    right: Fraction | None
    why: str = ""


def percent(value: int | str) -> Fraction:
    return Fraction(value) / 100


FLAPPING = [(1000, DOWN), (1100, UP), (1300, DOWN), (1400, UP), (1600, DOWN), (1700, UP), (1900, DOWN)]
MANY = [(600, 1000), (800, 1200), (1000, 1400), (1600, 2000), (1800, 2200)]
ICINGA = [
    IcingaCase("empty history", [], [], percent(100), None, "no history is no data, not a hundred percent"),
    IcingaCase("multiple state changes", FLAPPING, [], percent(60), percent(60)),
    IcingaCase(
        "overlapping downtimes and problems",
        [(0, UP), (1200, DOWN), (1500, UP)],
        [(1100, 1300), (1400, 1600)],
        percent(90),
        percent(90),
    ),
    IcingaCase("critical before the interval", [(0, DOWN)], [], percent(0), percent(0)),
    IcingaCase("critical before, with downtime", [(800, DOWN)], [(600, 1800)], percent(80), percent(80)),
    IcingaCase("critical before, overlapping downtimes", [(800, DOWN)], MANY, percent(80), percent(80)),
    IcingaCase(
        "fallback to the previous state",
        [(1200, UP)],
        [],
        percent(80),
        percent(100),
        "the event's previous state is put before it; what was before is not known, and the band says so",
    ),
    IcingaCase(
        "later states do not change the first", [(800, DOWN), (1200, UP)], [], percent(80), percent(80)
    ),
    IcingaCase("initial unknown", [(1500, DOWN), (1700, UP)], [], percent(60), percent(60)),
    IcingaCase(
        "intermediate unknown",
        [(1000, UP), (1100, UNKNOWN), (1600, UP), (1800, DOWN)],
        [],
        percent(60),
        percent(60),
    ),
    IcingaCase(
        "unknown with a downtime in it",
        [(1500, DOWN), (1700, UP)],
        [(1200, 1300)],
        percent(75),
        Fraction(400, 600),
        "only the part of the unknown time after the last event is taken off the total",
    ),
    IcingaCase(
        "unknown at the end",
        [(1000, UP), (1500, UNKNOWN)],
        [],
        percent(100),
        percent(100),
        "the same figure, but the unknown half is counted as good; here the band is 50 to 100",
    ),
]


@pytest.mark.parametrize("case", ICINGA, ids=lambda case: case.name)
def test_icingas_vectors(case: IcingaCase) -> None:
    found = figure(case.states, case.downtimes, (1000, 2000), {"planned": "as_up"})
    assert found.ratio == case.right
    assert (found.ratio == case.icinga) or case.why


def test_where_icinga_guesses_the_band_says_how_far_off_it_may_be() -> None:
    assert figure([], [], (1000, 2000), {}).band == (Fraction(0), Fraction(1))
    assert figure([(1200, UP)], [], (1000, 2000), {}).band == (Fraction(4, 5), Fraction(1))
    assert figure([(1000, UP), (1500, UNKNOWN)], [], (1000, 2000), {}).band == (Fraction(1, 2), Fraction(1))


def test_icinga_on_postgresql_cuts_to_whole_percents() -> None:
    """One down in a thousand: `100 * (total - problem) / total` over whole numbers says 99."""
    found = figure([(1000, UP), (1500, DOWN), (1501, UP)], [], (1000, 2000), {})
    assert found.ratio == Fraction(999, 1000)


def test_maintenance_may_count_as_up_or_not_at_all() -> None:
    """Half maintenance, a tenth down. Icinga has only as_up (90 %), Zabbix only exclude (80 %)."""
    facts = [(0, UP), (100, DOWN), (200, UP)]
    assert figure(facts, [(500, 1000)], (0, 1000), {"planned": "as_up"}).ratio == percent(90)
    assert figure(facts, [(500, 1000)], (0, 1000), {"planned": "exclude"}).ratio == percent(80)


WEEK = (1262894050, 1263498850)


def test_monitoring_availability_host_with_downtime() -> None:
    """t/30: time_up 507245, scheduled_time_up 680, no data 97550, not running 5."""
    changes = [(1262991600, UP), (1263043555, UNKNOWN), (1263043560, UP)]
    found = figure(changes, [(1263042693, 1263043373)], WEEK, {})
    classes = found.classes
    assert classes.up + classes.excluded == 507245 * SECOND
    assert classes.excluded == 680 * SECOND
    assert classes.no_data == (97550 + 5) * SECOND


def test_monitoring_availability_critical_service() -> None:
    """t/22: time_critical 507250, no data 97550."""
    classes = figure([(1262991600, DOWN)], [], WEEK, {}).classes
    assert (classes.down, classes.no_data) == (507250 * SECOND, 97550 * SECOND)


def test_monitoring_availability_service_in_downtime() -> None:
    """t/32: critical 647 of which 633 scheduled, unknown 20, no data 85733 of which 55 scheduled.

    The peer counts a downtime before the first state as both no data and scheduled; here each second has one class.
    """
    changes = [(1264112040, UNKNOWN), (1264112060, DOWN)]
    downtimes = [(1264111930, 1264111985), (1264112074, 1264119267)]
    classes = figure(changes, downtimes, (1264026307, 1264112707), {}).classes
    assert classes.down == (647 - 633) * SECOND
    assert classes.excluded == (633 + 55) * SECOND
    assert classes.no_data == (85733 - 55 + 20) * SECOND
    assert classes.total == 86400 * SECOND


def test_monitoring_availability_time_periods() -> None:
    """t/35: 300 s from midnight CET, of which 70 outside the period: ok 220, critical 10, outside 70."""
    hours = "timezone: Europe/Amsterdam\nversions: [{valid_from: 2010-01-01, hours: {sat: '%s'}}]"
    calendar = read_calendar(hours % "00:00:00-00:00:30 00:01:40-24:00")
    changes = [(1262991600, UP), (1262991640, DOWN), (1262991710, UP)]
    classes = figure(changes, [], (1262991600, 1262991900), {}, ServiceTime(calendar)).classes
    assert (classes.up, classes.down, classes.outside) == (220 * SECOND, 10 * SECOND, 70 * SECOND)


def test_zabbix_lets_agreed_hours_drift_after_the_clock_is_moved() -> None:
    """A month's schedule advances by 604,800 seconds a week, so after 29 March 08:00-18:00 is judged as 09:00-19:00.

    Down on Monday 30 March from 08:00 to 09:00: Zabbix sees nothing of it. It is an hour.
    """
    zone = ZoneInfo("Europe/Amsterdam")

    def at(day: int, hour: int, month: int = 3) -> int:
        return to_us(dt.datetime(2026, month, day, hour, tzinfo=zone)) // SECOND

    monday = at(2, 8) + 4 * 604_800
    assert from_us(monday * SECOND).astimezone(zone).hour == 9
    office = ServiceTime(
        read_calendar(
            "timezone: Europe/Amsterdam\nversions: [{valid_from: 2020-01-01, hours: {mon-fri: '08:00-18:00'}}]"
        )
    )
    found = figure([(0, UP), (at(30, 8), DOWN), (at(30, 9), UP)], [], (at(1, 0), at(1, 0, 4)), {}, office)
    assert (found.classes.down, found.counted) == (HOUR, 220 * HOUR)


# Deadlines. Hours 08:00-18:00 unless said; the clock starts with the first instant.

PARIS = ZoneInfo("Europe/Paris")
Kind = ClockEventKind


def office(zone: str = "Europe/Paris", hours: str = "mon-fri: '08:00-18:00'", more: str = "") -> ServiceTime:
    text = f"timezone: {zone}\nversions: [{{valid_from: 2010-01-01, hours: {{{hours}}}}}]\n{more}"
    return ServiceTime(read_calendar(text))


def paris(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=PARIS)


def test_glpi_9082_a_pause_moves_a_deadline_within_the_hours() -> None:
    """Eight days from Monday 10 May 2021 08:00, paused 3 h 31: GLPI put it after 18:00. Due Friday 21 May 11:31."""
    calendar = office(more="closed: ['2021-05-13']")
    events = (
        ClockEvent(Kind.STARTED, paris("2021-05-10T08:00")),
        ClockEvent(Kind.PAUSED, paris("2021-05-11T10:00")),
        ClockEvent(Kind.RESUMED, paris("2021-05-11T13:31")),
    )
    assert Clock(80 * HOUR, calendar, events).at(paris("2021-05-12T09:00")).due == paris("2021-05-21T11:31")


def test_glpi_10594_a_pause_over_the_weekend_is_as_long_as_its_agreed_time() -> None:
    """A day's target, paused from Friday 17:00 to Monday 09:00: GLPI adds 64 hours. It was two agreed hours."""
    events = (
        ClockEvent(Kind.STARTED, paris("2022-02-04T16:00")),
        ClockEvent(Kind.PAUSED, paris("2022-02-04T17:00")),
        ClockEvent(Kind.RESUMED, paris("2022-02-07T09:00")),
    )
    reading = Clock(10 * HOUR, office(), events).at(paris("2022-02-07T10:00"))
    assert (reading.elapsed_us, reading.due) == (2 * HOUR, paris("2022-02-07T18:00"))


def test_glpi_6902_a_new_target_keeps_the_pause_that_is_running() -> None:
    """Urgency raised while pending: GLPI forgot the waiting time and breached. Nothing runs, so nothing is due."""
    events = (
        ClockEvent(Kind.STARTED, paris("2020-02-04T09:00")),
        ClockEvent(Kind.PAUSED, paris("2020-02-04T09:30"), "pending"),
        ClockEvent(Kind.TARGET_CHANGED, paris("2020-02-04T11:00"), target_us=HOUR),
    )
    reading = Clock(4 * HOUR, office(), events).at(paris("2020-02-04T17:00"))
    assert (reading.is_breached, reading.due, reading.remaining_us) == (False, None, 30 * MINUTE)


def test_glpi_24481_nothing_is_breached_while_it_is_paused() -> None:
    events = (
        ClockEvent(Kind.STARTED, paris("2026-06-01T09:00")),
        ClockEvent(Kind.PAUSED, paris("2026-06-01T10:00"), "waits for the user"),
    )
    reading = Clock(4 * HOUR, office(), events).at(paris("2026-06-04T10:00"))
    assert (reading.state, reading.is_breached) == (ClockState.PAUSED, False)


def test_glpi_17186_a_deadline_set_by_hand_does_not_move_by_a_pause_of_five_minutes() -> None:
    deadline = paris("2024-05-27T12:00")
    events = (
        ClockEvent(Kind.STARTED, paris("2024-05-24T09:00")),
        ClockEvent(Kind.DEADLINE_FIXED, paris("2024-05-24T09:01"), deadline=deadline),
        ClockEvent(Kind.PAUSED, paris("2024-05-24T10:00")),
        ClockEvent(Kind.RESUMED, paris("2024-05-24T10:05")),
    )
    assert Clock(4 * HOUR, office(), events).at(paris("2024-05-24T11:00")).due == deadline


def test_glpi_23359_time_spent_solved_is_not_pending() -> None:
    events = (
        ClockEvent(Kind.STARTED, paris("2026-03-03T09:00")),
        ClockEvent(Kind.STOPPED, paris("2026-03-03T10:00")),
        ClockEvent(Kind.REOPENED, paris("2026-03-03T15:00")),
    )
    reading = Clock(8 * HOUR, office(), events).at(paris("2026-03-03T16:00"))
    assert [stretch.kind for stretch in reading.stretches] == ["running", "solved", "running"]
    assert reading.elapsed_us == 2 * HOUR


def test_glpi_22678_an_hour_before_the_deadline_is_an_hour_of_agreed_time() -> None:
    """Four hours from Monday 17:00 are due Tuesday 11:00; the step an hour before came at 00:00 instead of 10:00."""
    calendar, start = office(), to_us(paris("2026-01-12T17:00"))
    due, before = calendar.after(start, 4 * HOUR), calendar.after(start, 3 * HOUR)
    assert due is not None
    assert before is not None
    assert (from_us(due), from_us(before)) == (paris("2026-01-13T11:00"), paris("2026-01-13T10:00"))


def test_zammad_390_forty_eight_hours_of_twelve_a_day_are_four_days() -> None:
    """From 9 November 2016 23:00, hours 09:00-21:00 daily: due on the 13th, a holiday by whim puts it on the 14th."""
    start = to_us(paris("2016-11-09T23:00"))
    for more, due in (("", "2016-11-13T21:00"), ("closed: ['2016-11-13']", "2016-11-14T21:00")):
        found = office(hours="mon-sun: '09:00-21:00'", more=more).after(start, 48 * HOUR)
        assert found is not None
        assert from_us(found) == paris(due)


def test_zammad_3180_round_the_clock_has_no_closed_minute_at_midnight() -> None:
    """00:00-23:59 was the most that could be entered, so each midnight added a minute."""
    start = to_us(paris("2020-09-01T12:00"))
    assert office(hours="mon-sun: '00:00-24:00'").after(start, 24 * HOUR) == start + 24 * HOUR
    assert office(hours="mon-sun: '00:00-23:59'").after(start, 24 * HOUR) == start + 24 * HOUR + MINUTE


def test_zammad_5177_an_update_clock_does_not_start_before_the_first_reply() -> None:
    response = Clock(4 * HOUR, office(), (ClockEvent(Kind.STARTED, paris("2024-05-16T09:00")),))
    update = Clock(HOUR, office())
    now = paris("2024-05-16T10:30")
    assert response.at(now).due == paris("2024-05-16T13:00")
    assert (update.at(now).due, update.at(now).is_breached) == (None, False)


def test_zammad_pauses_of_seconds_are_not_cut_to_minutes() -> None:
    """Its breaks are hours and minutes: from 10:00:59 to 10:01:01 is a minute there, and two in one minute are one."""
    events = (
        ClockEvent(Kind.STARTED, paris("2024-05-16T10:00")),
        ClockEvent(Kind.PAUSED, paris("2024-05-16T10:00:59")),
        ClockEvent(Kind.RESUMED, paris("2024-05-16T10:01:01")),
        ClockEvent(Kind.PAUSED, paris("2024-05-16T10:01:10")),
        ClockEvent(Kind.RESUMED, paris("2024-05-16T10:01:40")),
    )
    assert Clock(HOUR, office(), events).at(paris("2024-05-16T10:30")).due == paris("2024-05-16T11:00:32")


def test_frappe_2449_time_on_hold_is_not_added_to_a_creation_on_a_day_off() -> None:
    """Made on Saturday, on hold Saturday to Monday 10:00: adding the hold to the creation gives Monday or later twice.

    Two agreed hours of the hold are on Monday; four hours' target is due Monday 14:00.
    """
    events = (
        ClockEvent(Kind.STARTED, paris("2025-08-02T12:00")),
        ClockEvent(Kind.PAUSED, paris("2025-08-02T13:00")),
        ClockEvent(Kind.RESUMED, paris("2025-08-04T10:00")),
    )
    assert Clock(4 * HOUR, office(), events).at(paris("2025-08-04T11:00")).due == paris("2025-08-04T14:00")
