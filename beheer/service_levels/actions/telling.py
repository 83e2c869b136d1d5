"""Telling people that a norm came at risk or was breached."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from beheer.notifications.actions import notify
from beheer.service_levels.models import Verdict, VerdictChange

SEVERITIES = {Verdict.AT_RISK: "warning", Verdict.BREACHED: "critical"}


def tell_verdicts(now: datetime) -> int:
    """Hand changed verdicts that were not told yet to the outbox. Gives how many were told.

    Of a norm over several services only its verdict on all of them is told; nothing simulated ever is.
    """
    rows = (
        VerdictChange.objects.filter(told_at=None).select_related("norm__agreement", "service").order_by("pk")
    )
    return sum(_tell(row, now) for row in rows[:500])


@transaction.atomic
def _tell(row: VerdictChange, now: datetime) -> int:
    """Claim one row and tell it, once."""
    if not VerdictChange.objects.filter(pk=row.pk, told_at=None).update(told_at=now):
        return 0
    agreement = row.norm.agreement
    if row.verdict not in SEVERITIES or agreement.is_simulated or _is_part(row):
        return 0
    verdict = Verdict(row.verdict)
    place = reverse("service_levels:norm", args=[agreement.key, row.norm.key])
    names = {"norm": row.norm.name, "agreement": agreement.name}

    def title() -> str:
        text = _("Norm breached: %(norm)s") if verdict == Verdict.BREACHED else _("Norm at risk: %(norm)s")
        return text % names

    def body() -> str:
        if verdict == Verdict.BREACHED:
            return _("More was lost than %(agreement)s allows for this period.") % names
        return _("If it goes on like this, more is lost than %(agreement)s allows for this period.") % names

    notify(
        event=f"norm.{row.verdict}",
        subject=f"norm:{agreement.key}.{row.norm.key}",
        title=title,
        body=body,
        severity=SEVERITIES[verdict],
        key=f"norm:{row.norm_id}:{row.starts_at:%Y-%m-%d}",
        now=now,
        service_id=row.service_id,
        path=place,
    )
    return 1


def _is_part(row: VerdictChange) -> bool:
    """Whether this is the verdict on one service of a norm over several."""
    if row.service_id is None:
        return False
    return (row.norm.services.count() or row.norm.agreement.services.count()) > 1
