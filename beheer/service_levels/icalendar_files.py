"""Planned windows as iCalendar (RFC 5545), written for calendars of others; `icalendar_reading` reads theirs.

What iCalendar cannot say travels in properties of our own, `X-BEHEER-…`, and survives the round trip. A changed
occurrence of a series is a window of its own here; its UID is that of the series with `;RECURRENCE-ID=…` after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import icalendar

from beheer.lib.intervals import format_instant, to_us
from beheer.service_levels.recurrence import added_dates, occurs_at, rule_alone

_CHANGED = ";RECURRENCE-ID="
_STAMP = "%Y%m%dT%H%M%SZ"


class Status(StrEnum):
    """What an event says of itself; one that says nothing is confirmed."""

    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class WindowEvent:
    """A planned window as it stands in an iCalendar file; services and customers by key.

    `stands_for`: the start of the occurrence of the series `uid` that this event changes; None: a window or series.
    `announced_at` is what our own property says; `created_at` and `changed_at` are when the event was made and last
    changed in its calendar. None: it does not say.
    """

    uid: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    services: tuple[str, ...] = ()
    announced_at: datetime | None = None
    timezone: str = "UTC"
    recurrence: str = ""
    left_out: tuple[datetime, ...] = ()
    notified: tuple[str, ...] = ()
    stands_for: datetime | None = None
    sequence: int = 0
    status: Status = Status.CONFIRMED
    created_at: datetime | None = None
    changed_at: datetime | None = field(default=None, compare=False)

    @property
    def window_uid(self) -> str:
        """The UID of the window that this event is about."""
        return self.uid if self.stands_for is None else changed_uid(self.uid, self.stands_for)


def changed_uid(series: str, stands_for: datetime) -> str:
    """The UID of the window that stands for one occurrence of a series."""
    return f"{series}{_CHANGED}{stands_for.astimezone(UTC):{_STAMP}}"


def series_of(uid: str) -> tuple[str, datetime] | None:
    """The series and the occurrence that a window stands for; None for a window of its own."""
    series, mark, stamp = uid.rpartition(_CHANGED)
    try:
        return (series, datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)) if mark else None
    except ValueError:
        return None


def changes_of(series: str) -> str:
    """How the UIDs of windows begin that stand for an occurrence of a series."""
    return f"{series}{_CHANGED}"


def write_windows(windows: Iterable[WindowEvent], now: datetime) -> bytes:
    """An iCalendar file with an event for each window."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Beheer//service levels//EN")
    calendar.add("version", "2.0")
    for window in _in_series(windows):
        calendar.add_component(_event(window, now))
    calendar.add_missing_timezones()  # Outlook wants every zone defined in the file
    return bytes(calendar.to_ical())


def _in_series(windows: Iterable[WindowEvent]) -> list[WindowEvent]:
    """Changed occurrences under their series, which then no longer leaves them out; the rest as it is."""
    by_uid = {window.uid: window for window in windows}
    for uid, window in list(by_uid.items()):
        place = series_of(uid)
        series = by_uid.get(place[0]) if place else None
        if place is None or series is None or place[1] not in series.left_out:
            continue
        if not occurs_at(place[1], series.starts_at, series.timezone, series.recurrence):
            continue
        left_out = tuple(start for start in series.left_out if start != place[1])
        by_uid[series.uid] = replace(series, left_out=left_out)
        by_uid[uid] = replace(window, uid=series.uid, stands_for=place[1])
    return list(by_uid.values())


def _event(window: WindowEvent, now: datetime) -> icalendar.Event:
    zone = ZoneInfo(window.timezone)
    event = icalendar.Event()
    event.add("uid", window.uid)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("sequence", window.sequence)
    if window.stands_for is not None:
        event.add("recurrence-id", window.stands_for.astimezone(zone))
    event.add("dtstart", window.starts_at.astimezone(zone))
    event.add("dtend", window.ends_at.astimezone(zone))
    event.add("summary", window.reason)
    if rule := rule_alone(window.recurrence):
        event.add("rrule", icalendar.vRecur.from_ical(rule))
    for start in added_dates(window.recurrence):
        event.add("rdate", start.astimezone(zone))
    for start in window.left_out:
        event.add("exdate", start.astimezone(zone))
    event.add("x-beheer-services", ",".join(window.services))
    if window.announced_at is not None:
        event.add("x-beheer-announced", format_instant(to_us(window.announced_at)))
    if window.notified:
        event.add("x-beheer-notified", ",".join(window.notified))
    return event
