"""Delivering what waits in the outbox: claim, send, note what became of it.

A claim is an UPDATE with a WHERE, so that any number of workers may run. A worker that dies leaves its claim behind;
when that has ended, another takes the rows. So a message may arrive twice, but none is lost.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import translation

from beheer.notifications.channels import kind_of
from beheer.notifications.channels.envelope import DeliveryFailed, Envelope, Note
from beheer.notifications.channels.sealing import unseal
from beheer.notifications.events import EVENTS, SEVERITIES
from beheer.notifications.models import Attempt, Channel, Delivery, DeliveryState, Message
from beheer.notifications.rules import next_attempt, quiet_until

log = logging.getLogger("beheer.notifications")
CLAIM_LASTS = timedelta(minutes=5)
MOST_AT_ONCE = 200  # messages in one mail; what is more goes in the next


def deliver_due(now: datetime) -> int:
    """Deliver all that is due. Gives how many messages arrived."""
    return sum(deliver_by(channel, now) for channel in _channels_due(now))


def _due(now: datetime) -> Q:
    return Q(state__in=[DeliveryState.WAITING, DeliveryState.SENDING], next_at__lte=now)


def _channels_due(now: datetime) -> list[Channel]:
    ids = Delivery.objects.filter(_due(now)).order_by().values_list("channel_id", flat=True).distinct()
    return list(Channel.objects.filter(pk__in=list(ids), is_enabled=True).select_related("user"))


def deliver_by(channel: Channel, now: datetime) -> int:
    """Send everything that waits for this channel together. Gives how many messages arrived."""
    until = quiet_until(
        now=now, zone=ZoneInfo(settings.TIME_ZONE), start=channel.quiet_from, end=channel.quiet_until
    )
    claim, rows = _claim(channel, now, until)
    if not rows:
        return 0
    envelope = _envelope(channel, claim, [row.message for row in rows], now)
    try:
        kind_of(channel.kind).send(envelope)
    except DeliveryFailed as error:
        _note_failure(channel, rows, str(error), now)
        return 0
    except Exception as error:
        log.exception("Channel %s failed in a way nobody foresaw", channel.key)
        _note_failure(channel, rows, f"{type(error).__name__}", now)
        return 0
    _note_success(rows, now)
    return len(rows)


def _claim(channel: Channel, now: datetime, quiet: datetime | None) -> tuple[uuid.UUID, list[Delivery]]:
    """Take what waits for this channel; in quiet hours only what passes, and the rest is put off until their end."""
    mine = Delivery.objects.filter(channel=channel)
    if quiet is not None:
        late = mine.filter(_due(now)).exclude(_passes(channel))
        late.update(state=DeliveryState.WAITING, next_at=quiet)
    ready = mine.filter(_due(now) | Q(state=DeliveryState.WAITING, attempts=0))
    if quiet is not None:
        ready = ready.filter(_passes(channel))
    claim = uuid.uuid4()
    with transaction.atomic():
        # What is still being gathered goes along as soon as one message is due.
        if mine.filter(_due(now)).exists():
            ids = list(ready.order_by("id").values_list("id", flat=True)[:MOST_AT_ONCE])
            _take(mine, ids, claim, now)
    rows = mine.filter(claim=claim).select_related("message__service", "message__team").order_by("id")
    return claim, list(rows)


def _take(mine: QuerySet[Delivery], ids: list[int], claim: uuid.UUID, now: datetime) -> None:
    free = Q(state=DeliveryState.WAITING) | Q(state=DeliveryState.SENDING, next_at__lte=now)
    mine.filter(free, pk__in=ids).update(state=DeliveryState.SENDING, claim=claim, next_at=now + CLAIM_LASTS)


def _passes(channel: Channel) -> Q:
    """What may go in quiet hours: test messages, and critical ones where the channel says so."""
    passing = Q(message__event="test")
    if channel.critical_passes:
        passing |= Q(message__severity="critical")
    return Q(pk__in=Delivery.objects.filter(passing, channel=channel).values("pk"))


def _envelope(channel: Channel, claim: uuid.UUID, messages: list[Message], now: datetime) -> Envelope:
    person = channel.user
    language = channel.language or (person.language if person else "") or settings.LANGUAGE_CODE
    return Envelope(
        id=str(claim),
        channel_name=channel.name,
        address=person.email if person else "",
        settings=channel.settings,
        secret=unseal(channel.secret),
        language=language,
        notes=tuple(_notes(messages, language)),
        now=now,
    )


def _notes(messages: list[Message], language: str) -> Iterator[Note]:
    with translation.override(language):
        for message in messages:
            title, body = message.text(language)
            yield Note(
                id=message.pk,
                event=message.event,
                event_label=str(EVENTS.get(message.event, message.event)),
                subject=message.subject,
                key=message.key,
                title=title,
                body=body,
                severity=message.severity,
                severity_label=str(SEVERITIES[message.severity]),
                service_key=message.service.key if message.service else "",
                service_name=message.service.name if message.service else "",
                team_key=message.team.key if message.team else "",
                url=settings.BASE_URL + message.path if message.path else "",
                created_at=message.created_at,
            )


@transaction.atomic
def _note_success(rows: list[Delivery], now: datetime) -> None:
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=DeliveryState.DELIVERED, next_at=None, delivered_at=now
    )
    Attempt.objects.bulk_create(Attempt(delivery=row, tried_at=now) for row in rows)


@transaction.atomic
def _note_failure(channel: Channel, rows: list[Delivery], reason: str, now: datetime) -> None:
    log.warning("Channel %s: %s messages did not arrive: %s", channel.key, len(rows), reason)
    for row in rows:
        row.attempts += 1
        row.next_at = next_attempt(attempts=row.attempts, now=now)
        row.state = DeliveryState.WAITING if row.next_at else DeliveryState.FAILED
        row.claim = None
    Delivery.objects.bulk_update(rows, ["attempts", "next_at", "state", "claim"])
    Attempt.objects.bulk_create(Attempt(delivery=row, tried_at=now, error=reason[:500]) for row in rows)
