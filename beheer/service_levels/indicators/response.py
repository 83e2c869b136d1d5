"""Response: a percentile of a duration, or the share of measurements within a threshold, in agreed time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from beheer.measurements.indicators import samples_in
from beheer.monitoring.models import Check
from beheer.service_levels.indicators.contract import Indicator, Outcome, Question, positive, worst_of
from beheer.service_levels.indicators.measured import agreed_stretches, compared, judged_by_check
from beheer.service_levels.rules.measured import response_of
from beheer.service_levels.rules.settings import ResponseSettings as Settings


def judge(question: Question) -> list[Outcome]:
    """An outcome for each service: of its slowest check."""
    settings = Settings(**question.settings)
    stretches = agreed_stretches(question)

    def one(check: Check) -> Outcome | None:
        samples = samples_in(check.pk, settings.metric, stretches)
        value = response_of(samples, settings)
        if value is None:
            return None
        verdict = compared(value, question.target, settings.higher_is_better)
        return Outcome(verdict, value, figures={"check": check.key, "measurements": len(samples)})

    return judged_by_check(question, settings.checks, settings.higher_is_better, one)


def together(question: Question, outcomes: Sequence[Outcome]) -> Outcome:
    """The slowest service."""
    return worst_of(outcomes, better(question.settings))


def unit(settings: Mapping[str, Any]) -> str:
    """A share, or seconds where the metric's name says so."""
    return Settings(**settings).unit


def better(settings: Mapping[str, Any]) -> bool:
    """A share should be high, a duration low."""
    return Settings(**settings).higher_is_better


INDICATOR = Indicator(
    key="response",
    title=_("Response time"),
    summary=_("How quickly the service answers, in agreed time."),
    unit=unit,
    better=better,
    check_target=positive,
    settings=Settings,
    judge=judge,
    together=together,
)
