"""From a figure to what makes it up: the stretches of each class in a period, and the outages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from beheer.lib.intervals import ENDLESS
from beheer.lib.service_time import ServiceTime
from beheer.service_levels.rules.classes import EXCLUDED, PLANNED, segments_of
from beheer.service_levels.rules.facts import Facts, State
from beheer.service_levels.rules.norms import Rules
from beheer.service_levels.rules.states import runs_of


class TimeClass(StrEnum):
    """The classes of time, in the order in which the first that applies holds."""

    OUTSIDE = "outside"
    EXCLUDED = "excluded"
    NO_DATA = "no_data"
    DOWN = "down"
    DEGRADED = "degraded"
    UP = "up"


_CLASS_OF = {
    int(State.UP): TimeClass.UP,
    int(State.DEGRADED): TimeClass.DEGRADED,
    int(State.DOWN): TimeClass.DOWN,
    int(State.UNKNOWN): TimeClass.NO_DATA,
    PLANNED: TimeClass.EXCLUDED,
    EXCLUDED: TimeClass.EXCLUDED,
}


@dataclass(frozen=True, slots=True)
class ClassStretch:
    """A stretch [start, end) of one class, in microseconds, and why. `is_short`: of an outage too short to count.

    `is_planned`: excluded as planned maintenance; otherwise `excluded` is by a correction.
    """

    start: int
    end: int
    kind: TimeClass
    is_planned: bool = False
    is_short: bool = False


@dataclass(frozen=True, slots=True)
class Outage:
    """A whole stretch of state down. `end` None: it goes on. `down` is its time of class down in the period.

    `is_short`: shorter than the norm's least outage; it counts as up, and is listed.
    """

    service: int
    start: int
    end: int | None
    down: int
    is_short: bool


def class_stretches(
    facts: Facts, time: ServiceTime, rules: Rules, *, service: int, start: int, end: int
) -> list[ClassStretch]:
    """The stretches of [start, end) for one service, in order and without gaps; neighbours differ."""
    found: list[ClassStretch] = []
    for stretch in _cut(facts.part(service, service + 1), time, rules, start, end):
        if found and replace(found[-1], start=stretch.start, end=stretch.end) == stretch:
            found[-1] = replace(found[-1], end=stretch.end)
        else:
            found.append(stretch)
    return found


def _cut(facts: Facts, time: ServiceTime, rules: Rules, start: int, end: int) -> Iterator[ClassStretch]:
    runs = runs_of(facts, rules)
    segments = segments_of(facts, runs, time, rules, np.array([start, end], np.int64), with_starts=True)
    assert segments.starts is not None
    ends = np.append(segments.starts[1:], end)
    for low, high, kind, row in zip(
        segments.starts.tolist(), ends.tolist(), segments.kind.tolist(), segments.row.tolist(), strict=True
    ):
        if low >= high:
            continue
        at = low
        for opens, closes in time.agreed(low, high):
            if at < opens:
                yield ClassStretch(at, opens, TimeClass.OUTSIDE)
            short = kind == State.UP and bool(runs.is_short[row])
            yield ClassStretch(opens, closes, _CLASS_OF[kind], kind == PLANNED, short)
            at = closes
        if at < high:
            yield ClassStretch(at, high, TimeClass.OUTSIDE)


def outages(facts: Facts, time: ServiceTime, rules: Rules, *, start: int, end: int) -> list[Outage]:
    """The outages that belong to [start, end), and the short ones that would; by service, then by start."""
    runs = runs_of(facts, rules)
    edges = np.array([start, end], np.int64)
    segments = segments_of(facts, runs, time, rules, edges)
    short = (segments.kind == State.UP) & runs.is_short[segments.row]
    inside = (segments.agreed > 0) & (segments.edge % 2 == 0) & ((segments.kind == State.DOWN) | short)
    down = np.bincount(segments.row[inside], weights=segments.agreed[inside], minlength=len(runs.start))
    return [
        Outage(
            service=int(runs.service[row]),
            start=int(runs.start[row]),
            end=int(runs.end[row]) if runs.end[row] < ENDLESS else None,
            down=0 if runs.is_short[row] else int(down[row]),
            is_short=bool(runs.is_short[row]),
        )
        for row in np.flatnonzero(down).tolist()
    ]
