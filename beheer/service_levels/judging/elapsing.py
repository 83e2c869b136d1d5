"""`beheer service-time`: agreed time between two instants, and when so much of it has passed, explained."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beheer.lib.calendars import Calendar
from beheer.lib.durations import parse_duration
from beheer.lib.errors import InputError, Problem
from beheer.lib.intervals import Spans, from_us, spans
from beheer.lib.service_time import ServiceTime
from beheer.service_levels.judging.moments import parse_moment, parse_span


@dataclass(frozen=True)
class Passed:
    """A stretch [start, end) and the agreed microseconds that count in it: 0 outside agreed time and in pauses."""

    start: int
    end: int
    counted: int
    reason: str


@dataclass(frozen=True)
class Answer:
    """Agreed microseconds in all, the deadline where one was asked for, and the stretches that make them up."""

    counted: int
    due: int | None
    stretches: tuple[Passed, ...]


def count_elapsed(calendar: Calendar, start: str, until: str, pauses: Sequence[str]) -> Answer:
    """The agreed time in [start, until) outside the pauses. Raises: InputError for what is wrong."""
    first, last = parse_span(start, until, calendar.timezone, ("--from", "--until"))
    stretches = _stretches(calendar, first, last, _pauses(pauses, calendar.timezone))
    return Answer(sum(stretch.counted for stretch in stretches), None, tuple(stretches))


def find_due(calendar: Calendar, start: str, target: str, pauses: Sequence[str]) -> Answer:
    """The earliest instant at which `target` has passed since `start`, outside the pauses.

    Raises: InputError for what is wrong, and when the calendar never gives that much time.
    """
    first = parse_moment(start, calendar.timezone, "--from")
    wanted = parse_duration(target, "--target")
    paused = _pauses(pauses, calendar.timezone)
    time = ServiceTime(calendar)
    at, rest = first, wanted
    for begin, end in paused:
        if rest <= 0:
            break
        if end <= at:
            continue
        passed = time.between(at, max(at, begin))
        if passed >= rest:
            break
        at, rest = end, rest - passed
    due = time.after(at, rest) if rest > 0 else first
    if due is None:
        message = f"The calendar does not give {target} of agreed time within 200 years."
        raise InputError(Problem(message, "--target", "Look at the calendar's hours and versions."))
    stretches = _stretches(calendar, first, due, paused)
    return Answer(wanted, due, tuple(stretches))


def _pauses(texts: Sequence[str], zone: dt.tzinfo) -> Spans:
    """The pauses, overlapping ones once."""
    found = []
    for text in texts:
        start, slash, end = text.partition("/")
        if not slash:
            remedy = "Write --pause 2026-03-02T10:00:00+01:00/2026-03-02T11:00:00+01:00."
            raise InputError(Problem(f"'{text}' is not a stretch of time.", "--pause", remedy))
        found.append((parse_moment(start, zone, "--pause"), parse_moment(end, zone, "--pause")))
        if found[-1][1] < found[-1][0]:
            raise InputError(
                Problem(f"'{text}' ends before it begins.", "--pause", "Put the earlier time first.")
            )
    return spans(found)


def _stretches(calendar: Calendar, start: int, end: int, pauses: Spans) -> list[Passed]:
    """[start, end) cut at opening and closing times and at pauses."""
    if end <= start:
        return []
    agreed = ServiceTime(calendar).agreed(start, end)
    inside = pauses.clip(start, end)
    edges = np.unique(np.concatenate([[start, end], agreed.start, agreed.end, inside.start, inside.end]))
    is_open, is_paused = agreed.contains(edges[:-1]), inside.contains(edges[:-1])
    found: list[Passed] = []
    for low, high, opened, paused in zip(
        edges[:-1].tolist(), edges[1:].tolist(), is_open.tolist(), is_paused.tolist(), strict=True
    ):
        reason = "paused" if paused else "agreed time" if opened else _closed(calendar, low, high)
        counted = high - low if opened and not paused else 0
        if found and found[-1].reason == reason:
            found[-1] = Passed(found[-1].start, high, found[-1].counted + counted, reason)
        else:
            found.append(Passed(low, high, counted, reason))
    return found


def _closed(calendar: Calendar, start: int, end: int) -> str:
    """Why a stretch is no agreed time: the holidays it meets, if any."""
    day, last = (from_us(at).astimezone(calendar.timezone).date() for at in (start, end - 1))
    names: list[str] = []
    while day <= last and len(names) < 14:
        names.append(calendar.holiday_name(day, "en"))
        day += dt.timedelta(days=1)
    found = ", ".join(dict.fromkeys(filter(None, names)))
    return f"outside agreed time ({found})" if found else "outside agreed time"
