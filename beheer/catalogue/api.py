"""The catalogue in the API."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from beheer.catalogue.actions import (
    change_customer,
    change_item,
    change_service,
    create_customer,
    create_item,
    create_service,
    remove_item,
    retire_service,
)
from beheer.catalogue.configuration import (
    CustomerEntry,
    ItemEntry,
    ServiceEntry,
    current_customers,
    current_items,
    current_services,
)
from beheer.catalogue.dependencies import GroupTies, Ties, set_dependencies
from beheer.catalogue.models import ConfigurationItem, Customer, Service
from beheer.catalogue.queries import (
    customer_by_key,
    dependency_graph,
    item_by_key,
    named,
    service_by_key,
)
from beheer.catalogue.rules import Graph
from beheer.catalogue.states import states
from beheer.lib.errors import InputError, Problem
from beheer.people.models import Team, User
from beheer.people.sign_in import person
from beheer.permissions.rules import require

router = Router(tags=["catalogue"])
MOST = 500


class ServiceOut(Schema):
    """One service as lists show it."""

    key: str
    name: str
    state: str
    criticality: int
    users_served: int
    team: str | None
    owner: str | None
    simulated: bool
    retired_on: date | None


class ServiceReach(Schema):
    """What a service needs and what trouble with it reaches, directly or through others, by key."""

    key: str
    needs: list[str]
    affects: list[str]


class MapOut(Schema):
    """The whole dependency map: every service with its state, every dependency with its effect and group."""

    services: list[ServiceOut]
    dependencies: list[dict[str, Any]]


class Removed(Schema):
    """What was taken away."""

    removed: str


class Retirement(Schema):
    """The last day of use."""

    on: date = Field(examples=["2026-12-31"])


class ListQuery(Schema):
    """Which part of a list: `after` is the last key of the part before."""

    after: str = ""
    limit: int = Field(100, ge=1, le=MOST)


@router.get("/services", response=list[ServiceOut], summary="List services")
def list_services(request: HttpRequest, page: Query[ListQuery], team: str = "") -> list[dict[str, Any]]:
    """Services by key, `limit` at a time; give the last key as `after` for the next part."""
    require(person(request), "catalogue.see")
    rows = Service.objects.filter(key__gt=page.after).select_related("team", "owner").order_by("key")
    if team:
        rows = rows.filter(team__key=team)
    known = states()
    return [_service(row, known.get(row.pk, "unknown")) for row in rows[: page.limit]]


def _service(row: Service, state: str) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": row.name,
        "state": state,
        "criticality": row.criticality,
        "users_served": row.users_served,
        "team": row.team.key if row.team else None,
        "owner": row.owner.username if row.owner else None,
        "simulated": row.is_simulated,
        "retired_on": row.retired_on,
    }


@router.get("/services/{key}", response=ServiceEntry, summary="Show a service")
def get_service(request: HttpRequest, key: str) -> ServiceEntry:
    """One service with its needs and groups, as in a configuration file."""
    service = service_by_key(key)
    require(person(request), "catalogue.see", team_id=service.team_id, service_id=service.pk)
    return current_services(keys=[key])[key]


@router.put("/services/{key}", response=ServiceEntry, summary="Make or change a service")
def put_service(request: HttpRequest, key: str, entry: ServiceEntry) -> ServiceEntry:
    """Make a service, or change it to what is given: a field that is left out has its default."""
    _same_key(key, entry.key)
    actor, now = person(request), timezone.now()
    customers = _rows(Customer, "key", entry.customers, "customers")
    values: dict[str, Any] = {
        "name": entry.name,
        "description": entry.description,
        "criticality": entry.criticality,
        "users_served": entry.users_served,
        "owner": _row(User, "username", entry.owner, "owner"),
        "team": _row(Team, "key", entry.team, "team"),
        "is_public": entry.public,
        "retired_on": entry.retired_on,
        "is_simulated": entry.simulated,
    }
    found = Service.objects.filter(key=key).first()
    if found is None:
        create_service(actor=actor, values={"key": key, **values}, customers=customers, now=now)
    else:
        change_service(actor=actor, service=found, values=values, customers=customers, now=now)
    ties = Ties(
        needs={need.service: need.effect for need in entry.needs},
        groups=[GroupTies(group.name, group.needed, group.of, group.effect) for group in entry.groups],
    )
    set_dependencies(actor=actor, wanted={key: ties}, now=now)
    return current_services(keys=[key])[key]


@router.post("/services/{key}/retire", response=ServiceEntry, summary="Take a service out of use")
def post_retire(request: HttpRequest, key: str, body: Retirement) -> ServiceEntry:
    """Its history stays. Refused (409) while other services need it."""
    retire_service(actor=person(request), service=service_by_key(key), on=body.on, now=timezone.now())
    return current_services(keys=[key])[key]


@router.get("/services/{key}/reach", response=ServiceReach, summary="What it needs and what it affects")
def get_reach(request: HttpRequest, key: str) -> dict[str, Any]:
    """Everything a service needs, and everything that trouble with it reaches."""
    service = service_by_key(key)
    require(person(request), "catalogue.see", team_id=service.team_id, service_id=service.pk)
    graph = dependency_graph()
    return {
        "key": key,
        "needs": [one.key for one in named(graph.needs_all(service.pk))],
        "affects": [one.key for one in named(graph.affected_by(service.pk))],
    }


@router.get("/map", response=MapOut, summary="The dependency map")
def get_map(request: HttpRequest) -> dict[str, Any]:
    """All services in use and all dependencies."""
    require(person(request), "catalogue.see")
    rows = list(Service.objects.filter(retired_on=None).select_related("team", "owner").order_by("key"))
    known = states()
    return {
        "services": [_service(row, known.get(row.pk, "unknown")) for row in rows],
        "dependencies": _dependencies(dependency_graph(), {row.pk: row.key for row in rows}),
    }


def _dependencies(graph: Graph, keys: dict[int, str]) -> list[dict[str, Any]]:
    return [
        {
            "service": keys[service_id],
            "needs": keys[need.needs_id],
            "effect": need.effect,
            "group": need.group_id,
        }
        for service_id, needs in graph.needs.items()
        for need in needs
        if service_id in keys and need.needs_id in keys
    ]


@router.get("/customers", response=list[CustomerEntry], summary="List customers")
def list_customers(request: HttpRequest) -> list[CustomerEntry]:
    """All customers."""
    require(person(request), "catalogue.see")
    return list(current_customers().values())


@router.put("/customers/{key}", response=CustomerEntry, summary="Make or change a customer")
def put_customer(request: HttpRequest, key: str, entry: CustomerEntry) -> CustomerEntry:
    """Make a customer, or change it to what is given."""
    _same_key(key, entry.key)
    actor, now = person(request), timezone.now()
    values = {
        "name": entry.name,
        "contact": entry.contact,
        "email": entry.email,
        "is_simulated": entry.simulated,
    }
    if Customer.objects.filter(key=key).exists():
        change_customer(actor=actor, customer=customer_by_key(key), values=values, now=now)
    else:
        create_customer(actor=actor, values={"key": key, **values}, now=now)
    return current_customers()[key]


@router.get("/items", response=list[ItemEntry], summary="List configuration items")
def list_items(request: HttpRequest, service: str = "") -> list[ItemEntry]:
    """All configuration items, or those of one service."""
    require(person(request), "catalogue.see")
    return [one for one in current_items().values() if not service or one.service == service]


@router.put("/items/{key}", response=ItemEntry, summary="Make or change a configuration item")
def put_item(request: HttpRequest, key: str, entry: ItemEntry) -> ItemEntry:
    """Make a configuration item, or change it to what is given."""
    _same_key(key, entry.key)
    actor, now = person(request), timezone.now()
    values: dict[str, Any] = {
        "name": entry.name,
        "kind": entry.kind,
        "address": entry.address,
        "service": _row(Service, "key", entry.service, "service"),
        "details": entry.details,
        "is_simulated": entry.simulated,
    }
    if ConfigurationItem.objects.filter(key=key).exists():
        change_item(actor=actor, item=item_by_key(key), values=values, now=now)
    else:
        create_item(actor=actor, values={"key": key, **values}, now=now)
    return current_items()[key]


@router.delete("/items/{key}", response=Removed, summary="Remove a configuration item")
def delete_item(request: HttpRequest, key: str) -> dict[str, str]:
    """Take a configuration item out of the catalogue."""
    remove_item(actor=person(request), item=item_by_key(key), now=timezone.now())
    return {"removed": key}


def _same_key(key: str, given: str) -> None:
    if key != given:
        raise InputError(
            Problem("The key differs from the one in the address.", "key", "Make them the same.")
        )


def _row(model: Any, field: str, key: str | None, name: str) -> Any:
    """The row with this key; None for None. Raises: InputError naming the field."""
    if key is None:
        return None
    return _rows(model, field, [key], name)[0]


def _rows(model: Any, field: str, keys: list[str], name: str) -> list[Any]:
    found = {getattr(row, field): row for row in model.objects.filter(**{f"{field}__in": keys})}
    if missing := [key for key in keys if key not in found]:
        raise InputError(Problem(f"There is no '{missing[0]}'.", name, "Check the key."))
    return [found[key] for key in keys]
