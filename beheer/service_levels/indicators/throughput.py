"""Throughput: jobs done by their deadline, backlog, and volume per interval. From runs and measurements of checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from beheer.lib.intervals import from_us, to_us
from beheer.measurements.indicators import highest, samples_in
from beheer.measurements.schema import STATE, STATE_VALUES
from beheer.monitoring.models import Check
from beheer.service_levels.indicators.contract import Indicator, Outcome, Question, positive, worst_of
from beheer.service_levels.indicators.measured import agreed_stretches, compared, judged_by_check
from beheer.service_levels.rules.settings import ThroughputSettings as Settings
from beheer.service_levels.rules.throughput import (
    MOST_NAMED,
    agreed_days,
    intervals,
    kept_deadlines,
    volume,
)


def judge(question: Question) -> list[Outcome]:
    """An outcome for each service: of its check that stands worst."""
    settings = Settings(**question.settings)
    figure = {"deadline": _by_deadline, "backlog": _backlog, "volume": _volume}[settings.figure]

    def one(check: Check) -> Outcome | None:
        value, figures = figure(question, settings, check)
        if value is None:
            return None
        verdict = compared(value, question.target, settings.higher_is_better)
        return Outcome(verdict, value, figures={"check": check.key, **figures})

    return judged_by_check(question, settings.checks, settings.higher_is_better, one)


def _by_deadline(question: Question, settings: Settings, check: Check) -> tuple[float | None, dict[str, Any]]:
    """The share of days on which a run succeeded by the deadline; days whose deadline is still to come do not count,
    nor those of before there was a check.
    """
    if check.kind != "heartbeat" and not settings.checks:
        return None, {}
    states = samples_in(check.pk, STATE, [(from_us(question.start), from_us(question.until))])
    runs = states.at[states.values == STATE_VALUES["up"]].tolist()
    days = list(agreed_days(question.time, question.zone, question.start, question.until, question.end))
    since = min([to_us(check.created_at), *states.at[:1].tolist()])
    kept = kept_deadlines(runs, days, settings.deadline, question.zone, question.until, since)
    if kept is None:
        return None, {}
    missed = [day.isoformat() for day in kept.missed[:MOST_NAMED]]
    return kept.share, {"days": kept.days, "missed": missed}


def _backlog(question: Question, settings: Settings, check: Check) -> tuple[float | None, dict[str, Any]]:
    """The most that waited, in agreed time."""
    found = highest(check.pk, settings.metric, agreed_stretches(question))
    return found.value, {"measurements": found.count}


def _volume(question: Question, settings: Settings, check: Check) -> tuple[float | None, dict[str, Any]]:
    """What was done in an interval, the mean over the intervals that are over."""
    spans = list(intervals(settings.per, question.time, question.zone, question.start, question.until))
    whole = [(from_us(spans[0][0]), from_us(spans[-1][1]))] if spans else []
    found = volume(samples_in(check.pk, settings.metric, whole), spans)
    if found is None:
        return None, {}
    figures = {
        "per": settings.per,
        "intervals": found.intervals,
        "lowest": found.lowest,
        "highest": found.highest,
    }
    return found.mean, {**figures, "without_data": found.empty}


def together(question: Question, outcomes: Sequence[Outcome]) -> Outcome:
    """The service that stands worst."""
    return worst_of(outcomes, better(question.settings))


def unit(settings: Mapping[str, Any]) -> str:
    """A share of days, or a number."""
    return Settings(**settings).unit


def better(settings: Mapping[str, Any]) -> bool:
    """A backlog should be low, the others high."""
    return Settings(**settings).higher_is_better


INDICATOR = Indicator(
    key="throughput",
    title=_("Throughput"),
    summary=_(
        "Whether jobs are done by their deadline, how much waits, and how much is done per hour, day, week or month."
    ),
    unit=unit,
    better=better,
    check_target=positive,
    settings=Settings,
    judge=judge,
    together=together,
)
