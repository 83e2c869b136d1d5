"""Runs of state cut at the edges of periods, on one axis: what the time of each kind is counted from.

Agreed time is a coordinate: instants become positions on an axis where the agreed time of all services stands one after
the other. There every length is a difference, whatever the calendar, and windows find what they cover by binary search.
"""

from __future__ import annotations

from dataclasses import dataclass

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

    `row` is the run, `span` the number of the stretch between edges (each service has all of them, in a row),
    `agreed` the agreed time in which the state counts: less what windows and corrections cover.
    """

    row: Indexes
    span: Indexes
    state: Codes
    agreed: Lengths


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
    services = [runs.service, planned.service, planned.service, excluded.service, excluded.service]
    at, *positions = _positions(time, [edges, *(column.clip(edges[0], edges[-1]) for column in columns)])
    width = int(at[-1] - at[0])
    base = np.arange(count, dtype=np.int64) * width - at[0]
    keys = [where + base.take(service) for where, service in zip(positions, services, strict=True)]
    axis, pieces = _cut(runs, keys[0], base, at[1:-1], count * width)
    spans = count * (len(edges) - 1)
    planned_us, excluded_us = _cover(axis, pieces, keys[1:3], keys[3:5], spans)
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


def _cut(runs: Runs, keys: Micros, base: Micros, inner: Micros, end: int) -> tuple[Micros, Pieces]:
    """The pieces, and where on the axis each begins; one entry more for the end of the last."""
    row, span, starts = np.arange(len(keys)), runs.service, keys
    if len(inner):
        # An edge stands after what begins with it, but never among the runs of the next service.
        last = np.searchsorted(runs.service, np.arange(len(base)), "right")
        cuts = base[:, None] + inner[None, :]
        place = np.minimum(np.searchsorted(keys, cuts, "right"), last[:, None]).reshape(-1)
        place += np.arange(len(place))
        is_cut = np.zeros(len(keys) + len(place), bool)
        is_cut[place] = True
        starts = np.empty(len(is_cut), np.int64)
        starts[place] = cuts.reshape(-1)
        starts[~is_cut] = keys
        row = np.cumsum(~is_cut) - 1
        span = np.cumsum(is_cut) + runs.service.take(row)
    axis = np.append(starts, end)
    agreed = np.empty(len(starts))
    np.subtract(axis[1:], axis[:-1], out=agreed, casting="unsafe")
    return axis, Pieces(row, span, runs.counts_as.take(row) if len(inner) else runs.counts_as, agreed)


def _cover(
    axis: Micros, pieces: Pieces, planned: list[Micros], excluded: list[Micros], spans: int
) -> tuple[Lengths, Lengths]:
    """Take from the pieces what windows and corrections cover. Gives how much of each span is planned and not excluded,
    and how much is excluded.
    """
    begin, end = (np.concatenate(pair) for pair in zip(planned, excluded, strict=True))
    piece, covered = _covered(axis, begin, end)
    np.subtract.at(pieces.agreed, piece, covered)
    either = _summed(pieces.span[piece], covered, spans)
    if not len(excluded[0]):
        return either, np.zeros(spans)
    piece, covered = _covered(axis, *excluded)
    out = _summed(pieces.span[piece], covered, spans)
    return either - out, out


def _summed(place: Indexes, lengths: Lengths, count: int) -> Lengths:
    return np.asarray(np.bincount(place, weights=lengths, minlength=count), np.float64)


def _covered(axis: Micros, begin: Micros, end: Micros) -> tuple[Indexes, Lengths]:
    """The pieces that stretches of the axis touch, and how much of each they cover; what overlaps counts once."""
    covering = merge(begin, end)
    first = np.searchsorted(axis[:-1], covering.start, "right") - 1
    number = np.searchsorted(axis[:-1], covering.end) - first
    skipped = np.cumsum(number) - number
    piece = np.repeat(first - skipped, number)
    piece += np.arange(len(piece))
    covered = np.minimum(axis[piece + 1], np.repeat(covering.end, number))
    covered -= np.maximum(axis[piece], np.repeat(covering.start, number))
    return piece, covered.astype(np.float64)


# Memory that was freed is kept for the next arrays once a block of this size was freed; until then the C library gives
# it back to the kernel at once, and a third of the time goes to getting it again. The pages are never touched.
_ = np.empty(32_000_000, np.uint8)
del _
