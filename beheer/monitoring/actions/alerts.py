"""Sources of alerts, and what they tell."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction

from beheer.audit.actions import record
from beheer.audit.changes import assign
from beheer.lib.errors import Conflict
from beheer.monitoring.alert_judging import AlertCheck, alert_checks, runs_of_source, takers
from beheer.monitoring.alert_wire import Delivery, DeliveryAnswer, SentAlert, Unmapped
from beheer.monitoring.models import Alert, AlertSource, Check
from beheer.monitoring.storing import judge_runs, keep_measurements, take_turn
from beheer.people.rules import token_hash
from beheer.permissions.rules import Actor, require

RIGHT = "monitoring.change_source"
KEEP_RESOLVED = timedelta(days=30)
REMEDY = "Make a check of kind Alerts whose labels it has."


def new_secret() -> str:
    """A fresh secret of a source: `bhs_` and 43 characters, 256 bits of chance."""
    return f"bhs_{secrets.token_urlsafe(32)}"


@transaction.atomic
def register_source(*, actor: Actor, key: str, name: str, now: datetime) -> tuple[AlertSource, str]:
    """Make a source of alerts known. Gives it and its secret, which is shown this once only.

    Raises: NotAllowed; ValidationError of Django.
    """
    require(actor, RIGHT)
    secret = new_secret()
    source = AlertSource(key=key, name=name, token_hash=token_hash(secret), created_at=now)
    source.full_clean()
    source.save()
    changes = {"name": name}
    record(actor=actor, verb="monitoring.register_source", subject=f"alerts:{key}", changes=changes, now=now)
    return source, secret


@transaction.atomic
def change_source(*, actor: Actor, source: AlertSource, values: Mapping[str, Any], now: datetime) -> None:
    """Name a source otherwise, or let it report or no longer. Raises: NotAllowed; ValidationError of Django."""
    require(actor, RIGHT)
    changes = assign(source, dict(values))
    if not changes:
        return
    source.full_clean()
    source.save()
    record(
        actor=actor, verb="monitoring.change_source", subject=f"alerts:{source.key}", changes=changes, now=now
    )


@transaction.atomic
def renew_secret(*, actor: Actor, source: AlertSource, now: datetime) -> str:
    """Give a source a new secret, shown this once only; the old one is useless from now on. Raises: NotAllowed."""
    require(actor, RIGHT)
    secret = new_secret()
    source.token_hash = token_hash(secret)
    source.save(update_fields=["token_hash"])
    record(actor=actor, verb="monitoring.renew_secret", subject=f"alerts:{source.key}", now=now)
    return secret


@transaction.atomic
def remove_source(*, actor: Actor, source: AlertSource, now: datetime) -> None:
    """Forget a source with its alerts. Raises: NotAllowed; Conflict while checks take up its alerts."""
    require(actor, RIGHT)
    used = Check.objects.filter(kind="alerts", removed_at=None, settings__source=source.key)
    if used.exists():
        names = ", ".join(used.order_by("key").values_list("key", flat=True)[:5])
        raise Conflict(f"Checks take up alerts of this source: {names}. Remove or change them first.")
    source.delete()
    record(actor=actor, verb="monitoring.remove_source", subject=f"alerts:{source.key}", now=now)


@transaction.atomic
def receive_alerts(*, actor: Actor, source: AlertSource, delivery: Delivery, now: datetime) -> DeliveryAnswer:
    """Take in what a source tells: alerts are kept, and those that checks take up become results of these checks.

    The same delivery again changes no state. What no check takes up is named in the answer, and kept to be seen.
    Not in the audit trail: alerts are facts, kept as rows. Raises: NotAllowed; StoreFailed.
    """
    require(actor, "monitoring.report_alerts")
    take_turn()
    checks = alert_checks(source.key)
    source.heard_at, source.refused_at, source.refused = now, None, ""
    if delivery.truncated:
        source.refused_at = now
        source.refused = f"{delivery.truncated} alerts were left out by the sender: raise max_alerts there."
    source.save(update_fields=["heard_at", "refused_at", "refused"])
    rows = [_keep(source, sent, checks, now) for sent in delivery.alerts]
    touched = {one.check.pk: one for row in rows for one in takers(checks, row)}
    _judge(source, list(touched.values()), now)
    unmapped = [
        Unmapped(fingerprint=row.fingerprint, labels=row.labels, remedy=REMEDY)
        for row in rows
        if not row.is_mapped
    ]
    return DeliveryAnswer(received=len(rows), taken=len(rows) - len(unmapped), unmapped=unmapped)


def note_refusal(source: AlertSource, reason: str, now: datetime) -> None:
    """Keep, to be seen on the page, that a delivery of this source could not be read."""
    AlertSource.objects.filter(pk=source.pk).update(refused_at=now, refused=reason[:300])


def judge_source(source: AlertSource, checks: list[AlertCheck], now: datetime) -> None:
    """Say how these checks stand by what is known of a source, though nothing new came."""
    with transaction.atomic():
        take_turn()
        _judge(source, checks, now)


def _judge(source: AlertSource, checks: list[AlertCheck], now: datetime) -> None:
    runs = runs_of_source(source, checks, now)
    if runs:
        keep_measurements(uuid4(), runs)
        judge_runs(runs, {one.check.pk: one.check for one in checks}, now)


def _keep(source: AlertSource, sent: SentAlert, checks: list[AlertCheck], now: datetime) -> Alert:
    """Keep what is told of one alert. Instants that lie ahead of our clock are taken as now."""
    row = Alert.objects.filter(source=source, fingerprint=sent.key).first()
    starts_at, ends_at = _not_ahead(sent.starts_at, now), sent.ended_at and _not_ahead(sent.ended_at, now)
    if row is None:
        row = Alert(source=source, fingerprint=sent.key, first_heard_at=now, starts_at=starts_at)
    elif row.ends_at is None:
        row.starts_at = min(row.starts_at, starts_at) if ends_at is None else row.starts_at
    elif ends_at is None or ends_at > row.ends_at:
        # It fires anew. Where its begin lies before its last end, it is not known when: from now on.
        row.starts_at = starts_at if starts_at >= row.ends_at else now
    row.name, row.labels, row.annotations = sent.name, sent.labels, sent.annotations
    row.url, row.heard_at, row.ends_at = sent.url[:500], now, ends_at
    row.source = source
    row.is_mapped = bool(takers(checks, row))
    row.save()
    return row


def _not_ahead(at: datetime, now: datetime) -> datetime:
    """An instant; where the sender's clock is ahead of ours, now."""
    return min(at.astimezone(UTC), now)
