"""From a figure to what makes it up: classes, stretches, outages, other rules, and how the budget went."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np

from beheer.catalogue.models import Service
from beheer.lib.errors import NotFound
from beheer.lib.intervals import from_us, to_us
from beheer.service_levels.indicators import Outcome, Question
from beheer.service_levels.models import Norm
from beheer.service_levels.queries.kept import kept_whole, worst_kept
from beheer.service_levels.queries.packed import current_facts
from beheer.service_levels.queries.questions import (
    Definition,
    definition_of,
    services_about,
    services_of,
    weights_of,
)
from beheer.service_levels.rules import (
    Aggregate,
    ClassStretch,
    Outage,
    class_stretches,
    judge,
    outages,
    read_rules,
    written_rules,
)
from beheer.service_levels.rules.periods import period_at

MOST_SERVICES = 200  # above this a norm is large: a page tells what is kept, and more for one service only
POINTS = 60
WORST_SHOWN = 20  # services of a large norm whose outages are shown

ALTERNATIVES: dict[str, tuple[object, ...]] = {
    "planned": ("exclude", "as_up", "as_down"),
    "planned_notice": ("0s", "1d", "2d", "7d"),
    "no_data": ("exclude", "as_up", "as_down"),
    "degraded": ("as_up", 0.5, "as_down"),
    "outage_start": ("first_bad", "confirmed", "last_good"),
    "min_outage": ("0s", "1m", "5m", "15m"),
    "aggregate": ("worst", "mean", "weighted"),
}


@dataclass(frozen=True)
class Subject:
    """What is explained: a norm, for one service or for all of them, in one period, as it is known at `now`.

    `count`: how many services the norm is about. Of a large one what the worker keeps is told, not counted anew.
    """

    norm: Norm
    definition: Definition
    count: int
    service: Service | None
    start: int
    end: int
    now: int

    @property
    def since(self) -> datetime:
        """The begin of the period."""
        return from_us(self.start)

    @property
    def until(self) -> datetime:
        """The end of the period."""
        return from_us(self.end)

    @property
    def is_single(self) -> bool:
        """Whether the figures are those of one service."""
        return self.service is not None or self.count == 1

    @property
    def is_large(self) -> bool:
        """Whether these are too many services for a page to count."""
        return not self.is_single and self.count > MOST_SERVICES

    @cached_property
    def services(self) -> list[Service]:
        """The services of the norm."""
        return services_of(self.norm)

    @cached_property
    def question(self) -> Question:
        """What is asked of the services; it keeps the facts that were read for it."""
        chosen = [self.service] if self.service is not None else list(self.services)
        weights = weights_of(self.norm.settings, chosen)
        ids = [service.pk for service in chosen]
        return self.definition.question(ids, (self.start, self.end), self.now, weights=weights)


def subject_of(
    norm: Norm, now: datetime, *, service_key: str = "", moment: datetime | None = None
) -> Subject:
    """What a page explains: the period that runs at `moment` (default now), for a service of the norm or for all.

    Raises: NotFound where the norm is not about that service.
    """
    services = services_about(norm)
    service = services.filter(key=service_key).first() if service_key else None
    if service_key and service is None:
        raise NotFound(f"The norm is not about a service '{service_key}'.")
    definition = definition_of(norm)
    at = to_us(moment or now)
    start, end = period_at(definition.period, definition.zone, at)
    start, end = max(start, definition.valid[0]), min(end, definition.valid[1])
    if end <= start:
        start, end = definition.valid[0], max(definition.valid[0] + 1, min(definition.valid[1], at))
    count = services.count()
    only = services.first() if service is None and count == 1 else service
    return Subject(norm, definition, count, only, start, end, to_us(now))


def outcome_now(subject: Subject) -> Outcome:
    """The outcome computed now from the facts; of very many services together the one that is kept, if there is one."""
    kept = kept_whole(subject.norm, subject.start) if subject.is_large else None
    return kept or _outcome(subject, subject.question)


def _outcome(subject: Subject, question: Question) -> Outcome:
    outcomes = subject.definition.indicator.judge(question)
    return outcomes[0] if subject.is_single else subject.definition.indicator.together(question, outcomes)


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of an accounting rule and the outcome it gives; None: too many services to say it here."""

    rule: str
    value: object
    is_chosen: bool
    outcome: Outcome | None


def what_if(subject: Subject) -> dict[str, list[Choice]]:
    """For each accounting rule, every choice with what it gives. A choice of the norm's own is always among them."""
    chosen = written_rules(subject.definition.rules)
    base = None if subject.is_large else subject.question
    facts = current_facts(base.service_ids, base.start, base.end) if base else None
    found: dict[str, list[Choice]] = {}
    for rule, values in ALTERNATIVES.items():
        if rule == "aggregate" and subject.is_single:
            continue
        options = values if chosen[rule] in values else (chosen[rule], *values)
        found[rule] = []
        for value in options:
            outcome = None
            if base is not None:
                question = replace(base, rules=read_rules({**chosen, rule: value}), known=facts)
                outcome = _outcome(subject, question)
            found[rule].append(Choice(rule, value, value == chosen[rule], outcome))
    return found


def stretches_of(subject: Subject) -> list[ClassStretch]:
    """The stretches of each class for one service, from the begin of the period until now."""
    question = subject.question
    end = max(question.until, question.start + 1)
    return class_stretches(
        question.facts, question.time, question.rules, service=0, start=question.start, end=end
    )


def outages_of(subject: Subject) -> list[tuple[Service, Outage]]:
    """The outages in the period so far, newest first: of all services asked about; of a large norm those of the
    services that stand worst.
    """
    if subject.is_large:
        worst = [row.service for row in worst_kept(subject.norm, subject.start, WORST_SHOWN)]
        pairs = [pair for one in worst for pair in outages_of(replace(subject, service=one))]
        return sorted(pairs, key=lambda pair: -pair[1].start)
    question = subject.question
    chosen = [subject.service] if subject.service is not None else list(subject.services)
    end = max(question.until, question.start + 1)
    found = outages(question.facts, question.time, question.rules, start=question.start, end=end)
    return sorted(((chosen[one.service], one) for one in found), key=lambda pair: -pair[1].start)


def consumed_over_time(subject: Subject) -> list[tuple[datetime, float]]:
    """What was lost by each of some instants of the period so far, in seconds; of several services by their weights."""
    question = subject.question
    until = max(question.until, question.start + 1)
    step = max(1, (until - question.start) // POINTS)
    instants = [*range(question.start + step, until, step), until]
    periods = [(question.start, instant) for instant in instants]
    lost = judge(question.facts, question.time, question.rules, periods).lost / 1e6
    is_weighted = question.rules.aggregate is Aggregate.WEIGHTED and not subject.is_single
    weights = np.array([float(weight) for weight in question.weights] if is_weighted else [1.0] * len(lost))
    points = zip(instants, (weights @ lost).tolist(), strict=True)
    return [(from_us(question.start), 0.0), *((from_us(instant), value) for instant, value in points)]


def worst_of(subject: Subject) -> Subject:
    """The service that stands worst, of those that are asked about; the subject itself where there is only one."""
    if subject.is_single:
        return subject
    if subject.is_large:
        kept = worst_kept(subject.norm, subject.start, 1)
        return replace(subject, service=kept[0].service) if kept else subject
    question = subject.question
    outcomes = subject.definition.indicator.judge(question)
    sign = 1.0 if subject.definition.indicator.better(subject.norm.settings) else -1.0
    known = [(sign * one.value, place) for place, one in enumerate(outcomes) if one.value is not None]
    return replace(subject, service=subject.services[min(known)[1] if known else 0])


def earlier_and_later(subject: Subject) -> tuple[datetime | None, datetime | None]:
    """An instant in the period before this one and in the one after it; None where the norm does not hold there."""
    first, last = subject.definition.valid
    earlier = from_us(subject.start) - timedelta(microseconds=1) if subject.start > first else None
    is_over = subject.end < min(subject.now, last)
    return earlier, from_us(subject.end) if is_over and subject.definition.period.unit is not None else None
