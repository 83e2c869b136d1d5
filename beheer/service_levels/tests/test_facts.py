"""Facts: overlapping stretches, the begin of an outage, aggregates and periods."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beheer.lib.calendars import ALWAYS
from beheer.lib.durations import DAY, HOUR
from beheer.lib.errors import InputError
from beheer.lib.intervals import ENDLESS, format_instant, parse_instant
from beheer.lib.service_time import ServiceTime
from beheer.service_levels.rules import (
    Correction,
    Facts,
    Figure,
    Makes,
    PeriodUnit,
    ServiceFacts,
    State,
    StateChange,
    Window,
    aggregate,
    cut_periods,
    facts_of,
    judge,
    outage_timeline,
    parse_degraded,
    parse_period,
    parse_target,
    read_rules,
    rolling_periods,
    rounded_ratio,
    written_rules,
)

TIME = ServiceTime(ALWAYS)
RANK = {State.UP: 0, State.UNKNOWN: 1, State.DEGRADED: 2, State.DOWN: 3}
stretches = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 30), st.integers(0, 30), st.sampled_from(list(State))),
    max_size=12,
)


@given(stretches)
def test_where_states_overlap_the_worst_holds(rows: list[tuple[int, int, int, State]]) -> None:
    table = np.array([row[:3] for row in rows], np.int64).reshape(-1, 3)
    states = np.array([row[3] for row in rows], np.int8)
    timeline = outage_timeline(3, table[:, 0], table[:, 1], table[:, 2], states)
    for service in range(3):
        for instant in range(-1, 32):
            held = [state for who, start, end, state in rows if who == service and start <= instant < end]
            worst = max(held, key=RANK.__getitem__, default=State.UP)
            mine = (timeline.service == service) & (timeline.at <= instant)
            assert State(int(timeline.state[mine][-1])) == worst


def figures(facts: Facts, rules: dict[str, object], end: int = 10 * HOUR) -> list[Figure]:
    table = judge(facts, TIME, read_rules(rules), [(0, end)])
    return [table.figure(service, 0) for service in range(facts.count)]


@pytest.mark.parametrize(("rule", "down_h"), [("first_bad", 3), ("confirmed", 2), ("last_good", 4)])
def test_an_outage_begins_at_the_instant_its_norm_names(rule: str, down_h: int) -> None:
    changes = [
        StateChange(State.UP, -HOUR),
        StateChange(State.DOWN, 2 * HOUR, confirmed=3 * HOUR, last_good=HOUR),
        StateChange(State.UP, 5 * HOUR, confirmed=6 * HOUR, last_good=4 * HOUR),
    ]
    (found,) = figures(facts_of([ServiceFacts(changes)]), {"outage_start": rule})
    assert found.classes.down == down_h * HOUR


def test_an_outage_never_begins_before_the_change_before_it() -> None:
    changes = [StateChange(State.UP, HOUR), StateChange(State.DOWN, 2 * HOUR, last_good=0)]
    (found,) = figures(facts_of([ServiceFacts(changes)]), {"outage_start": "last_good"})
    assert (found.classes.no_data, found.classes.up, found.classes.down) == (HOUR, 0, 9 * HOUR)


def test_contradicting_corrections_exclude_first_then_make_it_worse() -> None:
    made = [Correction(0, 4 * HOUR, makes) for makes in (Makes.UP, Makes.DEGRADED, Makes.DOWN)]
    made += [Correction(0, HOUR, Makes.EXCLUDE), Correction(3 * HOUR, 5 * HOUR, Makes.DEGRADED)]
    (found,) = figures(facts_of([ServiceFacts([StateChange(State.UP, 0)], (), made)]), {})
    assert (found.classes.excluded, found.classes.down, found.classes.degraded) == (HOUR, 3 * HOUR, HOUR)


def test_what_a_correction_excludes_is_not_counted_even_where_planned_time_is() -> None:
    service = ServiceFacts(
        [StateChange(State.UP, 0)],
        [Window(0, 4 * HOUR)],
        [Correction(HOUR, 2 * HOUR, Makes.EXCLUDE)],
    )
    (found,) = figures(facts_of([service]), {"planned": "as_down"})
    assert (found.classes.excluded, found.counted) == (4 * HOUR, 9 * HOUR)
    assert found.lost == 3 * HOUR


def test_a_correction_makes_unknown_time_known() -> None:
    service = ServiceFacts([], (), [Correction(0, 4 * HOUR, Makes.UP)])
    (found,) = figures(facts_of([service]), {})
    assert (found.classes.up, found.classes.no_data) == (4 * HOUR, 6 * HOUR)


def test_at_one_instant_the_change_given_last_holds() -> None:
    changes = [StateChange(State.DOWN, 0), StateChange(State.UP, 0)]
    (found,) = figures(facts_of([ServiceFacts(changes)]), {})
    assert (found.outages, found.classes.up) == (0, 10 * HOUR)


def test_an_outage_that_goes_on_is_not_short() -> None:
    changes = [StateChange(State.UP, 0), StateChange(State.DOWN, 9 * HOUR)]
    (found,) = figures(facts_of([ServiceFacts(changes)]), {"min_outage": "2h"})
    assert found.classes.down == HOUR


def test_norms_over_several_services_take_the_worst_or_add_up_times() -> None:
    good = ServiceFacts([StateChange(State.UP, 0)], [Window(0, 8 * HOUR)])
    bad = ServiceFacts([StateChange(State.UP, 0), StateChange(State.DOWN, 5 * HOUR)])
    both = figures(facts_of([good, bad]), {})
    assert [figure.ratio for figure in both] == [1, Fraction(1, 2)]
    worst = aggregate(both, read_rules({"aggregate": "worst"}))
    mean = aggregate(both, read_rules({"aggregate": "mean"}))
    weighted = aggregate(both, read_rules({"aggregate": "weighted"}), [Fraction(5), Fraction(1)])
    assert worst is not None
    assert mean is not None
    assert weighted is not None
    assert (worst.ratio, mean.ratio, weighted.ratio) == (Fraction(1, 2), Fraction(7, 12), Fraction(15, 20))
    assert aggregate([], read_rules({})) is None


def test_the_band_of_the_worst_holds_what_is_not_known_of_any_service() -> None:
    up, unknown = ServiceFacts([StateChange(State.UP, 0)]), ServiceFacts([])
    found = aggregate(figures(facts_of([up, unknown]), {}), read_rules({"aggregate": "worst"}))
    assert found is not None
    assert found.ratio == 1
    assert found.band == (Fraction(0), Fraction(1))


def test_periods_follow_the_zone_and_its_switching_days() -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    start, end = parse_instant("2026-03-28T23:00:00Z"), parse_instant("2026-03-31T10:00:00Z")
    days = cut_periods(PeriodUnit.DAY, zone, start, end)
    assert [(high - low) / HOUR for low, high in days] == [23, 24, 12]
    weeks = cut_periods(PeriodUnit.WEEK, zone, start, end)
    assert [format_instant(low, zone) for low, _ in weeks] == [
        "2026-03-29T00:00:00+01:00",
        "2026-03-30T00:00:00+02:00",
    ]
    for unit, count in (("quarter", 5), ("year", 2), ("month", 13)):
        found = cut_periods(
            PeriodUnit(unit),
            zone,
            parse_instant("2025-12-01T00:00:00Z"),
            parse_instant("2026-12-31T23:00:00Z"),
        )
        assert len(found) == count
        assert sum(high - low for low, high in found) == 396 * DAY - HOUR
    assert cut_periods(PeriodUnit.DAY, zone, end, start) == []


def test_rolling_days_are_local_days() -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    start = parse_instant("2026-03-29T22:00:00Z")
    ((low, high),) = rolling_periods(2 * DAY, PeriodUnit.DAY, zone, start, start + 12 * HOUR)
    assert (format_instant(low, zone), format_instant(high, zone)) == (
        "2026-03-29T00:00:00+01:00",
        "2026-03-30T12:00:00+02:00",
    )


@pytest.mark.parametrize(
    ("ratio", "digits", "text"),
    [
        (Fraction(99995, 100000), 2, "99.99"),
        (Fraction(999999, 1000000), 3, "99.999"),
        (Fraction(1), 3, "100.000"),
        (Fraction(10**9 - 1, 10**9), 3, "99.999"),
        (Fraction(0), 1, "0.0"),
        (Fraction(2, 3), 0, "66"),
    ],
)
def test_ratios_are_shown_rounded_toward_worse(ratio: Fraction, digits: int, text: str) -> None:
    assert rounded_ratio(ratio, digits) == text


def test_targets_are_exact() -> None:
    assert parse_target(0.999) == Fraction(999, 1000)
    assert parse_target("0.9") == Fraction(9, 10)


@pytest.mark.parametrize("value", [100, 1, 1.0, 0, 0.0, -0.1, "x", None, True, float("inf"), float("nan")])
def test_what_is_no_ratio_between_none_and_all_is_no_target(value: object) -> None:
    with pytest.raises(InputError, match=r"0\.999 for 99\.9 %"):
        parse_target(value)


def test_rules_are_written_as_they_are_read() -> None:
    values = {
        "planned": "as_down",
        "planned_notice": "2d",
        "no_data": "as_up",
        "degraded": 0.25,
        "outage_start": "confirmed",
        "min_outage": "5m",
        "aggregate": "mean",
    }
    assert written_rules(read_rules(values)) == values
    assert str(parse_period("rolling 90d")) == "rolling 90d"
    assert parse_degraded("as_down") == 1


@pytest.mark.parametrize("value", ["rolling 0d", "rolling", "fortnight", ""])
def test_what_is_no_period_is_refused(value: str) -> None:
    with pytest.raises(InputError, match="rolling 90d"):
        parse_period(value)


def test_instants_beyond_all_others_do_no_harm() -> None:
    service, start = np.array([0], np.int64), np.array([5], np.int64)
    timeline = outage_timeline(1, service, start, np.array([ENDLESS]), np.array([State.DOWN], np.int8))
    assert timeline.at.tolist() == [-ENDLESS, 5]
    assert dt.timedelta(microseconds=5) == dt.timedelta(microseconds=int(timeline.at[1]))
