"""Throughput: jobs done by their deadline, backlog, and volume per day. From the runs and measurements of checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

import pydantic
from django.utils.translation import gettext_lazy as _

from beheer.lib.calendars import day_start, local_instant
from beheer.lib.intervals import from_us
from beheer.measurements.indicators import highest, mean
from beheer.measurements.queries import results
from beheer.monitoring.models import Check
from beheer.service_levels.indicators.contract import Indicator, Outcome, Question, positive, worst_of
from beheer.service_levels.indicators.measured import agreed_stretches, compared, judged_by_check

MOST_RUNS = 5_000


class Settings(pydantic.BaseModel):
    """`figure` deadline: the share of agreed days on which a job (a heartbeat check) succeeded by `deadline`, a local
    time. backlog: the highest value of `metric`. volume: the sum of `metric` per agreed day, its mean.
    """

    model_config = pydantic.ConfigDict(extra="forbid")
    figure: Literal["deadline", "backlog", "volume"] = "deadline"
    checks: list[str] = []
    deadline: time = time(7)
    metric: str = ""

    @pydantic.model_validator(mode="after")
    def _complete(self) -> Settings:
        if self.figure != "deadline" and not self.metric:
            raise ValueError(f"the figure '{self.figure}' needs a metric")
        return self


def judge(question: Question) -> list[Outcome]:
    """An outcome for each service: of its check that stands worst."""
    settings = Settings(**question.settings)
    is_high_good = better(question.settings)

    def one(check: Check) -> Outcome | None:
        if settings.figure == "deadline":
            value, figures = _by_deadline(question, settings, check)
        elif settings.figure == "backlog":
            found = highest(check.pk, settings.metric, agreed_stretches(question))
            value, figures = found.value, {"measurements": found.count}
        else:
            value, figures = _volume(question, settings, check)
        if value is None:
            return None
        verdict = compared(value, question.target, is_high_good)
        return Outcome(verdict, value, figures={"check": check.key, **figures})

    return judged_by_check(question, settings.checks, is_high_good, one)


def agreed_days(question: Question) -> Iterator[date]:
    """The local days of the period so far that have agreed time."""
    day = from_us(question.start).astimezone(question.zone).date()
    while (start := day_start(day, question.zone)) < question.until:
        end = day_start(day + timedelta(days=1), question.zone)
        if question.time.between(max(start, question.start), min(end, question.end)):
            yield day
        day += timedelta(days=1)


def _by_deadline(question: Question, settings: Settings, check: Check) -> tuple[float | None, dict[str, Any]]:
    """The share of days on which a run succeeded by the deadline; days whose deadline is still to come do not count."""
    if check.kind != "heartbeat" and not settings.checks:
        return None, {}
    since, until = from_us(question.start), from_us(question.until)
    runs = [one.measured_at for one in results(check.pk, since, until, MOST_RUNS) if one.outcome == "up"]
    due = [(day, _deadline(question, settings, day)) for day in agreed_days(question)]
    past = [(day, instant) for day, instant in due if instant <= until]
    if not past:
        return None, {}
    kept = [day for day, instant in past if any(_start(question, day) <= run <= instant for run in runs)]
    missed = [day.isoformat() for day, _instant in past if day not in kept]
    return len(kept) / len(past), {"days": len(past), "missed": missed[:100]}


def _deadline(question: Question, settings: Settings, day: date) -> datetime:
    return from_us(local_instant(datetime.combine(day, settings.deadline), question.zone))


def _start(question: Question, day: date) -> datetime:
    return from_us(day_start(day, question.zone))


def _volume(question: Question, settings: Settings, check: Check) -> tuple[float | None, dict[str, Any]]:
    """What was done on a day, the mean over agreed days."""
    sums = []
    for day in agreed_days(question):
        end = min(_start(question, day + timedelta(days=1)), from_us(question.until))
        found = mean(check.pk, settings.metric, [(_start(question, day), end)])
        sums.append((found.value or 0.0) * found.count)
    if not any(sums):
        return None, {}
    return sum(sums) / len(sums), {"days": len(sums), "lowest": min(sums), "highest": max(sums)}


def together(question: Question, outcomes: Sequence[Outcome]) -> Outcome:
    """The service that stands worst."""
    return worst_of(outcomes, better(question.settings))


def unit(settings: Mapping[str, Any]) -> str:
    """A share of days, or a number."""
    return "ratio" if Settings(**settings).figure == "deadline" else ""


def better(settings: Mapping[str, Any]) -> bool:
    """A backlog should be low, the others high."""
    return Settings(**settings).figure != "backlog"


INDICATOR = Indicator(
    key="throughput",
    title=_("Throughput"),
    summary=_("Whether jobs are done by their deadline, how much waits, and how much is done a day."),
    unit=unit,
    better=better,
    check_target=positive,
    settings=Settings,
    judge=judge,
    together=together,
)
