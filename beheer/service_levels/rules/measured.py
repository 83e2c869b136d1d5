"""Figures of indicators that rest on measurements, from arrays. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beheer.algorithms.trend import theil_sen
from beheer.lib.durations import DAY, HOUR
from beheer.measurements.samples import Samples, highest_of, mean_of, percentile_of, share_of
from beheer.service_levels.rules.figures import Figure
from beheer.service_levels.rules.norms import Verdict
from beheer.service_levels.rules.settings import CapacitySettings, ResponseSettings

SECOND = 1_000_000
TREND_DAYS = 60
TREND_STEP = 6 * HOUR


def compared(value: float | None, target: float, higher_is_better: bool) -> Verdict:
    """Whether a figure keeps its target; no data where there is no figure."""
    if value is None:
        return Verdict.NO_DATA
    return Verdict.MET if (value >= target if higher_is_better else value <= target) else Verdict.BREACHED


def response_of(samples: Samples, settings: ResponseSettings) -> float | None:
    """A percentile, or the share within a threshold; None without measurements."""
    if settings.within is not None:
        return share_of(samples, settings.within)
    return percentile_of(samples, settings.percentile)


def use_of(samples: Samples, settings: CapacitySettings) -> float | None:
    """What is used over its limit: the highest, the mean or a percentile; None without measurements."""
    if settings.figure == "percentile":
        used = percentile_of(samples, settings.percentile)
    else:
        used = highest_of(samples) if settings.figure == "highest" else mean_of(samples)
    return None if used is None else used / settings.limit


def peaks(samples: Samples, now: int) -> list[tuple[int, float]]:
    """The highest value of each quarter of a day in the last weeks: what a trend of growth is drawn through."""
    recent = samples.within([(now - TREND_DAYS * DAY, now)])
    if not len(recent):
        return []
    steps = recent.at // TREND_STEP
    firsts = np.flatnonzero(np.append(True, steps[1:] != steps[:-1]))
    highest = np.maximum.reduceat(recent.values, firsts)
    return list(zip((steps[firsts] * TREND_STEP).tolist(), highest.tolist(), strict=True))


def days_until(points: list[tuple[int, float]], limit: float, now: int) -> float | None:
    """Days from now until the trend through these points reaches the limit; None where it does not rise, or is unknown.

    Source: the Theil-Sen estimator, see `algorithms.trend`.
    """
    line = theil_sen([at / DAY for at, _value in points], [value for _at, value in points])
    if line is None:
        return None
    reached = line.reaches(limit, since=now / DAY)
    return None if reached is None else round(reached - now / DAY, 3)


@dataclass(frozen=True, slots=True)
class Reliability:
    """A figure of reliability by its name: a number, or seconds; None where there were no outages."""

    value: float | None
    verdict: Verdict


def reliability_of(figure: Figure, name: str, target: float, higher_is_better: bool) -> Reliability:
    """Without outages every target is met, if anything was counted at all; without data nothing is said."""
    if not figure.counted:
        return Reliability(None, Verdict.NO_DATA)
    if name == "outages":
        value: float | None = float(figure.outages)
    else:
        found = {"mtbf": figure.mtbf, "mtrs": figure.mtrs, "longest": figure.longest}[name]
        value = None if found is None else float(found) / SECOND
    return Reliability(value, Verdict.MET if value is None else compared(value, target, higher_is_better))
