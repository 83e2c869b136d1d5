"""Heartbeats: jobs call us; silence is noticed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Literal
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from beheer.audit.actions import record
from beheer.lib.errors import NotFound
from beheer.monitoring.contract import Observation
from beheer.monitoring.judging import judge
from beheer.monitoring.models import Check, Heartbeat
from beheer.monitoring.probes import read_check
from beheer.monitoring.probes.heartbeat import Calls, HeartbeatSettings, observe_calls
from beheer.monitoring.storing import Run, judge_runs, keep_measurements, take_turn
from beheer.people.rules import token_hash
from beheer.permissions.rules import Actor, require

Said = Literal["start", "success", "fail"]
MESSAGE_LIMIT = 500
DETAIL_LIMIT = 4_000


def token_of(heartbeat: Heartbeat) -> str:
    """The token in the address that the job calls. It follows from the server's secret key, so it is kept nowhere."""
    text = f"heartbeat:{heartbeat.component_id}:{heartbeat.generation}"
    digest = hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


def watch_heartbeat(check: Check, now: datetime) -> Heartbeat:
    """Give a heartbeat check its address, if it has none; a job that never called is late from `now`."""
    found = Heartbeat.objects.filter(component=check).first()
    if found is not None:
        return found
    heartbeat = Heartbeat(component=check, watched_since=now)
    heartbeat.token_hash = token_hash(token_of(heartbeat))
    heartbeat.save()
    return heartbeat


def forget_heartbeat(check: Check) -> None:
    """Make the address of a check useless."""
    Heartbeat.objects.filter(component=check).delete()


@transaction.atomic
def renew_address(*, actor: Actor, check: Check, now: datetime) -> Heartbeat:
    """Give a heartbeat a new address; the old one is useless from now on. Raises: NotAllowed."""
    service = check.service
    require(actor, "monitoring.change_check", team_id=service.team_id, service_id=service.pk)
    heartbeat = Heartbeat.objects.select_for_update().get(component=check)
    heartbeat.generation += 1
    heartbeat.token_hash = token_hash(token_of(heartbeat))
    heartbeat.save(update_fields=["generation", "token_hash"])
    record(actor=actor, verb="monitoring.renew_address", subject=f"check:{check.key}", now=now)
    return heartbeat


def ping(*, token: str, said: Said, body: str, now: datetime) -> None:
    """A job calls. Who knows the token may; there is no other actor, and each call is kept as a result.

    `body`: what the job wants to be remembered; its first line becomes the message.
    Raises: NotFound, saying nothing more; StoreFailed.
    """
    found = Heartbeat.objects.select_related("component__service").filter(token_hash=token_hash(token))
    heartbeat = found.first()
    if heartbeat is None or heartbeat.component.removed_at is not None:
        raise NotFound("There is nothing here.")
    with transaction.atomic():
        take_turn()
        heartbeat = found.select_for_update(of=("self",)).get()
        setattr(heartbeat, {"start": "started_at", "success": "succeeded_at", "fail": "failed_at"}[said], now)
        heartbeat.said = body[: MESSAGE_LIMIT + DETAIL_LIMIT]
        heartbeat.save()
        run = run_of(heartbeat, now, body)
        keep_measurements(uuid4(), [run])
        judge_runs([run], {run.check_id: heartbeat.component}, now)


def run_of(heartbeat: Heartbeat, now: datetime, body: str = "") -> Run:
    """What the calls of a job mean at `now`, as a run of its check."""
    check = heartbeat.component
    ready = read_check(check.kind, check.settings, check.conditions)
    assert isinstance(ready.settings, HeartbeatSettings)
    calls = Calls(heartbeat.started_at, heartbeat.succeeded_at, heartbeat.failed_at)
    seen = observe_calls(ready.settings, calls, watched_since=heartbeat.watched_since, now=now)
    first, _, rest = body.strip().partition("\n")
    message = f"{seen.message}: {first}" if first else seen.message
    told = Observation(message, seen.metrics, seen.texts, seen.error, seen.not_measured, rest.strip())
    result = judge(ready.verdicts, told, measured_at=now, duration_s=0.0)
    return Run(
        check.pk, result.outcome, result.message, result.detail, result.metrics, now, result.duration_s
    )
