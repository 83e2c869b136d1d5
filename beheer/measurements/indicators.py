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
from beheer.measurements.samples import (
    NOTHING,
    Samples,
    highest_of,
    mean_of,
    percentile_of,
    seconds_over,
    share_of,
)
from beheer.measurements.schema import microseconds

Stretches = Sequence[tuple[datetime, datetime]]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and the number of measurements it rests on. `value` None: nothing was measured in that time."""

    value: float | None
    count: int


def percentile(check_id: int, metric: str, ratio: float, stretches: Stretches) -> Figure:
    """The smallest measured value that at least `ratio` (0 to 1] of the measurements do not exceed."""
    found = samples_in(check_id, metric, stretches)
    return Figure(percentile_of(found, ratio), len(found))


def share_within(check_id: int, metric: str, limit: float, stretches: Stretches) -> Figure:
    """The share of the measurements that do not exceed `limit`, a ratio in [0, 1]."""
    found = samples_in(check_id, metric, stretches)
    return Figure(share_of(found, limit), len(found))


def highest(check_id: int, metric: str, stretches: Stretches) -> Figure:
    """The greatest measured value."""
    found = samples_in(check_id, metric, stretches)
    return Figure(highest_of(found), len(found))


def mean(check_id: int, metric: str, stretches: Stretches) -> Figure:
    """The mean of the measurements."""
    found = samples_in(check_id, metric, stretches)
    return Figure(mean_of(found), len(found))


def seconds_above(
    check_id: int, metric: str, limit: float, stretches: Stretches, longest_s: float
) -> tuple[float, float]:
    """(seconds above `limit`, seconds known) in these stretches.

    A measurement holds until the next one, at most `longest_s`, and not past the end of its stretch.
    """
    return seconds_over(samples_in(check_id, metric, stretches), _spans(stretches), limit, longest_s)


def samples_in(check_id: int, metric: str, stretches: Stretches) -> Samples:
    """What was measured within the stretches."""
    if not stretches:
        return NOTHING
    since, until = stretches[0][0], stretches[-1][1]
    found = duck.steady(lambda: _fetch(check_id, metric, since, until))
    return NOTHING if found is None else Samples(*found).within(_spans(stretches))


def _spans(stretches: Stretches) -> list[tuple[int, int]]:
    return [(microseconds(start), microseconds(end)) for start, end in stretches]


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
