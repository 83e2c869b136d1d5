"""Reads an agreement file: time zone, calendar, norms, planned windows and corrections."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pydantic

from beheer.lib.calendar_files import calendar_in, read_calendar, zone_problem
from beheer.lib.calendars import Calendar
from beheer.lib.documents import Document, Fields, check, load
from beheer.lib.documents import Path as Place
from beheer.lib.errors import DocumentError, InputError, Problem
from beheer.lib.intervals import parse_instant
from beheer.service_levels.rules import (
    Correction,
    Makes,
    Norm,
    Window,
    parse_period,
    parse_target,
    read_rules,
)
from beheer.service_levels.rules.settings import OF_STATES, SETTINGS, Settings

Value = TypeVar("Value")


class NormDocument(Fields):
    """A norm as it stands in a file."""

    services: str | list[str] = "*"
    indicator: str = "availability"
    target: Any
    period: str = "month"
    calendar: Any = None
    settings: dict[str, Any] = {}
    rules: dict[str, Any] = {}
    name: str = ""


class WindowDocument(Fields):
    """A planned window as it stands in a file."""

    service: str | list[str] = "*"
    start: str
    end: str
    announced: str | None = None
    reason: str = ""


class CorrectionDocument(Fields):
    """An approved correction as it stands in a file."""

    service: str | list[str]
    start: str
    end: str
    makes: str
    reason: str = ""
    author: str = ""
    approved_by: str = ""


class AgreementDocument(Fields):
    """An agreement as it stands in a file."""

    name: str = ""
    customer: str = ""
    timezone: str = ""
    calendar: Any = "24x7"
    norms: list[NormDocument]
    windows: list[WindowDocument] = []
    corrections: list[CorrectionDocument] = []


@dataclass(frozen=True)
class Pattern:
    """Names of services, of which `*` and `?` stand for any letters, and where they were written."""

    names: tuple[str, ...]
    place: str

    def matches(self, service: str) -> bool:
        """Whether the service is one of them."""
        return any(fnmatchcase(service, name) for name in self.names)

    @property
    def plain(self) -> tuple[str, ...]:
        """The names without `*` and `?`."""
        return tuple(name for name in self.names if not set(name) & set("*?["))


@dataclass(frozen=True)
class NormFor:
    """A norm, the services it is for, its calendar, and what its indicator is told."""

    services: Pattern
    norm: Norm
    calendar: Calendar
    name: str
    settings: Settings

    @property
    def is_of_states(self) -> bool:
        """Whether it is judged from states or outages; otherwise from measurements."""
        return self.norm.indicator in OF_STATES


@dataclass(frozen=True)
class AgreementFile:
    """What an agreement file says. `zone` is that of its periods."""

    name: str
    zone: ZoneInfo
    norms: tuple[NormFor, ...]
    windows: tuple[tuple[Pattern, Window], ...]
    corrections: tuple[tuple[Pattern, Correction], ...]


def read_agreement(path: Path) -> AgreementFile:
    """Read an agreement file; a calendar given as a path is sought beside it.

    Raises: DocumentError with file, line, field and remedy of everything that is wrong.
    """
    document = load(read_text(path), str(path))
    if isinstance(document.value, list) or not isinstance(document.value, dict | None):
        raise DocumentError(
            document.problem((), "This is not an agreement.", "Write timezone, calendar and norms.")
        )
    return _Reader(document, path).agreement(check(document, AgreementDocument))


def read_text(path: Path) -> str:
    """The text of a file in UTF-8. Raises: InputError when it is not there or not readable as such."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(Problem("There is no such file.", file=str(path))) from error
    except UnicodeDecodeError as error:
        raise InputError(
            Problem("This file is not UTF-8.", "", "Save it as UTF-8.", file=str(path))
        ) from error
    except OSError as error:
        raise InputError(Problem(f"This file cannot be read: {error.strerror}.", file=str(path))) from error


def _default_settings(kind: type[Settings]) -> Settings:
    """Raises: InputError where the indicator cannot do without being told something."""
    try:
        return kind()
    except pydantic.ValidationError as error:
        names = ", ".join(str(one["loc"][0]) for one in error.errors() if one["loc"])
        raise InputError(Problem(f"This indicator needs settings: {names}.", "", "Add settings.")) from error


def _target(model: NormDocument) -> Fraction:
    """A ratio below 1 for availability, any number above 0 for the others. Raises: InputError."""
    if model.indicator not in SETTINGS or model.indicator == "availability":
        return parse_target(model.target)
    try:
        target = None if isinstance(model.target, bool) else Fraction(Decimal(str(model.target).strip()))
    except (InvalidOperation, ValueError, OverflowError):
        target = None
    if target is None or target <= 0:
        raise InputError(Problem(f"'{model.target}' is not a target.", "target", "Write a number above 0."))
    return target


class _Reader:
    """Turns the parts of one agreement into values, and gathers what is wrong with them."""

    def __init__(self, document: Document, path: Path) -> None:
        self.document = document
        self.path = path
        self.problems: list[Problem] = []

    def agreement(self, model: AgreementDocument) -> AgreementFile:
        zone = self.zone(model.timezone)
        calendar = self.calendar(("calendar",), model.timezone)
        if not model.timezone and calendar is not None:
            zone = calendar.timezone
        found = AgreementFile(
            name=model.name or self.path.stem,
            zone=zone,
            norms=tuple(self.norm(index, norm, calendar, model) for index, norm in enumerate(model.norms)),
            windows=tuple(self.window(index, window) for index, window in enumerate(model.windows)),
            corrections=tuple(self.correction(index, one) for index, one in enumerate(model.corrections)),
        )
        if not model.norms:
            self.wrong(("norms",), "An agreement without norms judges nothing.", "Add a norm with a target.")
        if self.problems:
            raise DocumentError(self.problems)
        return found

    def wrong(self, place: Place, message: str, remedy: str) -> None:
        self.problems.append(self.document.problem(place, message, remedy))

    def read(self, place: Place, read: Callable[[], Value], otherwise: Value) -> Value:
        """What `read` gives; when it raises, its problems get the line of `place`."""
        try:
            return read()
        except DocumentError as error:
            self.problems.extend(error.problems)
        except InputError as error:
            for problem in error.problems:
                below = problem.field.partition("rules.")[2] if "rules." in problem.field else ""
                self.wrong((*place, below) if below else place, problem.message, problem.remedy)
        return otherwise

    def zone(self, name: str) -> ZoneInfo:
        remedy = zone_problem(name) if name else None
        if remedy:
            self.wrong(("timezone",), f"There is no time zone '{name}'.", remedy)
        return ZoneInfo(name) if name and not remedy else ZoneInfo("UTC")

    def calendar(self, place: Place, timezone: str) -> Calendar | None:
        value = self.document.value
        for part in place:
            value = value.get(part, "24x7") if isinstance(value, dict) else value[part]
        if isinstance(value, str) and value != "24x7":
            return self.read(place, lambda: self.calendar_file(value), None)
        if place == ("calendar",) and "calendar" not in self.document.value:
            return read_calendar("24x7")
        return self.read(place, lambda: calendar_in(self.document, place, timezone=timezone), None)

    def calendar_file(self, name: str) -> Calendar:
        path = self.path.parent / name
        if not path.exists():
            raise InputError(
                Problem(f"There is no calendar file '{path}'.", "", "Write 24x7, a path, or the hours here.")
            )
        return read_calendar(read_text(path), str(path))

    def norm(
        self, index: int, model: NormDocument, calendar: Calendar | None, whole: AgreementDocument
    ) -> NormFor:
        place: Place = ("norms", index)
        settings = self.settings(place, model)
        own = self.calendar((*place, "calendar"), whole.timezone) if model.calendar is not None else calendar
        default = Norm(parse_target("0.5"))
        norm = Norm(
            target=self.read((*place, "target"), lambda: _target(model), default.target),
            period=self.read((*place, "period"), lambda: parse_period(model.period), default.period),
            rules=self.read((*place, "rules"), lambda: read_rules(model.rules), default.rules),
            indicator=model.indicator,
        )
        services = self.pattern((*place, "services"), model.services)
        return NormFor(services, norm, own or read_calendar("24x7"), model.name, settings)

    def settings(self, place: Place, model: NormDocument) -> Settings:
        """What the indicator of a norm is told; a problem where it is not one that files can be judged by."""
        kind = SETTINGS.get(model.indicator)
        if kind is None:
            close = difflib.get_close_matches(model.indicator, SETTINGS, n=1)
            hint = f"Did you mean '{close[0]}'?" if close else f"Write {', '.join(SETTINGS)}."
            self.wrong((*place, "indicator"), f"'{model.indicator}' cannot be judged from files.", hint)
            return Settings()
        if "settings" not in self.document.value["norms"][place[-1]]:
            return self.read((*place, "indicator"), lambda: _default_settings(kind), Settings())
        found = self.read(place, lambda: check(self.document, kind, (*place, "settings")), Settings())
        if getattr(found, "checks", None):
            self.wrong(
                (*place, "settings", "checks"), "A file knows no checks.", "Leave this out, or use --where."
            )
        return found

    def pattern(self, place: Place, names: str | list[str]) -> Pattern:
        found = (names,) if isinstance(names, str) else tuple(names)
        if not found or not all(found):
            self.wrong(place, "This names no service.", 'Write a name, a list of names, or "*" for all.')
        return Pattern(found, ".".join(str(part) for part in place))

    def instant(self, place: Place, text: str) -> int:
        return self.read(place, lambda: parse_instant(text), 0)

    def stretch(self, place: Place, start: str, end: str) -> tuple[int, int]:
        before = len(self.problems)
        first, last = self.instant((*place, "start"), start), self.instant((*place, "end"), end)
        if len(self.problems) == before and last <= first:
            self.wrong((*place, "end"), "This ends before it begins.", "Write an end after the start.")
        return first, last

    def window(self, index: int, model: WindowDocument) -> tuple[Pattern, Window]:
        place: Place = ("windows", index)
        start, end = self.stretch(place, model.start, model.end)
        announced = None if model.announced is None else self.instant((*place, "announced"), model.announced)
        return self.pattern((*place, "service"), model.service), Window(start, end, announced)

    def correction(self, index: int, model: CorrectionDocument) -> tuple[Pattern, Correction]:
        place: Place = ("corrections", index)
        start, end = self.stretch(place, model.start, model.end)
        words = {makes.name.lower(): makes for makes in Makes}
        if model.makes not in words:
            self.wrong(
                (*place, "makes"),
                f"A correction cannot make '{model.makes}'.",
                "Write exclude, up, down or degraded.",
            )
        makes = words.get(model.makes, Makes.EXCLUDE)
        return self.pattern((*place, "service"), model.service), Correction(start, end, makes)
