"""Questions about channels and deliveries."""

from __future__ import annotations

from django.db.models import QuerySet

from beheer.lib.errors import NotFound
from beheer.notifications.channels import kind_of
from beheer.notifications.models import Channel, Delivery
from beheer.people.models import User
from beheer.permissions.rules import Actor, allowed, require


def deliveries(actor: Actor) -> QuerySet[Delivery]:
    """All deliveries, newest first. Raises: NotAllowed."""
    require(actor, "notifications.see")
    rows = Delivery.objects.select_related("message__service", "channel__user")
    return rows.order_by("-id")


def channel_by_key(actor: Actor, key: str) -> Channel:
    """The channel with this key: one's own, or any with the right to see them. Raises: NotFound, NotAllowed."""
    found = Channel.objects.select_related("user").filter(key=key).first()
    if found is None:
        raise NotFound(f"There is no channel '{key}'.")
    if found.user_id is None or found.user_id != actor.actor_id:
        require(actor, "notifications.see")
    return found


def delivery_by_id(actor: Actor, delivery_id: int) -> Delivery:
    """One delivery. Raises: NotFound, NotAllowed."""
    rows = Delivery.objects.select_related("message__service", "channel__user")
    found = rows.filter(pk=delivery_id).first()
    if found is None:
        raise NotFound("There is no such delivery.")
    if found.channel.user_id is None or found.channel.user_id != actor.actor_id:
        require(actor, "notifications.see")
    return found


def may_see_all(actor: Actor) -> bool:
    """Whether somebody may see all channels."""
    return allowed(actor, "notifications.see")


def target(channel: Channel) -> str:
    """Where a channel goes, for people; without secrets."""
    return kind_of(channel.kind).target(channel.settings, channel.user.email if channel.user else "")


def own_channel(user: User) -> Channel | None:
    """The channel to somebody's own address, or None."""
    return Channel.objects.filter(user=user, kind="email").order_by("pk").first()
