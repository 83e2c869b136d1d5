"""Questions about work."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from beheer.catalogue.queries import dependency_graph
from beheer.lib.errors import NotFound
from beheer.monitoring.models import StateChange
from beheer.people.models import User
from beheer.work.models import Item, Link, SavedFilter


def item_by_number(number: str) -> Item:
    """The item with this number, whatever its case.

    Raises: NotFound.
    """
    wanted = Item.objects.select_related(
        "definition", "request_model", "service", "team", "assignee", "requester", "customer"
    ).filter(number=number.strip().upper())
    found = wanted.first()
    if found is None:
        raise NotFound(f"There is no item {number}.")
    return found


def leads_back(start: Item, goal: Item, kind: str) -> bool:
    """Whether links of this kind lead from `start` to `goal`."""
    seen, waiting = {start.pk}, deque([start.pk])
    while waiting:
        here = waiting.popleft()
        if here == goal.pk:
            return True
        for other in Link.objects.filter(source=here, kind=kind).values_list("target_id", flat=True):
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return False


def links_of(item: Item) -> QuerySet[Link]:
    """The links of an item, both ways, with the other items."""
    rows = Link.objects.select_related("source", "target", "source__definition", "target__definition")
    return (rows.filter(source=item) | rows.filter(target=item)).order_by("made_at", "pk")


def open_work() -> QuerySet[Item]:
    """Items that are not solved or closed."""
    return Item.objects.filter(phase__in=("open", "waiting"))


def overdue(now: datetime) -> QuerySet[Item]:
    """Items with a clock whose deadline has passed while it still runs."""
    return open_work().filter(due_at__lt=now)


def filters_for(user: User) -> QuerySet[SavedFilter]:
    """The kept filters that a person sees: their own, and those kept for everybody."""
    return SavedFilter.objects.filter(Q(owner=user) | Q(is_shared=True)).select_related("owner")


def near_services(item: Item) -> set[int]:
    """The ids of the item's services and of everything these need or are needed by."""
    own = {row.service_id for row in item.affected.all()}
    if item.service_id is not None:
        own.add(item.service_id)
    graph = dependency_graph()
    return own.union(*(graph.needs_all(one) | graph.affected_by(one) for one in own)) if own else own


def changes_near(item: Item, most: int = 8) -> list[Item]:
    """Planned work on the item's services or near them in the map, in the week before it was opened and since.

    What was under way or done when the item was opened comes first, and of that what began last. Work that was begun
    without saying when it ends lasts until it is solved.
    """
    since, until = item.opened_at - timedelta(days=7), (item.solved_at or item.opened_at) + timedelta(days=1)
    services = near_services(item)
    lasts = Q(planned_end__gt=since) | Q(planned_end=None, solved_at=None) | Q(solved_at__gt=since)
    rows = Item.objects.filter(lasts, planned_start__lt=until).exclude(pk=item.pk)
    rows = rows.filter(Q(service__in=services) | Q(affected__service__in=services)).distinct()
    rows = rows.select_related("definition", "service")
    begun = rows.filter(planned_start__lte=item.opened_at).order_by("-planned_start", "-pk")[:most]
    to_come = rows.filter(planned_start__gt=item.opened_at).order_by("planned_start", "pk")[:most]
    return [*begun, *to_come][:most]


def state_changes_near(item: Item, most: int = 20) -> list[StateChange]:
    """State changes of the item's services and those near them, from two hours before it was opened to two after."""
    start, end = item.opened_at - timedelta(hours=2), item.opened_at + timedelta(hours=2)
    rows = StateChange.objects.filter(
        component=None, service__in=near_services(item), first_bad_at__gte=start, first_bad_at__lt=end
    )
    return list(rows.select_related("service").order_by("-first_bad_at")[:most])


def similar(item: Item, within: Q, most: int = 5) -> list[Item]:
    """Solved items of the same kind among the last of this service, newest first: what was done then may help now.

    `within` says which items the reader may see. Asked a phase at a time, in the order of an index, so that it is
    quick with a million items.
    """
    if item.service_id is None:
        return []
    found: list[Item] = []
    for phase in ("solved", "closed"):
        rows = Item.objects.filter(within, service=item.service_id, phase=phase).select_related("definition")
        found += rows.order_by("-opened_at", "-pk")[: most * 8]
    alike = [one for one in found if one.kind == item.kind and one.pk != item.pk]
    return sorted(alike, key=lambda one: (one.opened_at, one.pk), reverse=True)[:most]


def nearness(item: Item) -> dict[int, str]:
    """How services stand to an item's own in the map: "own", "needed" (near or far below), or "needing" (above)."""
    own = {row.service_id for row in item.affected.all()} | {item.service_id}
    graph = dependency_graph()
    found: dict[int, str] = {}
    for one in own:
        if one is not None:
            found |= dict.fromkeys(graph.affected_by(one), "needing")
    for one in own:
        if one is not None:
            found |= dict.fromkeys(graph.needs_all(one), "needed")
    return found | {one: "own" for one in own if one is not None}
