"""Questions about work."""

from __future__ import annotations

from collections import deque
from datetime import datetime

from django.db.models import QuerySet

from beheer.lib.errors import NotFound
from beheer.permissions.rules import Actor, require
from beheer.work.models import Item, Link
from beheer.work.standing import is_requester


def item_by_number(number: str) -> Item:
    """The item with this number, whatever its case.

    Raises: NotFound.
    """
    wanted = Item.objects.select_related(
        "definition", "service", "team", "assignee", "requester", "customer"
    ).filter(number=number.strip().upper())
    found = wanted.first()
    if found is None:
        raise NotFound(f"There is no item {number}.")
    return found


def visible_item(actor: Actor, number: str) -> Item:
    """The item with this number, if the actor may see it: staff and auditors all, a user what they reported.

    Raises: NotFound also where it is there but not theirs to know of; NotAllowed.
    """
    item = item_by_number(number)
    if is_requester(actor, item):
        return item
    require(actor, "work.see", team_id=item.team_id, service_id=item.service_id)
    return item


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
