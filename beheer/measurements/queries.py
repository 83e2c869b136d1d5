"""Questions about measurements. Instants that go in and come out are aware; spans are half-open `[since, until)`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from beheer.measurements import duck
from beheer.measurements.files import live_names
from beheer.measurements.schema import (
    STATE,
    STATES,
    days_between,
    instant,
    microseconds,
    raw_days,
    raw_folder,
    rollup_days,
    rollup_folder,
)

LOOK_BACK_DAYS = 8


@dataclass(frozen=True, slots=True)
class Point:
    """One stretch of a series: what was measured from `at` until the next point. `count` 1: a single measurement."""

    at: datetime
    minimum: float
    maximum: float
    mean: float
    count: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement of a metric."""

    measured_at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run of a check: what came of it, and its message. `detail`: further lines, "" without."""

    measured_at: datetime
    outcome: str
    message: str
    detail: str


def series(
    check_id: int, metric: str, since: datetime, until: datetime, max_points: int = 400
) -> list[Point]:
    """One metric of a check, in at most about `max_points` points; empty where nothing was measured."""
    return all_series(check_id, since, until, max_points, (metric,)).get(metric, [])


def all_series(
    check_id: int, since: datetime, until: datetime, max_points: int = 400, metrics: Sequence[str] = ()
) -> dict[str, list[Point]]:
    """Every metric of a check (or those named), by name, each in at most about `max_points` points.

    Days of which a fine enough rollup is kept are read from it, so a year is as quick as a day.
    """
    if until <= since:
        return {}
    width_us = max(1, (microseconds(until) - microseconds(since)) // max(1, max_points))
    return duck.steady(lambda: _series(check_id, since, until, width_us, tuple(metrics)))


def _series(
    check_id: int, since: datetime, until: datetime, width_us: int, metrics: tuple[str, ...]
) -> dict[str, list[Point]]:
    raw, rolled = _sources(since, until, width_us)
    parts = []
    if raw:
        parts.append(
            "SELECT metric, measured_at, value AS low, value AS high, value AS total, 1 AS n FROM "
            + duck.source(raw)
            + " WHERE {where} AND isfinite(value)"
        )
    if rolled:
        parts.append(
            "SELECT metric, measured_at, minimum AS low, maximum AS high, mean * count AS total, count AS n FROM "
            + duck.source(rolled)
            + " WHERE {where}"
        )
    if not parts:
        return {}
    where = "check_id = $check AND measured_at >= $since AND measured_at < $until"
    parameters: dict[str, object] = {"check": check_id, "since": since, "until": until}
    if metrics:
        where += " AND metric IN (SELECT unnest($metrics))"
        parameters["metrics"] = list(metrics)
    sql = (
        "SELECT metric, min(epoch_us(measured_at)) AS first, min(low), max(high), sum(total) / sum(n), sum(n)"
        f" FROM ({' UNION ALL '.join(parts)})"
        f" GROUP BY metric, (epoch_us(measured_at) - {microseconds(since)}) // {width_us} ORDER BY metric, first"
    ).replace("{where}", where)
    found: dict[str, list[Point]] = {}
    for name, first, low, high, mean, count in duck.connection().execute(sql, parameters).fetchall():
        found.setdefault(name, []).append(Point(instant(first), low, high, mean, int(count)))
    return found


def _sources(since: datetime, until: datetime, width_us: int) -> tuple[list[Path], list[Path]]:
    """The files to read for points this wide: raw ones, and rollups for days that have a fine enough one."""
    resolution = "1h" if width_us >= 3_600_000_000 else "5m" if width_us >= 300_000_000 else ""
    days = list(_kept(since, until))
    rolled_days = set(rollup_days(resolution)) if resolution else set()
    if not resolution:
        rolled_days = set(rollup_days("5m")) - set(raw_days())
    folder = rollup_folder(resolution or "5m")
    rolled = [folder / f"{day.isoformat()}.parquet" for day in days if day in rolled_days]
    gone = set(rollup_days("1h")) - rolled_days - set(raw_days())
    rolled += [rollup_folder("1h") / f"{day.isoformat()}.parquet" for day in days if day in gone]
    raw = [path for day in days if day not in rolled_days for path in raw_paths(day)]
    return raw, rolled


def _kept(since: datetime, until: datetime) -> list[date]:
    """The days of a span of which anything is kept: a span of a century asks no more than the store has."""
    known = {*raw_days(), *rollup_days("5m"), *rollup_days("1h")}
    if not known:
        return []
    floor = datetime.combine(min(known), datetime.min.time(), UTC)
    ceiling = datetime.combine(max(known), datetime.min.time(), UTC) + timedelta(days=1)
    return [day for day in days_between(max(since, floor), min(until, ceiling)) if day in known]


def raw_paths(day: date) -> list[Path]:
    """The files that hold the raw measurements of a day, each row once.

    Raises: FileNotFoundError where one was merged away meanwhile: ask again.
    """
    folder = raw_folder(day)
    return [folder / name for name in sorted(live_names(folder))]


def raw_between(since: datetime, until: datetime) -> list[Path]:
    """The files that hold the raw measurements of a span. Raises: FileNotFoundError as `raw_paths`."""
    return [path for day in _kept(since, until) for path in raw_paths(day)]


def latest(check_id: int, now: datetime) -> dict[str, Sample]:
    """The newest value of each metric of a check in the last eight days, by name."""

    def ask() -> dict[str, Sample]:
        for back in range(LOOK_BACK_DAYS):
            day = now.astimezone(UTC).date() - timedelta(days=back)
            paths = raw_paths(day)
            if paths and (found := _latest_in(check_id, paths)):
                return found
        return {}

    return duck.steady(ask)


def _latest_in(check_id: int, paths: list[Path]) -> dict[str, Sample]:
    sql = (
        "SELECT metric, max(epoch_us(measured_at)), arg_max(value, measured_at)"
        f" FROM {duck.source(paths)} WHERE check_id = ? AND isfinite(value) GROUP BY metric ORDER BY metric"
    )
    return {metric: Sample(instant(at), value) for metric, at, value in duck.rows(sql, [check_id])}


def metrics_of(check_id: int, since: datetime, until: datetime) -> list[str]:
    """The names of what was measured of a check in a span, without its outcome."""

    def ask() -> list[str]:
        raw, rolled = _sources(since, until, 300_000_000)
        parts = [
            f"SELECT metric FROM {duck.source(paths)} WHERE check_id = $1"
            " AND measured_at >= $2 AND measured_at < $3"
            for paths in (raw, rolled)
            if paths
        ]
        if not parts:
            return []
        sql = f"SELECT DISTINCT metric FROM ({' UNION ALL '.join(parts)}) ORDER BY metric"
        return [name for (name,) in duck.rows(sql, [check_id, since, until]) if name != STATE]

    return duck.steady(ask)


def results(check_id: int, since: datetime, until: datetime, limit: int = 200) -> list[Outcome]:
    """The newest `limit` runs of a check in a span, newest first, with their messages.

    Days are read from the newest back until there are enough.
    """

    def ask() -> list[Outcome]:
        found: list[Outcome] = []
        for day in reversed(_kept(since, until)):
            if len(found) >= limit:
                break
            if paths := raw_paths(day):
                found += _results_in(check_id, paths, since, until, limit - len(found))
        return found

    return duck.steady(ask)


def _results_in(
    check_id: int, paths: list[Path], since: datetime, until: datetime, limit: int
) -> list[Outcome]:
    sql = (
        f"SELECT epoch_us(measured_at), value, text FROM {duck.source(paths)} WHERE check_id = ? AND metric = ?"
        " AND measured_at >= ? AND measured_at < ? ORDER BY measured_at DESC LIMIT ?"
    )
    found = []
    for at, value, text in duck.rows(sql, [check_id, STATE, since, until, limit]):
        message, _, detail = (text or "").partition("\n")
        found.append(Outcome(instant(at), STATES.get(value, "unknown"), message, detail))
    return found
