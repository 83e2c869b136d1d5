"""What is done with the dependency map. A cycle is refused with its path."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from beheer.audit.actions import record
from beheer.catalogue.models import Dependency, Effect, MapVersion, RedundancyGroup, Service
from beheer.catalogue.rules import drawn, find_cycle, path_between
from beheer.lib.errors import InputError, Problem
from beheer.permissions.rules import Actor, require


@dataclass(frozen=True, slots=True)
class Ties:
    """All that one service needs, by key: `needs` is {service: effect}."""

    needs: Mapping[str, str]
    groups: Sequence[GroupTies] = ()

    def keys(self) -> list[str]:
        """The key of every service that is needed, alone or in a group."""
        return [*self.needs, *(key for group in self.groups for key in group.of)]


@dataclass(frozen=True, slots=True)
class GroupTies:
    """A redundancy group: `needed` of the services `of` suffice."""

    name: str
    needed: int
    of: Sequence[str]
    effect: str = "down"


def bump_map() -> None:
    """Tell all who keep the map in memory that it changed. Whoever writes dependencies calls this.

    By chance, not by counting: what was taken back must not share its number with what came after it.
    """
    MapVersion.objects.update_or_create(pk=1, defaults={"number": secrets.randbits(62)})


@transaction.atomic
def add_dependency(
    *,
    actor: Actor,
    service: Service,
    needs: Service,
    now: datetime,
    effect: str = Effect.DOWN,
    group: RedundancyGroup | None = None,
) -> Dependency:
    """Note that `service` needs `needs`, alone or as one of a redundancy group.

    Raises: NotAllowed; InputError where it would close a circle, naming the path; ValidationError where it is there.
    """
    require(actor, "catalogue.change_service", team_id=service.team_id, service_id=service.pk)
    edges = _edges_by_key()
    back = path_between(edges, needs.key, service.key)
    if back is not None:
        raise InputError(circle([service.key, *back]))
    dependency = Dependency(service=service, needs=needs, effect=effect, group=group)
    dependency.full_clean()
    dependency.save()
    bump_map()
    changes = {"needs": needs.key, "effect": effect, "group": group.name if group else None}
    subject = f"service:{service.key}"
    record(actor=actor, verb="catalogue.add_dependency", subject=subject, changes=changes, now=now)
    return dependency


@transaction.atomic
def add_group(
    *,
    actor: Actor,
    service: Service,
    name: str,
    needed: int,
    of: Sequence[Service],
    now: datetime,
    effect: str = Effect.DOWN,
) -> RedundancyGroup:
    """Note that `service` needs `needed` of the services `of`.

    Raises: NotAllowed; InputError where more are needed than there are, or a circle would be closed.
    """
    require(actor, "catalogue.change_service", team_id=service.team_id, service_id=service.pk)
    if not 1 <= needed <= len(of):
        raise InputError(
            Problem(f"{needed} of {len(of)} cannot be.", "needed", "Choose at most as many as the group has.")
        )
    group = RedundancyGroup(service=service, name=name, needed=needed, effect=effect)
    group.full_clean()
    group.save()
    for needs in of:
        add_dependency(actor=actor, service=service, needs=needs, effect=effect, group=group, now=now)
    return group


@transaction.atomic
def remove_dependency(*, actor: Actor, dependency: Dependency, now: datetime) -> None:
    """Note that a service no longer needs another. A redundancy group that is left empty goes with it.

    Raises: NotAllowed; InputError where its group would have fewer than it needs.
    """
    service, group = dependency.service, dependency.group
    require(actor, "catalogue.change_service", team_id=service.team_id, service_id=service.pk)
    changes = {"needs": dependency.needs.key}
    dependency.delete()
    if group is not None:
        left = group.dependencies.count()
        if not left:
            group.delete()
        elif left < group.needed:
            raise InputError(
                Problem(
                    f"The group {group.name} needs {group.needed}, and only {left} would be left.",
                    "needs",
                    "Remove the others of the group first, or make the group anew.",
                )
            )
    bump_map()
    subject = f"service:{service.key}"
    record(actor=actor, verb="catalogue.remove_dependency", subject=subject, changes=changes, now=now)


@transaction.atomic
def set_dependencies(*, actor: Actor, wanted: Mapping[str, Ties], now: datetime) -> None:
    """Make the needs of some services, by key, exactly these.

    Raises: NotAllowed; InputError where the whole would hold a circle, or a key is not known.
    """
    by_key = {service.key: service for service in Service.objects.all()}
    problems = [
        Problem(f"There is no service '{key}'.", f"{service}.needs", "Check the key.")
        for service, ties in wanted.items()
        for key in [service, *ties.keys()]
        if key not in by_key
    ]
    if problems:
        raise InputError(problems)
    for key in wanted:
        service = by_key[key]
        require(actor, "catalogue.change_service", team_id=service.team_id, service_id=service.pk)
    edges = _edges_by_key() | {key: ties.keys() for key, ties in wanted.items()}
    if (path := find_cycle(edges)) is not None:
        raise InputError(circle(path))
    before = _ties()
    changed = False
    for key, ties in wanted.items():
        old = before.get(key, {})
        new = _as_rows(ties)
        if old == new:
            continue
        changed = True
        _replace(by_key[key], ties, by_key)
        changes = {"needs": [sorted(old), sorted(new)]}
        record(
            actor=actor, verb="catalogue.set_dependencies", subject=f"service:{key}", changes=changes, now=now
        )
    if changed:
        bump_map()


def circle(path: Iterable[str]) -> Problem:
    """The Problem for services that need each other in a circle."""
    return Problem(
        f"These services would need each other in a circle: {drawn(path)}.",
        "needs",
        "Take one of these dependencies out.",
    )


def _edges_by_key() -> dict[str, list[str]]:
    edges: dict[str, list[str]] = {}
    for service, needs in Dependency.objects.values_list("service__key", "needs__key"):
        edges.setdefault(service, []).append(needs)
    return edges


_Row = tuple[str, str, int]  # effect, group's name, how many the group needs


def _ties() -> dict[str, dict[str, _Row]]:
    """What every service needs now: service → needed service → how."""
    found: dict[str, dict[str, _Row]] = {}
    for row in Dependency.objects.select_related("service", "needs", "group"):
        how = (row.group.effect, row.group.name, row.group.needed) if row.group else (row.effect, "", 0)
        found.setdefault(row.service.key, {})[row.needs.key] = how
    return found


def _as_rows(ties: Ties) -> dict[str, _Row]:
    rows: dict[str, _Row] = {key: (effect, "", 0) for key, effect in ties.needs.items()}
    for group in ties.groups:
        rows |= dict.fromkeys(group.of, (group.effect, group.name, group.needed))
    return rows


def _replace(service: Service, ties: Ties, by_key: Mapping[str, Service]) -> None:
    service.dependencies.all().delete()
    service.redundancy_groups.all().delete()
    rows = [
        Dependency(service=service, needs=by_key[key], effect=effect) for key, effect in ties.needs.items()
    ]
    for group in ties.groups:
        made = RedundancyGroup.objects.create(
            service=service, name=group.name, needed=group.needed, effect=group.effect
        )
        rows += [
            Dependency(service=service, needs=by_key[key], effect=group.effect, group=made)
            for key in group.of
        ]
    Dependency.objects.bulk_create(rows)
