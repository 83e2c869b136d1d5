"""Questions about planned windows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date

from beheer.lib.intervals import from_us, to_us
from beheer.service_levels.icalendar_files import (
    WindowEvent,
    changed_uid,
    changes_of,
    series_of,
    write_windows,
)
from beheer.service_levels.models import PlannedWindow, State
from beheer.service_levels.queries.facts import occurrences_of, window_times

DAYS_SHOWN = 42
OCCURRENCES_SHOWN = 8
LEFT_OUT_SHOWN = 12
SHOWN_A_DAY = 12


@dataclass(frozen=True, slots=True)
class WindowDay:
    """One day of the calendar, with the first windows that touch it and when; `more`: so many are not shown."""

    day: date
    windows: list[tuple[PlannedWindow, datetime, datetime]]
    more: int


def windows_listed() -> QuerySet[PlannedWindow]:
    """Windows as lists show them: without those that another one replaced."""
    rows = PlannedWindow.objects.filter(~Exists(PlannedWindow.objects.filter(replaces=OuterRef("pk"))))
    return rows.prefetch_related("services").order_by("-starts_at", "-pk")


def windows_with(rows: QuerySet[PlannedWindow], text: str) -> QuerySet[PlannedWindow]:
    """Windows with every word of a text in their reason or in the name of a service; each of them once."""
    links = PlannedWindow.services.through.objects.filter(plannedwindow=OuterRef("pk"))
    for word in text.split():
        rows = rows.filter(Q(reason__icontains=word) | Exists(links.filter(service__name__icontains=word)))
    return rows


def coming(window: PlannedWindow, now: datetime) -> list[tuple[datetime, datetime]]:
    """The next times of a recurring window, the running one included; of any other its one time."""
    if not window.recurrence:
        return [(window.starts_at, window.ends_at)]
    since = max(to_us(now), to_us(window.starts_at))
    found: list[tuple[int, int]] = []
    for days in (60, 800, 4000):
        found = occurrences_of(window, since, since + days * 86_400_000_000)
        if len(found) >= OCCURRENCES_SHOWN:
            break
    return [(from_us(start), from_us(end)) for start, end in found[:OCCURRENCES_SHOWN]]


def series_with(window: PlannedWindow) -> PlannedWindow | None:
    """The series of which a window is a changed occurrence; None for a window of its own."""
    place = series_of(window.uid)
    return PlannedWindow.objects.filter(uid=place[0], ended_at=None).first() if place else None


def changed_of(window: PlannedWindow) -> list[tuple[datetime, PlannedWindow | None]]:
    """The occurrences of a series that do not happen, each with the window that came in its place, if any; the last."""
    rows = PlannedWindow.objects.filter(uid__startswith=changes_of(window.uid), ended_at=None)
    instead = {row.uid: row for row in rows} if window.left_out else {}
    starts = sorted(datetime.fromisoformat(text) for text in window.left_out)[-LEFT_OUT_SHOWN:]
    return [(start, instead.get(changed_uid(window.uid, start))) for start in starts]


def months_from(text: str, today: date) -> tuple[date, list[WindowDay]]:
    """Six weeks from the Monday on or before a day (default: today): each day with its windows."""
    chosen = _day(text) or today
    first = chosen - timedelta(days=chosen.weekday())
    days = [first + timedelta(days=offset) for offset in range(DAYS_SHOWN + 1)]
    bounds = [to_us(timezone.make_aware(datetime.combine(day, datetime.min.time()))) for day in days]
    found: list[list[tuple[int, int, int]]] = [[] for _ in range(DAYS_SHOWN)]
    for time in window_times(bounds[0], bounds[-1]):
        begin, end = bisect_right(bounds, time[0]) - 1, bisect_left(bounds, time[2])
        for offset in range(max(0, begin), min(end, DAYS_SHOWN)):
            found[offset].append(time)
    shown = PlannedWindow.objects.in_bulk({pk for times in found for _start, pk, _end in times[:SHOWN_A_DAY]})
    return first, [
        WindowDay(
            day,
            [
                (shown[pk], from_us(start), from_us(end))
                for start, pk, end in times[:SHOWN_A_DAY]
                if pk in shown
            ],
            max(0, len(times) - SHOWN_A_DAY),
        )
        for day, times in zip(days[:-1], found, strict=True)
    ]


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def as_event(window: PlannedWindow) -> WindowEvent:
    """A window as iCalendar has it."""
    return WindowEvent(
        uid=window.uid,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        reason=window.reason,
        services=tuple(sorted(service.key for service in window.services.all())),
        announced_at=window.announced_at,
        timezone=window.timezone,
        recurrence=window.recurrence,
        left_out=tuple(datetime.fromisoformat(text) for text in window.left_out),
        notified=tuple(sorted(customer.key for customer in window.notified.all())),
        sequence=window.sequence,
    )


def exported(now: datetime) -> bytes:
    """All windows that hold, as an iCalendar file."""
    rows = PlannedWindow.objects.filter(ended_at=None, state=State.APPROVED)
    rows = rows.prefetch_related("services", "notified").order_by("pk")
    return write_windows((as_event(row) for row in rows), now)
