"""Reliability: how often a service fails, how long between failures, how long until it is back. From states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pydantic
from django.utils.translation import gettext_lazy as _

from beheer.service_levels.indicators.availability import SECOND, figure_values
from beheer.service_levels.indicators.contract import Indicator, Outcome, Question, positive, worst_of
from beheer.service_levels.rules import Figure, Verdict
from beheer.service_levels.rules import judge as judge_states

HIGHER_IS_BETTER = {"outages": False, "mtbf": True, "mtrs": False, "longest": False}


class Settings(pydantic.BaseModel):
    """`figure`: number of outages, or in seconds the time between failures, the time to restore, the longest outage."""

    model_config = pydantic.ConfigDict(extra="forbid")
    figure: Literal["outages", "mtbf", "mtrs", "longest"] = "outages"


def value_of(figure: Figure, name: str) -> float | None:
    """The figure by its name: a number, or seconds; None where there were no outages."""
    if name == "outages":
        return float(figure.outages)
    found = {"mtbf": figure.mtbf, "mtrs": figure.mtrs, "longest": figure.longest}[name]
    return None if found is None else float(found) / SECOND


def judge(question: Question) -> list[Outcome]:
    """An outcome for each service."""
    name = Settings(**question.settings).figure
    until = max(question.until, question.start + 1)
    table = judge_states(question.facts, question.time, question.rules, [(question.start, until)])
    figures = [table.figure(place, 0) for place in range(len(question.service_ids))]
    losing = question.losing()
    return [_outcome(*found, name, question.target) for found in zip(figures, losing, strict=True)]


def _outcome(figure: Figure, is_losing: bool, name: str, target: float) -> Outcome:
    """Without outages every target is met, if anything was counted at all; without data nothing is said."""
    value = value_of(figure, name)
    if not figure.counted:
        verdict = Verdict.NO_DATA
    elif value is None:
        verdict = Verdict.MET
    else:
        is_met = value >= target if HIGHER_IS_BETTER[name] else value <= target
        verdict = Verdict.MET if is_met else Verdict.BREACHED
    return Outcome(verdict=verdict, value=value, is_losing=is_losing, figures=figure_values(figure))


def together(question: Question, outcomes: Sequence[Outcome]) -> Outcome:
    """The service that stands worst: a number of outages added up over services says nothing of any of them."""
    name = Settings(**question.settings).figure
    breached = [outcome for outcome in outcomes if outcome.verdict == Verdict.BREACHED]
    met = [outcome for outcome in outcomes if outcome.verdict == Verdict.MET]
    return (
        worst_of(breached or met or outcomes, HIGHER_IS_BETTER[name])
        if outcomes
        else Outcome(Verdict.NO_DATA, None)
    )


def unit(settings: Mapping[str, Any]) -> str:
    """Seconds, or a number of outages."""
    return "" if Settings(**settings).figure == "outages" else "s"


INDICATOR = Indicator(
    key="reliability",
    title=_("Reliability"),
    summary=_("How often the service fails, how long between failures, and how long until it is back."),
    unit=unit,
    better=lambda settings: HIGHER_IS_BETTER[Settings(**settings).figure],
    check_target=positive,
    settings=Settings,
    judge=judge,
    together=together,
    is_of_states=True,
)
