"""A straight line through points that a few outliers do not bend: the Theil–Sen estimator.

Sources: H. Theil, "A rank-invariant method of linear and polynomial regression analysis", 1950; P. K. Sen, "Estimates
of the regression coefficient based on Kendall's tau", 1968.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MOST_POINTS = 400  # more are thinned evenly: the work grows with the square


@dataclass(frozen=True, slots=True)
class Line:
    """value = intercept + slope * time."""

    slope: float
    intercept: float

    def at(self, time: float) -> float:
        """The value of the line at a time."""
        return self.intercept + self.slope * time

    def reaches(self, value: float, since: float) -> float | None:
        """The first time from `since` on at which the line is at or above `value`; None where it never gets there."""
        if self.at(since) >= value:
            return since
        return (value - self.intercept) / self.slope if self.slope > 0 else None


def theil_sen(times: Sequence[float], values: Sequence[float]) -> Line | None:
    """The line whose slope is the median of the slopes of all pairs; None with fewer than two different times."""
    x, y = np.asarray(times, float), np.asarray(values, float)
    if len(x) > MOST_POINTS:
        keep = np.linspace(0, len(x) - 1, MOST_POINTS).round().astype(int)
        x, y = x[keep], y[keep]
    first, second = np.triu_indices(len(x), 1)
    apart = x[second] - x[first]
    differs = apart != 0
    if not differs.any():
        return None
    slope = float(np.median((y[second] - y[first])[differs] / apart[differs]))
    return Line(slope, float(np.median(y - slope * x)))
