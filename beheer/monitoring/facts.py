"""Reads what was recorded of services, their checks and what they need, from an instant on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from beheer.catalogue.rules import Graph
from beheer.monitoring.models import Check, CheckGroup, StateChange
from beheer.monitoring.rules.timelines import in_force

AT_ONCE = 5_000  # ids in one question


@dataclass(frozen=True, slots=True)
class Facts:
    """What counts from an instant on; each list begins with the row in force at that instant, if there is one.

    `checks`: service → check → rows of that check while it was of that service. `own`: service → its own rows.
    """

    checks: Mapping[int, Mapping[int, Sequence[StateChange]]]
    own: Mapping[int, Sequence[StateChange]]
    group_of: Mapping[int, int]
    groups: Mapping[int, Mapping[int, int]]

    def needed_of(self, service: int) -> Mapping[int, int]:
        """How many are needed of each of its groups of checks."""
        return self.groups.get(service, {})


def read_facts(services: Collection[int], graph: Graph, since: datetime) -> Facts:
    """The facts of these services and of what they need directly."""
    down = graph.down()
    around = set(services).union(*(down.get(service, ()) for service in services))
    checks: dict[int, dict[int, list[StateChange]]] = {}
    own: dict[int, list[StateChange]] = {}
    for row in _rows(services, since, is_component=True):
        assert row.component_id is not None
        checks.setdefault(row.service_id, {}).setdefault(row.component_id, []).append(row)
    for row in _rows(around, since, is_component=False):
        own.setdefault(row.service_id, []).append(row)
    groups: dict[int, dict[int, int]] = {}
    for key, service, needed in CheckGroup.objects.values_list("pk", "service_id", "needed"):
        groups.setdefault(service, {})[key] = needed
    members = Check.objects.filter(group__isnull=False).values_list("pk", "group_id")
    return Facts(
        {
            service: {check: in_force(rows, _begins) for check, rows in found.items()}
            for service, found in checks.items()
        },
        {service: in_force(rows, _begins) for service, rows in own.items()},
        {check: group for check, group in members if group is not None},
        groups,
    )


def _begins(row: StateChange) -> datetime:
    return row.first_bad_at


def _rows(services: Collection[int], since: datetime, *, is_component: bool) -> Iterator[StateChange]:
    """The rows that begin after `since`, and of each subject the last recorded one that begins before; as recorded."""
    wanted = sorted(services)
    for start in range(0, len(wanted), AT_ONCE):
        found = StateChange.objects.filter(service__in=wanted[start : start + AT_ONCE])
        found = found.filter(component__isnull=not is_component)
        last = (
            found.filter(first_bad_at__lte=since)
            .order_by()
            .values("service_id", "component_id")
            .annotate(last=Max("pk"))
            .values("last")
        )
        standing = StateChange.objects.filter(pk__in=last)
        yield from sorted([*standing, *found.filter(first_bad_at__gt=since)], key=lambda row: row.pk)
