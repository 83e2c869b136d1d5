"""Reads calendars from YAML: a file, a part of a file, or the word `24x7`. Every mistake gets its line."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from zoneinfo import ZoneInfo, available_timezones

import holidays as holiday_library

from beheer.lib.calendars import ALWAYS, WEEKDAYS, Calendar, Hours, LocalStretch, Version
from beheer.lib.documents import Document, Fields, Path, check, load
from beheer.lib.durations import DAY, HOUR, MINUTE, SECOND
from beheer.lib.errors import DocumentError, Problem

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_HOURS_REMEDY = 'Write stretches such as "08:00-18:00" or "10:00-12:00 13:00-24:00".'
_STRETCH_REMEDY = 'Write a day ("2026-12-24") or a local stretch ("2026-12-31T12:00/2027-01-01T00:00").'


class VersionDocument(Fields):
    """A version as it stands in a file."""

    valid_from: str
    hours: dict[str, str | list[str] | None]


class CalendarDocument(Fields):
    """A calendar as it stands in a file."""

    timezone: str
    holidays: str | None = None
    versions: list[VersionDocument]
    closed: list[str] = []
    open: list[str] = []


def read_calendar(text: str, name: str = "") -> Calendar:
    """The calendar in a YAML text; the text `24x7` is the calendar without closing times.

    Raises: DocumentError naming file, line, field and remedy.
    """
    return calendar_in(load(text, name), source=text)


def calendar_in(document: Document, path: Path = (), *, timezone: str = "", source: str = "") -> Calendar:
    """The calendar at `path` of a document. `timezone` is used where the calendar says none.

    Raises: DocumentError naming file, line, field and remedy.
    """
    value = document.value
    for part in path:
        value = value[part]
    if value == "24x7":
        return ALWAYS
    if not isinstance(value, dict):
        raise DocumentError(
            document.problem(path, "This is not a calendar.", "Write 24x7, or timezone and versions.")
        )
    _refuse_false_holidays(document, path, value)
    if timezone:
        value.setdefault("timezone", timezone)
    model = check(document, CalendarDocument, path)
    reader = _Reader(document, path)
    calendar = Calendar(
        timezone=reader.zone(model.timezone),
        versions=reader.versions(model.versions),
        holidays=reader.holidays(model.holidays),
        closed=reader.stretches("closed", model.closed),
        open=reader.stretches("open", model.open),
        source=source,
    )
    if reader.problems:
        raise DocumentError(reader.problems)
    return calendar


def zone_problem(name: str) -> str | None:
    """What to do about a time zone's name that is not known; None when it is known."""
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        close = difflib.get_close_matches(name, available_timezones(), n=1)
        return f"Did you mean '{close[0]}'?" if close else "Write an IANA name such as Europe/Amsterdam."
    return None


def _refuse_false_holidays(document: Document, path: Path, value: dict[str, object]) -> None:
    """YAML reads the country NO as the word "no"."""
    if isinstance(value.get("holidays"), bool):
        problem = document.problem(
            (*path, "holidays"),
            "YAML reads this as yes or no.",
            'Write "NO" in quotes for Norway; for none, leave it out.',
        )
        raise DocumentError(problem)


class _Reader:
    """Turns the parts of one calendar into values, and gathers what is wrong with them."""

    def __init__(self, document: Document, path: Path) -> None:
        self.document = document
        self.path = path
        self.problems: list[Problem] = []

    def wrong(self, path: Path, message: str, remedy: str) -> None:
        self.problems.append(self.document.problem((*self.path, *path), message, remedy))

    def zone(self, name: str) -> ZoneInfo:
        remedy = zone_problem(name)
        if remedy is None:
            return ZoneInfo(name)
        self.wrong(("timezone",), f"There is no time zone '{name}'.", remedy)
        return ZoneInfo("UTC")

    def holidays(self, code: str | None) -> str:
        if not code:
            return ""
        country, _, subdivision = code.partition("-")
        known = holiday_library.list_supported_countries()
        if country not in known:
            close = difflib.get_close_matches(country.upper(), known, n=3, cutoff=0.5)
            hint = f" Near it: {', '.join(close)}." if close else ""
            self.wrong(
                ("holidays",), f"There are no holidays of '{country}'.", f"Write a country such as NL.{hint}"
            )
            return ""
        try:
            holiday_library.country_holidays(country, subdiv=subdivision or None)
        except NotImplementedError:
            parts = ", ".join(known[country]) or "none"
            self.wrong(("holidays",), f"'{country}' has no part '{subdivision}'.", f"Its parts: {parts}.")
            return ""
        return code

    def versions(self, models: list[VersionDocument]) -> tuple[Version, ...]:
        found: dict[dt.date, Version] = {}
        for index, model in enumerate(models):
            where: Path = ("versions", index)
            day = self.date((*where, "valid_from"), model.valid_from)
            week = self.week((*where, "hours"), model.hours)
            if day is None:
                continue
            if day in found:
                self.wrong(
                    (*where, "valid_from"),
                    f"Another version is valid from {day} too.",
                    "Give each its own date.",
                )
            found[day] = Version(day, week)
        if not models:
            self.wrong(("versions",), "A calendar needs a version.", "Add one with valid_from and hours.")
        return tuple(found[day] for day in sorted(found))

    def date(self, path: Path, text: str) -> dt.date | None:
        try:
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
                return dt.date.fromisoformat(text)
        except ValueError:
            pass
        self.wrong(path, f"'{text}' is not a date.", "Write year, month and day, such as 2026-01-31.")
        return None

    def week(self, path: Path, hours: dict[str, str | list[str] | None]) -> tuple[Hours, ...]:
        week: list[list[tuple[int, int]]] = [[] for _ in WEEKDAYS]
        for key, text in hours.items():
            stretches = self.hours((*path, key), text)
            for day in self.days((*path, key), key):
                clash = _overlap(week[day], stretches)
                if clash:
                    self.wrong(
                        (*path, key), f"Hours overlap on {WEEKDAYS[day]}: {clash}.", "Join or shorten them."
                    )
                    break
                week[day].extend(stretches)
        return tuple(tuple(sorted(day)) for day in week)

    def days(self, path: Path, key: str) -> list[int]:
        found: list[int] = []
        for part in key.lower().replace(" ", "").split(","):
            names = part.split("-")
            if len(names) > 2 or any(name not in WEEKDAYS for name in names):
                self.wrong(path, f"'{key}' names no days.", 'Write days as "mon", "mon-fri" or "sat,sun".')
                return []
            first, last = WEEKDAYS.index(names[0]), WEEKDAYS.index(names[-1])
            found.extend((first + step) % 7 for step in range((last - first) % 7 + 1))
        return list(dict.fromkeys(found))

    def hours(self, path: Path, value: str | list[str] | None) -> list[tuple[int, int]]:
        text = " ".join(value) if isinstance(value, list) else value or ""
        found: list[tuple[int, int]] = []
        for part in re.sub(r"\s*-\s*", "-", text).replace(",", " ").split():
            start, end = self.times(path, part)
            if start is None or end is None:
                return []
            if end <= start:
                self.wrong(
                    path,
                    f"'{part}' ends before it begins." if end < start else f"'{part}' ends when it begins.",
                    "For hours over midnight write until 24:00 on this day, and from 00:00 on the next.",
                )
                return []
            clash = _overlap(found, [(start, end)])
            if clash:
                self.wrong(path, f"Hours overlap: {clash}.", "Join or shorten them.")
                return []
            found.append((start, end))
        return found

    def times(self, path: Path, part: str) -> tuple[int | None, int | None]:
        start, dash, end = part.partition("-")
        times = _time(start), _time(end)
        if not dash or None in times:
            self.wrong(path, f"'{part}' is not a stretch of hours.", _HOURS_REMEDY)
            return None, None
        return times

    def stretches(self, field: str, texts: list[str]) -> tuple[LocalStretch, ...]:
        found = []
        for index, text in enumerate(texts):
            stretch = _stretch(text)
            if stretch is None:
                self.wrong(
                    (field, index), f"'{text}' is neither a day nor a stretch of local time.", _STRETCH_REMEDY
                )
            elif stretch.end <= stretch.start:
                self.wrong((field, index), f"'{text}' ends before it begins.", "Put the earlier time first.")
            else:
                found.append(stretch)
        return tuple(found)


def _time(text: str) -> int | None:
    match = _TIME.fullmatch(text)
    if not match:
        return None
    hour, minute, second = (int(part or 0) for part in match.groups())
    offset = hour * HOUR + minute * MINUTE + second * SECOND
    return offset if minute < 60 and second < 60 and offset <= DAY else None


def _stretch(text: str) -> LocalStretch | None:
    """The day or local stretch in a text; None when it is neither."""
    start, slash, end = text.strip().partition("/")
    try:
        if not slash:
            day = dt.date.fromisoformat(start)
            midnight = dt.datetime.combine(day, dt.time())
            return LocalStretch(midnight, midnight + dt.timedelta(days=1), is_day=True)
        if "T" not in start or "T" not in end:
            return None
        first, last = _local(start), _local(end)
    except (ValueError, OverflowError):
        return None
    if first.tzinfo is not None or last.tzinfo is not None:
        return None
    return LocalStretch(first, last)


def _local(text: str) -> dt.datetime:
    """A local date and time; 24:00 is the midnight that ends the day."""
    day, _, time = text.strip().partition("T")
    if time in ("24:00", "24:00:00"):
        return dt.datetime.fromisoformat(day) + dt.timedelta(days=1)
    return dt.datetime.fromisoformat(text.strip())


def _overlap(have: list[tuple[int, int]], more: list[tuple[int, int]]) -> str:
    """The first two stretches that overlap, in words; "" when none do."""
    for start, end in more:
        for other_start, other_end in have:
            if start < other_end and other_start < end:
                return f"{_clock(other_start)}-{_clock(other_end)} and {_clock(start)}-{_clock(end)}"
    return ""


def _clock(offset_us: int) -> str:
    return f"{offset_us // HOUR:02}:{offset_us // MINUTE % 60:02}"
