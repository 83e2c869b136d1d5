"""What is done with customers, services and configuration items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from beheer.audit.actions import record
from beheer.audit.changes import assign
from beheer.catalogue.models import ConfigurationItem, Customer, Service
from beheer.lib.errors import Conflict
from beheer.permissions.rules import Actor, require


@transaction.atomic
def create_customer(*, actor: Actor, values: Mapping[str, Any], now: datetime) -> Customer:
    """Make a customer. `values` are fields of Customer. Raises: NotAllowed; ValidationError of Django."""
    require(actor, "catalogue.change_customer")
    customer = Customer(**values)
    customer.full_clean()
    customer.save()
    changes = {"name": customer.name}
    record(
        actor=actor,
        verb="catalogue.create_customer",
        subject=f"customer:{customer.key}",
        changes=changes,
        now=now,
    )
    return customer


@transaction.atomic
def change_customer(
    *, actor: Actor, customer: Customer, values: Mapping[str, Any], now: datetime
) -> Customer:
    """Change a customer. Raises: NotAllowed; ValidationError of Django."""
    require(actor, "catalogue.change_customer")
    changes = assign(customer, values)
    if changes:
        customer.full_clean()
        customer.save(update_fields=list(changes))
        subject = f"customer:{customer.key}"
        record(actor=actor, verb="catalogue.change_customer", subject=subject, changes=changes, now=now)
    return customer


@transaction.atomic
def create_service(
    *, actor: Actor, values: Mapping[str, Any], now: datetime, customers: Iterable[Customer] = ()
) -> Service:
    """Make a service. `values` are fields of Service. Raises: NotAllowed; ValidationError of Django."""
    service = Service(**values)
    require(actor, "catalogue.change_service", team_id=service.team_id)
    service.full_clean()
    service.save()
    service.customers.set(customers)
    changes = {"name": service.name, "criticality": service.criticality, "team": service.team_id}
    subject = f"service:{service.key}"
    record(actor=actor, verb="catalogue.create_service", subject=subject, changes=changes, now=now)
    return service


@transaction.atomic
def change_service(
    *,
    actor: Actor,
    service: Service,
    values: Mapping[str, Any],
    now: datetime,
    customers: Iterable[Customer] | None = None,
) -> Service:
    """Change a service; `customers` None leaves them as they are. Handing it to a team needs the right there too.

    Raises: NotAllowed; ValidationError of Django.
    """
    require(actor, "catalogue.change_service", team_id=service.team_id, service_id=service.pk)
    changes = assign(service, values)
    if "team" in changes or "team_id" in changes:
        require(actor, "catalogue.change_service", team_id=service.team_id, service_id=service.pk)
    if changes:
        service.full_clean()
        service.save(update_fields=list(changes))
    if customers is not None:
        before = {customer.key for customer in service.customers.all()}
        wanted = {customer.key: customer for customer in customers}
        if before != set(wanted):
            service.customers.set(wanted.values())
            changes["customers"] = [sorted(before), sorted(wanted)]
    if changes:
        subject = f"service:{service.key}"
        record(actor=actor, verb="catalogue.change_service", subject=subject, changes=changes, now=now)
    return service


@transaction.atomic
def retire_service(*, actor: Actor, service: Service, on: date, now: datetime) -> Service:
    """Take a service out of use; its history stays.

    Raises: NotAllowed; Conflict where services in use still need it, naming them.
    """
    require(actor, "catalogue.change_service", team_id=service.team_id, service_id=service.pk)
    users = service.dependents.filter(service__retired_on=None).values_list("service__name", flat=True)
    if users:
        raise Conflict(
            f"{service.name} is still needed by {', '.join(sorted(users))}. Take those dependencies out first."
        )
    service.retired_on = on
    service.full_clean()
    service.save(update_fields=["retired_on"])
    subject = f"service:{service.key}"
    record(actor=actor, verb="catalogue.retire_service", subject=subject, changes={"retired_on": on}, now=now)
    return service


@transaction.atomic
def create_item(*, actor: Actor, values: Mapping[str, Any], now: datetime) -> ConfigurationItem:
    """Put a configuration item under control. Raises: NotAllowed; ValidationError of Django."""
    item = ConfigurationItem(**values)
    _require_item(actor, item)
    item.full_clean()
    item.save()
    changes = {"name": item.name, "kind": item.kind, "service": item.service_id}
    record(actor=actor, verb="catalogue.create_item", subject=f"item:{item.key}", changes=changes, now=now)
    return item


@transaction.atomic
def change_item(
    *, actor: Actor, item: ConfigurationItem, values: Mapping[str, Any], now: datetime
) -> ConfigurationItem:
    """Change a configuration item. Raises: NotAllowed; ValidationError of Django."""
    _require_item(actor, item)
    changes = assign(item, values)
    if changes:
        _require_item(actor, item)
        item.full_clean()
        item.save(update_fields=list(changes))
        record(
            actor=actor, verb="catalogue.change_item", subject=f"item:{item.key}", changes=changes, now=now
        )
    return item


@transaction.atomic
def remove_item(*, actor: Actor, item: ConfigurationItem, now: datetime) -> None:
    """Take a configuration item out of the catalogue: it is there no more. Raises: NotAllowed."""
    _require_item(actor, item)
    changes = {"name": item.name, "kind": item.kind}
    subject = f"item:{item.key}"
    item.delete()
    record(actor=actor, verb="catalogue.remove_item", subject=subject, changes=changes, now=now)


def _require_item(actor: Actor, item: ConfigurationItem) -> None:
    """Who may change items at all may change those without a service; else the service's scope counts."""
    team_id = item.service.team_id if item.service else None
    require(actor, "catalogue.change_item", team_id=team_id, service_id=item.service_id)
