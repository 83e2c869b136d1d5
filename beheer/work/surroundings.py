"""What stands around an item: known errors of its service, what depends on what it touches, and its trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from beheer.catalogue.models import Service
from beheer.catalogue.queries import dependency_graph
from beheer.work.kinds.schema import Kind
from beheer.work.models import Item, Link
from beheer.work.models.items import LinkKind

# Links that lead from a wish to what became of it; read from the later item to the earlier.
TRACED = (
    LinkKind.IMPLEMENTS, LinkKind.TESTS, LinkKind.ACCEPTS, LinkKind.DOCUMENTS, LinkKind.SOLVES,
)  # fmt: skip
MOST = 40
MOST_SERVICES = 12
LIVE = ("open", "waiting")


@dataclass(frozen=True, slots=True)
class Traced:
    """An item in the trace: how many links away, and how it stands to the one before it."""

    item: Item
    depth: int
    how: str


def known_errors(item: Item, within: Q, most: int = 5) -> list[Item]:
    """Problems of the same service that are not ended and have a workaround, the newest first, among those `within`."""
    if item.service_id is None:
        return []
    rows = Item.objects.filter(within, service=item.service_id, kind="problem", phase__in=LIVE).exclude(
        pk=item.pk
    )
    found = rows.select_related("definition").order_by("-opened_at", "-pk")[: most * 4]
    return [row for row in found if row.values.get("workaround")][:most]


def depending_on(item: Item) -> list[Service]:
    """The services that need one that the item is about or touches, the most critical first."""
    own = {row.service_id for row in item.affected.all()} | {item.service_id}
    graph = dependency_graph()
    found = {one for service in own if service is not None for one in graph.affected_by(service)} - own
    return list(Service.objects.filter(pk__in=found).order_by("-criticality", "-users_served", "name"))


def trace(item: Item, *, is_back: bool) -> list[Traced]:
    """What the item came from (`is_back`), or what came of it: along traced links, each item once, near ones first."""
    seen, found = {item.pk}, list[Traced]()
    layer, depth = [item.pk], 1
    while layer and len(found) < MOST:
        rows = Link.objects.filter(kind__in=TRACED).select_related("source__definition", "target__definition")
        rows = rows.filter(source__in=layer) if is_back else rows.filter(target__in=layer)
        layer = []
        for row in rows.order_by("made_at", "pk"):
            other = row.target if is_back else row.source
            if other.pk not in seen:
                seen.add(other.pk)
                layer.append(other.pk)
                found.append(Traced(other, depth, str(LinkKind(row.kind).label)))
        depth += 1
    return found[:MOST]


def surroundings(item: Item, kind: Kind, within: Q) -> dict[str, Any]:
    """What the page of an item shows of it to who may see the items `within`."""
    needing = depending_on(item) if kind.planned else []
    came_from, led_to = trace(item, is_back=True), trace(item, is_back=False)
    return {
        "known_errors": known_errors(item, within) if item.kind == "incident" and item.phase in LIVE else [],
        "needing": needing[:MOST_SERVICES],
        "needing_count": len(needing),
        "needing_users": max((one.users_served for one in needing), default=0),
        # one link away stands under the links already
        "came_from": came_from if any(one.depth > 1 for one in (*came_from, *led_to)) else [],
        "led_to": led_to if any(one.depth > 1 for one in (*came_from, *led_to)) else [],
    }
