"""What there is to show of a calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import get_language

from beheer.lib.calendars import Version, day_start
from beheer.lib.durations import DAY, HOUR, MINUTE
from beheer.lib.intervals import to_us
from beheer.service_levels.models import Calendar
from beheer.service_levels.queries.questions import service_time


@dataclass(frozen=True, slots=True)
class DayHours:
    """One day: its hours as (from, until, left, width), the last two in percent of the day; and its holiday, if any."""

    day: date
    hours: list[tuple[str, str, float, float]]
    holiday: str


@dataclass(frozen=True)
class CalendarFacts:
    """A calendar as a page shows it. Seconds are agreed seconds of this and of next week."""

    timezone: ZoneInfo
    is_always: bool
    week: list[DayHours]
    week_s: float
    versions: list[tuple[Version, bool]]
    holidays: list[tuple[date, str]]
    is_open: bool


def calendar_facts(calendar: Calendar, now: datetime) -> CalendarFacts:
    """The running week, the versions with the one that holds, and the holidays of this year and the next.

    Holidays have their names in the reader's language.
    """
    time = service_time(calendar.source)
    zone = time.calendar.timezone
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    week = [_hours(calendar, monday + timedelta(days=offset)) for offset in range(7)]
    holds = time.calendar.version_at(today)
    language = get_language() or ""
    days = (date(today.year, 1, 1) + timedelta(days=offset) for offset in range(731))
    named = (
        [(day, time.calendar.holiday_name(day, language)) for day in days] if time.calendar.holidays else []
    )
    return CalendarFacts(
        timezone=zone,
        is_always=time.calendar.is_always,
        week=week,
        week_s=time.between(day_start(monday, zone), day_start(monday + timedelta(days=7), zone)) / 1e6,
        versions=[(version, version is holds) for version in time.calendar.versions],
        holidays=[(day, name) for day, name in named if name],
        is_open=time.is_agreed(to_us(now)),
    )


def _hours(calendar: Calendar, day: date) -> DayHours:
    time = service_time(calendar.source)
    zone = time.calendar.timezone
    start, end = day_start(day, zone), day_start(day + timedelta(days=1), zone)
    length = end - start
    hours = [
        (_clock(low - start), _clock(high - start), 100 * (low - start) / length, 100 * (high - low) / length)
        for low, high in time.agreed(start, end)
    ]
    return DayHours(day, hours, time.calendar.holiday_name(day, get_language() or ""))


def _clock(offset_us: int) -> str:
    """Time since midnight, as on a day without switching."""
    offset = min(offset_us, DAY)
    return f"{offset // HOUR:02}:{offset // MINUTE % 60:02}"
