"""Keeping filters, and saying when nothing may be changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from beheer.audit.actions import record
from beheer.catalogue.models import Service
from beheer.lib.errors import InputError, NotFound, Problem
from beheer.people.models import User
from beheer.permissions.rules import Actor, require
from beheer.work.models import Freeze, SavedFilter


@transaction.atomic
def keep_filter(
    *, actor: Actor, owner: User, name: str, query: str, is_shared: bool, now: datetime
) -> SavedFilter:
    """Keep a filter of the list under a name, for oneself or for everybody. The same name replaces it.

    Raises: NotAllowed; InputError without a name.
    """
    require(actor, "work.see")
    if not name.strip():
        raise InputError(Problem("A filter that is kept needs a name.", "name", "Give it one."))
    row = SavedFilter.objects.filter(owner=owner, name=name.strip()).first() or SavedFilter(owner=owner)
    row.name, row.query, row.is_shared = name.strip(), query, is_shared
    row.full_clean()
    row.save()
    changes = {"query": query, "shared": is_shared}
    record(actor=actor, verb="work.keep_filter", subject=f"filter:{row.pk}", changes=changes, now=now)
    return row


@transaction.atomic
def forget_filter(*, actor: Actor, pk: int, now: datetime) -> None:
    """Forget a filter of one's own.

    Raises: NotFound where it is not one's own.
    """
    require(actor, "work.see")
    found = SavedFilter.objects.filter(pk=pk, owner=actor.actor_id).first()
    if found is None:
        raise NotFound("There is no such filter of yours.")
    found.delete()
    record(actor=actor, verb="work.forget_filter", subject=f"filter:{pk}", now=now)


@transaction.atomic
def set_freeze(
    *,
    actor: Actor,
    name: str,
    starts_at: datetime,
    ends_at: datetime,
    services: Sequence[Service],
    now: datetime,
) -> Freeze:
    """Say when nothing is changed, on some services or on all (none given).

    Raises: NotAllowed; ValidationError of Django where it ends before it starts.
    """
    require(actor, "work.freeze")
    row = Freeze(name=name, starts_at=starts_at, ends_at=ends_at)
    row.full_clean()
    row.save()
    row.services.set(services)
    changes = {"name": name, "from": starts_at, "until": ends_at, "services": [one.key for one in services]}
    record(actor=actor, verb="work.set_freeze", subject=f"freeze:{row.pk}", changes=changes, now=now)
    return row


@transaction.atomic
def lift_freeze(*, actor: Actor, freeze: Freeze, now: datetime) -> None:
    """Take a freeze away."""
    require(actor, "work.freeze")
    pk, name = freeze.pk, freeze.name
    freeze.delete()
    record(actor=actor, verb="work.lift_freeze", subject=f"freeze:{pk}", changes={"name": name}, now=now)
