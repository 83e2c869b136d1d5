"""Verdicts and budgets of running periods."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beheer.lib.calendars import ALWAYS
from beheer.lib.durations import DAY, HOUR, MINUTE, format_duration
from beheer.lib.intervals import parse_instant, to_us
from beheer.lib.service_time import ServiceTime
from beheer.service_levels.rules import (
    Norm,
    Period,
    PeriodUnit,
    Rules,
    ServiceFacts,
    Standing,
    State,
    StateChange,
    Verdict,
    Window,
    facts_of,
    parse_target,
    period_at,
    read_rules,
    scaled_alerts,
    standings,
)
from beheer.service_levels.tests.oracle import AMSTERDAM, World, classify, expected
from beheer.service_levels.tests.test_figures_oracle import (
    LENGTH,
    ORIGINS,
    QUARTER,
    calendar,
    facts_of_a_service,
    hours,
    rules,
    service_facts,
    ticks,
)

START = parse_instant("2026-04-01T00:00:00Z")
END = START + 30 * DAY
TIME = ServiceTime(ALWAYS)
NORM = Norm(parse_target("0.99"))  # of thirty days, 7.2 hours may be lost


def standing(
    downs: list[tuple[float, float]], now_h: float, *, norm: Norm = NORM, windows: list[Window] | None = None
) -> Standing:
    """How a service stands that was down between these hours and up otherwise."""
    changes = [StateChange(State.UP, START - 10 * DAY)]
    for low, high in downs:
        changes += [
            StateChange(State.DOWN, START + int(low * HOUR)),
            StateChange(State.UP, START + int(high * HOUR)),
        ]
    facts = facts_of([ServiceFacts(changes, windows or [])])
    now = START + int(now_h * HOUR)
    (found,) = standings(facts, TIME, norm, start=START, end=END, now=now)
    return found


def test_the_budget_is_that_of_the_whole_period_from_its_first_day() -> None:
    found = standing([(1, 2)], 24)
    assert found.allowed == 432 * MINUTE
    assert found.consumed == HOUR
    assert found.remaining == 372 * MINUTE
    assert found.figure.ratio == Fraction(23, 24)


def test_a_norm_is_breached_as_soon_as_more_is_consumed_than_allowed() -> None:
    assert standing([(0, 7.2)], 7.2).verdict is not Verdict.BREACHED
    assert standing([(0, 7.3)], 7.2 + 1 / 3600).verdict is Verdict.BREACHED
    assert standing([(0, 8)], 8).remaining == -48 * MINUTE


def test_a_closed_period_is_met_or_breached_and_never_at_risk() -> None:
    assert standing([(0, 7.2)], 720).verdict is Verdict.MET
    assert standing([(0, 7.2 + 1e-6)], 720).verdict is Verdict.BREACHED
    assert standing([(719, 720)], 721).rates == ()


def test_a_period_in_which_nothing_was_counted_yet_has_no_verdict() -> None:
    assert standing([], 0).verdict is Verdict.NO_DATA
    assert standing([], 0).allowed == 432 * MINUTE


def test_a_fast_burn_puts_a_norm_at_risk() -> None:
    found = standing([(100, 100.25)], 100.25)
    assert found.verdict is Verdict.AT_RISK
    (fast,) = [burn for burn in found.alerts if burn.alert.rate == 14.4]
    assert fast.long_rate == pytest.approx(25)
    assert fast.short_rate == pytest.approx(100)
    assert standing([(100, 100.25)], 112).verdict is Verdict.MET


def test_a_budget_more_than_half_gone_is_at_risk_only_if_the_present_rate_ends_above_it() -> None:
    assert standing([(300, 303.7)], 320).verdict is Verdict.AT_RISK  # 3.7 of 7.2 hours, and burning
    calm = standing([(300, 303.7)], 400)
    assert calm.verdict is Verdict.MET
    assert calm.projected == pytest.approx(3.7 * HOUR)


def test_burn_windows_scale_with_the_period() -> None:
    assert [alert.long_us for alert in scaled_alerts(30 * DAY)] == [HOUR, 6 * HOUR, DAY, 3 * DAY]
    assert [alert.short_us for alert in scaled_alerts(15 * DAY)] == [
        150 * MINUTE // 60,
        15 * MINUTE,
        HOUR,
        3 * HOUR,
    ]


def test_planned_time_to_come_makes_the_budget_smaller_unless_it_counts() -> None:
    window = [Window(START + 100 * HOUR, START + 172 * HOUR)]
    assert standing([], 24, windows=window).counted_whole == (720 - 72) * HOUR
    counted = Norm(NORM.target, rules=read_rules({"planned": "as_up"}))
    assert standing([], 24, windows=window, norm=counted).counted_whole == 720 * HOUR


def test_a_rolling_period_ends_now_and_always_runs() -> None:
    norm = Norm(NORM.target, Period(None, 30 * DAY))
    now = END + 5 * DAY
    start, end = period_at(norm.period, dt.UTC, now)
    facts = facts_of([ServiceFacts([StateChange(State.UP, 0), StateChange(State.DOWN, now - HOUR)])])
    (found,) = standings(facts, TIME, norm, start=start, end=end, now=now)
    assert found.verdict is Verdict.AT_RISK
    assert found.allowed == 432 * MINUTE
    assert found.consumed == HOUR


def test_the_running_period_is_that_of_the_agreements_zone() -> None:
    now = parse_instant("2026-03-31T22:30:00Z")
    assert period_at(Period(PeriodUnit.MONTH), AMSTERDAM, now) == (
        parse_instant("2026-03-31T22:00:00Z"),
        parse_instant("2026-04-30T22:00:00Z"),
    )


@settings(max_examples=60)
@given(
    st.sampled_from(ORIGINS),
    facts_of_a_service(),
    hours,
    rules,
    ticks,
    st.sampled_from(["0.5", "0.9", "0.999"]),
)
def test_budgets_are_those_of_the_oracle(
    origin: dt.datetime,
    service: dict[str, Any],
    hours: list[tuple[int, int, int]],
    rules: dict[str, Any],
    now: int,
    target: str,
) -> None:
    known = {**service, "changes": [change for change in service["changes"] if change[0] < now]}
    world = World(origin, LENGTH, hours=hours, rules=rules, **known)
    written = {
        **rules,
        "planned_notice": format_duration(rules["planned_notice"] * QUARTER),
        "min_outage": format_duration(rules["min_outage"] * QUARTER),
    }
    norm = Norm(parse_target(target), rules=read_rules(written))
    start = to_us(origin)
    (found,) = standings(
        facts_of([service_facts(world)]),
        calendar(world),
        norm,
        start=start,
        end=start + LENGTH * QUARTER,
        now=start + now * QUARTER,
    )
    past = expected(world, 0, now)
    ahead = 0
    for tick in range(now, LENGTH):
        word, is_planned = classify(world, tick)
        ahead += word not in ("outside", "excluded") or (is_planned and rules["planned"] != "exclude")
    allowed = (1 - Fraction(target)) * (past.counted + ahead) * QUARTER
    assert found.counted_whole == (past.counted + ahead) * QUARTER
    assert (found.allowed, found.consumed) == (allowed, past.lost * QUARTER)
    assert (found.verdict is Verdict.NO_DATA) == (past.ratio is None)
    if past.ratio is not None:
        assert (found.verdict is Verdict.BREACHED) == (past.lost * QUARTER > allowed)


def test_rules_have_the_defaults_of_the_specification() -> None:
    assert read_rules({}) == Rules()
