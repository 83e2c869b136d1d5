"""What the worker keeps of judging, as outcomes: for norms over so many services that a page cannot count them all."""

from __future__ import annotations

from django.db.models import F, QuerySet

from beheer.lib.intervals import from_us
from beheer.service_levels.indicators import INDICATORS, Outcome
from beheer.service_levels.models import Judgement, Norm
from beheer.service_levels.rules import Verdict


def outcome_in(row: Judgement) -> Outcome:
    """The outcome that a row keeps."""
    return Outcome(
        verdict=Verdict(row.verdict),
        value=row.value,
        low=row.low,
        high=row.high,
        allowed_s=row.allowed_s,
        consumed_s=row.consumed_s,
        burn=row.burn,
        is_losing=row.is_losing,
        figures=row.figures,
        facts=row.facts,
    )


def kept_in(norm: Norm, start_us: int) -> QuerySet[Judgement]:
    """What is kept of a norm in the period that begins there; of a rolling one, whatever there is."""
    rows = Judgement.objects.filter(norm=norm)
    return rows if norm.period.startswith("rolling") else rows.filter(starts_at=from_us(start_us))


def kept_whole(norm: Norm, start_us: int) -> Outcome | None:
    """How all services together stand, as the worker judged last; None: it has not yet."""
    row = kept_in(norm, start_us).filter(service=None).first()
    return None if row is None else outcome_in(row)


def worst_kept(norm: Norm, start_us: int, most: int) -> list[Judgement]:
    """The services that stand worst, those of which nothing is known last."""
    better = INDICATORS[norm.indicator].better(norm.settings)
    rows = kept_in(norm, start_us).filter(service__isnull=False).select_related("service")
    rows = rows.defer("figures", "facts")
    known = rows.filter(value__isnull=False)
    found = list(known.order_by(F("value").asc() if better else F("value").desc(), "service__name")[:most])
    if len(found) < most:
        found += rows.filter(value=None).order_by("service__name")[: most - len(found)]
    return found
