"""How much is done, and whether it is done in time. Pure; instants in microseconds since 1970."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from beheer.lib.calendars import day_start, local_instant
from beheer.lib.durations import HOUR
from beheer.lib.intervals import from_us
from beheer.lib.service_time import ServiceTime
from beheer.measurements.samples import Samples, sums_in

ONE_DAY = timedelta(days=1)
MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class Volume:
    """What was done in an interval, the mean of `intervals`, and the least and the most. `empty`: intervals in which
    nothing was measured; they are not counted.
    """

    mean: float
    intervals: int
    lowest: float
    highest: float
    empty: int


@dataclass(frozen=True, slots=True)
class Kept:
    """The share of days on which a job was done by its deadline; `missed` are the others."""

    share: float
    days: int
    missed: tuple[date, ...]


def intervals(
    per: str, time: ServiceTime, zone: ZoneInfo, start: int, until: int
) -> Iterator[tuple[int, int]]:
    """The local hours, days, weeks (from Monday) or months that lie wholly in [start, until) and have agreed time."""
    for low, high in _all_intervals(per, zone, start, until):
        if start <= low and high <= until and time.between(low, high):
            yield low, high


def _all_intervals(per: str, zone: ZoneInfo, start: int, until: int) -> Iterator[tuple[int, int]]:
    day = _first(per, from_us(start).astimezone(zone).date())
    while (low := day_start(day, zone)) < until:
        following = _next(per, day)
        high = day_start(following, zone)
        if per == "hour":
            yield from ((hour, min(hour + HOUR, high)) for hour in range(low, high, HOUR))
        else:
            yield low, high
        day = following


def _first(per: str, day: date) -> date:
    if per == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if per == "month" else day


def _next(per: str, day: date) -> date:
    if per == "week":
        return day + 7 * ONE_DAY
    return (day + 31 * ONE_DAY).replace(day=1) if per == "month" else day + ONE_DAY


def volume(samples: Samples, spans: Sequence[tuple[int, int]]) -> Volume | None:
    """The sums in these intervals; None where nothing was measured in any."""
    sums = [one for one in sums_in(samples, spans) if one is not None]
    if not sums:
        return None
    return Volume(sum(sums) / len(sums), len(sums), min(sums), max(sums), len(spans) - len(sums))


def agreed_days(time: ServiceTime, zone: ZoneInfo, start: int, until: int, end: int) -> Iterator[date]:
    """The local days that began in the period [start, end) by `until`, and have agreed time in it."""
    day = from_us(start).astimezone(zone).date()
    while (low := day_start(day, zone)) < until:
        high = day_start(day + ONE_DAY, zone)
        if time.between(max(low, start), min(high, end)):
            yield day
        day += ONE_DAY


def kept_deadlines(
    runs: Collection[int], days: Sequence[date], deadline: time, zone: ZoneInfo, until: int, since: int
) -> Kept | None:
    """On how many of these days a run succeeded between midnight and the deadline; None where no deadline is past.

    `since`: from when runs were asked for; of a deadline before it nothing is known, so it does not count.
    """
    due = [(day, local_instant(datetime.combine(day, deadline), zone)) for day in days]
    past = [(day, instant) for day, instant in due if since <= instant <= until]
    if not past:
        return None
    missed = tuple(
        day for day, instant in past if not any(day_start(day, zone) <= run <= instant for run in runs)
    )
    return Kept(1 - len(missed) / len(past), len(past), missed)
