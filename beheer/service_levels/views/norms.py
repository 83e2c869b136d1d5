"""One norm: its figure, its budget, its rules in words, and everything a figure is made of."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from beheer.catalogue.models import Service
from beheer.lib.intervals import from_us
from beheer.service_levels.authority import may_for_all
from beheer.service_levels.indicators import Outcome
from beheer.service_levels.indicators.availability import burns_in
from beheer.service_levels.models import Norm
from beheer.service_levels.queries.evidence import evidence
from beheer.service_levels.queries.explanations import (
    Choice,
    Subject,
    earlier_and_later,
    outages_of,
    outcome_now,
    stretches_of,
    subject_of,
    what_if,
)
from beheer.service_levels.queries.kept import worst_kept
from beheer.service_levels.queries.standings import norm_by_key
from beheer.service_levels.rules import Outage
from beheer.service_levels.views.budgets import budget_drawn
from beheer.service_levels.views.gate import actor_of, staff
from beheer.service_levels.words import RULES, RuleWords, basis_rows, rule_text, target_text, value_text
from beheer.ui.charts import Segment, state_strip
from beheer.ui.ranges import instant_in
from beheer.ui.words import CLASSES

CLASS_ORDER = ("up", "degraded", "down", "no_data", "excluded", "outside")
MOST_ROWS = 500
MOST_SERVICES_SHOWN = 50


@staff
def norm(request: HttpRequest, key: str, norm_key: str) -> HttpResponseBase:
    """How a norm stands, computed now: figure, band, budget with its course, and every accounting rule in words."""
    found = norm_by_key(key, norm_key)
    subject = _subject(request, found)
    outcome = outcome_now(subject)
    is_of_states = subject.definition.indicator.is_of_states
    context = {
        **_frame(subject, outcome),
        "rules": _rules(subject) if is_of_states else [],
        "chart": budget_drawn(subject, outcome) if outcome.allowed_s is not None else "",
        "rates": _rates(outcome),
        "outages": _outages(subject) if is_of_states else [],
        "now": from_us(subject.now),
        "basis": [] if is_of_states else basis_rows(outcome.figures),
        "rows": _service_rows(found, subject) if not subject.is_single else [],
        "may_change": may_for_all(
            actor_of(request), "service_levels.change_agreement", found.agreement.services.all()
        ),
    }
    return render(request, "service_levels/norm.html", context)


@staff
def explain(request: HttpRequest, key: str, norm_key: str) -> HttpResponseBase:
    """From a figure to its classes, and from a class to its stretches."""
    subject = _subject(request, norm_by_key(key, norm_key))
    outcome = outcome_now(subject)
    chosen = request.GET.get("class", "")
    stretches = (
        stretches_of(subject) if subject.is_single and subject.definition.indicator.is_of_states else []
    )
    shown = [one for one in stretches if not chosen or one.kind.value == chosen]
    segments = [Segment(from_us(one.start), from_us(one.end), one.kind.value) for one in stretches]
    context = {
        **_frame(subject, outcome),
        "classes": _classes(outcome),
        "strip": state_strip(segments, title=_("Classes over the period"), zoom=False) if segments else "",
        "stretches": [
            (one, from_us(one.start), from_us(one.end), (one.end - one.start) / 1e6, CLASSES[one.kind.value])
            for one in shown[:MOST_ROWS]
        ],
        "left_out": max(0, len(shown) - MOST_ROWS),
        "chosen": chosen,
        "counted_s": outcome.figures["counted_us"] / 1e6 if "counted_us" in outcome.figures else None,
        "lost_s": outcome.consumed_s,
    }
    return render(request, "service_levels/explain.html", context)


@staff
def stretch(request: HttpRequest, key: str) -> HttpResponseBase:
    """What lies behind a stretch of time of a service: state changes, results, windows and corrections."""
    service = get_object_or_404(Service, key=key)
    since, until = instant_in(request, "from"), instant_in(request, "until")
    context = {
        "service": service,
        "since": since,
        "until": until,
        "evidence": evidence(actor_of(request), service, since, until),
    }
    return render(request, "service_levels/stretch.html", context)


def _subject(request: HttpRequest, found: Norm) -> Subject:
    moment: datetime | None = instant_in(request, "at") if request.GET.get("at") else None
    return subject_of(found, timezone.now(), service_key=request.GET.get("service", ""), moment=moment)


def _frame(subject: Subject, outcome: Outcome) -> dict[str, object]:
    """What every page about a norm shows at its top."""
    norm = subject.norm
    earlier, later = earlier_and_later(subject)
    band = ""
    if outcome.low is not None and outcome.high is not None and outcome.low != outcome.high:
        band = f"{value_text(norm, outcome.low)} – {value_text(norm, outcome.high)}"
    remaining = None
    if outcome.allowed_s is not None and outcome.consumed_s is not None:
        remaining = outcome.allowed_s - outcome.consumed_s
    return {
        "norm": norm,
        "agreement": norm.agreement,
        "subject": subject,
        "outcome": outcome,
        "value": value_text(norm, outcome.value),
        "band": band,
        "target": target_text(norm),
        "remaining": remaining,
        "earlier": earlier,
        "later": later,
    }


def _outages(subject: Subject) -> list[tuple[Service, Outage, datetime, datetime | None, float]]:
    """The outages of the period: service, outage, from, until (None: goes on), counted seconds."""
    return [
        (service, one, from_us(one.start), None if one.end is None else from_us(one.end), one.down / 1e6)
        for service, one in outages_of(subject)[:MOST_ROWS]
    ]


def _rules(subject: Subject) -> list[tuple[RuleWords, str, list[tuple[Choice, str, str]]]]:
    """Each accounting rule with its words, the value that holds, and what every choice gives."""
    found = []
    for rule, choices in what_if(subject).items():
        chosen = next(choice for choice in choices if choice.is_chosen)
        texts = [
            (
                choice,
                rule_text(rule, choice.value),
                value_text(subject.norm, choice.outcome.value if choice.outcome else None),
            )
            for choice in choices
        ]
        found.append((RULES[rule], rule_text(rule, chosen.value), texts))
    return found


def _rates(outcome: Outcome) -> list[dict[str, object]]:
    """The burn rates by their pairs of windows."""
    return [
        {
            "limit": burn.alert.rate,
            "long_s": burn.alert.long_us / 1e6,
            "short_s": burn.alert.short_us / 1e6,
            "long": burn.long_rate,
            "short": burn.short_rate,
            "fires": burn.fires,
        }
        for burn in burns_in(outcome)
    ]


def _classes(outcome: Outcome) -> list[tuple[str, object, float, float]]:
    """Each class: key, word, seconds and share of the period so far."""
    times = outcome.figures.get("classes_us", {})
    total = sum(times.values()) or 1
    return [
        (name, CLASSES[name], times[name] / 1e6, times[name] / total) for name in CLASS_ORDER if name in times
    ]


def _service_rows(found: Norm, subject: Subject) -> list[object]:
    """How each service of the norm stands, the worst first, from what is kept."""
    return [
        (row, value_text(found, row.value)) for row in worst_kept(found, subject.start, MOST_SERVICES_SHOWN)
    ]
