"""Response: a percentile of a duration, or the share of measurements within a threshold, in agreed time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pydantic
from django.utils.translation import gettext_lazy as _

from beheer.measurements.indicators import percentile, share_within
from beheer.monitoring.models import Check
from beheer.service_levels.indicators.contract import Indicator, Outcome, Question, positive, worst_of
from beheer.service_levels.indicators.measured import agreed_stretches, compared, judged_by_check


class Settings(pydantic.BaseModel):
    """`metric` of which `checks` (none: all of the service). With `within` the figure is the share of measurements
    that do not exceed it; else the `percentile`, a ratio.
    """

    model_config = pydantic.ConfigDict(extra="forbid")
    metric: str = "total_s"
    checks: list[str] = []
    percentile: float = pydantic.Field(default=0.95, gt=0, le=1)
    within: pydantic.PositiveFloat | None = None


def judge(question: Question) -> list[Outcome]:
    """An outcome for each service: of its slowest check."""
    settings = Settings(**question.settings)
    stretches = agreed_stretches(question)

    def one(check: Check) -> Outcome | None:
        if settings.within is not None:
            found = share_within(check.pk, settings.metric, settings.within, stretches)
        else:
            found = percentile(check.pk, settings.metric, settings.percentile, stretches)
        if found.value is None:
            return None
        verdict = compared(found.value, question.target, better(question.settings))
        return Outcome(verdict, found.value, figures={"check": check.key, "measurements": found.count})

    return judged_by_check(question, settings.checks, better(question.settings), one)


def together(question: Question, outcomes: Sequence[Outcome]) -> Outcome:
    """The slowest service."""
    return worst_of(outcomes, better(question.settings))


def unit(settings: Mapping[str, Any]) -> str:
    """A share, or seconds where the metric's name says so."""
    chosen = Settings(**settings)
    if chosen.within is not None:
        return "ratio"
    return "s" if chosen.metric.endswith("_s") else ""


def better(settings: Mapping[str, Any]) -> bool:
    """A share should be high, a duration low."""
    return Settings(**settings).within is not None


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
