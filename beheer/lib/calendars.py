"""Calendars: the hours in which a service is agreed, as local times, and what they are as instants.

A calendar is data. `Calendar.agreed` turns the local years it is asked for into Spans; `lib.service_time` keeps
those and counts with them. Local times become instants in one place only: `local_instant`.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import holidays as holiday_library

from beheer.lib.durations import DAY, SECOND
from beheer.lib.intervals import ENDLESS, Spans, spans, to_us

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIRST_YEAR, LAST_YEAR = 2, 9_997

Hours = tuple[tuple[int, int], ...]
"""Stretches of one local day, each from and until in microseconds since 00:00; 24:00 is one DAY."""


def local_instant(local: dt.datetime, timezone: dt.tzinfo, *, is_end: bool = False) -> int:
    """Microseconds of a naive local time.

    A time that does not exist is read with the offset in force before the gap. A time that occurs twice is the
    first, unless a stretch of time ends there, which then is the last.
    """
    first = local.replace(tzinfo=timezone, fold=0)
    if is_end:
        last = local.replace(tzinfo=timezone, fold=1)
        before, after = first.utcoffset(), last.utcoffset()
        if before is not None and after is not None and before > after:
            return to_us(last)
    return to_us(first)


def day_start(day: dt.date, timezone: dt.tzinfo) -> int:
    """The first instant of a local day. A day lasts until the next day's start: 23, 24 or 25 hours, mostly."""
    return local_instant(dt.datetime.combine(day, dt.time()), timezone)


@dataclass(frozen=True)
class Version:
    """The weekly hours that hold from the local date `valid_from` until the next version's: Monday first."""

    valid_from: dt.date
    week: tuple[Hours, ...]

    @property
    def is_empty(self) -> bool:
        """Whether no day of the week has hours."""
        return not any(self.week)


@dataclass(frozen=True)
class LocalStretch:
    """A local stretch [start, end) that is closed, or open, once. A whole day runs from midnight to midnight."""

    start: dt.datetime
    end: dt.datetime
    is_day: bool = False

    def instants(self, timezone: dt.tzinfo) -> tuple[int, int]:
        """Its first instant and the one it ends at."""
        return local_instant(self.start, timezone), local_instant(self.end, timezone, is_end=not self.is_day)


@dataclass(frozen=True)
class Calendar:
    """Agreed time: (weekly hours, less holidays, less `closed`) and `open`. Before the first version only `open`.

    `holidays` is a country or a country and its subdivision as the holidays library names them ("NL", "DE-BY").
    `source` is the text it was read from, for reports that must show their definitions.
    """

    timezone: ZoneInfo
    versions: tuple[Version, ...]
    holidays: str = ""
    closed: tuple[LocalStretch, ...] = ()
    open: tuple[LocalStretch, ...] = ()
    is_always: bool = False
    source: str = field(default="", compare=False)

    def agreed(self, first_year: int, last_year: int) -> Spans:
        """The agreed time of these local years, both included."""
        if self.is_always:
            return spans([(-ENDLESS, ENDLESS)])
        start = day_start(dt.date(first_year, 1, 1), self.timezone)
        end = day_start(dt.date(last_year + 1, 1, 1), self.timezone)
        pairs: list[tuple[int, int]] = []
        for day in range(dt.date(first_year, 1, 1).toordinal() - 1, dt.date(last_year + 1, 1, 2).toordinal()):
            pairs.extend(self._day(dt.date.fromordinal(day)))
        off = spans(self._holiday(day) for day in self._holidays(first_year, last_year))
        return ((spans(pairs) - off - self._closed_spans) | self._open_spans).clip(start, end)

    def opens_after(self, year: int) -> bool:
        """Whether any agreed time can come in a later local year than this one."""
        if self.is_always:
            return True
        after = dt.datetime.combine(dt.date(year + 1, 1, 1), dt.time())
        if any(stretch.end > after for stretch in self.open):
            return True
        start = max(0, bisect_right([version.valid_from for version in self.versions], after.date()) - 1)
        return any(not version.is_empty for version in self.versions[start:])

    def holiday_name(self, day: dt.date, language: str = "") -> str:
        """The holiday on this local day; "" when there is none.

        In `language` ("nl", "en"), or in the words of its country where none is asked for or it is not known there.
        """
        if not self.holidays:
            return ""
        return _holidays_of(self.holidays, day.year, language).get(day, "")

    def version_at(self, day: dt.date) -> Version | None:
        """The version that holds on a local day; None before the first."""
        index = bisect_right(self._valid_from, day) - 1
        return self.versions[index] if index >= 0 else None

    @cached_property
    def _valid_from(self) -> tuple[dt.date, ...]:
        return tuple(version.valid_from for version in self.versions)

    @cached_property
    def _closed_spans(self) -> Spans:
        return spans(stretch.instants(self.timezone) for stretch in self.closed)

    @cached_property
    def _open_spans(self) -> Spans:
        return spans(stretch.instants(self.timezone) for stretch in self.open)

    def _day(self, day: dt.date) -> list[tuple[int, int]]:
        version = self.version_at(day)
        if version is None:
            return []
        return [
            (self._instant(day, start), self._instant(day, end, is_end=True))
            for start, end in version.week[day.weekday()]
        ]

    def _instant(self, day: dt.date, offset_us: int, *, is_end: bool = False) -> int:
        if offset_us == DAY:
            day, offset_us = day + dt.timedelta(days=1), 0
        seconds, micros = divmod(offset_us, SECOND)
        time = dt.time(seconds // 3600, seconds // 60 % 60, seconds % 60, micros)
        return local_instant(dt.datetime.combine(day, time), self.timezone, is_end=is_end)

    def _holidays(self, first_year: int, last_year: int) -> list[dt.date]:
        if not self.holidays:
            return []
        return [day for year in range(first_year, last_year + 1) for day in _holidays_of(self.holidays, year)]

    def _holiday(self, day: dt.date) -> tuple[int, int]:
        return day_start(day, self.timezone), day_start(day + dt.timedelta(days=1), self.timezone)


ALWAYS = Calendar(ZoneInfo("UTC"), (), is_always=True, source="24x7")
"""The calendar without closing times."""

_known_holidays: dict[tuple[str, int, str], dict[dt.date, str]] = {}


def _holidays_of(code: str, year: int, language: str = "") -> dict[dt.date, str]:
    """The public holidays of a country or subdivision in a year, kept once asked."""
    if (code, year, language) not in _known_holidays:
        country, _, subdivision = code.partition("-")
        found: Any = holiday_library.country_holidays(country, subdiv=subdivision or None)
        known = [one for one in found.supported_languages if one.partition("_")[0] == language]
        found = holiday_library.country_holidays(
            country,
            subdiv=subdivision or None,
            years=year,
            language=known[0] if known else found.default_language,
        )
        _known_holidays[code, year, language] = {day: str(name) for day, name in found.items()}
    return _known_holidays[code, year, language]
