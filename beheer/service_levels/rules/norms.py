"""Norms: what is agreed of an indicator, over which period, and by which accounting rules."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from typing import Any

from beheer.lib.durations import format_duration, parse_duration
from beheer.lib.errors import InputError, Problem


class TimeRule(StrEnum):
    """How planned time, or time without data, is accounted for."""

    EXCLUDE = "exclude"
    AS_UP = "as_up"
    AS_DOWN = "as_down"


class OutageStart(StrEnum):
    """The instant at which a confirmed outage begins."""

    FIRST_BAD = "first_bad"
    CONFIRMED = "confirmed"
    LAST_GOOD = "last_good"


class Aggregate(StrEnum):
    """How the figures of several services become the one figure of a norm."""

    WORST = "worst"
    MEAN = "mean"
    WEIGHTED = "weighted"


class Verdict(StrEnum):
    """What is said of a norm in a period. A closed period has no `at_risk`."""

    MET = "met"
    AT_RISK = "at_risk"
    BREACHED = "breached"
    NO_DATA = "no_data"


DegradedRule = Fraction
"""The share of degraded time that is lost: 0 is `as_up`, 1 is `as_down`."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The accounting rules of a norm. Durations in microseconds; the first value of each is the default."""

    planned: TimeRule = TimeRule.EXCLUDE
    planned_notice_us: int = 0
    no_data: TimeRule = TimeRule.EXCLUDE
    degraded: DegradedRule = Fraction(0)
    outage_start: OutageStart = OutageStart.FIRST_BAD
    min_outage_us: int = 0
    aggregate: Aggregate = Aggregate.WORST


DEFAULT_RULES = Rules()


class PeriodUnit(StrEnum):
    """The periods of an agreement's zone; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Period:
    """A unit of the agreement's zone, or a rolling stretch of so many microseconds (`unit` is None then)."""

    unit: PeriodUnit | None
    rolling_us: int = 0

    def __str__(self) -> str:
        if self.unit is not None:
            return str(self.unit)
        return f"rolling {format_duration(self.rolling_us)}"


@dataclass(frozen=True, slots=True)
class Norm:
    """A target for an indicator over a period. Which services it is for, and its calendar, stand beside it."""

    target: Fraction
    period: Period = Period(PeriodUnit.MONTH)
    rules: Rules = DEFAULT_RULES
    indicator: str = "availability"


def read_rules(values: Mapping[str, object], field: str = "rules") -> Rules:
    """The accounting rules in a mapping as a norm's file or row holds it; what is left out has its default.

    Raises: InputError with a Problem for each value that is wrong and each name that is not known.
    """
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    for name, value in values.items():
        try:
            attribute, read = _READERS[name]
            found[attribute] = read(value, f"{field}.{name}")
        except KeyError:
            close = difflib.get_close_matches(name, _READERS, n=1)
            hint = f"Did you mean '{close[0]}'?" if close else f"The rules are {', '.join(_READERS)}."
            problems.append(Problem("There is no such rule.", f"{field}.{name}", hint))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return Rules(**found)


def written_rules(rules: Rules) -> dict[str, object]:
    """The mapping from which `read_rules` reads these rules."""
    words = {Fraction(0): "as_up", Fraction(1): "as_down"}
    return {
        "planned": str(rules.planned),
        "planned_notice": format_duration(rules.planned_notice_us),
        "no_data": str(rules.no_data),
        "degraded": words.get(rules.degraded, float(rules.degraded)),
        "outage_start": str(rules.outage_start),
        "min_outage": format_duration(rules.min_outage_us),
        "aggregate": str(rules.aggregate),
    }


def parse_target(value: object, field: str = "target") -> Fraction:
    """An exact ratio from 0.999 or "0.999".

    Raises: InputError unless it lies between 0 and 1, both excluded.
    """
    remedy = "Write a ratio: 0.999 for 99.9 %."
    try:
        target = None if isinstance(value, bool) else Fraction(Decimal(str(value).strip()))
    except (InvalidOperation, ValueError, OverflowError):
        target = None
    if target is None:
        raise InputError(Problem(f"'{value}' is not a target.", field, remedy))
    if target >= 1:
        why = "is more than 1" if target > 1 else "leaves no time for any outage"
        raise InputError(Problem(f"A target of {value} {why}.", field, remedy))
    if target <= 0:
        raise InputError(Problem(f"A target of {value} asks for nothing.", field, remedy))
    return target


def parse_degraded(value: object, field: str = "degraded") -> DegradedRule:
    """The share of degraded time that is lost, from `as_up`, `as_down` or a weight in [0, 1].

    Raises: InputError for anything else.
    """
    words = {"as_up": Fraction(0), "as_down": Fraction(1)}
    if isinstance(value, str) and value in words:
        return words[value]
    try:
        weight = None if isinstance(value, bool) else Fraction(Decimal(str(value)))
    except (InvalidOperation, ValueError, OverflowError):
        weight = None
    if weight is None or not 0 <= weight <= 1:
        raise InputError(
            Problem(f"'{value}' does not say how degraded time counts.", field, _DEGRADED_REMEDY)
        )
    return weight


def parse_period(value: str, field: str = "period") -> Period:
    """A period from `day`, `week`, `month`, `quarter`, `year` or `rolling 90d`.

    Raises: InputError for anything else, or for a rolling stretch of no length.
    """
    text = value.strip()
    if text in set(PeriodUnit):
        return Period(PeriodUnit(text))
    match = re.fullmatch(r"rolling\s+(\S+)", text)
    if match:
        length = parse_duration(match.group(1), field)
        if length > 0:
            return Period(None, length)
    raise InputError(Problem(f"'{value}' is not a period.", field, _PERIOD_REMEDY))


def _word(kind: type[StrEnum]) -> Callable[[object, str], StrEnum]:
    def read(value: object, field: str) -> StrEnum:
        try:
            return kind(str(value))
        except ValueError as error:
            remedy = f"Choose one of {', '.join(kind)}."
            raise InputError(Problem(f"'{value}' is not known here.", field, remedy)) from error

    return read


_READERS: dict[str, tuple[str, Callable[[object, str], Any]]] = {
    "planned": ("planned", _word(TimeRule)),
    "planned_notice": ("planned_notice_us", parse_duration),
    "no_data": ("no_data", _word(TimeRule)),
    "degraded": ("degraded", parse_degraded),
    "outage_start": ("outage_start", _word(OutageStart)),
    "min_outage": ("min_outage_us", parse_duration),
    "aggregate": ("aggregate", _word(Aggregate)),
}
_DEGRADED_REMEDY = "Write as_up, as_down, or a weight from 0 to 1."
_PERIOD_REMEDY = "Write day, week, month, quarter, year, or rolling and a length such as rolling 90d."
