"""What indicators from measurements share: which checks, and which agreed time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from beheer.lib.intervals import from_us
from beheer.monitoring.models import Check
from beheer.service_levels.indicators.contract import Outcome, Question
from beheer.service_levels.rules import Verdict
from beheer.service_levels.rules.measured import compared

__all__ = ["Stretches", "agreed_stretches", "checks_by_service", "compared", "judged_by_check"]
Stretches = list[tuple[datetime, datetime]]


def agreed_stretches(question: Question) -> Stretches:
    """The agreed time of the period so far."""
    spans = question.time.agreed(question.start, question.until)
    return [(from_us(start), from_us(end)) for start, end in spans]


def checks_by_service(question: Question, keys: Sequence[str]) -> list[list[Check]]:
    """The checks of each service, in the question's order: those named, or all of them."""
    rows = Check.objects.filter(service_id__in=question.service_ids, removed_at=None).order_by("key")
    if keys:
        rows = rows.filter(key__in=keys)
    found: dict[int, list[Check]] = {service_id: [] for service_id in question.service_ids}
    for check in rows:
        found[check.service_id].append(check)
    return [found[service_id] for service_id in question.service_ids]


def judged_by_check(
    question: Question, keys: Sequence[str], higher_is_better: bool, judge: Callable[[Check], Outcome | None]
) -> list[Outcome]:
    """For each service the outcome of its check that stands worst; None from `judge`: that check measured nothing."""
    found: list[Outcome] = []
    for checks in checks_by_service(question, keys):
        outcomes = [outcome for check in checks if (outcome := judge(check)) is not None]
        sign = 1.0 if higher_is_better else -1.0
        known = [outcome for outcome in outcomes if outcome.value is not None]
        found.append(
            min(known, key=lambda one: sign * (one.value or 0.0)) if known else Outcome(Verdict.NO_DATA, None)
        )
    return found
