"""Figures over stretches of agreed time, for service levels: percentiles, shares, time above a limit.

Stretches are disjoint half-open intervals of aware instants, in order. Only raw measurements count: of time whose raw
measurements are no longer kept nothing is said (`count` shows on how many a figure rests).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from beheer.measurements import duck
from beheer.measurements.queries import raw_between
from beheer.measurements.schema import microseconds

Stretches = Sequence[tuple[datetime, datetime]]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and the number of measurements it rests on. `value` None: nothing was measured in that time."""

    value: float | None
    count: int


def percentile(check_id: int, metric: str, ratio: float, stretches: Stretches) -> Figure:
    """The smallest measured value that at least `ratio` (0 to 1] of the measurements do not exceed.

    Source: nearest-rank method.
    """
    _, values = _measured(check_id, metric, stretches)
    if not len(values):
        return Figure(None, 0)
    rank = max(1, int(np.ceil(round(ratio * len(values), 9))))
    return Figure(float(np.partition(values, rank - 1)[rank - 1]), len(values))


def share_within(check_id: int, metric: str, limit: float, stretches: Stretches) -> Figure:
    """The share of the measurements that do not exceed `limit`, a ratio in [0, 1]."""
    _, values = _measured(check_id, metric, stretches)
    return Figure(float(np.mean(values <= limit)), len(values)) if len(values) else Figure(None, 0)


def highest(check_id: int, metric: str, stretches: Stretches) -> Figure:
    """The greatest measured value."""
    _, values = _measured(check_id, metric, stretches)
    return Figure(float(values.max()), len(values)) if len(values) else Figure(None, 0)


def mean(check_id: int, metric: str, stretches: Stretches) -> Figure:
    """The mean of the measurements."""
    _, values = _measured(check_id, metric, stretches)
    return Figure(float(values.mean()), len(values)) if len(values) else Figure(None, 0)


def seconds_above(
    check_id: int, metric: str, limit: float, stretches: Stretches, longest_s: float
) -> tuple[float, float]:
    """(seconds above `limit`, seconds known) in these stretches.

    A measurement holds until the next one, at most `longest_s`, and not past the end of its stretch.
    """
    measured_at, values = _measured(check_id, metric, stretches)
    if not len(values):
        return 0.0, 0.0
    ends = np.array([microseconds(end) for _, end in stretches], dtype=np.int64)
    own_end = ends[np.searchsorted(ends, measured_at, side="right")]
    following = np.append(measured_at[1:], np.iinfo(np.int64).max)
    until = np.minimum(np.minimum(following, own_end), measured_at + int(longest_s * 1e6))
    lasted = (until - measured_at) / 1e6
    return float(lasted[values > limit].sum()), float(lasted.sum())


def _measured(check_id: int, metric: str, stretches: Stretches) -> tuple[Any, Any]:
    """Instants (µs since 1970, in order) and values that were measured within the stretches."""
    empty = np.array([], dtype=np.int64), np.array([], dtype=np.float64)
    if not stretches:
        return empty
    since, until = stretches[0][0], stretches[-1][1]
    found = duck.steady(lambda: _fetch(check_id, metric, since, until))
    if found is None:
        return empty
    measured_at, values = found
    starts = np.array([microseconds(start) for start, _ in stretches], dtype=np.int64)
    ends = np.array([microseconds(end) for _, end in stretches], dtype=np.int64)
    place = np.searchsorted(starts, measured_at, side="right") - 1
    inside = (place >= 0) & (measured_at < ends[place])
    return measured_at[inside], values[inside]


def _fetch(check_id: int, metric: str, since: datetime, until: datetime) -> tuple[Any, Any] | None:
    paths = raw_between(since, until)
    if not paths:
        return None
    sql = (
        f"SELECT epoch_us(measured_at) AS instant, value FROM {duck.source(paths)} WHERE check_id = ?"
        " AND metric = ? AND measured_at >= ? AND measured_at < ? AND isfinite(value) ORDER BY measured_at"
    )
    columns = duck.arrays(sql, [check_id, metric, since, until])
    return np.asarray(columns["instant"], dtype=np.int64), np.asarray(columns["value"], dtype=np.float64)
