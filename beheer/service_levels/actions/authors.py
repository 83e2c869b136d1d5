"""Who acts, as a row."""

from __future__ import annotations

from beheer.people.models import User
from beheer.permissions.rules import Actor


def person(actor: Actor) -> User | None:
    """The account behind an actor; None for the machine."""
    return User.objects.filter(pk=actor.actor_id).first() if actor.actor_id is not None else None
