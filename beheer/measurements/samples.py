"""Figures over measurements in arrays. Pure: no store, no settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Micros = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]
Spans = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Samples:
    """Measurements of one metric in order of time: `at` in microseconds since 1970, and their values."""

    at: Micros
    values: Values

    def __len__(self) -> int:
        return len(self.at)

    def within(self, spans: Spans) -> Samples:
        """Those measured in these spans: disjoint, half-open, in order."""
        if not spans:
            return NOTHING
        starts = np.array([start for start, _ in spans], dtype=np.int64)
        ends = np.array([end for _, end in spans], dtype=np.int64)
        place = np.searchsorted(starts, self.at, side="right") - 1
        inside = (place >= 0) & (self.at < ends[place])
        return Samples(self.at[inside], self.values[inside])


NOTHING = Samples(np.array([], dtype=np.int64), np.array([], dtype=np.float64))


def percentile_of(samples: Samples, ratio: float) -> float | None:
    """The smallest value that at least `ratio` (0 to 1] of the measurements do not exceed; None without any.

    Source: nearest-rank method.
    """
    if not len(samples):
        return None
    rank = max(1, int(np.ceil(round(ratio * len(samples), 9))))
    return float(np.partition(samples.values, rank - 1)[rank - 1])


def share_of(samples: Samples, limit: float) -> float | None:
    """The share of the measurements that do not exceed `limit`; None without any."""
    return float(np.mean(samples.values <= limit)) if len(samples) else None


def highest_of(samples: Samples) -> float | None:
    """The greatest value; None without any."""
    return float(samples.values.max()) if len(samples) else None


def mean_of(samples: Samples) -> float | None:
    """The mean of the values; None without any."""
    return float(samples.values.mean()) if len(samples) else None


def seconds_over(samples: Samples, spans: Spans, limit: float, longest_s: float) -> tuple[float, float]:
    """(seconds above `limit`, seconds known) of samples that were measured within these spans.

    A measurement holds until the next one, at most `longest_s`, and not past the end of its span.
    """
    if not len(samples):
        return 0.0, 0.0
    ends = np.array([end for _, end in spans], dtype=np.int64)
    own_end = ends[np.searchsorted(ends, samples.at, side="right")]
    following = np.append(samples.at[1:], np.iinfo(np.int64).max)
    until = np.minimum(np.minimum(following, own_end), samples.at + int(longest_s * 1e6))
    lasted = (until - samples.at) / 1e6
    return float(lasted[samples.values > limit].sum()), float(lasted.sum())


def sums_in(samples: Samples, spans: Spans) -> list[float | None]:
    """The sum of the values in each of some spans; None where nothing was measured in it."""
    if not spans:
        return []
    first = np.searchsorted(samples.at, np.array([start for start, _ in spans], dtype=np.int64))
    last = np.searchsorted(samples.at, np.array([end for _, end in spans], dtype=np.int64))
    added = np.concatenate([[0.0], np.cumsum(samples.values)])
    return [
        float(added[high] - added[low]) if high > low else None
        for low, high in zip(first.tolist(), last.tolist(), strict=True)
    ]
