"""From a figure to what makes it up: the stretches of each class in a period, and the outages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from beheer.lib.intervals import ENDLESS, Spans, merge
from beheer.lib.service_time import ServiceTime
from beheer.service_levels.rules.facts import Facts, Marks, State
from beheer.service_levels.rules.norms import Rules
from beheer.service_levels.rules.pieces import EXCLUDED, PLANNED, count_kinds, excluding, planned_windows
from beheer.service_levels.rules.states import Runs, runs_of


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
    for low, high, kind, row in _segments(facts, runs, rules, start, end):
        at = low
        for opens, closes in time.agreed(low, high):
            if at < opens:
                yield ClassStretch(at, opens, TimeClass.OUTSIDE)
            short = kind == State.UP and bool(runs.is_short[row])
            yield ClassStretch(opens, closes, _CLASS_OF[kind], kind == PLANNED, short)
            at = closes
        if at < high:
            yield ClassStretch(at, high, TimeClass.OUTSIDE)


def _segments(
    facts: Facts, runs: Runs, rules: Rules, start: int, end: int
) -> Iterator[tuple[int, int, int, int]]:
    """Of one service, between all boundaries in [start, end): begin, end, the kind that holds, and the run of state."""
    covering = (
        (EXCLUDED, _spans(excluding(facts.corrections))),
        (PLANNED, _spans(planned_windows(facts.windows, rules.planned_notice_us))),
    )
    boundaries = [runs.start, *(column for _, one in covering for column in (one.start, one.end))]
    edges = np.unique(np.concatenate([[start, end], *boundaries]).clip(start, end))
    begins = edges[:-1]
    row = np.searchsorted(runs.start, begins, "right") - 1
    kind = np.select(
        [one.contains(begins) for _, one in covering], [code for code, _ in covering], runs.counts_as[row]
    )
    yield from zip(begins.tolist(), edges[1:].tolist(), kind.tolist(), row.tolist(), strict=True)


def _spans(rows: Marks) -> Spans:
    return merge(rows.start, rows.end)


def outages(facts: Facts, time: ServiceTime, rules: Rules, *, start: int, end: int) -> list[Outage]:
    """The outages that belong to [start, end), and the short ones that would; by service, then by start."""
    runs = runs_of(facts, rules)
    planned = planned_windows(facts.windows, rules.planned_notice_us)
    edges = np.array([start, end], np.int64)
    _, pieces = count_kinds(runs, planned, excluding(facts.corrections), facts.count, time, edges)
    inside = (pieces.agreed > 0) & ((pieces.state == State.DOWN) | runs.is_short[pieces.row])
    down = np.bincount(pieces.row[inside], weights=pieces.agreed[inside], minlength=len(runs.start))
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
