"""Questions to the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import QuerySet

from beheer.catalogue.models import (
    ConfigurationItem,
    Customer,
    Dependency,
    MapVersion,
    RedundancyGroup,
    Service,
)
from beheer.catalogue.rules import Graph, Group, Need
from beheer.lib.errors import NotFound

_kept: dict[str, tuple[int, Graph]] = {}


def dependency_graph(using: str = "default") -> Graph:
    """All dependencies. Kept in memory until an action changes the map: a call costs one row read."""
    version = MapVersion.objects.using(using).filter(pk=1).values_list("number", flat=True).first()
    if version is None:
        return read_graph(using)
    kept = _kept.get(using)
    if kept is None or kept[0] != version:
        kept = (version, read_graph(using))
        _kept[using] = kept
    return kept[1]


def read_graph(using: str = "default") -> Graph:
    """All dependencies, read now."""
    needs: dict[int, list[Need]] = {}
    needed_by: dict[int, list[int]] = {}
    rows = Dependency.objects.using(using).order_by("id")
    for service_id, needs_id, effect, group_id in rows.values_list(
        "service_id", "needs_id", "effect", "group_id"
    ):
        needs.setdefault(service_id, []).append(Need(needs_id, effect, group_id))
        needed_by.setdefault(needs_id, []).append(service_id)
    groups = RedundancyGroup.objects.using(using).values_list("id", "needed", "effect")
    return Graph(
        needs={key: tuple(value) for key, value in needs.items()},
        groups={key: Group(needed, effect) for key, needed, effect in groups},
        needed_by={key: tuple(value) for key, value in needed_by.items()},
    )


def services() -> QuerySet[Service]:
    """Services that are not retired."""
    return Service.objects.filter(retired_on=None)


def named(service_ids: Iterable[int]) -> list[Service]:
    """The services with these ids, most critical first."""
    return list(Service.objects.filter(pk__in=list(service_ids)).order_by("-criticality", "name"))


def service_by_key(key: str) -> Service:
    """The service with this key. Raises: NotFound."""
    found = Service.objects.select_related("owner", "team").filter(key=key).first()
    if found is None:
        raise NotFound(f"There is no service '{key}'.")
    return found


def customer_by_key(key: str) -> Customer:
    """The customer with this key. Raises: NotFound."""
    found = Customer.objects.filter(key=key).first()
    if found is None:
        raise NotFound(f"There is no customer '{key}'.")
    return found


def item_by_key(key: str) -> ConfigurationItem:
    """The configuration item with this key. Raises: NotFound."""
    found = ConfigurationItem.objects.select_related("service").filter(key=key).first()
    if found is None:
        raise NotFound(f"There is no configuration item '{key}'.")
    return found


def names(
    *, ids: Collection[int] | None = None, key: str | None = None, most: int | None = None
) -> list[tuple[int, str, str]]:
    """(id, key, name) of services in use, by name: those with one of these ids, or this key; at most so many."""
    rows = services()
    if ids is not None:
        rows = Service.objects.filter(pk__in=list(ids))
    if key is not None:
        rows = rows.filter(key=key)
    return list(rows.values_list("pk", "key", "name")[:most])
