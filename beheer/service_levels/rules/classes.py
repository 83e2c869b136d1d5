"""For how long which class holds in each period, and the outages that belong to it: some services at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beheer.lib.intervals import Micros
from beheer.lib.service_time import ServiceTime
from beheer.service_levels.rules.facts import Facts, Indexes, State
from beheer.service_levels.rules.norms import Rules
from beheer.service_levels.rules.pieces import KINDS, Pieces, count_kinds, excluding, planned_windows
from beheer.service_levels.rules.states import Runs, runs_of

Period = tuple[int, int]


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
        runs = runs_of(part, rules, parts=not with_outages)
        planned = planned_windows(part.windows, rules.planned_notice_us)
        counted, pieces = count_kinds(runs, planned, excluding(part.corrections), part.count, time, edges)
        if len(periods) == 1:
            kinds[low:high] = counted
        else:
            before = np.zeros((part.count, len(edges), KINDS), np.int64)
            np.cumsum(counted, axis=1, out=before[:, 1:])
            np.subtract(before[:, last], before[:, first], out=kinds[low:high])
        if share is not None:
            _share_outages(pieces, runs, len(edges) - 1, first, last, share.part(low, high))
    return ClassTimes(tuple(periods), kinds, share)


def _share_outages(
    pieces: Pieces, runs: Runs, spans: int, first: Indexes, last: Indexes, share: OutageShare
) -> None:
    """Note the outages with some time of class down in each period, and the longest of these times."""
    down = np.flatnonzero((pieces.state == State.DOWN) & (pieces.agreed > 0))
    row, agreed = pieces.row[down], pieces.agreed[down].astype(np.int64)
    service = runs.service[row]
    span = pieces.span[down] - service * spans
    if (last == first + 1).all() and len(np.unique(first)) == len(first):
        column = np.full(spans, -1, np.int64)
        column[first] = np.arange(len(first))
        _share_out(service, row, column[span], agreed, share)
        return
    for index, (low, high) in enumerate(zip(first, last, strict=True)):
        inside = (span >= low) & (span < high)
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


_ROWS = 120_000
"""Boundaries to sweep at once: what stays in the processor's cache is quicker."""
