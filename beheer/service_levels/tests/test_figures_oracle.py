"""Figures are those of a slow oracle, over days the clock is moved, calendar versions, windows and corrections."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from beheer.lib.calendar_files import read_calendar
from beheer.lib.durations import MINUTE, format_duration
from beheer.lib.intervals import to_us
from beheer.lib.service_time import ServiceTime
from beheer.service_levels.rules import (
    Correction,
    Figure,
    Makes,
    ServiceFacts,
    State,
    StateChange,
    Window,
    class_stretches,
    closed_verdict,
    facts_of,
    judge,
    outages,
    read_rules,
)
from beheer.service_levels.tests.oracle import AMSTERDAM, World, expected

QUARTER = 15 * MINUTE
LENGTH = 4 * 96
ORIGINS = [dt.datetime(2026, 3, 28, tzinfo=AMSTERDAM), dt.datetime(2026, 10, 24, tzinfo=AMSTERDAM)]

ticks = st.integers(0, LENGTH - 1)
pairs = st.tuples(ticks, ticks).filter(lambda pair: pair[0] != pair[1]).map(sorted)
rules = st.fixed_dictionaries(
    {
        "planned": st.sampled_from(["exclude", "as_up", "as_down"]),
        "planned_notice": st.sampled_from([0, 0, 8]),
        "no_data": st.sampled_from(["exclude", "as_up", "as_down"]),
        "degraded": st.sampled_from(["as_up", "as_down", "0.3"]),
        "min_outage": st.sampled_from([0, 3, 20]),
    }
)
hours: st.SearchStrategy[list[tuple[int, int, int]]] = st.one_of(
    st.just([]),
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(4, 9), st.integers(10, 23)), min_size=1, max_size=2
    ).map(sorted),
)


@st.composite
def facts_of_a_service(draw: st.DrawFn) -> dict[str, Any]:
    words = st.sampled_from(["up", "degraded", "down", "down", "unknown"])
    return {
        "changes": draw(st.lists(st.tuples(ticks, words), max_size=8)),
        "windows": [
            (start, end, announced)
            for (start, end), announced in draw(
                st.lists(st.tuples(pairs, st.one_of(st.none(), st.integers(-20, LENGTH))), max_size=3)
            )
        ],
        "corrections": [
            (start, end, makes)
            for (start, end), makes in draw(
                st.lists(st.tuples(pairs, st.sampled_from(["exclude", "up", "down", "degraded"])), max_size=3)
            )
        ],
    }


def calendar(world: World) -> ServiceTime:
    if not world.hours:
        return ServiceTime(read_calendar("24x7"))
    lines = ["timezone: Europe/Amsterdam", "versions:"]
    first = world.origin.date()
    latest = {offset: (opens, closes) for offset, opens, closes in world.hours}
    for offset, (opens, closes) in latest.items():
        day = first + dt.timedelta(days=offset)
        lines.append(f"  - {{valid_from: {day}, hours: {{mon-sun: '{opens:02}:00-{closes:02}:00'}}}}")
    return ServiceTime(read_calendar("\n".join(lines)))


def service_facts(world: World) -> ServiceFacts:
    origin = to_us(world.origin)

    def at(tick: int) -> int:
        return origin + tick * QUARTER

    return ServiceFacts(
        [StateChange(State[word.upper()], at(tick)) for tick, word in world.changes],
        [
            Window(at(start), at(end), None if told is None else at(told))
            for start, end, told in world.windows
        ],
        [Correction(at(start), at(end), Makes[makes.upper()]) for start, end, makes in world.corrections],
    )


def hold_to_oracle(world: World, figure: Figure, start: int, end: int) -> None:
    wanted = expected(world, start, end)
    classes = {name: getattr(figure.classes, name) for name in wanted.classes}
    assert classes == {name: amount * QUARTER for name, amount in wanted.classes.items()}
    assert figure.classes.total == figure.end - figure.start
    assert (figure.counted, figure.lost) == (wanted.counted * QUARTER, wanted.lost * QUARTER)
    assert (figure.ratio, figure.band) == (wanted.ratio, wanted.band)
    assert figure.outages == len(wanted.downs)
    if wanted.downs:
        assert figure.longest == max(wanted.downs) * QUARTER
        assert figure.mtrs is not None
        assert figure.mtrs == figure.classes.down / figure.outages
    else:
        assert (figure.longest, figure.mtrs, figure.mtbf) == (None, None, None)


@settings(max_examples=80)
@given(
    st.sampled_from(ORIGINS),
    st.lists(facts_of_a_service(), min_size=1, max_size=3),
    hours,
    rules,
    st.lists(pairs, min_size=1, max_size=4),
)
def test_figures_are_those_of_the_oracle(
    origin: dt.datetime,
    services: list[dict[str, Any]],
    hours: list[tuple[int, int, int]],
    rules: dict[str, Any],
    periods: list[list[int]],
) -> None:
    worlds = [World(origin, LENGTH, hours=hours, rules=rules, **service) for service in services]
    facts = facts_of([service_facts(world) for world in worlds])
    time = calendar(worlds[0])
    written = {
        **rules,
        "planned_notice": format_duration(rules["planned_notice"] * QUARTER),
        "min_outage": format_duration(rules["min_outage"] * QUARTER),
    }
    read = read_rules(written)
    edges = [(to_us(origin) + start * QUARTER, to_us(origin) + end * QUARTER) for start, end in periods]
    table = judge(facts, time, read, edges)
    for index, world in enumerate(worlds):
        for column, (start, end) in enumerate(periods):
            figure = table.figure(index, column)
            hold_to_oracle(world, figure, start, end)
            listed = [
                outage
                for outage in outages(facts, time, read, start=edges[column][0], end=edges[column][1])
                if outage.service == index
            ]
            assert len([outage for outage in listed if outage.is_short]) == expected(world, start, end).short
            assert sum(outage.down for outage in listed) == figure.classes.down
            explained = class_stretches(
                facts, time, read, service=index, start=edges[column][0], end=edges[column][1]
            )
            for name in ("outside", "excluded", "no_data", "down", "degraded", "up"):
                spent = sum(stretch.end - stretch.start for stretch in explained if stretch.kind == name)
                assert spent == getattr(figure.classes, name)


@settings(max_examples=40)
@given(facts_of_a_service(), rules, st.randoms(use_true_random=False))
def test_order_of_windows_and_corrections_means_nothing(
    service: dict[str, Any], rules: dict[str, Any], random: Any
) -> None:
    world = World(ORIGINS[0], LENGTH, hours=[], rules=rules, **service)
    shuffled = World(ORIGINS[0], LENGTH, hours=[], rules=rules, **service)
    shuffled.windows, shuffled.corrections = list(world.windows), list(world.corrections)
    random.shuffle(shuffled.windows)
    random.shuffle(shuffled.corrections)
    start = to_us(world.origin)
    both = judge(
        facts_of([service_facts(world), service_facts(shuffled)]),
        ServiceTime(read_calendar("24x7")),
        read_rules({}),
        [(start, start + LENGTH * QUARTER)],
    )
    assert both.figure(0, 0) == both.figure(1, 0)


@settings(max_examples=40)
@given(facts_of_a_service(), pairs)
def test_more_down_never_gives_a_better_figure(service: dict[str, Any], more: list[int]) -> None:
    world = World(ORIGINS[0], LENGTH, hours=[], rules={}, **service)
    worse = World(
        ORIGINS[0],
        LENGTH,
        hours=[],
        rules={},
        **{**service, "corrections": [*service["corrections"], (*more, "down")]},
    )
    start = to_us(world.origin)
    table = judge(
        facts_of([service_facts(world), service_facts(worse)]),
        ServiceTime(read_calendar("24x7")),
        read_rules({"no_data": "as_up"}),
        [(start, start + LENGTH * QUARTER)],
    )
    first, second = table.figure(0, 0), table.figure(1, 0)
    if first.ratio is not None and second.ratio is not None:
        assert second.ratio <= first.ratio
        target = first.ratio
        assert closed_verdict(first, target) == "met"


@given(st.integers(1, 40), st.integers(0, 300), st.integers(1, 300))
@settings(max_examples=60)
def test_a_window_over_many_changes_takes_of_each_state_what_it_covers(
    changes: int, start: int, length: int
) -> None:
    every = 10
    facts = ServiceFacts(
        changes=[
            StateChange(State.DOWN if number % 2 else State.UP, number * every) for number in range(changes)
        ],
        windows=[Window(start, start + length), Window(start, start + length // 2)],
    )
    end = 400
    table = judge(
        facts_of([facts, facts]),
        ServiceTime(read_calendar("24x7")),
        read_rules({"planned": "exclude"}),
        [(0, end)],
        with_outages=False,
    )
    seconds = [tick for tick in range(end) if not start <= tick < start + length]
    held = [min(tick // every, changes - 1) % 2 for tick in seconds]
    for service in (0, 1):
        kinds = table.times.kinds[service, 0].tolist()
        assert kinds[:5] == [held.count(0), 0, held.count(1), 0, end - len(seconds)]
