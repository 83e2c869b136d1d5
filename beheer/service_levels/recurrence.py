"""Recurring windows: RFC 5545 rules as stretches of time. Pure.

A recurrence is a rule, dates that are added to it, or both: `FREQ=WEEKLY;BYDAY=SU RDATE:20261229T210000Z`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr

from beheer.lib.durations import DAY
from beheer.lib.errors import InputError, Problem
from beheer.lib.intervals import from_us, to_us

MOST_OCCURRENCES = 20_000
_REMEDY = (
    "Write a rule of RFC 5545, such as FREQ=WEEKLY;BYDAY=SU or FREQ=MONTHLY;BYDAY=2TU;UNTIL=20271231T230000Z."
)
_TOO_OFTEN = {"SECONDLY", "MINUTELY"}
_RULE, _ADDED, _STAMP = "RRULE:", "RDATE:", "%Y%m%dT%H%M%SZ"


def recurrence_text(rule: str, added: Iterable[datetime] = ()) -> str:
    """A rule (empty: none) and added starts as one recurrence."""
    stamps = ",".join(f"{start.astimezone(UTC):{_STAMP}}" for start in sorted(set(added)))
    return " ".join(
        part for part in (rule.removeprefix(_RULE), f"{_ADDED}{stamps}" if stamps else "") if part
    )


def rule_alone(recurrence: str) -> str:
    """The rule of a recurrence; empty where it has dates only. Raises: InputError."""
    return _parts(recurrence)[0]


def added_dates(recurrence: str) -> list[datetime]:
    """The starts that a recurrence adds to its rule, in order. Raises: InputError."""
    return _parts(recurrence)[1]


def _parts(recurrence: str) -> tuple[str, list[datetime]]:
    words = recurrence.split()
    rules = [word.removeprefix(_RULE) for word in words if not word.startswith(_ADDED)]
    texts = [text for word in words if word.startswith(_ADDED) for text in word[len(_ADDED) :].split(",")]
    if len(rules) > 1:
        raise InputError(Problem("One rule is expected here.", "recurrence", _REMEDY))
    try:
        added = sorted(datetime.strptime(text, _STAMP).replace(tzinfo=UTC) for text in texts)
    except ValueError as error:
        remedy = "Write the starts in UTC, such as RDATE:20261229T210000Z,20270105T210000Z."
        raise InputError(Problem("These added dates cannot be read.", "recurrence", remedy)) from error
    return (rules[0] if rules else ""), added


def occurs_at(moment: datetime, starts_at: datetime, timezone: str, recurrence: str) -> bool:
    """Whether an occurrence begins at an instant. Raises: InputError."""
    if not recurrence:
        return moment == starts_at
    found = next(iter(_parsed(recurrence, starts_at, timezone).xafter(moment, inc=True)), None)
    return found is not None and to_us(found) == to_us(moment)


def is_within(new: str, old: str) -> bool:
    """Whether one recurrence is another that ends sooner, or the same; of added dates it may have fewer."""
    (rule, ends), (old_rule, old_ends) = _without_end(rule_alone(new)), _without_end(rule_alone(old))
    if rule != old_rule or not set(added_dates(new)) <= set(added_dates(old)):
        return False
    if ends.keys() != old_ends.keys():
        return not old_ends
    return all(_end_value(name, text) <= _end_value(name, old_ends[name]) for name, text in ends.items())


def _without_end(rule: str) -> tuple[frozenset[tuple[str, str]], dict[str, str]]:
    """The parts of a rule but for COUNT and UNTIL, and these."""
    parts = dict(part.partition("=")[::2] for part in rule.upper().split(";") if part)
    ends: dict[str, str] = {name: parts.pop(name) for name in ("COUNT", "UNTIL") if name in parts}
    plain = frozenset((name, ",".join(sorted(text.split(",")))) for name, text in parts.items())
    return plain - {("INTERVAL", "1")}, ends


def _end_value(name: str, text: str) -> int:
    return int(re.sub(r"\D", "", text)) if name == "COUNT" else int(re.sub(r"\D", "", text).ljust(14, "9"))


def at_another_time(
    starts: Iterable[datetime], old: datetime, new: datetime, timezone: str
) -> list[datetime]:
    """What is left out of a series whose local time of day goes from that of `old` to that of `new`: the same days."""
    zone = ZoneInfo(timezone)
    before, after = old.astimezone(zone).time(), new.astimezone(zone).time()
    local = [start.astimezone(zone) for start in starts]
    moved = [
        datetime.combine(start.date(), after, zone) if start.time() == before else start for start in local
    ]
    return [start.astimezone(UTC) for start in moved]


def check_recurrence(rule: str, starts_at: datetime, timezone: str) -> None:
    """Hold a recurrence to RFC 5545. Empty is no recurrence.

    Raises: InputError naming the field `recurrence` for a rule that cannot be read, or recurs within the hour.
    """
    if not rule:
        return
    frequency = dict(part.partition("=")[::2] for part in rule_alone(rule).upper().split(";")).get("FREQ", "")
    if frequency in _TOO_OFTEN:
        raise InputError(
            Problem("A window cannot recur every second or minute.", "recurrence", "Use FREQ=HOURLY.")
        )
    first = next(iter(_parsed(rule, starts_at, timezone)), None)
    if first is None:
        raise InputError(
            Problem("This rule gives no occurrence at all.", "recurrence", "Check UNTIL and BYDAY.")
        )


def occurrences(
    *,
    starts_at: datetime,
    ends_at: datetime,
    timezone: str,
    rule: str = "",
    left_out: frozenset[int] = frozenset(),
    since_us: int,
    until_us: int,
) -> list[tuple[int, int]]:
    """The occurrences that touch [since, until), as (start, end) in microseconds, in order.

    Each begins at the same local time and lasts exactly as long as the first; `left_out` are starts that do not happen.
    """
    if rule:
        return list(_found(starts_at, ends_at, timezone, rule, left_out, since_us, until_us))
    first, last = to_us(starts_at), to_us(ends_at)
    return [(first, last)] if first < until_us and last > since_us and first not in left_out else []


@lru_cache(maxsize=20_000)
def _found(
    starts_at: datetime,
    ends_at: datetime,
    timezone: str,
    rule: str,
    left_out: frozenset[int],
    since_us: int,
    until_us: int,
) -> tuple[tuple[int, int], ...]:
    """Kept: a rule is gone through from its first day every time, and the same periods are asked for over again."""
    first, last = to_us(starts_at), to_us(ends_at)
    length = last - first
    found: list[tuple[int, int]] = []
    after = from_us(max(since_us - length - DAY, first - 1))
    for start in _parsed(rule, starts_at, timezone).xafter(after, inc=True):
        start_us = to_us(start)
        if start_us >= until_us or len(found) >= MOST_OCCURRENCES:
            break
        if start_us + length > since_us and start_us not in left_out:
            found.append((start_us, start_us + length))
    return tuple(found)


def next_occurrence(
    *,
    starts_at: datetime,
    ends_at: datetime,
    timezone: str,
    rule: str,
    left_out: frozenset[int],
    now: datetime,
) -> tuple[datetime, datetime] | None:
    """The occurrence that runs at `now` or the first one after it; None when there is no more."""
    if not rule:
        return (starts_at, ends_at) if ends_at > now else None
    length = ends_at - starts_at
    for start in _parsed(rule, starts_at, timezone).xafter(now - length - timedelta(days=1), inc=True):
        start_us = to_us(start)
        if from_us(start_us) + length > now and start_us not in left_out:
            return from_us(start_us), from_us(start_us) + length
    return None


def _parsed(recurrence: str, starts_at: datetime, timezone: str) -> rrule | rruleset:
    """The occurrences from the first local start. Raises: InputError."""
    rule, added = _parts(recurrence)
    local = starts_at.astimezone(ZoneInfo(timezone))
    if not added:
        return _rule(rule, local)
    found = rruleset()
    if rule:
        found.rrule(_rule(rule, local))
    else:
        found.rdate(local)
    for start in added:
        found.rdate(start.astimezone(local.tzinfo))
    return found


def _rule(rule: str, local: datetime) -> rrule:
    try:
        parsed = rrulestr(rule, dtstart=local)
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(
            Problem(f"This is not a recurrence rule: {error}.", "recurrence", _REMEDY)
        ) from error
    if not isinstance(parsed, rrule):
        raise InputError(Problem("One rule is expected here.", "recurrence", _REMEDY))
    return parsed
