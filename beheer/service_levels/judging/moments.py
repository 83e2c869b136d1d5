"""Reads the instants of the command line: with an offset, or as a date or local time of a known zone."""

from __future__ import annotations

import datetime as dt

from beheer.lib.calendars import local_instant
from beheer.lib.errors import InputError, Problem
from beheer.lib.intervals import to_us


def parse_moment(text: str, zone: dt.tzinfo, field: str) -> int:
    """Microseconds of "2026-03-01T22:00:00Z"; without an offset a date or time is local in `zone`.

    Raises: InputError when it is no date or time.
    """
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError as error:
        remedy = "Write 2026-03-01, 2026-03-01T22:00:00Z or 2026-03-01T22:00:00+01:00."
        raise InputError(Problem(f"'{text}' is not a date and time.", field, remedy)) from error
    return to_us(moment) if moment.utcoffset() is not None else local_instant(moment, zone)


def parse_span(start: str, end: str, zone: dt.tzinfo, fields: tuple[str, str]) -> tuple[int, int]:
    """Both ends of a stretch. Raises: InputError when one is wrong, or the end is not after the start."""
    first, last = parse_moment(start, zone, fields[0]), parse_moment(end, zone, fields[1])
    if last <= first:
        message = f"'{end}' is not after '{start}'."
        raise InputError(Problem(message, fields[1], "Write an end after the start."))
    return first, last
