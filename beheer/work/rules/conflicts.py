"""What stands in the way of a plan: other plans on what it touches, the same people, and freezes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Reason = Literal[
    "same_service", "needed_service", "dependent_service", "same_thing", "same_group", "same_person", "freeze"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """A stretch [start, end) of planned work, the services and things it touches, and who does it (ids).

    `interrupts`: its services are away meanwhile, so that what was agreed about them counts.
    """

    key: str
    start: datetime
    end: datetime
    services: frozenset[int] = frozenset()
    things: frozenset[int] = frozenset()
    person: int | None = None
    interrupts: bool = False


@dataclass(frozen=True, slots=True)
class Spare:
    """Services that stand in for each other: `needed` of them must be there at any time."""

    name: str
    members: frozenset[int]
    needed: int


@dataclass(frozen=True, slots=True)
class Closed:
    """A stretch in which nothing is changed; without services it holds for all."""

    name: str
    start: datetime
    end: datetime
    services: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Conflict:
    """One plan is in the way of another, or a freeze of it: `other` is its key or name."""

    reason: Reason
    other: str
    ids: frozenset[int] = field(default_factory=frozenset)


def conflicts(
    plan: Plan,
    others: Iterable[Plan],
    freezes: Iterable[Closed],
    needs: Mapping[int, frozenset[int]],
    spares: Iterable[Spare] = (),
) -> list[Conflict]:
    """Everything that stands in the way of `plan`. `needs`: service → every service it needs, near and far."""
    found = []
    spares = list(spares)
    below = {low for service in plan.services for low in needs.get(service, frozenset())}
    for other in others:
        if other.key == plan.key or not _overlap(plan.start, plan.end, other.start, other.end):
            continue
        above = {low for service in other.services for low in needs.get(service, frozenset())}
        rows: list[tuple[Reason, frozenset[int]]] = [
            ("same_service", plan.services & other.services),
            ("needed_service", frozenset(below & other.services) - plan.services),
            ("dependent_service", frozenset(plan.services & above) - other.services),
            ("same_thing", plan.things & other.things),
        ]
        found += [Conflict(reason, other.key, ids) for reason, ids in rows if ids]
        found += [Conflict("same_group", other.key, ids) for ids in _too_many(plan, other, spares)]
        if plan.person is not None and plan.person == other.person:
            found.append(Conflict("same_person", other.key, frozenset({plan.person})))
    for freeze in freezes:
        if _overlap(plan.start, plan.end, freeze.start, freeze.end):
            touched = plan.services & freeze.services
            if touched or not freeze.services:
                found.append(Conflict("freeze", freeze.name, touched))
    return found


def _too_many(plan: Plan, other: Plan, spares: Iterable[Spare]) -> list[frozenset[int]]:
    """The members of each group that two plans take away together, where fewer stay than are needed."""
    found = []
    for spare in spares:
        mine, theirs = plan.services & spare.members, other.services & spare.members
        if mine - theirs and theirs - mine and len(spare.members - mine - theirs) < spare.needed:
            found.append(mine | theirs)
    return found


def _overlap(start: datetime, end: datetime, other_start: datetime, other_end: datetime) -> bool:
    """Half-open stretches: one that begins where the other ends is not in its way."""
    return start < other_end and other_start < end
