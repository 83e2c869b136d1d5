"""What the events of an item mean for its clocks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from beheer.lib.clocks import Clock, ClockEvent, ClockEventKind
from beheer.lib.durations import SECOND
from beheer.lib.service_time import ServiceTime
from beheer.work.kinds.schema import ClockSpec, Kind

Kinds = ClockEventKind


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of an item, as far as clocks are concerned. `targets`: clock → (seconds or None, calendar)."""

    verb: str
    at: dt.datetime
    state: str
    phase: str
    line: str = ""
    step: str = ""
    targets: dict[str, tuple[float | None, str]] = field(default_factory=dict)
    deadline: tuple[str, dt.datetime | None] | None = None


@dataclass(slots=True)
class _Course:
    """What one clock has been through while the events are read."""

    spec: ClockSpec
    status: str = "not_started"
    events: list[ClockEvent] = field(default_factory=list)

    def add(self, kind: ClockEventKind, at: dt.datetime, status: str, reason: str = "") -> None:
        self.events.append(ClockEvent(kind, at, reason))
        self.status = status


def clocks_of(
    kind: Kind,
    happenings: Iterable[Happening],
    calendar: Callable[[str], ServiceTime],
    words: Callable[[str], str] = str,
) -> dict[str, Clock]:
    """Every clock of an item, from what happened to it, oldest first. `words` names a state for people.

    A clock without a target in the table still counts, and can be read, but is never due.
    """
    courses = {key: _Course(spec) for key, spec in kind.clocks.items()}
    first: dict[str, tuple[float | None, str]] = {}
    before: Happening | None = None
    for happening in happenings:
        found = set(triggers(happening, before))
        for key, course in courses.items():
            if key in happening.targets:
                _target(course, happening.at, happening.targets[key], calendar, key not in first)
                first.setdefault(key, happening.targets[key])
            _advance(course, found, happening.at, words(happening.state))
            if happening.deadline is not None and happening.deadline[0] == key:
                course.events.append(
                    ClockEvent(Kinds.DEADLINE_FIXED, happening.at, deadline=happening.deadline[1])
                )
        before = happening
    result = {}
    for key, course in courses.items():
        target_s, name = first.get(key, (None, "24x7"))
        target_us = None if target_s is None else round(target_s * SECOND)
        result[key] = Clock(target_us, calendar(name), tuple(course.events))
    return result


def triggers(happening: Happening, before: Happening | None) -> Iterator[str]:
    """The words by which a kind's file can name this event."""
    yield happening.verb
    if happening.step:
        yield f"step:{happening.step}"
    if before is None or before.state != happening.state:
        yield f"state:{happening.state}"
    if before is None or before.phase != happening.phase:
        yield f"phase:{happening.phase}"
    if happening.line and (before is None or before.line != happening.line):
        yield f"line:{happening.line}"
    if before is not None and before.phase in ("solved", "closed") and happening.phase in ("open", "waiting"):
        yield "reopened"


def _target(
    course: _Course,
    at: dt.datetime,
    target: tuple[float | None, str],
    calendar: Callable[[str], ServiceTime],
    is_first: bool,
) -> None:
    """A target after the first changes what counts from then on; what has elapsed stays."""
    if is_first:
        return
    target_us = None if target[0] is None else round(target[0] * SECOND)
    course.events.append(ClockEvent(Kinds.TARGET_CHANGED, at, target_us=target_us))
    course.events.append(ClockEvent(Kinds.CALENDAR_CHANGED, at, calendar=calendar(target[1])))


def _advance(course: _Course, found: set[str], at: dt.datetime, reason: str) -> None:
    spec = course.spec
    if course.status == "cancelled":
        return
    if found & set(spec.cancel):
        course.add(Kinds.CANCELLED, at, "cancelled", reason)
        return
    if found & set(spec.start) and (course.status == "not_started" or spec.again):
        if course.status == "paused":
            course.events.append(ClockEvent(Kinds.RESUMED, at))
        course.add(Kinds.STARTED, at, "running")
    if course.status == "not_started":
        return
    if found & set(spec.stop):
        if course.status != "stopped":
            course.add(Kinds.STOPPED, at, "stopped", reason)
        return
    if course.status == "stopped" and found & {*spec.resume, *spec.pause}:
        course.add(Kinds.REOPENED, at, "running")
    if found & set(spec.pause) and course.status == "running":
        course.add(Kinds.PAUSED, at, "paused", reason)
    elif found & set(spec.resume) and course.status == "paused":
        course.add(Kinds.RESUMED, at, "running")
