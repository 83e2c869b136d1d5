"""Which norms can stand otherwise by now: asked of the store in a few questions, so that quiet rounds are quick."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, F, Min, OuterRef, Q

from beheer.service_levels.indicators import INDICATORS
from beheer.service_levels.models import AgreementStatus, Judgement, Norm, Verdict

QUIET_FOR = timedelta(minutes=10)  # how long a figure in which time was lost may stay as it is
STILL_FOR = timedelta(hours=6)  # how long one in which nothing was lost may
_DAY = timedelta(days=1)
_ROLLS = "rolling"


def is_due(row: Judgement | None, now: datetime, end: datetime | None, follows: bool) -> bool:
    """Whether a judgement can be another one by now. `end` None: its period rolls on.

    `follows`: its indicator follows states, and is told when they change. `norms_due` asks the same of the store.
    """
    until = now if end is None else min(now, end)
    if row is None or row.is_stale or row.judged_until < until - STILL_FOR:
        return True
    if end is not None and now >= end:
        return row.judged_until < end
    if row.is_losing or row.verdict == Verdict.AT_RISK:
        return row.judged_until < now
    is_whole = row.value in (None, 1.0) and row.low in (None, 0.0, 1.0)
    is_still = follows and is_whole and not row.consumed_s and not row.burn
    return not is_still and row.judged_until <= now - QUIET_FOR


def norms_due(now: datetime) -> list[int]:
    """The norms with something to judge: those never judged and those whose facts changed first, then the longest ago.

    A norm may be among them though nothing of it is due; none is left out of which something is.
    """
    rows = Judgement.objects.filter(norm__agreement__status=AgreementStatus.ACTIVE).order_by()
    stale = rows.filter(is_stale=True)
    open_ = rows.filter(judged_until__lt=F("ends_at"))
    over = open_.filter(ends_at__lte=now)
    running = open_.filter(_ages(now), service__isnull=False)
    rolling = rows.filter(_ages(now), service__isnull=False, norm__period__startswith=_ROLLS)
    found = dict.fromkeys(_never_judged(now))
    found |= dict.fromkeys(stale.values_list("norm_id", flat=True).distinct())
    ages: dict[int, datetime] = {}
    for some in (over, running, rolling):
        ages |= dict(some.values_list("norm_id").annotate(Min("judged_until")))
    return [*found, *sorted(ages.keys() - found.keys(), key=lambda norm_id: (ages[norm_id], norm_id))]


def _ages(now: datetime) -> Q:
    """Judgements of running periods that time makes untrue."""
    follows = [key for key, indicator in INDICATORS.items() if indicator.is_of_states]
    worsens = Q(judged_until__lt=now) & (Q(is_losing=True) | Q(verdict=Verdict.AT_RISK))
    moves = ~Q(norm__indicator__in=follows) | Q(consumed_s__gt=0.0) | Q(burn__gt=0.0)
    moves |= Q(value__isnull=False) & ~Q(value=1.0)
    moves |= Q(low__isnull=False) & ~Q(low__in=(0.0, 1.0))
    quiet = Q(judged_until__lte=now - QUIET_FOR) & moves
    return worsens | quiet | Q(judged_until__lt=now - STILL_FOR)


def _never_judged(now: datetime) -> list[int]:
    """Norms in force without a judgement of the period that runs; a day more or less, whatever the zone."""
    kept = Judgement.objects.filter(norm=OuterRef("pk"))
    here = Exists(kept.filter(ends_at__gt=now)) | (Q(period__startswith=_ROLLS) & Exists(kept))
    lasts = (Q(retired_on=None) | Q(retired_on__gte=(now - _DAY).date())) & (
        Q(agreement__ends_on=None) | Q(agreement__ends_on__gte=(now - _DAY).date())
    )
    norms = Norm.objects.filter(lasts, agreement__status=AgreementStatus.ACTIVE)
    begun = norms.filter(agreement__starts_on__lte=(now + _DAY).date())
    return list(begun.exclude(here).order_by("pk").values_list("pk", flat=True))
