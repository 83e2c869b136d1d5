"""Periods of an agreement's zone as instants: days, ISO weeks, months, quarters, years, and rolling ones."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

from beheer.lib.calendars import day_start
from beheer.lib.durations import DAY
from beheer.lib.intervals import from_us
from beheer.service_levels.rules.norms import Period, PeriodUnit


def first_day(unit: PeriodUnit, day: dt.date) -> dt.date:
    """The first day of the period in which a day lies. Weeks begin on Monday."""
    match unit:
        case PeriodUnit.DAY:
            return day
        case PeriodUnit.WEEK:
            return day - dt.timedelta(days=day.weekday())
        case PeriodUnit.MONTH:
            return day.replace(day=1)
        case PeriodUnit.QUARTER:
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case PeriodUnit.YEAR:
            return day.replace(month=1, day=1)


def next_first_day(unit: PeriodUnit, first: dt.date) -> dt.date:
    """The first day of the period after the one that begins on `first`."""
    longest = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}[unit]
    return first_day(unit, first + dt.timedelta(days=longest))


def periods_between(unit: PeriodUnit, zone: dt.tzinfo, start: int, end: int) -> list[tuple[int, int]]:
    """The periods that meet [start, end), whole. In order; none when the stretch is empty."""
    if end <= start:
        return []
    first = first_day(unit, from_us(start).astimezone(zone).date())
    edges = [day_start(first, zone)]
    while edges[-1] < end:
        first = next_first_day(unit, first)
        edges.append(day_start(first, zone))
    return [(low, high) for low, high in pairwise(edges) if high > start]


def cut_periods(unit: PeriodUnit, zone: dt.tzinfo, start: int, end: int) -> list[tuple[int, int]]:
    """The periods that meet [start, end), cut to it."""
    return [(max(low, start), min(high, end)) for low, high in periods_between(unit, zone, start, end)]


def rolling_periods(
    length_us: int, step: PeriodUnit, zone: dt.tzinfo, start: int, end: int
) -> list[tuple[int, int]]:
    """One stretch for each step that meets [start, end), ending with that step; the last one ends at `end`.

    A length of whole days is so many local days, 23 or 25 hours long on switching days; any other is on the clock.
    A stretch may begin before `start`: the first day's figure is over as many days as the last one's.
    """
    days, rest = divmod(length_us, DAY)
    found = []
    for _, last in periods_between(step, zone, start, end):
        begin = last - length_us
        if not rest:
            day = from_us(last).astimezone(zone).date() - dt.timedelta(days=days)
            begin = day_start(day, zone)
        found.append((begin, min(last, end)))
    return found


def period_at(period: Period, zone: dt.tzinfo, now: int) -> tuple[int, int]:
    """The period that is running at an instant; a rolling one ends there."""
    if period.unit is None:
        return now - period.rolling_us, now
    return periods_between(period.unit, zone, now, now + 1)[0]
