"""Groups of checks that stand in for each other."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from beheer.audit.actions import record
from beheer.catalogue.models import Service
from beheer.monitoring.deriving import derive
from beheer.monitoring.models import Check, CheckGroup
from beheer.monitoring.storing import take_turn
from beheer.permissions.rules import Actor, require


@transaction.atomic
def create_group(*, actor: Actor, service: Service, name: str, needed: int, now: datetime) -> CheckGroup:
    """Make a group of checks of a service, of which `needed` suffice. Raises: NotAllowed; ValidationError of Django."""
    require(actor, "monitoring.change_check", team_id=service.team_id, service_id=service.pk)
    group = CheckGroup(service=service, name=name, needed=needed)
    group.full_clean()
    group.save()
    changes = {"group": name, "needed": needed}
    record(
        actor=actor,
        verb="monitoring.create_group",
        subject=f"service:{service.key}",
        changes=changes,
        now=now,
    )
    return group


@transaction.atomic
def change_group(*, actor: Actor, group: CheckGroup, needed: int, now: datetime) -> None:
    """Change how many of a group suffice; its service is worked out anew from now on.

    Raises: NotAllowed; ValidationError of Django.
    """
    take_turn()
    service = group.service
    require(actor, "monitoring.change_check", team_id=service.team_id, service_id=service.pk)
    if group.needed == needed:
        return
    changes = {"group": group.name, "needed": [group.needed, needed]}
    group.needed = needed
    group.full_clean()
    group.save(update_fields=["needed"])
    derive({service.pk}, now, now)
    record(
        actor=actor,
        verb="monitoring.change_group",
        subject=f"service:{service.key}",
        changes=changes,
        now=now,
    )


@transaction.atomic
def remove_group(*, actor: Actor, group: CheckGroup, now: datetime) -> None:
    """Take a group away: from now on each of its checks counts alone. Raises: NotAllowed."""
    take_turn()
    service = group.service
    require(actor, "monitoring.change_check", team_id=service.team_id, service_id=service.pk)
    Check.objects.filter(group=group).update(group=None)
    name = group.name
    group.delete()
    derive({service.pk}, now, now)
    record(
        actor=actor,
        verb="monitoring.remove_group",
        subject=f"service:{service.key}",
        changes={"group": name},
        now=now,
    )
