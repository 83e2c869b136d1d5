"""Where things stand on an axis: round values, round instants, and shares of a length."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils import formats, timezone
from django.utils.translation import pgettext

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
SMALLEST = 1e-300  # lengths below this are none: dividing them gives zero
MINUTE, HOUR, DAY = 60, 3600, 86400
TIME_STEPS = (
    *(MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(HOUR * n for n in (1, 2, 3, 6, 12)),
    *(DAY * n for n in (1, 2, 7)),
)
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of values, laid out from 0 to 1."""

    low: float
    high: float

    def share(self, value: float) -> float:
        """Where `value` stands: 0 at `low`, 1 at `high`; 0 when the axis has no length."""
        return (value - self.low) / (self.high - self.low) if self.high > self.low else 0.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where (0 to 1) and what it says."""

    share: float
    label: str


def nice_step(length: float, count: int) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that divides `length` in at most `count` steps."""
    rough = length / max(count, 1)
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in STEPS if step * power >= rough * (1 - 1e-9))


def value_axis(values: list[float], from_zero: bool = True, count: int = 4) -> tuple[Axis, list[float]]:
    """An axis around `values` (any finite numbers; none gives 0 to 1) and its round values, both ends included."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low < SMALLEST:
        low, high = (
            (low, low + 1.0) if abs(low) < SMALLEST else (low - abs(low) * 0.1, high + abs(high) * 0.1)
        )
    step = nice_step(high - low, count)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    marks = [round(index * step, 12) for index in range(first, last + 1)]
    return Axis(marks[0], marks[-1]), marks


def time_ticks(since: dt.datetime, until: dt.datetime, count: int = 6) -> list[Tick]:
    """Round instants between two in the zone of the screen, at most about `count`; right on days of 23 and 25 hours."""
    zone = timezone.get_current_timezone()
    length = (until - since).total_seconds()
    if length <= 0:
        return []
    step = next((step for step in TIME_STEPS if length / step <= count), 0)
    found = list(_by_step(since, until, step, zone) if step else _by_month(since, until, count, zone))
    return [
        Tick((instant - since).total_seconds() / length, _label(instant, step, zone)) for instant in found
    ]


def _by_step(since: dt.datetime, until: dt.datetime, step: int, zone: dt.tzinfo) -> Iterator[dt.datetime]:
    """Instants whose local time is a whole number of steps after midnight (or days after the epoch)."""
    base = min(step, HOUR if step >= HOUR else step)
    start = math.ceil(since.timestamp() / base) * base
    for stamp in range(int(start), int(until.timestamp()) + 1, base):
        instant = dt.datetime.fromtimestamp(stamp, dt.UTC)
        local = instant.astimezone(zone)
        into_day = local.hour * HOUR + local.minute * MINUTE
        if into_day % min(step, DAY) or (step > DAY and not _on_day(local.date(), step // DAY)):
            continue
        yield instant


def _on_day(day: dt.date, every: int) -> bool:
    """Every seventh day is a Monday; every other day counts on from a fixed one."""
    return day.weekday() == 0 if every == 7 else day.toordinal() % every == 0


def _by_month(since: dt.datetime, until: dt.datetime, count: int, zone: dt.tzinfo) -> Iterator[dt.datetime]:
    """First days of months."""
    months = (until - since).days / 30.4
    step = next((step for step in MONTH_STEPS if months / step <= count + 0.5), MONTH_STEPS[-1])
    year, month = since.astimezone(zone).year, 1
    while True:
        instant = dt.datetime(year, month, 1, tzinfo=zone)
        if instant > until:
            return
        if instant >= since:
            yield instant
        year, month = year + (month + step - 1) // 12, (month + step - 1) % 12 + 1


def _label(instant: dt.datetime, step: int, zone: dt.tzinfo) -> str:
    """What a mark says: the clock within a day, else the day, else the month."""
    local = instant.astimezone(zone)
    midnight = local.hour == 0 and local.minute == 0
    if step and step < DAY and not midnight:
        return local.strftime("%H:%M")
    if step:
        return formats.date_format(local.date(), pgettext("date format", "j M"))
    return formats.date_format(local.date(), pgettext("date format", "M Y"))


__all__ = ["Axis", "Tick", "nice_step", "time_ticks", "value_axis"]
