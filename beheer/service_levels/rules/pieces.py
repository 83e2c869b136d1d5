"""Runs of state cut at the edges of periods, on one axis: what the time of each kind is counted from.

Agreed time is a coordinate: instants become positions on an axis where the agreed time of all services stands one after
the other. There every length is a difference, whatever the calendar, and windows find what they cover by binary search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from beheer.lib.intervals import Micros, merge
from beheer.lib.service_time import ServiceTime
from beheer.service_levels.rules.facts import Codes, Indexes, Makes, Marks
from beheer.service_levels.rules.states import Runs

PLANNED, EXCLUDED = 4, 5
KINDS = 6
"""Within agreed time: the four states by their code, then planned, then excluded by a correction."""

Lengths = npt.NDArray[np.float64]
"""Whole microseconds as doubles, exact below 2**53 or 285 years: those can be added up by group."""


@dataclass(frozen=True)
class Pieces:
    """Parts of runs of state between neighbouring edges, sorted along the axis; arrays of one length.

    `start` is where a piece begins on the axis, `span` the number of its stretch between edges (each service has all of
    them, in a row), `agreed` the agreed time in which the state counts: less what windows and corrections cover.
    `cuts`: which pieces begin at an edge instead of with a run; None where none does.
    """

    start: Micros
    span: Indexes
    state: Codes
    agreed: Lengths
    cuts: npt.NDArray[np.bool_] | None = None

    @cached_property
    def row(self) -> Indexes:
        """The run of each piece."""
        return np.arange(len(self.start)) if self.cuts is None else np.cumsum(~self.cuts) - 1


def planned_windows(windows: Marks, notice_us: int) -> Marks:
    """The windows whose notice was kept."""
    return windows.take(windows.value <= windows.start - notice_us)


def excluding(corrections: Marks) -> Marks:
    """The corrections after which time is not counted."""
    return corrections.take(corrections.value == Makes.EXCLUDE)


def count_kinds(
    runs: Runs, planned: Marks, excluded: Marks, count: int, time: ServiceTime, edges: Micros
) -> tuple[Micros, Pieces]:
    """Microseconds of each kind between neighbouring edges, shape (services, edges - 1, KINDS), and the pieces."""
    columns = [runs.start, planned.start, planned.end, excluded.start, excluded.end]
    at, starts, *marked = _positions(time, [edges, *(column.clip(edges[0], edges[-1]) for column in columns)])
    width = int(at[-1] - at[0])
    base = np.arange(count, dtype=np.int64) * width - at[0]
    rows = np.searchsorted(runs.service, np.arange(count + 1))
    starts += np.repeat(base, np.diff(rows))
    for column, marks in zip(marked, (planned, planned, excluded, excluded), strict=True):
        column += base.take(marks.service)
    pieces = _cut(runs, rows, starts, base[:, None] + at[None, 1:-1], count * width)
    spans = count * (len(edges) - 1)
    planned_us, excluded_us = _cover(pieces, marked[:2], marked[2:], spans)
    place = pieces.span * KINDS
    place += pieces.state
    kinds = _summed(place, pieces.agreed, spans * KINDS).reshape(spans, KINDS).astype(np.int64)
    kinds[:, PLANNED], kinds[:, EXCLUDED] = planned_us, excluded_us
    return kinds.reshape(count, len(edges) - 1, KINDS), pieces


def _positions(time: ServiceTime, columns: list[Micros]) -> list[Micros]:
    """Positions of several columns of instants, all against one origin."""
    if time.calendar.is_always:
        return columns
    cuts = np.cumsum([len(column) for column in columns])[:-1]
    return list(np.split(time.positions(np.concatenate(columns)), cuts))


def _cut(runs: Runs, rows: Indexes, starts: Micros, edges: Micros, end: int) -> Pieces:
    """The pieces up to `end` on the axis: runs, which begin at `starts`, cut by `edges`, shape (services, edges).

    `rows`: the first run of each service, and one past the last.
    """
    span, state, cuts = runs.service, runs.counts_as, None
    if edges.size:
        # An edge stands after what begins with it, but never among the runs of the next service.
        place = np.minimum(np.searchsorted(starts, edges, "right"), rows[1:, None]).reshape(-1)
        place += np.arange(len(place))
        cuts = np.zeros(len(starts) + len(place), bool)
        cuts[place] = True
        joined = np.empty(len(cuts), np.int64)
        joined[place] = edges.reshape(-1)
        joined[~cuts] = starts
        row, starts = np.cumsum(~cuts) - 1, joined
        span, state = np.cumsum(cuts) + span.take(row), state.take(row)
    agreed = np.empty(len(starts))
    np.subtract(starts[1:], starts[:-1], out=agreed[:-1], casting="unsafe")
    agreed[-1:] = end - starts[-1:]
    return Pieces(starts, span, state, agreed, cuts)


def _cover(
    pieces: Pieces, planned: Sequence[Micros], excluded: Sequence[Micros], spans: int
) -> tuple[Lengths, Lengths]:
    """Take from the pieces what windows and corrections cover. Gives how much of each span is planned and not excluded,
    and how much is excluded.
    """
    out = np.zeros(spans)
    if len(excluded[0]):
        piece, covered = _covered(pieces, *excluded)
        out = _summed(pieces.span[piece], covered, spans)
    begin, end = (np.concatenate(pair) for pair in zip(planned, excluded, strict=True))
    piece, covered = _covered(pieces, begin, end)
    np.subtract.at(pieces.agreed, piece, covered)
    return _summed(pieces.span[piece], covered, spans) - out, out


def _summed(place: Indexes, lengths: Lengths, count: int) -> Lengths:
    return np.asarray(np.bincount(place, weights=lengths, minlength=count), np.float64)


def _covered(pieces: Pieces, begin: Micros, end: Micros) -> tuple[Indexes, Lengths]:
    """The pieces that stretches of the axis touch, and how much of each they cover; what overlaps counts once.

    Most stretches touch a piece or two: these are walked, all stretches at once. The few long ones are looked up.
    """
    covering = merge(begin, end)
    begin, end = covering.start, covering.end
    piece = np.searchsorted(pieces.start, begin, "right") - 1
    found = []
    for _ in range(_STEPS):
        stop = pieces.start.take(piece) + pieces.agreed.take(piece).astype(np.int64)
        found.append((piece, np.minimum(stop, end) - begin))
        goes_on = np.flatnonzero(end > stop)
        if not len(goes_on):
            break
        piece, begin, end = piece[goes_on] + 1, stop[goes_on], end[goes_on]
    else:
        found.append(_covered_by_long(pieces, piece, end))
    touched, lengths = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return touched, lengths.astype(np.float64)


def _covered_by_long(pieces: Pieces, first: Indexes, end: Micros) -> tuple[Indexes, Micros]:
    """The same for stretches that begin with a piece, however many they touch."""
    number = np.searchsorted(pieces.start, end) - first
    skipped = np.cumsum(number) - number
    piece = np.repeat(first - skipped, number) + np.arange(number.sum())
    start = pieces.start[piece]
    return piece, np.minimum(start + pieces.agreed[piece].astype(np.int64), np.repeat(end, number)) - start


_STEPS = 4


# Memory that was freed is kept for the next arrays once a block of this size was freed; until then the C library gives
# it back to the kernel at once, and a third of the time goes to getting it again. The pages are never touched.
_ = np.empty(32_000_000, np.uint8)
del _
