"""Durations as people write them ("48h", "1h30m", "90d", "250ms") and as the code holds them: whole microseconds."""

from __future__ import annotations

import re
from fractions import Fraction

from beheer.lib.errors import InputError, Problem

MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

UNITS: dict[str, int] = {
    "w": WEEK,
    "d": DAY,
    "h": HOUR,
    "m": MINUTE,
    "min": MINUTE,
    "s": SECOND,
    "ms": MILLISECOND,
    "us": 1,
    "µs": 1,
}
LONGEST_US = 200 * 366 * DAY

_PART = re.compile(r"(\d+(?:\.\d+)?)(min|ms|us|µs|w|d|h|m|s)")
_REMEDY = "Write a number and a unit, such as 90d, 48h, 1h30m, 45s or 250ms."


def parse_duration(value: object, field: str = "") -> int:
    """Microseconds in a duration such as "1h30m"; `0` may stand without a unit. A day is 24 hours, a week 7 days.

    Raises: InputError for anything else: no unit, an unknown unit, a negative or an endless duration.
    """
    text = str(value).strip().replace(" ", "")
    if isinstance(value, bool) or not text:
        raise InputError(Problem("A duration is expected here.", field, _REMEDY))
    if re.fullmatch(r"0+(\.0+)?", text):
        return 0
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise InputError(Problem(f"'{value}' is not a duration.", field, _REMEDY))
    total = sum((Fraction(number) * UNITS[unit] for number, unit in parts), Fraction(0))
    if total.denominator != 1:
        raise InputError(Problem(f"'{value}' is finer than a microsecond.", field, _REMEDY))
    if total > LONGEST_US:
        raise InputError(Problem(f"'{value}' is longer than 200 years.", field, "Write a shorter duration."))
    return int(total)


def format_duration(duration_us: int) -> str:
    """The shortest text of whole units that `parse_duration` reads back to the same microseconds: "1h30m"."""
    if duration_us == 0:
        return "0s"
    sign, rest = ("-", -duration_us) if duration_us < 0 else ("", duration_us)
    words = []
    for unit in ("d", "h", "m", "s", "ms", "us"):
        count, rest = divmod(rest, UNITS[unit])
        if count:
            words.append(f"{count}{unit}")
    return sign + "".join(words)
