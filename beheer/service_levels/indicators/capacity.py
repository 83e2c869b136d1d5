"""Capacity: use over a limit, time above it, and the days until it is reached by a plain robust trend."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from beheer.lib.intervals import from_us, to_us
from beheer.measurements.indicators import samples_in
from beheer.measurements.queries import series
from beheer.measurements.samples import seconds_over
from beheer.monitoring.models import Check
from beheer.service_levels.indicators.contract import Indicator, Outcome, Question, positive, worst_of
from beheer.service_levels.indicators.measured import agreed_stretches, compared, judged_by_check
from beheer.service_levels.rules.measured import TREND_DAYS, days_until, use_of
from beheer.service_levels.rules.settings import CapacitySettings as Settings


def judge(question: Question) -> list[Outcome]:
    """An outcome for each service: of its fullest check. The target is the share of the limit that may be used."""
    settings = Settings(**question.settings)
    stretches = agreed_stretches(question)

    def one(check: Check) -> Outcome | None:
        samples = samples_in(check.pk, settings.metric, stretches)
        used = use_of(samples, settings)
        if used is None:
            return None
        longest_s = check.interval_s * 2 + check.timeout_s
        spans = [(to_us(start), to_us(end)) for start, end in stretches]
        above_s, known_s = seconds_over(samples, spans, settings.limit, longest_s)
        figures = {
            "check": check.key,
            "measurements": len(samples),
            "above_limit_s": above_s,
            "known_s": known_s,
            "days_until_limit": _days_until(question, settings, check),
        }
        return Outcome(compared(used, question.target, False), used, figures=figures)

    return judged_by_check(question, settings.checks, False, one)


def _days_until(question: Question, settings: Settings, check: Check) -> float | None:
    now = from_us(question.until)
    points = series(check.pk, settings.metric, now - timedelta(days=TREND_DAYS), now, TREND_DAYS * 4)
    return days_until([(to_us(one.at), one.maximum) for one in points], settings.limit, question.until)


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
