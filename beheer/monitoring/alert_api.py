"""The door for Alertmanagers, and the alerts they told of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from ninja.security import HttpBearer

from beheer.lib.errors import InputError, NotAllowed, Problem
from beheer.measurements.schema import StoreFailed
from beheer.monitoring.actions.alerts import note_refusal, receive_alerts
from beheer.monitoring.alert_wire import DeliveryAnswer, read_delivery
from beheer.monitoring.models import Alert, AlertSource
from beheer.monitoring.queries import source_by_key
from beheer.people.queries import user_for_token
from beheer.people.rules import token_hash
from beheer.permissions.rules import require

LARGEST_SENT = 8 * 1024 * 1024
AGAIN_AFTER_S = "30"
MOST_AT_ONCE = 1000
router = Router(tags=["Alerts"])


class SourceSecret(HttpBearer):
    """`Authorization: Bearer …` with the secret of a source, or with the token of somebody who may report alerts."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        source = AlertSource.objects.filter(token_hash=token_hash(token)).first()
        if source is None:
            user = user_for_token(token)
            if user is not None and user.token_is_read_only:
                raise NotAllowed("This token may only read. Make one that may change things.")
            return user
        if not source.is_enabled:
            raise NotAllowed(f"The source '{source.key}' is switched off. Switch it on under Alerts.")
        return source


class SourceOut(Schema):
    """A source of alerts."""

    key: str
    name: str
    is_enabled: bool
    heard_at: datetime | None
    refused_at: datetime | None
    refused: str


class AlertOut(Schema):
    """An alert as it was last told."""

    source: str
    fingerprint: str
    name: str
    labels: dict[str, str]
    annotations: dict[str, Any]
    starts_at: datetime
    ends_at: datetime | None
    heard_at: datetime
    is_mapped: bool
    url: str


@router.post(
    "/alerts/{source}",
    response=DeliveryAnswer,
    auth=SourceSecret(),
    summary="Take in a delivery of an Alertmanager",
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}},
)
def deliver(request: HttpRequest, source: str) -> Any:
    """The payload of a webhook, version 4. 422 names what cannot be read, field by field; 503: come again.

    Alerts that no check takes up are kept, and named in the answer. The same delivery again changes nothing.
    """
    found = source_by_key(source)
    actor: Any = request.auth  # type: ignore[attr-defined]  # set by SourceSecret
    if isinstance(actor, AlertSource) and actor.pk != found.pk:
        raise NotAllowed(f"This secret is of the source '{actor.key}', not of '{found.key}'.")
    now = timezone.now()
    try:
        body = request.read(LARGEST_SENT + 1)
        if len(body) > LARGEST_SENT:
            raise InputError(
                Problem(f"A delivery has at most {LARGEST_SENT} bytes.", "", "Set max_alerts there.")
            )
        delivery = read_delivery(body)
    except InputError as error:
        note_refusal(found, "; ".join(str(one) for one in error.problems), now)
        raise
    try:
        return receive_alerts(actor=actor, source=found, delivery=delivery, now=now)
    except StoreFailed as error:
        headers = {"Retry-After": AGAIN_AFTER_S}
        return HttpResponse(str(error), status=503, content_type="text/plain", headers=headers)


@router.get("/alert-sources", response=list[SourceOut], summary="Sources of alerts")
def source_list(request: HttpRequest) -> list[SourceOut]:
    """All Alertmanagers that are known."""
    require(request.user, "monitoring.see")  # type: ignore[arg-type]  # signed in, by session or token
    return [SourceOut.from_orm(source) for source in AlertSource.objects.all()]


@router.get("/alerts", response=list[AlertOut], summary="Alerts that were told")
def alert_list(
    request: HttpRequest, source: str = "", is_firing: bool | None = None, is_mapped: bool | None = None
) -> list[AlertOut]:
    """The newest thousand; of one source, those that fire or ended, those that a check takes up or none does."""
    require(request.user, "monitoring.see")  # type: ignore[arg-type]  # signed in, by session or token
    rows = Alert.objects.select_related("source").order_by("-starts_at", "pk")
    if source:
        rows = rows.filter(source=source_by_key(source))
    if is_firing is not None:
        rows = rows.filter(ends_at__isnull=is_firing)
    if is_mapped is not None:
        rows = rows.filter(is_mapped=is_mapped)
    return [_alert_out(row) for row in rows[:MOST_AT_ONCE]]


def _alert_out(row: Alert) -> AlertOut:
    return AlertOut(
        source=row.source.key, fingerprint=row.fingerprint, name=row.name, labels=row.labels,
        annotations=row.annotations, starts_at=row.starts_at, ends_at=row.ends_at, heard_at=row.heard_at,
        is_mapped=row.is_mapped, url=row.url,
    )  # fmt: skip
