"""Judges norms on measurements in a file: response, capacity and throughput."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import numpy as np

from beheer.lib.service_time import ServiceTime
from beheer.measurements.samples import Samples, highest_of, seconds_over
from beheer.service_levels.judging.agreements import NormFor
from beheer.service_levels.judging.measurements import Measurements
from beheer.service_levels.rules import Verdict
from beheer.service_levels.rules.measured import compared, days_until, peaks, response_of, use_of
from beheer.service_levels.rules.settings import (
    CapacitySettings,
    ResponseSettings,
    Settings,
    ThroughputSettings,
)
from beheer.service_levels.rules.throughput import (
    MOST_NAMED,
    agreed_days,
    intervals,
    kept_deadlines,
    volume,
)

DONE = "success"  # the metric of jobs that were done, where a norm names none


@dataclass(frozen=True)
class Measured:
    """What a norm on measurements says of a service in [start, end). `basis`: what the figure rests on."""

    service: str
    norm: NormFor
    start: int
    end: int
    value: float | None
    verdict: Verdict
    basis: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """One norm asked of one service in one period."""

    norm: NormFor
    table: Measurements
    service: str
    time: ServiceTime
    zone: ZoneInfo
    start: int
    end: int

    def all(self, metric: str) -> Samples:
        """Every measurement of the service."""
        return self.table.samples(self.service, metric)

    @property
    def spans(self) -> list[tuple[int, int]]:
        """The agreed time of the period."""
        return list(self.time.agreed(self.start, self.end))


Found = tuple[float | None, dict[str, object]]


def judge_measured(asked: Asked) -> Measured:
    """The figure of a norm on measurements, and whether its target is kept; no data where nothing was measured."""
    value, basis = _FIGURES[type(asked.norm.settings)](asked, asked.norm.settings)
    verdict = compared(value, float(asked.norm.norm.target), asked.norm.settings.higher_is_better)
    return Measured(asked.service, asked.norm, asked.start, asked.end, value, verdict, basis)


def _response(asked: Asked, settings: ResponseSettings) -> Found:
    samples = asked.all(settings.metric).within(asked.spans)
    return response_of(samples, settings), {"measurements": len(samples)}


def _capacity(asked: Asked, settings: CapacitySettings) -> Found:
    whole, spans = asked.all(settings.metric), asked.spans
    samples = whole.within(spans)
    above_s, known_s = seconds_over(samples, spans, settings.limit, _longest_s(samples))
    basis: dict[str, object] = {
        "measurements": len(samples),
        "above_limit_s": above_s,
        "known_s": known_s,
        "days_until_limit": days_until(peaks(whole, asked.end), settings.limit, asked.end),
    }
    return use_of(samples, settings), basis


def _longest_s(samples: Samples) -> float:
    """How long a measurement holds where no other follows: twice the usual distance between two."""
    return 2 * float(np.median(np.diff(samples.at))) / 1e6 if len(samples) > 1 else 0.0


def _throughput(asked: Asked, settings: ThroughputSettings) -> Found:
    if settings.figure == "deadline":
        return _by_deadline(asked, settings)
    samples = asked.all(settings.metric)
    if settings.figure == "backlog":
        samples = samples.within(asked.spans)
        return highest_of(samples), {"measurements": len(samples)}
    found = volume(samples, list(intervals(settings.per, asked.time, asked.zone, asked.start, asked.end)))
    if found is None:
        return None, {}
    figures = {"per": settings.per, "intervals": found.intervals, "without_data": found.empty}
    return found.mean, {**figures, "lowest": found.lowest, "highest": found.highest}


def _by_deadline(asked: Asked, settings: ThroughputSettings) -> Found:
    samples = asked.all(settings.metric or DONE)
    runs = samples.at[samples.values > 0].tolist()
    if not len(samples):
        return None, {}
    days = list(agreed_days(asked.time, asked.zone, asked.start, asked.end, asked.end))
    kept = kept_deadlines(runs, days, settings.deadline, asked.zone, asked.end, asked.start)
    if kept is None:
        return None, {}
    return kept.share, {"days": kept.days, "missed": [day.isoformat() for day in kept.missed[:MOST_NAMED]]}


_FIGURES: dict[type[Settings], Callable[[Asked, object], Found]] = {
    ResponseSettings: _response,  # type: ignore[dict-item]  # each takes the settings that stand before it
    CapacitySettings: _capacity,  # type: ignore[dict-item]
    ThroughputSettings: _throughput,  # type: ignore[dict-item]
}
