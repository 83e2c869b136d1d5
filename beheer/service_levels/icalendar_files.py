"""Planned windows as iCalendar (RFC 5545): written for calendars of others, read from theirs.

What iCalendar cannot say travels in properties of our own, `X-BEHEER-…`, and survives the round trip.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import icalendar

from beheer.lib.calendar_files import zone_problem
from beheer.lib.errors import DocumentError, Problem
from beheer.lib.intervals import format_instant, parse_instant, to_us

LARGEST_BYTES = 5_000_000


@dataclass(frozen=True, slots=True)
class WindowEvent:
    """A planned window as it stands in an iCalendar file; services and customers by key."""

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


def write_windows(windows: Iterable[WindowEvent], now: datetime) -> bytes:
    """An iCalendar file with an event for each window."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Beheer//service levels//EN")
    calendar.add("version", "2.0")
    for window in windows:
        calendar.add_component(_event(window, now))
    return bytes(calendar.to_ical())


def _event(window: WindowEvent, now: datetime) -> icalendar.Event:
    zone = ZoneInfo(window.timezone)
    event = icalendar.Event()
    event.add("uid", window.uid)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", window.starts_at.astimezone(zone))
    event.add("dtend", window.ends_at.astimezone(zone))
    event.add("summary", window.reason)
    if window.recurrence:
        event.add("rrule", icalendar.vRecur.from_ical(window.recurrence))
    for start in window.left_out:
        event.add("exdate", start.astimezone(zone))
    event.add("x-beheer-services", ",".join(window.services))
    if window.announced_at is not None:
        event.add("x-beheer-announced", format_instant(to_us(window.announced_at)))
    if window.notified:
        event.add("x-beheer-notified", ",".join(window.notified))
    return event


def read_windows(data: bytes, timezone: str, name: str = "") -> list[WindowEvent]:
    """The events of an iCalendar file. `timezone` is the zone of local times that name none.

    Raises: DocumentError where it is no iCalendar, has no events, or an event cannot be a window; each names its event.
    """
    if len(data) > LARGEST_BYTES:
        raise DocumentError(Problem("This file is larger than 5 MB.", "", "Split it.", file=name))
    try:
        calendar = icalendar.Calendar.from_ical(data)
    except (ValueError, IndexError, KeyError) as error:
        remedy = "Export it as .ics once more."
        raise DocumentError(Problem(f"This is no iCalendar file: {error}.", "", remedy, file=name)) from error
    events = list(calendar.walk("VEVENT"))
    if not events:
        raise DocumentError(Problem("There is no event in this file.", "", "Choose another file.", file=name))
    problems: list[Problem] = []
    found = []
    for index, event in enumerate(events):
        try:
            found.append(_window(event, timezone))
        except (ValueError, KeyError, AttributeError, DocumentError) as error:
            place = f"events.{index}"
            remedy = "It needs DTSTART and DTEND or DURATION, in a time zone by its IANA name."
            text = f"Event '{event.get('summary', '?')}' cannot be read: {error}."
            problems.append(Problem(text, place, remedy, file=name))
    if problems:
        raise DocumentError(problems)
    return found


def _window(event: icalendar.Component, timezone: str) -> WindowEvent:
    start, zone = _instant(event.decoded("dtstart"), timezone)
    if "dtend" in event:
        end, _zone = _instant(event.decoded("dtend"), timezone)
    else:
        end = start + event.decoded("duration")
    recurrence = _rule(event)
    announced = str(event.get("x-beheer-announced", ""))
    return WindowEvent(
        uid=str(event.get("uid", "")),
        starts_at=start,
        ends_at=end,
        reason=str(event.get("summary", "")).strip(),
        services=_keys(event, "x-beheer-services"),
        announced_at=_announced(event, announced),
        timezone=zone,
        recurrence=recurrence,
        left_out=tuple(_left_out(event, zone)),
        notified=_keys(event, "x-beheer-notified"),
    )


def _rule(event: icalendar.Component) -> str:
    """The recurrence as text; a rule that stands twice is refused by whoever reads it."""
    found = event.get("rrule")
    return bytes(found.to_ical()).decode() if found is not None else ""


def _announced(event: icalendar.Component, text: str) -> datetime | None:
    """When it was announced: our own property, else when the event was made."""
    if text:
        return datetime.fromtimestamp(parse_instant(text) / 1e6, UTC)
    if "created" in event:
        return _instant(event.decoded("created"), "UTC")[0]
    return None


def _keys(event: icalendar.Component, name: str) -> tuple[str, ...]:
    text = str(event.get(name, "")).replace("\\,", ",")
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _left_out(event: icalendar.Component, zone: str) -> Iterable[datetime]:
    given = event.get("exdate")
    lists: Sequence[icalendar.vDDDLists] = given if isinstance(given, list) else [given] if given else []
    for item in lists:
        for moment in item.dts:
            yield _instant(moment.dt, zone)[0]


def _instant(value: object, timezone: str) -> tuple[datetime, str]:
    """An aware UTC instant of a date or date-time, and the zone it was written in."""
    if not isinstance(value, date):
        raise ValueError("a date or a date with a time is expected")
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if value.tzinfo is None:
        return value.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC), timezone
    zone = str(getattr(value.tzinfo, "key", "") or getattr(value.tzinfo, "zone", "") or "UTC")
    return value.astimezone(UTC), zone if zone_problem(zone) is None else "UTC"
