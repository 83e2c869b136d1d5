"""Accounting rules as they are written in files, forms and the store, and as the engine takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Any

from beheer.lib.durations import format_duration, parse_duration
from beheer.lib.errors import InputError, Problem
from beheer.service_levels.rules import Aggregate, OutageStart, Rules, TimeRule, parse_degraded

Texts = dict[str, str | float]

DEFAULTS: Texts = {
    "planned": "exclude",
    "planned_notice": "0s",
    "no_data": "exclude",
    "degraded": "as_up",
    "outage_start": "first_bad",
    "min_outage": "0s",
    "aggregate": "worst",
}
"""Every accounting rule, with the value it has when nothing is said."""


def read_rules(texts: Mapping[str, Any]) -> Rules:
    """The accounting rules of a norm from their texts; what is not given has its default.

    Raises: InputError naming each rule that is not known or cannot be read.
    """
    problems = [
        Problem(
            f"There is no accounting rule '{key}'.", f"rules.{key}", f"The rules are {', '.join(DEFAULTS)}."
        )
        for key in texts
        if key not in DEFAULTS
    ]
    values: dict[str, Any] = {}
    for key, (name, read) in _READERS.items():
        try:
            values[name] = read(texts.get(key, DEFAULTS[key]), f"rules.{key}")
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return Rules(**values)


def write_rules(rules: Rules) -> Texts:
    """The texts of all accounting rules, defaults too: `read_rules` reads them back to the same rules."""
    return {
        "planned": rules.planned.value,
        "planned_notice": format_duration(rules.planned_notice_us),
        "no_data": rules.no_data.value,
        "degraded": write_degraded(rules.degraded),
        "outage_start": rules.outage_start.value,
        "min_outage": format_duration(rules.min_outage_us),
        "aggregate": rules.aggregate.value,
    }


def write_degraded(weight: Fraction) -> str | float:
    """The text of the weight of degraded time."""
    words = {Fraction(0): "as_up", Fraction(1): "as_down"}
    return words.get(weight, float(weight))


def only_changed(texts: Mapping[str, Any]) -> Texts:
    """The rules that differ from their defaults: what is worth keeping in a file.

    Raises: InputError as `read_rules`.
    """
    written = write_rules(read_rules(texts))
    return {key: value for key, value in written.items() if value != DEFAULTS[key]}


def _one_of(kind: type[StrEnum]) -> Callable[[Any, str], StrEnum]:
    def read(value: Any, field: str) -> StrEnum:
        try:
            return kind(str(value))
        except ValueError:
            remedy = f"Write one of {', '.join(kind)}."
            raise InputError(Problem(f"'{value}' is not a value of this rule.", field, remedy)) from None

    return read


_READERS: dict[str, tuple[str, Callable[[Any, str], Any]]] = {
    "planned": ("planned", _one_of(TimeRule)),
    "planned_notice": ("planned_notice_us", parse_duration),
    "no_data": ("no_data", _one_of(TimeRule)),
    "degraded": ("degraded", parse_degraded),
    "outage_start": ("outage_start", _one_of(OutageStart)),
    "min_outage": ("min_outage_us", parse_duration),
    "aggregate": ("aggregate", _one_of(Aggregate)),
}
