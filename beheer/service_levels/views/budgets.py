"""Budgets drawn: of one norm, and of the norms of an agreement, a customer or a service."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from beheer.catalogue.models import Service
from beheer.lib.intervals import from_us
from beheer.service_levels.indicators import Outcome
from beheer.service_levels.queries.explanations import (
    Subject,
    consumed_over_time,
    outcome_now,
    subject_of,
    worst_of,
)
from beheer.service_levels.queries.standings import GRAVITY, Line
from beheer.service_levels.rules import Aggregate
from beheer.ui.charts import budget_chart

MOST_DRAWN = 12


def budget_drawn(subject: Subject, outcome: Outcome, key: str = "") -> SafeString:
    """The budget over the period, with where it ends at the present rate; of the worst service where that counts.

    Empty for very many services together: their course is not kept.
    """
    drawn = worst_of(subject) if subject.definition.rules.aggregate is Aggregate.WORST else subject
    if drawn.is_large:
        return SafeString("")
    shown = outcome if drawn is subject else outcome_now(drawn)
    title = _("Budget of the period")
    return budget_chart(
        allowed_s=shown.allowed_s or 0.0,
        points=consumed_over_time(drawn),
        since=subject.since,
        until=subject.until,
        now=from_us(subject.now),
        title=title if drawn is subject or drawn.service is None else f"{title}: {drawn.service.name}",
        projected_s=shown.facts.get("projected_s"),
        key=key,
    )


def budgets_drawn(
    lines: Iterable[Line], now: datetime, service: Service | None = None
) -> list[tuple[Line, SafeString]]:
    """The budgets of these norms, the gravest first and not more than a page bears; `service`: only of that one.

    A norm over very many services has its chart on its own page only.
    """
    gravity = [verdict.value for verdict in GRAVITY]
    with_budget = [line for line in lines if line.used is not None and line.verdict in gravity]
    ordered = sorted(with_budget, key=lambda line: (gravity.index(str(line.verdict)), -(line.used or 0.0)))
    found = []
    for line in ordered[:MOST_DRAWN]:
        subject = subject_of(line.norm, now, service_key=service.key if service else "")
        if not subject.is_large:
            found.append((line, budget_drawn(subject, outcome_now(subject), key=f"budget-{line.norm.pk}")))
    return found
