"""Which class holds when, and for how long: the sweep over states, windows, corrections, calendar and periods.

Every class of every period of every service comes from one sorted pass over all boundaries. Agreed time is a
coordinate: a stretch's agreed length is the difference of two positions, so a calendar costs a binary search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beheer.lib.intervals import Micros
from beheer.lib.service_time import ServiceTime
from beheer.service_levels.rules.facts import Codes, Facts, Indexes, Makes, Marks, State
from beheer.service_levels.rules.norms import Rules
from beheer.service_levels.rules.states import Runs, runs_of

PLANNED, EXCLUDED = 4, 5
KINDS = 6
"""Within agreed time: the four states by their code, then planned, then excluded by a correction."""

Period = tuple[int, int]


@dataclass(frozen=True)
class Segments:
    """The stretches between neighbouring boundaries, sorted by service and instant. `row` is the run of state, `edge`
    the number of the edge at or before it (each service has all edges, one after the other), `agreed` its agreed
    microseconds, `kind` what holds. What begins at a service's last edge is no stretch, and means nothing.
    """

    row: Indexes
    edge: Indexes
    agreed: Micros
    kind: Codes
    starts: Micros | None = None


@dataclass(frozen=True)
class OutageShare:
    """Of each service and period, shape (services, periods): outages, and the down time of the longest."""

    count: Indexes
    longest: Micros

    def part(self, low: int, high: int) -> OutageShare:
        """A view of the services from `low` until `high`: what is written there is written here."""
        return OutageShare(self.count[low:high], self.longest[low:high])


@dataclass(frozen=True)
class ClassTimes:
    """Microseconds of each kind, shape (services, periods, KINDS), and of each period on the clock.

    `outages` None: they were not asked for.
    """

    periods: tuple[Period, ...]
    kinds: Micros
    outages: OutageShare | None

    @property
    def outside(self) -> Micros:
        """What is not agreed time: the period less all kinds."""
        length = np.array([end - start for start, end in self.periods], np.int64)
        result: Micros = length[None, :] - self.kinds.sum(axis=2)
        return result


def planned_windows(windows: Marks, notice_us: int) -> Marks:
    """The windows whose notice was kept."""
    return windows.take(windows.value <= windows.start - notice_us)


def class_times(
    facts: Facts, time: ServiceTime, rules: Rules, periods: Sequence[Period], *, with_outages: bool = True
) -> ClassTimes:
    """The time of each kind in each period, which may overlap, and the outages that belong to it."""
    edges = np.unique(np.array(periods, np.int64).reshape(-1))
    first = np.searchsorted(edges, [start for start, _ in periods])
    last = np.searchsorted(edges, [end for _, end in periods])
    kinds = np.empty((facts.count, len(periods), KINDS), np.int64)
    share = OutageShare(*np.zeros((2, facts.count, len(periods)), np.int64)) if with_outages else None
    for low, high in _chunks(facts, int(edges[-1] - edges[0]), len(edges)):
        part = facts.part(low, high) if high - low < facts.count else facts
        runs = runs_of(part, rules)
        segments = segments_of(part, runs, time, rules, edges)
        pieces = _pieces(segments, part.count, len(edges))
        if len(periods) == 1:
            kinds[low:high] = pieces
        else:
            before = np.zeros((part.count, len(edges), KINDS), np.int64)
            np.cumsum(pieces, axis=1, out=before[:, 1:])
            np.subtract(before[:, last], before[:, first], out=kinds[low:high])
        if share is not None:
            _share_outages(segments, runs, len(edges), first, last, share.part(low, high))
    return ClassTimes(tuple(periods), kinds, share)


def segments_of(
    facts: Facts, runs: Runs, time: ServiceTime, rules: Rules, edges: Micros, *, with_starts: bool = False
) -> Segments:
    """All segments between the first and the last edge; `starts` only where they are asked for."""
    origin, final = int(edges[0]), int(edges[-1])
    width = final - origin + 1
    planned = planned_windows(facts.windows, rules.planned_notice_us)
    excluded = facts.corrections.take(facts.corrections.value == Makes.EXCLUDE)
    base = np.arange(facts.count, dtype=np.int64) * width - origin
    parts = [_keys(runs.start, runs.service, edges, base)]
    for rows in (planned, excluded):
        if len(rows):
            parts += [_keys(at, rows.service, edges, base) for at in (rows.start, rows.end)]
    parts.append((edges[None, :] + base[:, None]).reshape(-1))
    keys = np.concatenate(parts)
    order = np.argsort(keys, kind="stable")
    keys = keys.take(order)
    row = np.cumsum(order < len(runs.start)) - 1
    kind = runs.counts_as.take(row)
    begin = len(runs.start)
    for rows, code in ((planned, PLANNED), (excluded, EXCLUDED)):
        if len(rows):
            kind = np.where(_active(rows, begin, order), np.int8(code), kind)
        begin += 2 * len(rows)
    edge = np.maximum(np.cumsum(order >= begin) - 1, 0)
    starts = None
    if with_starts or not time.calendar.is_always:
        starts = keys - base[runs.service[row]]
    position = keys if time.calendar.is_always or starts is None else time.positions(starts)
    agreed = np.zeros(len(keys), np.int64)
    np.subtract(position[1:], position[:-1], out=agreed[:-1])
    return Segments(row, edge, agreed, kind, starts)


def _keys(at: Micros, service: Indexes, edges: Micros, base: Micros) -> Micros:
    """Instants, cut to the edges, as one number with their service: sorting it sorts by service and instant."""
    keys = np.clip(at, edges[0], edges[-1])
    keys += base.take(service)
    return keys


def _active(rows: Marks, begin: int, order: Indexes) -> np.typing.NDArray[np.bool_]:
    """Where at least one of the marks holds; their starts stand from `begin` on, their ends after them."""
    delta = np.zeros(len(order), np.int8)
    lasting = rows.start < rows.end
    delta[begin : begin + len(rows)] = lasting
    delta[begin + len(rows) : begin + 2 * len(rows)] -= lasting
    return np.asarray(np.cumsum(delta.take(order), dtype=np.int32) > 0)


def _pieces(segments: Segments, count: int, edges: int) -> Micros:
    """Microseconds of each kind between neighbouring edges: shape (services, edges - 1, KINDS).

    Sums of whole numbers below 2**53 are exact as doubles: 285 years in microseconds.
    """
    place = segments.edge * KINDS + segments.kind
    summed = np.bincount(place, weights=segments.agreed, minlength=count * edges * KINDS)
    return summed.reshape(count, edges, KINDS)[:, :-1].astype(np.int64)


def _share_outages(
    segments: Segments, runs: Runs, edges: int, first: Indexes, last: Indexes, share: OutageShare
) -> None:
    """Note the outages with some time of class down in each period, and the longest of these times."""
    down = np.flatnonzero((segments.kind == State.DOWN) & (segments.agreed > 0))
    row, agreed = segments.row[down], segments.agreed[down]
    service = runs.service[row]
    piece = segments.edge[down] - service * edges
    if (last == first + 1).all() and len(np.unique(first)) == len(first):
        column = np.full(edges, -1, np.int64)
        column[first] = np.arange(len(first))
        _share_out(service, row, column[piece], agreed, share)
        return
    for index, (low, high) in enumerate(zip(first, last, strict=True)):
        inside = (piece >= low) & (piece < high)
        column = np.full(int(inside.sum()), index)
        _share_out(service[inside], row[inside], column, agreed[inside], share)


def _share_out(service: Indexes, row: Indexes, column: Indexes, agreed: Micros, share: OutageShare) -> None:
    """Note of each service and column (a period; -1 is none) the number of outages and the longest one's down time."""
    inside = column >= 0
    if not inside.all():
        service, row, column, agreed = service[inside], row[inside], column[inside], agreed[inside]
    if not len(row):
        return
    starts = np.flatnonzero(np.concatenate([[True], (row[1:] != row[:-1]) | (column[1:] != column[:-1])]))
    length = np.add.reduceat(agreed, starts)
    who, where = service[starts], column[starts]
    groups = np.flatnonzero(np.concatenate([[True], (who[1:] != who[:-1]) | (where[1:] != where[:-1])]))
    share.count[who[groups], where[groups]] = np.diff(np.append(groups, len(who)))
    share.longest[who[groups], where[groups]] = np.maximum.reduceat(length, groups)


def _chunks(facts: Facts, length_us: int, edges: int) -> list[Period]:
    """Ranges of services that fit in memory and in 63 bits."""
    rows = np.searchsorted(facts.timeline.service, np.arange(facts.count + 1))
    most = max(1, 2**62 // (length_us + 1))
    found, low = [], 0
    while low < facts.count:
        high = int(
            np.searchsorted(
                rows + edges * np.arange(facts.count + 1), rows[low] + edges * low + _ROWS, "right"
            )
        )
        high = max(low + 1, min(high - 1, low + most, facts.count))
        found.append((low, high))
        low = high
    return found or [(0, 0)]


_ROWS = 30_000
"""Boundaries to sweep at once: what stays in the processor's cache is twice as fast."""
