"""Planned windows out of iCalendar files (RFC 5545), as Google, Outlook, Thunderbird and Beheer itself write them."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
from icalendar.timezone import tzp

from beheer.lib.calendar_files import zone_problem
from beheer.lib.errors import DocumentError, InputError, Problem
from beheer.lib.intervals import from_us, parse_instant
from beheer.service_levels.icalendar_files import Status, WindowEvent
from beheer.service_levels.recurrence import recurrence_text

LARGEST_BYTES = 5_000_000
MOST_EVENTS = 5_000
EARLIEST_CREATED = 1971  # calendars that do not know when an event was made write 1900, or the year 0
_ZONE_DAYS = 400  # so long a zone of a file's own must keep the time of the zone that it is taken for
_TIMES = "Write DTSTART, and DTEND or DURATION, as RFC 5545 says."


def read_windows(data: bytes, timezone: str, name: str = "") -> list[WindowEvent]:
    """The events of an iCalendar file. `timezone` is the zone of times that name none, and of zones that equal it.

    Raises: DocumentError where it is no iCalendar, has no events, or an event cannot be a window; each names its event.
    """
    if len(data) > LARGEST_BYTES:
        raise DocumentError(Problem("This file is larger than 5 MB.", "", "Split it.", file=name))
    if remedy := zone_problem(timezone):
        raise DocumentError(Problem(f"There is no time zone '{timezone}'.", "timezone", remedy))
    problems: list[Problem] = []
    found = []
    for index, (event, zone, is_cancelled) in enumerate(_events(data, timezone, name)):
        try:
            found.append(_Reader(event, zone, is_cancelled).window())
        except InputError as error:
            problems += in_event(error, index, str(event.get("summary", "?")), name)
    if not found and not problems:
        raise DocumentError(Problem("There is no event in this file.", "", "Choose another file.", file=name))
    if len(found) + len(problems) > MOST_EVENTS:
        text = f"There are more than {MOST_EVENTS} events in this file."
        raise DocumentError(Problem(text, "", "Split it.", file=name))
    if problems:
        raise DocumentError(problems)
    return found


def in_event(error: InputError, index: int, summary: str, name: str) -> Iterator[Problem]:
    """What is wrong with an event, naming it."""
    for one in error.problems:
        place = ".".join(part for part in ("events", str(index), one.field) if part)
        yield Problem(f"Event '{summary}': {one.message}", place, one.remedy, file=name)


def _events(data: bytes, timezone: str, name: str) -> Iterable[tuple[icalendar.Component, str, bool]]:
    """Each event with the zone of its local times, and whether its whole calendar is a cancellation."""
    tzp.use_default()  # forgets the zones that an earlier file defined
    try:
        with warnings.catch_warnings(action="ignore"):
            calendars = icalendar.Calendar.from_ical(data, multiple=True)
    except (ValueError, IndexError, KeyError, AttributeError, TypeError) as error:
        remedy = "Export it as .ics once more."
        raise DocumentError(Problem(f"This is no iCalendar file: {error}.", "", remedy, file=name)) from error
    if not calendars:
        remedy = "Export it as .ics once more."
        raise DocumentError(Problem("This is no iCalendar file: it is empty.", "", remedy, file=name))
    found = []
    for calendar in calendars:
        own = str(calendar.get("x-wr-timezone", ""))
        zone = own if own and zone_problem(own) is None else timezone
        is_cancelled = str(calendar.get("method", "")).upper() == "CANCEL"
        found += [(event, zone, is_cancelled) for event in calendar.walk("VEVENT")]
    return found


@dataclass(frozen=True, slots=True)
class _Time:
    """An instant, the zone that it was written in, and whether it is a whole day."""

    instant: datetime
    zone: str
    is_day: bool


class _Reader:
    """Turns one event into a window."""

    def __init__(self, event: icalendar.Component, timezone: str, is_cancelled: bool) -> None:
        self.event = event
        self.timezone = timezone
        self.is_cancelled = is_cancelled

    def window(self) -> WindowEvent:
        """The window. Raises: InputError naming the property."""
        self._refuse_unsupported()
        status = self._status()
        stands_for = self._stands_for()
        if status == Status.CANCELLED and "dtstart" not in self.event:
            moment = stands_for.instant if stands_for else datetime.fromtimestamp(0, UTC)
            start = end = _Time(moment, self.timezone, is_day=False)
        else:
            start = self._time("dtstart")
            end = self._end(start)
            if end.instant <= start.instant:
                raise InputError(Problem("It ends before it starts.", "dtend", "Choose a later end."))
        return WindowEvent(
            uid=self._uid(start),
            starts_at=start.instant,
            ends_at=end.instant,
            reason=str(self.event.get("summary", "")).strip(),
            services=self._keys("x-beheer-services"),
            announced_at=self._announced(),
            timezone=start.zone,
            recurrence=recurrence_text(self._rule(), self._added(start, end)),
            left_out=tuple(sorted({moment for moment, _length in self._moments("exdate")})),
            notified=self._keys("x-beheer-notified"),
            stands_for=stands_for.instant if stands_for else None,
            sequence=self._sequence(),
            status=status,
            created_at=self._stamp("created"),
            changed_at=self._stamp("last-modified") or self._stamp("dtstamp"),
        )

    def _refuse_unsupported(self) -> None:
        given: Any = self.event.get("recurrence-id")
        if given is not None and str(given.params.get("RANGE", "")).upper() == "THISANDFUTURE":
            remedy = "Let the series end before it (UNTIL), and make a new series from there."
            raise InputError(Problem("THISANDFUTURE cannot be taken over.", "recurrence-id", remedy))
        if "exrule" in self.event:
            remedy = "Name the starts that are left out by EXDATE."
            raise InputError(Problem("EXRULE cannot be taken over.", "exrule", remedy))
        if isinstance(self.event.get("rrule"), list):
            remedy = "Make a series of each rule, or add dates by RDATE."
            raise InputError(Problem("A series has one RRULE here.", "rrule", remedy))
        if given is not None and ("rrule" in self.event or "rdate" in self.event):
            remedy = "Take RRULE and RDATE out of the changed occurrence."
            raise InputError(Problem("A changed occurrence does not recur itself.", "recurrence-id", remedy))

    def _status(self) -> Status:
        text = str(self.event.get("status", "")).upper()
        if self.is_cancelled or text == Status.CANCELLED:
            return Status.CANCELLED
        return Status.TENTATIVE if text == Status.TENTATIVE else Status.CONFIRMED

    def _stands_for(self) -> _Time | None:
        if "recurrence-id" not in self.event:
            return None
        if not str(self.event.get("uid", "")):
            raise InputError(
                Problem("A changed occurrence needs a UID.", "uid", "Give it that of its series.")
            )
        return self._time("recurrence-id")

    def _uid(self, start: _Time) -> str:
        """Its UID; an event without one gets the same one each time, so that it is not taken over twice."""
        uid = str(self.event.get("uid", "")).strip()
        if uid:
            return uid
        text = f"{start.instant.isoformat()} {self.event.get('summary', '')}"
        return f"{hashlib.sha256(text.encode()).hexdigest()[:32]}@without-uid"

    def _end(self, start: _Time) -> _Time:
        if "dtend" in self.event:
            return self._time("dtend")
        if "duration" in self.event:
            return self._after(start, self._duration())
        if start.is_day:
            return self._after(start, timedelta(days=1))
        raise InputError(Problem("It has no end.", "dtend", _TIMES))

    def _duration(self) -> timedelta:
        try:
            value = self.event.decoded("duration")
        except (ValueError, AttributeError, TypeError) as error:
            raise InputError(
                Problem("This is no length of time.", "duration", "Write it as PT2H.")
            ) from error
        if not isinstance(value, timedelta):
            raise InputError(Problem("This is no length of time.", "duration", "Write it as PT2H."))
        return value

    def _after(self, start: _Time, length: timedelta) -> _Time:
        """The end after a length: of a day in days of the calendar, of an instant exactly."""
        if not start.is_day:
            return _Time(start.instant + length, start.zone, is_day=False)
        zone = ZoneInfo(start.zone)
        local = start.instant.astimezone(zone).replace(tzinfo=None) + length
        return _Time(local.replace(tzinfo=zone).astimezone(UTC), start.zone, is_day=True)

    def _time(self, name: str) -> _Time:
        if name not in self.event:
            raise InputError(Problem("It has no start.", name, _TIMES))
        given: Any = self.event[name]
        if isinstance(given, list):
            raise InputError(Problem("This stands here twice.", name, _TIMES))
        try:
            value, params = given.dt, given.params
        except (ValueError, AttributeError) as error:
            raise InputError(Problem(f"This is no date or time: {error}.", name, _TIMES)) from error
        return self._read(value, str(params.get("TZID", "")), name)

    def _read(self, value: object, tzid: str, name: str) -> _Time:
        if not isinstance(value, date):
            raise InputError(Problem("A date, or a date with a time, is expected.", name, _TIMES))
        if not isinstance(value, datetime):
            local = datetime.combine(value, time(), ZoneInfo(self.timezone))
            return _Time(local.astimezone(UTC), self.timezone, is_day=True)
        if value.tzinfo is None:
            if tzid:
                raise _unknown_zone(tzid, name)
            local = value.replace(tzinfo=ZoneInfo(self.timezone))
            return _Time(local.astimezone(UTC), self.timezone, is_day=False)
        return _Time(value.astimezone(UTC), self._zone(value, tzid, name), is_day=False)

    def _zone(self, value: datetime, tzid: str, name: str) -> str:
        """The IANA name of the zone of a time. One that the file defines itself must equal the chosen zone."""
        assert value.tzinfo is not None
        zone = str(getattr(value.tzinfo, "key", "") or "")
        if zone and zone_problem(zone) is None:
            return zone
        if value.utcoffset() == timedelta(0) and not tzid:
            return "UTC"
        if not _is_same_zone(value, value.tzinfo, ZoneInfo(self.timezone)):
            raise _unknown_zone(tzid or str(value.tzinfo), name)
        return self.timezone

    def _rule(self) -> str:
        """The rule, its UNTIL in UTC: a day lasts to its end, a local time is of the event's zone."""
        found = self.event.get("rrule")
        if found is None:
            return ""
        try:
            rule: Any = icalendar.vRecur(found)
            if "UNTIL" in rule:
                rule["UNTIL"] = [self._until(value) for value in rule["UNTIL"]]
            return bytes(rule.to_ical()).decode()
        except (ValueError, AttributeError, TypeError) as error:
            remedy = "Write a rule of RFC 5545, such as FREQ=WEEKLY;BYDAY=SU."
            raise InputError(Problem(f"This is not a recurrence rule: {error}.", "rrule", remedy)) from error

    def _until(self, value: date) -> datetime:
        if not isinstance(value, datetime):
            value = datetime.combine(value, time(23, 59, 59))
        if value.tzinfo is None:
            value = value.replace(tzinfo=ZoneInfo(self._time("dtstart").zone))
        return value.astimezone(UTC)

    def _added(self, start: _Time, end: _Time) -> Iterator[datetime]:
        """The starts that RDATE adds; a period must be as long as the event."""
        length = end.instant - start.instant
        for moment, period in self._moments("rdate"):
            if period is not None and period != length:
                remedy = "Make a separate event of an occurrence with another length."
                raise InputError(Problem("This period is not as long as the event.", "rdate", remedy))
            yield moment

    def _moments(self, name: str) -> Iterator[tuple[datetime, timedelta | None]]:
        """The instants of EXDATE or RDATE, each with its length where it is a period."""
        given: Any = self.event.get(name)
        lists = given if isinstance(given, list) else [given] if given is not None else []
        for one in lists:
            try:
                values, tzid = [item.dt for item in one.dts], str(one.params.get("TZID", ""))
            except (ValueError, AttributeError) as error:
                raise InputError(Problem(f"This is no date or time: {error}.", name, _TIMES)) from error
            for value in values:
                begin, rest = value if isinstance(value, tuple) else (value, None)
                first = self._read(begin, tzid, name).instant
                if isinstance(rest, datetime):
                    rest = self._read(rest, tzid, name).instant - first
                yield first, rest

    def _sequence(self) -> int:
        try:
            return max(0, int(self.event.get("sequence", 0)))
        except (ValueError, TypeError) as error:
            remedy = "Write a whole number of 0 or more."
            raise InputError(Problem("This is no sequence number.", "sequence", remedy)) from error

    def _announced(self) -> datetime | None:
        """When it was announced, by our own property."""
        text = str(self.event.get("x-beheer-announced", ""))
        return from_us(parse_instant(text, "x-beheer-announced")) if text else None

    def _stamp(self, name: str) -> datetime | None:
        """When something was done with the event; None where it is not said, or by a calendar that does not know."""
        try:
            moment = self._time(name).instant if name in self.event else None
        except InputError:
            return None
        return moment if moment is not None and moment.year >= EARLIEST_CREATED else None

    def _keys(self, name: str) -> tuple[str, ...]:
        text = str(self.event.get(name, "")).replace("\\,", ",")
        return tuple(part.strip() for part in text.split(",") if part.strip())


def _is_same_zone(since: datetime, one: tzinfo, other: tzinfo) -> bool:
    """Whether two zones have the same time at noon of every day for over a year."""
    noon = since.replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=None)
    days = (noon + timedelta(days=number) for number in range(_ZONE_DAYS))
    return all(day.replace(tzinfo=one).utcoffset() == day.replace(tzinfo=other).utcoffset() for day in days)


def _unknown_zone(tzid: str, name: str) -> InputError:
    remedy = zone_problem(tzid) or ""
    if not remedy.startswith("Did you"):
        remedy = "Use an IANA name such as Europe/Amsterdam, or choose the zone with the same time on import."
    return InputError(Problem(f"There is no time zone '{tzid}'.", name, remedy))
