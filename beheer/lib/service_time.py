"""Agreed seconds: a calendar as a monotone function from the clock on the wall to agreed time, and its inverse.

Availability, budgets, deadlines and schedules are all differences of `ServiceTime.position`.
"""

from __future__ import annotations

import threading

import numpy as np

from beheer.lib.calendars import FIRST_YEAR, LAST_YEAR, Calendar
from beheer.lib.durations import DAY
from beheer.lib.errors import InputError, Problem
from beheer.lib.intervals import Micros, Spans, from_us, to_us

YEARS_AHEAD = 200
"""How far `after` looks for a deadline before it says that there is none."""


class ServiceTime:
    """A calendar, compiled for the years asked so far; it compiles more by itself.

    All instants and lengths are whole microseconds. Safe to share between threads.
    """

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._lock = threading.Lock()
        self._years: tuple[int, int] | None = None
        self._spans = Spans(np.empty(0, np.int64), np.empty(0, np.int64))
        self._before = np.zeros(1, np.int64)

    def between(self, start: int, end: int) -> int:
        """Agreed microseconds within [start, end). Raises: InputError when it ends before it begins."""
        if end < start:
            raise InputError(Problem("A stretch of time ends before it begins.", "", "Swap its ends."))
        low, high = self.positions(np.array([start, end], np.int64)).tolist()
        return int(high - low)

    def positions(self, instants: Micros) -> Micros:
        """For each instant the agreed microseconds since some origin; only differences within one call mean anything.

        Monotone, and constant outside agreed time. Instants need no order.
        """
        if self.calendar.is_always or not len(instants):
            return instants
        spans, before = self._compiled(int(instants.min()), int(instants.max()))
        if not len(spans):
            return np.zeros(len(instants), np.int64)
        index = np.searchsorted(spans.start, instants, "right") - 1
        inside = np.maximum(index, 0)
        passed = np.minimum(instants - spans.start[inside], spans.end[inside] - spans.start[inside])
        result: Micros = np.where(index < 0, 0, before[inside] + passed)
        return result

    def agreed(self, start: int, end: int) -> Spans:
        """The agreed time within [start, end), as disjoint stretches."""
        if self.calendar.is_always:
            return Spans(np.array([start], np.int64), np.array([end], np.int64)).clip(start, end)
        spans, _ = self._compiled(start, end)
        low = np.searchsorted(spans.end, start, "right")
        high = np.searchsorted(spans.start, end, "left")
        return Spans(spans.start[low:high], spans.end[low:high]).clip(start, end)

    def after(self, start: int, agreed_us: int) -> int | None:
        """The earliest instant at which so much agreed time has passed since `start`; so it can be a closing time.

        None when the calendar never gives that much, within 200 years.
        """
        if agreed_us <= 0:
            return start
        if self.calendar.is_always:
            return start + agreed_us
        horizon = start + 366 * DAY
        limit = start + YEARS_AHEAD * 366 * DAY
        while True:
            spans, before = self._compiled(start, min(horizon, _LAST_US))
            here, full = _position(spans, before, start), int(before[-1])
            if full - here >= agreed_us:
                index = int(np.searchsorted(before, here + agreed_us, "left")) - 1
                return int(spans.start[index]) + here + agreed_us - int(before[index])
            assert self._years is not None
            if horizon > limit or horizon > _LAST_US or not self.calendar.opens_after(self._years[1]):
                return None
            horizon = start + 2 * (horizon - start)

    def is_agreed(self, instant: int) -> bool:
        """Whether this instant is agreed time."""
        return bool(len(self.agreed(instant, instant + 1)))

    def _compiled(self, start: int, end: int) -> tuple[Spans, Micros]:
        """Spans that cover [start, end] at least, and the agreed time before each of them and after the last."""
        first = max(FIRST_YEAR, from_us(max(start - 2 * DAY, _FIRST_US)).year)
        last = min(LAST_YEAR, from_us(min(end + 2 * DAY, _LAST_US)).year)
        with self._lock:
            if self._years is None or first < self._years[0] or last > self._years[1]:
                self._extend(first, last)
            return self._spans, self._before

    def _extend(self, first: int, last: int) -> None:
        if self._years is None:
            parts, years = [self.calendar.agreed(first, last)], (first, last)
        else:
            parts, years = [self._spans], self._years
            if first < years[0]:
                parts.insert(0, self.calendar.agreed(first, years[0] - 1))
            if last > years[1]:
                parts.append(self.calendar.agreed(years[1] + 1, last))
            years = (min(first, years[0]), max(last, years[1]))
        joined = parts[0]
        for part in parts[1:]:
            joined = joined | part
        self._spans, self._years = joined, years
        self._before = np.concatenate([[0], np.cumsum(joined.end - joined.start)]).astype(np.int64)


def _position(spans: Spans, before: Micros, instant: int) -> int:
    index = int(np.searchsorted(spans.start, instant, "right")) - 1
    if index < 0:
        return 0
    return int(before[index]) + min(instant, int(spans.end[index])) - int(spans.start[index])


_FIRST_US = to_us(from_us(0).replace(year=FIRST_YEAR))
_LAST_US = to_us(from_us(0).replace(year=LAST_YEAR + 1)) - 1
