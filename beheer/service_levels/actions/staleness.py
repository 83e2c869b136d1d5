"""Facts that changed: packed anew, and judgements from them marked as no longer true; the worker judges these anew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from beheer.service_levels.models import Judgement
from beheer.service_levels.queries.packed import pack_deviations


def facts_changed(service_ids: Iterable[int], since: datetime, until: datetime | None) -> int:
    """What counts for these services within [since, until) changed (until None: for ever). Gives how many it marked."""
    ids = list(service_ids)
    pack_deviations(ids)
    found = Judgement.objects.filter(
        Q(service_id__in=ids) | Q(service=None), ends_at__gt=since, is_stale=False
    )
    if until is not None:
        found = found.filter(starts_at__lt=until)
    return found.update(is_stale=True)


def norm_changed(norm_ids: Iterable[int]) -> int:
    """The definition of these norms changed. Gives how many judgements were marked."""
    return Judgement.objects.filter(norm_id__in=list(norm_ids), is_stale=False).update(is_stale=True)
