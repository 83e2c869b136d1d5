"""Capacity: use over a limit, time above it, and the days until it is reached by a plain robust trend."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import pydantic
from django.utils.translation import gettext_lazy as _

from beheer.algorithms.trend import theil_sen
from beheer.lib.durations import DAY
from beheer.lib.intervals import from_us, to_us
from beheer.measurements.indicators import Figure, highest, mean, percentile, seconds_above
from beheer.measurements.queries import series
from beheer.monitoring.models import Check
from beheer.service_levels.indicators.contract import Indicator, Outcome, Question, positive, worst_of
from beheer.service_levels.indicators.measured import Stretches, agreed_stretches, compared, judged_by_check

TREND_DAYS = 60


class Settings(pydantic.BaseModel):
    """`metric` of which `checks` (none: all of the service), over `limit`. `figure`: its highest, its mean, or its
    `percentile` (a ratio).
    """

    model_config = pydantic.ConfigDict(extra="forbid")
    metric: str
    limit: pydantic.PositiveFloat
    checks: list[str] = []
    figure: Literal["highest", "mean", "percentile"] = "highest"
    percentile: float = pydantic.Field(default=0.95, gt=0, le=1)


def judge(question: Question) -> list[Outcome]:
    """An outcome for each service: of its fullest check. The target is the share of the limit that may be used."""
    settings = Settings(**question.settings)
    stretches = agreed_stretches(question)

    def one(check: Check) -> Outcome | None:
        found = _figure(settings, check, stretches)
        if found.value is None:
            return None
        used = found.value / settings.limit
        longest = check.interval_s * 2 + check.timeout_s
        above, known = seconds_above(check.pk, settings.metric, settings.limit, stretches, longest)
        figures = {
            "check": check.key,
            "measurements": found.count,
            "above_limit_s": above,
            "known_s": known,
            "days_until_limit": days_until(question, settings, check),
        }
        return Outcome(compared(used, question.target, False), used, figures=figures)

    return judged_by_check(question, settings.checks, False, one)


def _figure(settings: Settings, check: Check, stretches: Stretches) -> Figure:
    if settings.figure == "percentile":
        return percentile(check.pk, settings.metric, settings.percentile, stretches)
    return (highest if settings.figure == "highest" else mean)(check.pk, settings.metric, stretches)


def days_until(question: Question, settings: Settings, check: Check) -> float | None:
    """Days from now until the trend of the last weeks reaches the limit; None where it does not rise, or is unknown."""
    now = from_us(question.until)
    points = series(check.pk, settings.metric, now - timedelta(days=TREND_DAYS), now, TREND_DAYS * 4)
    line = theil_sen([to_us(point.at) / DAY for point in points], [point.maximum for point in points])
    if line is None:
        return None
    today = question.until / DAY
    reached = line.reaches(settings.limit, since=today)
    return None if reached is None else round(reached - today, 3)


def together(question: Question, outcomes: Sequence[Outcome]) -> Outcome:
    """The fullest service."""
    return worst_of(outcomes, higher_is_better=False)


INDICATOR = Indicator(
    key="capacity",
    title=_("Capacity"),
    summary=_("How much of a limit is used, and when it will be reached."),
    unit=lambda settings: "ratio",
    better=lambda settings: False,
    check_target=positive,
    settings=Settings,
    judge=judge,
    together=together,
)
