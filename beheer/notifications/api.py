"""Notifications in the API."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from beheer.catalogue.models import Service
from beheer.lib.errors import InputError, Problem
from beheer.notifications.actions import create_channel, remove_channel, retry, send_test, subscribe
from beheer.notifications.models import Channel, Delivery
from beheer.notifications.queries import channel_by_key, deliveries, delivery_by_id, target
from beheer.people.models import Team, User
from beheer.people.sign_in import person
from beheer.permissions.rules import require

router = Router(tags=["notifications"])


class SubscriptionIn(Schema):
    """What a channel is told about; empty lists stand for all."""

    events: list[str] = Field([], examples=[["incident.opened", "norm.breached"]])
    least_severity: str = "info"
    services: list[str] = []
    teams: list[str] = []


class ChannelIn(Schema):
    """A channel to make. `secret` is made where it is left out, and given back once."""

    key: str = Field(examples=["operations"])
    name: str = Field(examples=["Operations"])
    kind: str = Field(examples=["webhook"])
    settings: dict[str, Any] = Field({}, examples=[{"url": "https://example.org/hook"}])
    person: str | None = None
    secret: str = ""
    language: str = ""
    gather_s: int = 20
    quiet_from: time | None = None
    quiet_until: time | None = None
    critical_passes: bool = True
    subscriptions: list[SubscriptionIn] = []


class ChannelOut(Schema):
    """A channel; `secret` only when it was just made."""

    key: str
    name: str
    kind: str
    target: str
    is_enabled: bool
    subscriptions: list[SubscriptionIn]
    secret: str | None = None


class AttemptOut(Schema):
    """One try; `error` is empty where it succeeded."""

    tried_at: datetime
    error: str


class DeliveryOut(Schema):
    """One message by one channel."""

    id: int
    event: str
    subject: str
    title: str
    severity: str
    channel: str
    state: str
    attempts: int
    created_at: datetime
    delivered_at: datetime | None
    tries: list[AttemptOut]


class DeliveryQuery(Schema):
    """Which deliveries: `before` is the last id of the part before."""

    before: int | None = None
    limit: int = Field(100, ge=1, le=500)
    state: str | None = None
    channel: str | None = None


@router.get("/channels", response=list[ChannelOut], summary="List channels")
def list_channels(request: HttpRequest) -> list[dict[str, Any]]:
    """All channels, without secrets."""
    require(person(request), "notifications.see")
    return [_channel(row) for row in Channel.objects.select_related("user")]


@router.post("/channels", response=ChannelOut, summary="Make a channel")
def post_channel(request: HttpRequest, body: ChannelIn) -> dict[str, Any]:
    """Make a channel with its subscriptions. Its secret is given this once only."""
    actor, now = person(request), timezone.now()
    values = body.dict(exclude={"person", "secret", "subscriptions"})
    values["user"] = _one(User, "username", body.person) if body.person else None
    channel, secret = create_channel(actor=actor, values=values, secret=body.secret, now=now)
    for wanted in body.subscriptions:
        subscribe(
            actor=actor,
            channel=channel,
            events=wanted.events,
            least_severity=wanted.least_severity,
            services=[_one(Service, "key", key) for key in wanted.services],
            teams=[_one(Team, "key", key) for key in wanted.teams],
            now=now,
        )
    return {**_channel(channel), "secret": secret or None}


@router.delete("/channels/{key}", response=ChannelOut, summary="Remove a channel")
def delete_channel(request: HttpRequest, key: str) -> dict[str, Any]:
    """Take a channel away, with its subscriptions and what it delivered."""
    actor = person(request)
    channel = channel_by_key(actor, key)
    shown = _channel(channel)
    remove_channel(actor=actor, channel=channel, now=timezone.now())
    return shown


@router.post("/channels/{key}/test", response=ChannelOut, summary="Send a test message")
def post_test(request: HttpRequest, key: str) -> dict[str, Any]:
    """Put a test message in the outbox; it goes at once."""
    actor = person(request)
    channel = channel_by_key(actor, key)
    send_test(actor=actor, channel=channel, title="Test", body="This channel works.", now=timezone.now())
    return _channel(channel)


@router.get("/deliveries", response=list[DeliveryOut], summary="List deliveries")
def list_deliveries(request: HttpRequest, query: Query[DeliveryQuery]) -> list[dict[str, Any]]:
    """What went out, what waits and what failed, newest first."""
    rows = deliveries(person(request)).prefetch_related("tries")
    wanted = {"id__lt": query.before, "state": query.state, "channel__key": query.channel}
    rows = rows.filter(**{key: value for key, value in wanted.items() if value is not None})
    return [_delivery(row) for row in rows[: query.limit]]


@router.post("/deliveries/{delivery_id}/retry", response=DeliveryOut, summary="Try again now")
def post_retry(request: HttpRequest, delivery_id: int) -> dict[str, Any]:
    """Try a delivery again that failed or waits. Refused (409) where it was delivered."""
    actor = person(request)
    return _delivery(retry(actor=actor, delivery=delivery_by_id(actor, delivery_id), now=timezone.now()))


def _channel(row: Channel) -> dict[str, Any]:
    subscriptions = [
        {
            "events": one.events,
            "least_severity": one.least_severity,
            "services": [service.key for service in one.services.all()],
            "teams": [team.key for team in one.teams.all()],
        }
        for one in row.subscriptions.prefetch_related("services", "teams")
    ]
    return {
        "key": row.key,
        "name": row.name,
        "kind": row.kind,
        "target": target(row),
        "is_enabled": row.is_enabled,
        "subscriptions": subscriptions,
    }


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.pk,
        "event": row.message.event,
        "subject": row.message.subject,
        "title": row.message.text("en")[0],
        "severity": row.message.severity,
        "channel": row.channel.key,
        "state": row.state,
        "attempts": row.attempts,
        "created_at": row.message.created_at,
        "delivered_at": row.delivered_at,
        "tries": [{"tried_at": one.tried_at, "error": one.error} for one in row.tries.all()],
    }


def _one(model: Any, field: str, key: str) -> Any:
    found = model.objects.filter(**{field: key}).first()
    if found is None:
        raise InputError(Problem(f"There is no '{key}'.", model._meta.model_name, "Check the key."))
    return found
