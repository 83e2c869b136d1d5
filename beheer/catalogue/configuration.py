"""Customers, services, configuration items and roles in configuration as code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from beheer.catalogue.actions import (
    change_customer,
    change_item,
    change_service,
    create_customer,
    create_item,
    create_service,
)
from beheer.catalogue.dependencies import GroupTies, Ties, circle, set_dependencies
from beheer.catalogue.models import ConfigurationItem, Customer, Dependency, RedundancyGroup, Service
from beheer.catalogue.rules import find_cycle
from beheer.lib.configuration import After, Entry, Finding, Section, unknown
from beheer.people.actions import grant_role
from beheer.people.models import RoleGrant, Team, User
from beheer.permissions.rules import ROLES, Actor

Key = Field(min_length=1, max_length=50, pattern=r"^[-a-zA-Z0-9_]+$")
Effect = Literal["down", "degraded"]


class CustomerEntry(Entry):
    """One customer."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"example": {"key": "arts", "name": "Faculty of Arts", "contact": "Carla Smit"}},
    )
    key: str = Key
    name: str
    contact: str = ""
    email: str = ""
    simulated: bool = False


class NeedEntry(BaseModel):
    """Another service that is needed, and what becomes of this one when that is down."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service: str
    effect: Effect = "down"


class GroupEntry(BaseModel):
    """Services that stand in for each other: `needed` of them suffice."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=80)
    needed: int = Field(ge=1)
    of: list[str] = Field(min_length=1)
    effect: Effect = "down"

    @model_validator(mode="after")
    def _enough(self) -> GroupEntry:
        if self.needed > len(self.of):
            raise ValueError(f"{self.needed} are needed, but the group has only {len(self.of)}")
        return self


class ServiceEntry(Entry):
    """One service with what it needs."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "example": {
                "key": "learning",
                "name": "Learning environment",
                "criticality": 4,
                "users_served": 30000,
                "owner": "alice",
                "team": "platforms",
                "customers": ["arts"],
                "needs": [{"service": "database"}, {"service": "mail", "effect": "degraded"}],
                "groups": [{"name": "web servers", "needed": 1, "of": ["web-1", "web-2"]}],
            }
        },
    )
    unordered = ("customers", "needs", "groups")
    key: str = Key
    name: str = Field(min_length=1, max_length=150)
    description: str = ""
    criticality: int = Field(default=2, ge=1, le=4)
    users_served: int = Field(default=0, ge=0)
    owner: str | None = None
    team: str | None = None
    customers: list[str] = []
    public: bool = True
    retired_on: date | None = None
    needs: list[NeedEntry] = []
    groups: list[GroupEntry] = []
    simulated: bool = False

    def needed_keys(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Every service that is needed, with where it stands in the entry."""
        alone = [(("needs", place, "service"), need.service) for place, need in enumerate(self.needs)]
        grouped = [
            (("groups", place, "of", inner), key)
            for place, group in enumerate(self.groups)
            for inner, key in enumerate(group.of)
        ]
        return [*alone, *grouped]


class ItemEntry(Entry):
    """One configuration item."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "example": {"key": "db01", "name": "db01.example.org", "kind": "host", "service": "database"}
        },
    )
    key: str = Key
    name: str = Field(min_length=1, max_length=150)
    kind: str = "host"
    address: str = ""
    service: str | None = None
    details: dict[str, Any] = {}
    simulated: bool = False


class RoleEntry(Entry):
    """One role of one person: everywhere, for a team, or for a service."""

    person: str
    role: str
    team: str | None = None
    service: str | None = None

    @model_validator(mode="after")
    def _known(self) -> RoleEntry:
        if self.role not in ROLES:
            raise ValueError(f"there is no role '{self.role}'; choose from {', '.join(ROLES)}")
        if self.team and self.service:
            raise ValueError("a role is for a team or for a service; write it twice to give both")
        return self

    @property
    def key(self) -> str:
        """What tells it from other roles."""
        scope = f" team {self.team}" if self.team else f" service {self.service}" if self.service else ""
        return f"{self.person} {self.role}{scope}"


def current_customers() -> dict[str, CustomerEntry]:
    """All customers, by key."""
    return {
        row.key: CustomerEntry(
            key=row.key, name=row.name, contact=row.contact, email=row.email, simulated=row.is_simulated
        )
        for row in Customer.objects.order_by("key")
    }


def save_customer(*, actor: Actor, entry: CustomerEntry, now: datetime) -> None:
    """Make or change a customer."""
    values = {
        "name": entry.name,
        "contact": entry.contact,
        "email": entry.email,
        "is_simulated": entry.simulated,
    }
    found = Customer.objects.filter(key=entry.key).first()
    if found is None:
        create_customer(actor=actor, values={"key": entry.key, **values}, now=now)
    else:
        change_customer(actor=actor, customer=found, values=values, now=now)


def current_services(keys: Sequence[str] | None = None) -> dict[str, ServiceEntry]:
    """All services, or those with these keys, by key, with their needs."""
    rows = Service.objects.order_by("key").select_related("owner", "team")
    if keys is not None:
        rows = rows.filter(key__in=keys)
    ties = _ties_of(keys)
    return {row.key: _service_entry(row, ties.get(row.pk, _Ties())) for row in rows}


@dataclass
class _Ties:
    """What is tied to one service, by key."""

    customers: list[str] = field(default_factory=list)
    needs: list[dict[str, str]] = field(default_factory=list)
    groups: dict[int, dict[str, Any]] = field(default_factory=dict)


def _ties_of(keys: Sequence[str] | None) -> dict[int, _Ties]:
    """The ties of all services, or of those with these keys, in three questions however many there are."""
    only: dict[str, Any] = {} if keys is None else {"service__key__in": keys}
    found: defaultdict[int, _Ties] = defaultdict(_Ties)
    customers = Service.customers.through.objects.filter(**only).order_by("customer__key")
    for service_id, key in customers.values_list("service_id", "customer__key"):
        found[service_id].customers.append(key)
    for group in RedundancyGroup.objects.filter(**only).order_by("name"):
        entry = {"name": group.name, "needed": group.needed, "effect": group.effect, "of": []}
        found[group.service_id].groups[group.pk] = entry
    rows = Dependency.objects.filter(**only).order_by("needs__key")
    for service_id, key, effect, group_id in rows.values_list(
        "service_id", "needs__key", "effect", "group_id"
    ):
        if group_id is None:
            found[service_id].needs.append({"service": key, "effect": effect})
        else:
            found[service_id].groups[group_id]["of"].append(key)
    return found


def _service_entry(row: Service, ties: _Ties) -> ServiceEntry:
    return ServiceEntry.model_validate(
        {
            "key": row.key,
            "name": row.name,
            "description": row.description,
            "criticality": row.criticality,
            "users_served": row.users_served,
            "owner": row.owner.username if row.owner else None,
            "team": row.team.key if row.team else None,
            "customers": ties.customers,
            "public": row.is_public,
            "retired_on": row.retired_on,
            "needs": ties.needs,
            "groups": list(ties.groups.values()),
            "simulated": row.is_simulated,
        }
    )


def save_service(*, actor: Actor, entry: ServiceEntry, now: datetime) -> None:
    """Make or change a service, without its needs."""
    values = {
        "name": entry.name,
        "description": entry.description,
        "criticality": entry.criticality,
        "users_served": entry.users_served,
        "owner": User.objects.get(username=entry.owner) if entry.owner else None,
        "team": Team.objects.get(key=entry.team) if entry.team else None,
        "is_public": entry.public,
        "retired_on": entry.retired_on,
        "is_simulated": entry.simulated,
    }
    customers = list(Customer.objects.filter(key__in=entry.customers))
    found = Service.objects.filter(key=entry.key).first()
    if found is None:
        create_service(actor=actor, values={"key": entry.key, **values}, customers=customers, now=now)
    else:
        change_service(actor=actor, service=found, values=values, customers=customers, now=now)


def link_services(*, actor: Actor, entries: Sequence[ServiceEntry], now: datetime) -> None:
    """Lay the dependencies of all these services at once."""
    wanted = {
        entry.key: Ties(
            needs={need.service: need.effect for need in entry.needs},
            groups=[GroupTies(group.name, group.needed, group.of, group.effect) for group in entry.groups],
        )
        for entry in entries
    }
    set_dependencies(actor=actor, wanted=wanted, now=now)


def service_problems(after: After) -> Iterator[Finding]:
    """References that lead nowhere, a service needed twice, and circles."""
    services = after["services"]
    for key, entry in services.items():
        yield from unknown(after, "people", entry.owner, entry=key, path=("owner",))
        yield from unknown(after, "teams", entry.team, entry=key, path=("team",))
        for place, customer in enumerate(entry.customers):
            yield from unknown(after, "customers", customer, entry=key, path=("customers", place))
        seen: set[str] = set()
        for path, needed in entry.needed_keys():
            yield from unknown(after, "services", needed, entry=key, path=path)
            if needed in seen:
                yield Finding(key, path, f"'{needed}' is needed twice here.", "Keep one of them.")
            seen.add(needed)
    edges = {key: [needed for _, needed in entry.needed_keys()] for key, entry in services.items()}
    if (cycle := find_cycle(edges)) is not None:
        problem = circle(cycle)
        for key in cycle:
            yield Finding(key, ("needs",), problem.message, problem.remedy, shown_once=True)


def current_items() -> dict[str, ItemEntry]:
    """All configuration items, by key."""
    return {
        row.key: ItemEntry(
            key=row.key,
            name=row.name,
            kind=row.kind,
            address=row.address,
            service=row.service.key if row.service else None,
            details=row.details,
            simulated=row.is_simulated,
        )
        for row in ConfigurationItem.objects.order_by("key").select_related("service")
    }


def save_item(*, actor: Actor, entry: ItemEntry, now: datetime) -> None:
    """Make or change a configuration item."""
    values = {
        "name": entry.name,
        "kind": entry.kind,
        "address": entry.address,
        "service": Service.objects.get(key=entry.service) if entry.service else None,
        "details": entry.details,
        "is_simulated": entry.simulated,
    }
    found = ConfigurationItem.objects.filter(key=entry.key).select_related("service").first()
    if found is None:
        create_item(actor=actor, values={"key": entry.key, **values}, now=now)
    else:
        change_item(actor=actor, item=found, values=values, now=now)


def item_problems(after: After) -> Iterator[Finding]:
    """Items of services that are not there."""
    for key, entry in after["items"].items():
        yield from unknown(after, "services", entry.service, entry=key, path=("service",))


def current_roles() -> dict[str, RoleEntry]:
    """All roles that people hold."""
    keys = dict(Service.objects.values_list("pk", "key"))
    rows = RoleGrant.objects.select_related("user", "team").order_by("user__username", "role", "pk")
    found = [
        RoleEntry(
            person=row.user.username,
            role=row.role,
            team=row.team.key if row.team else None,
            service=keys.get(row.service_id) if row.service_id else None,
        )
        for row in rows
        if row.service_id is None or row.service_id in keys
    ]
    return {entry.key: entry for entry in found}


def save_role(*, actor: Actor, entry: RoleEntry, now: datetime) -> None:
    """Give the role."""
    grant_role(
        actor=actor,
        user=User.objects.get(username=entry.person),
        role=entry.role,
        team=Team.objects.get(key=entry.team) if entry.team else None,
        service_id=Service.objects.get(key=entry.service).pk if entry.service else None,
        now=now,
    )


def role_problems(after: After) -> Iterator[Finding]:
    """Roles of, or for, what is not there."""
    for key, entry in after["roles"].items():
        yield from unknown(after, "people", entry.person, entry=key, path=("person",))
        yield from unknown(after, "teams", entry.team, entry=key, path=("team",))
        yield from unknown(after, "services", entry.service, entry=key, path=("service",))


SECTIONS: tuple[Section[Any], ...] = (
    Section("customers", CustomerEntry, current_customers, save_customer),
    Section(
        "services",
        ServiceEntry,
        current_services,
        save_service,
        link=link_services,
        problems=service_problems,
    ),
    Section("items", ItemEntry, current_items, save_item, problems=item_problems),
    Section("roles", RoleEntry, current_roles, save_role, problems=role_problems),
)
