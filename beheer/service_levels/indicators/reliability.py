"""Reliability: how often a service fails, how long between failures, how long until it is back. From states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from beheer.service_levels.indicators.availability import figure_values
from beheer.service_levels.indicators.contract import Indicator, Outcome, Question, positive, worst_of
from beheer.service_levels.rules import Figure, Verdict
from beheer.service_levels.rules import judge as judge_states
from beheer.service_levels.rules.measured import reliability_of
from beheer.service_levels.rules.settings import ReliabilitySettings as Settings


def judge(question: Question) -> list[Outcome]:
    """An outcome for each service."""
    settings = Settings(**question.settings)
    until = max(question.until, question.start + 1)
    table = judge_states(question.facts, question.time, question.rules, [(question.start, until)])
    figures = [table.figure(place, 0) for place in range(len(question.service_ids))]
    losing = question.losing()
    return [_outcome(*found, settings, question.target) for found in zip(figures, losing, strict=True)]


def _outcome(figure: Figure, is_losing: bool, settings: Settings, target: float) -> Outcome:
    found = reliability_of(figure, settings.figure, target, settings.higher_is_better)
    values = figure_values(figure)
    return Outcome(verdict=found.verdict, value=found.value, is_losing=is_losing, figures=values)


def together(question: Question, outcomes: Sequence[Outcome]) -> Outcome:
    """The service that stands worst: a number of outages added up over services says nothing of any of them."""
    higher_is_better = Settings(**question.settings).higher_is_better
    breached = [outcome for outcome in outcomes if outcome.verdict == Verdict.BREACHED]
    met = [outcome for outcome in outcomes if outcome.verdict == Verdict.MET]
    return (
        worst_of(breached or met or outcomes, higher_is_better)
        if outcomes
        else Outcome(Verdict.NO_DATA, None)
    )


def unit(settings: Mapping[str, Any]) -> str:
    """Seconds, or a number of outages."""
    return Settings(**settings).unit


INDICATOR = Indicator(
    key="reliability",
    title=_("Reliability"),
    summary=_("How often the service fails, how long between failures, and how long until it is back."),
    unit=unit,
    better=lambda settings: Settings(**settings).higher_is_better,
    check_target=positive,
    settings=Settings,
    judge=judge,
    together=together,
    is_of_states=True,
)
