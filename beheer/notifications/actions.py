"""Telling: `notify` writes to the outbox in the caller's transaction. And what is done with channels."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from beheer.audit.actions import record
from beheer.audit.changes import assign
from beheer.catalogue.models import Service
from beheer.lib.errors import Conflict, InputError, Problem
from beheer.notifications.channels import kind_of
from beheer.notifications.channels.sealing import seal
from beheer.notifications.events import EVENTS, PERSONAL, SEVERITIES
from beheer.notifications.models import Channel, Delivery, DeliveryState, Message, Subscription
from beheer.notifications.rules import wants
from beheer.people.models import Team, User
from beheer.permissions.rules import SYSTEM, Actor, allowed, require

# Plain text, a lazy translation, or a function that gives the text in the language that is active when it is called.
Text = str | Promise | Callable[[], str]


@transaction.atomic
def notify(
    *,
    event: str,
    subject: str,
    title: Text,
    body: Text,
    severity: str,
    key: str,
    now: datetime,
    service_id: int | None = None,
    team_id: int | None = None,
    path: str = "",
) -> int:
    """Tell every channel that subscribes. Gives to how many; the worker delivers.

    `subject` is "<kind>:<key>", as in the audit trail. Messages with the same `key` belong together. `path` is the
    page to open ("/work-items/12/").
    Raises: ValueError where the event or the severity is not known: that is a mistake in the program.
    """
    if event not in EVENTS or severity not in SEVERITIES:
        raise ValueError(f"no such event or severity: {event}, {severity}")
    channels = _subscribed(event, severity, service_id, team_id)
    if not channels:
        return 0
    _put_in_outbox(
        channels,
        Message(
            event=event,
            subject=subject,
            key=key or subject,
            title=_in_each_language(title),
            body=_in_each_language(body),
            severity=severity,
            service_id=service_id,
            team_id=team_id,
            path=path,
            created_at=now,
        ),
    )
    return len(channels)


@transaction.atomic
def notify_people(
    *,
    event: str,
    people: Collection[int],
    subject: str,
    title: Text,
    body: Text,
    key: str,
    now: datetime,
    service_id: int | None = None,
    team_id: int | None = None,
    path: str = "",
) -> int:
    """Tell some persons (ids) what concerns them, by channels of their own. Gives to how many channels.

    A subscription that names events holds here too; least severity, services and teams do not. Who has no channel of
    his own gets one, by mail. A channel that was told of the same `key` at the same instant is not told again.
    Raises: ValueError where the event is none of the personal ones.
    """
    if event not in PERSONAL:
        raise ValueError(f"no personal event: {event}")
    channels = _own_channels(event, people, key, now) if people else []
    if channels:
        message = Message(
            event=event,
            subject=subject,
            key=key,
            title=_in_each_language(title),
            body=_in_each_language(body),
            severity="info",
            service_id=service_id,
            team_id=team_id,
            path=path,
            created_at=now,
        )
        _put_in_outbox(channels, message)
    return len(channels)


def _own_channels(event: str, people: Collection[int], key: str, now: datetime) -> list[Channel]:
    """The channels of these persons that take the event; one is made for who has none and can read mail."""
    reached = User.objects.filter(pk__in=people, is_active=True, is_simulated=False)
    found = list(Channel.objects.filter(user__in=reached).prefetch_related("subscriptions"))
    have = {channel.user_id for channel in found if channel.user_id is not None}
    for user in reached.exclude(pk__in=have).exclude(email=""):
        if channel := _first_channel(user, now):
            found.append(channel)
    told = set(
        Delivery.objects.filter(message__key=key, message__created_at=now, channel__in=found).values_list(
            "channel_id", flat=True
        )
    )
    return [channel for channel in found if channel.pk not in told and _takes(channel, event)]


def _takes(channel: Channel, event: str) -> bool:
    return channel.is_enabled and any(
        not row.events or event in row.events for row in channel.subscriptions.all()
    )


def _first_channel(user: User, now: datetime) -> Channel | None:
    """Mail to somebody about what concerns him; None where another made one at this very moment."""
    with translation.override(user.language or settings.LANGUAGE_CODE):
        name = _("Mail to %(name)s") % {"name": user}
    values = {"key": f"own-{user.pk}", "name": name[:100], "kind": "email", "user": user}
    try:
        channel, _secret = create_channel(actor=SYSTEM, values=values, now=now)
    except (IntegrityError, ValidationError):
        return Channel.objects.filter(key=f"own-{user.pk}").first()
    subscribe(actor=SYSTEM, channel=channel, events=sorted(PERSONAL), now=now)
    return channel


def _subscribed(event: str, severity: str, service_id: int | None, team_id: int | None) -> list[Channel]:
    rows = Subscription.objects.filter(channel__is_enabled=True).select_related("channel__user")
    found: dict[int, Channel] = {}
    for row in rows.prefetch_related("services", "teams"):
        if row.channel.user is not None and not row.channel.user.is_active:
            continue
        if wants(
            events=row.events,
            least_severity=row.least_severity,
            service_ids={service.pk for service in row.services.all()},
            team_ids={team.pk for team in row.teams.all()},
            event=event,
            severity=severity,
            service_id=service_id,
            team_id=team_id,
        ):
            found[row.channel_id] = row.channel
    return list(found.values())


def _put_in_outbox(channels: Iterable[Channel], message: Message) -> None:
    message.save()
    at_once = message.severity == "critical"
    Delivery.objects.bulk_create(
        Delivery(
            message=message,
            channel=channel,
            next_at=message.created_at + timedelta(seconds=0 if at_once else channel.gather_s),
        )
        for channel in channels
    )


def _in_each_language(text: Text) -> dict[str, str]:
    found = {}
    for language, _word in settings.LANGUAGES:
        with translation.override(language):
            found[language] = str(text() if callable(text) and not isinstance(text, Promise) else text)
    return found


@transaction.atomic
def create_channel(
    *, actor: Actor, values: Mapping[str, Any], now: datetime, secret: str = ""
) -> tuple[Channel, str]:
    """Make a channel. Gives it and its secret, which is shown this once only (empty where its kind has none).

    Anybody may have mail sent to his own address; the rest needs the right.
    Raises: NotAllowed; InputError; ValidationError of Django.
    """
    channel = Channel(**values)
    _require(actor, channel)
    kind = kind_of(channel.kind)
    channel.settings = kind.check(channel.settings, has_person=channel.user is not None)
    if kind.needs_secret:
        secret = secret or secrets.token_urlsafe(32)
        channel.secret = seal(secret)
    channel.full_clean()
    channel.save()
    changes = {"name": channel.name, "kind": channel.kind, "to": _target(channel)}
    record(
        actor=actor,
        verb="notifications.create_channel",
        subject=f"channel:{channel.key}",
        changes=changes,
        now=now,
    )
    return channel, secret if kind.needs_secret else ""


@transaction.atomic
def change_channel(
    *, actor: Actor, channel: Channel, values: Mapping[str, Any], now: datetime, secret: str = ""
) -> Channel:
    """Change a channel; an empty secret leaves the one it has. Raises: as `create_channel`."""
    _require(actor, channel)
    before = _target(channel)
    changes = assign(channel, values)
    _require(actor, channel)
    kind = kind_of(channel.kind)
    channel.settings = kind.check(channel.settings, has_person=channel.user is not None)
    if secret and kind.needs_secret:
        channel.secret = seal(secret)
        changes["secret"] = ["", "changed"]
    if not changes:
        return channel
    channel.full_clean()
    channel.save()
    if changes.pop("settings", None):
        changes["to"] = [before, _target(channel)]
    subject = f"channel:{channel.key}"
    record(actor=actor, verb="notifications.change_channel", subject=subject, changes=changes, now=now)
    return channel


@transaction.atomic
def remove_channel(*, actor: Actor, channel: Channel, now: datetime) -> None:
    """Take a channel away, with its subscriptions and what it delivered. Raises: NotAllowed."""
    _require(actor, channel)
    subject = f"channel:{channel.key}"
    changes = {"name": channel.name, "to": _target(channel)}
    channel.delete()
    record(actor=actor, verb="notifications.remove_channel", subject=subject, changes=changes, now=now)


@transaction.atomic
def subscribe(
    *,
    actor: Actor,
    channel: Channel,
    events: Sequence[str],
    now: datetime,
    least_severity: str = "info",
    services: Iterable[Service] = (),
    teams: Iterable[Team] = (),
) -> Subscription:
    """Have a channel told about these events (none: all), of these services and teams (none: all)."""
    _require(actor, channel)
    if unknown := sorted(set(events) - set(EVENTS)):
        raise InputError(
            Problem(f"There is no event {', '.join(unknown)}.", "events", f"Choose from {', '.join(EVENTS)}.")
        )
    if events and channel.user_id is None and set(events) <= PERSONAL:
        message = _("What concerns somebody personally goes to channels of persons alone.")
        raise InputError(Problem(message, "events", _("Choose other events, or a channel of a person.")))
    subscription = Subscription(channel=channel, events=list(events), least_severity=least_severity)
    subscription.full_clean()
    subscription.save()
    subscription.services.set(services)
    subscription.teams.set(teams)
    changes = {
        "events": list(events),
        "least_severity": least_severity,
        "services": [service.key for service in subscription.services.all()],
        "teams": [team.key for team in subscription.teams.all()],
    }
    subject = f"channel:{channel.key}"
    record(actor=actor, verb="notifications.subscribe", subject=subject, changes=changes, now=now)
    return subscription


@transaction.atomic
def unsubscribe(*, actor: Actor, subscription: Subscription, now: datetime) -> None:
    """Have a channel told no more about what this subscription was for."""
    channel = subscription.channel
    _require(actor, channel)
    changes = {"events": subscription.events}
    subscription.delete()
    subject = f"channel:{channel.key}"
    record(actor=actor, verb="notifications.unsubscribe", subject=subject, changes=changes, now=now)


@transaction.atomic
def send_test(*, actor: Actor, channel: Channel, title: Text, body: Text, now: datetime) -> Message:
    """Put a test message in the outbox for this channel alone; it goes at once, also in quiet hours."""
    _require(actor, channel)
    message = Message(
        event="test",
        subject=f"channel:{channel.key}",
        key=f"test:{channel.key}",
        title=_in_each_language(title),
        body=_in_each_language(body),
        severity="critical",
        created_at=now,
    )
    _put_in_outbox([channel], message)
    subject = f"channel:{channel.key}"
    record(actor=actor, verb="notifications.send_test", subject=subject, now=now)
    return message


@transaction.atomic
def retry(*, actor: Actor, delivery: Delivery, now: datetime) -> Delivery:
    """Try again now what waits for its next attempt, or was given up.

    Raises: NotAllowed; Conflict where it was delivered already or is being sent.
    """
    _require(actor, delivery.channel)
    changed = Delivery.objects.filter(
        pk=delivery.pk, state__in=[DeliveryState.WAITING, DeliveryState.FAILED]
    ).update(state=DeliveryState.WAITING, next_at=now, attempts=0)
    if not changed:
        raise Conflict("This was delivered already, or is being sent at this moment.")
    delivery.refresh_from_db()
    subject = f"delivery:{delivery.pk}"
    record(actor=actor, verb="notifications.retry", subject=subject, now=now)
    return delivery


def may_change(actor: Actor, channel: Channel) -> bool:
    """Whether `actor` may change this channel: by right, or because it is mail to his own address."""
    if allowed(actor, "notifications.change_channel"):
        return True
    return (
        channel.kind == "email"
        and isinstance(channel.user, User)
        and channel.user_id == actor.actor_id
        and not channel.settings.get("to")
    )


def _require(actor: Actor, channel: Channel) -> None:
    if not may_change(actor, channel):
        require(actor, "notifications.change_channel")


def _target(channel: Channel) -> str:
    return kind_of(channel.kind).target(channel.settings, channel.user.email if channel.user else "")
