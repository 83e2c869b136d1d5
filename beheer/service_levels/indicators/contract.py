"""What an indicator is: the question it is asked and the outcome it gives. A registry line makes it known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pydantic
import yaml
from django.utils.functional import Promise

from beheer.lib.documents import check, load
from beheer.lib.errors import InputError, Problem
from beheer.lib.service_time import ServiceTime
from beheer.service_levels.queries.facts import Mark, facts_as_of
from beheer.service_levels.queries.packed import current_facts
from beheer.service_levels.rules import (
    Facts,
    Marks,
    OutageStart,
    Period,
    Rules,
    State,
    TimeRule,
    Verdict,
    marks,
)


@dataclass(frozen=True)
class Question:
    """How do these services stand in [start, end), of which [start, until) is over? Instants in microseconds.

    `weights` of the services, for the rule `aggregate`; empty: alike.
    `as_of` None: by what is known now; else by what had been recorded by then. What is supposed counts beside it.
    `known`: facts that were read already, of these services and this period; None: they are read when needed.
    """

    service_ids: Sequence[int]
    start: int
    until: int
    end: int
    target: float
    rules: Rules
    settings: Mapping[str, Any]
    time: ServiceTime
    zone: ZoneInfo
    period: Period
    weights: Sequence[Fraction] = ()
    as_of: datetime | None = None
    supposed_corrections: Sequence[Mark] = ()
    supposed_windows: Sequence[Mark] = ()
    known: Facts | None = None

    @property
    def is_closed(self) -> bool:
        """Whether the whole period is over; a rolling one never is."""
        return self.until >= self.end and self.period.unit is not None

    def losing(self) -> list[bool]:
        """For each service whether its state of now loses time, as long as it lasts."""
        bad = {State.DOWN, State.DEGRADED} | (
            {State.UNKNOWN} if self.rules.no_data is TimeRule.AS_DOWN else set()
        )
        last = np.searchsorted(self.facts.timeline.service, np.arange(self.facts.count), "right") - 1
        return [State(code) in bad for code in self.facts.timeline.state[last].tolist()]

    @cached_property
    def facts(self) -> Facts:
        """The states, windows and corrections of the services, in their order."""
        if self.known is not None:
            known = self.known
        elif self.as_of is not None:
            known = facts_as_of(self.service_ids, self.start, self.end, self.as_of)
        else:
            with_instants = self.rules.outage_start is not OutageStart.FIRST_BAD
            known = current_facts(self.service_ids, self.start, self.end, with_instants=with_instants)
        if not self.supposed_corrections and not self.supposed_windows:
            return known
        return replace(
            known,
            corrections=_with(known.corrections, self.supposed_corrections),
            windows=_with(known.windows, self.supposed_windows),
        )


def _with(known: Marks, supposed: Sequence[Mark]) -> Marks:
    columns = (known.service, known.start, known.end, known.value)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return marks([*rows, *supposed])


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one service, or all together, stand. `value` in the indicator's unit, None when nothing is known.

    Budget in seconds, None where the indicator has none; `burn` is the highest burn rate that matters now.
    `figures` is plain values for JSON; `facts` what a page needs beside them. `is_losing`: worse as time passes.
    """

    verdict: Verdict
    value: float | None
    low: float | None = None
    high: float | None = None
    allowed_s: float | None = None
    consumed_s: float | None = None
    burn: float | None = None
    is_losing: bool = False
    figures: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


NO_DATA = Outcome(Verdict.NO_DATA, None)


@dataclass(frozen=True, slots=True)
class Indicator:
    """One kind of figure that can be agreed on.

    `unit` and `better` of the settings: "ratio", "s" or "" (a number), and whether a higher figure is better.
    `judge` gives an outcome for each service in the question's order; `together` makes one of all of them.
    `is_of_states`: it changes only where states, windows, corrections or the norm do, and with time.
    """

    key: str
    title: Promise
    summary: Promise
    unit: Callable[[Mapping[str, Any]], str]
    better: Callable[[Mapping[str, Any]], bool]
    check_target: Callable[[float], object]
    settings: type[pydantic.BaseModel]
    judge: Callable[[Question], list[Outcome]]
    together: Callable[[Question, Sequence[Outcome]], Outcome]
    is_of_states: bool = False

    def check_settings(self, values: Mapping[str, Any]) -> None:
        """Hold settings to the indicator's model. Raises: InputError naming each wrong field."""
        try:
            check(load(yaml.safe_dump(dict(values))), self.settings)
        except InputError as error:
            raise InputError(
                [
                    Problem(problem.message, f"settings.{problem.field}".rstrip("."), problem.remedy)
                    for problem in error.problems
                ]
            ) from error


def positive(value: float) -> None:
    """A target that is a positive number. Raises: InputError."""
    if not value > 0 or value == float("inf"):
        raise InputError(
            Problem(f"A target of {value:g} is not possible.", "target", "Write a number above 0.")
        )


def worst_of(outcomes: Sequence[Outcome], higher_is_better: bool) -> Outcome:
    """The outcome that is furthest to the wrong side; no data only where there is nothing else."""
    known = [outcome for outcome in outcomes if outcome.value is not None]
    if not known:
        return NO_DATA
    sign = 1.0 if higher_is_better else -1.0
    return min(known, key=lambda outcome: sign * (outcome.value or 0.0))
