"""The change calendar: what is planned, and what stands in its way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from beheer.catalogue.models import ConfigurationItem, Dependency, RedundancyGroup, Service
from beheer.catalogue.queries import dependency_graph
from beheer.people.models import User
from beheer.work.definitions import definition
from beheer.work.models import Freeze, Item
from beheer.work.rules.conflicts import Closed, Conflict, Plan, Spare, conflicts


def planned(start: datetime, end: datetime) -> QuerySet[Item]:
    """Items that are not closed and whose plan touches [start, end)."""
    rows = Item.objects.filter(planned_start__lt=end, planned_end__gt=start).exclude(phase="closed")
    rows = rows.select_related("definition", "service", "assignee", "team")
    return rows.prefetch_related("affected", "things__thing").order_by("planned_start", "pk")


@dataclass(frozen=True, slots=True)
class WindowOfWork:
    """The planned window that an item of work asks for; `holds` False: it does not, or not any more."""

    number: str
    title: str
    start: datetime
    end: datetime
    services: tuple[Service, ...]
    holds: bool
    is_simulated: bool


def windows_of_work(since: datetime) -> Iterator[WindowOfWork]:
    """Every plan that ends after `since`, of kinds that can ask for a window."""
    rows = Item.objects.filter(planned_start__isnull=False, planned_end__gt=since)
    for item in rows.select_related("definition", "service").prefetch_related("affected__service"):
        kind = definition(item)
        if kind.window is None or item.planned_start is None or item.planned_end is None:
            continue
        services = {row.service for row in item.affected.all()} | {item.service}
        named = tuple(sorted((one for one in services if one is not None), key=lambda one: one.key))
        holds = (
            item.state in kind.window.states and item.values.get(kind.window.field) is True and bool(named)
        )
        yield WindowOfWork(
            number=item.number,
            title=item.title,
            start=item.planned_start,
            end=item.planned_end,
            services=named,
            holds=holds,
            is_simulated=item.is_simulated,
        )


def plan_of(item: Item) -> Plan | None:
    """The plan of an item; None where it has no beginning and end. A thing counts with the service it is part of."""
    if item.planned_start is None or item.planned_end is None:
        return None
    window = definition(item).window
    return made_plan(
        key=item.number,
        start=item.planned_start,
        end=item.planned_end,
        services={row.service_id for row in item.affected.all()} | {item.service_id},
        things=[row.thing for row in item.things.all()],
        person=item.assignee_id,
        interrupts=window is not None and item.values.get(window.field) is True,
    )


def made_plan(
    *,
    key: str,
    start: datetime,
    end: datetime,
    services: Iterable[int | None],
    things: Iterable[ConfigurationItem],
    person: int | None = None,
    interrupts: bool = False,
) -> Plan:
    """A plan of work, also of work that is not there yet (key: anything that is no number)."""
    things = list(things)
    touched = {*services, *(thing.service_id for thing in things)}
    return Plan(
        key=key,
        start=start,
        end=end,
        services=frozenset(one for one in touched if one is not None),
        things=frozenset(thing.pk for thing in things),
        person=person,
        interrupts=interrupts,
    )


# What rooms above know of agreed times: for plans, by key, in sentences of the reader's language.
Objector = Callable[[Sequence[Plan]], dict[str, list[str]]]
_objectors: list[Objector] = []


def register(objector: Objector) -> Objector:
    """Let a room above say what it has against a plan; registering twice is registering once."""
    if objector not in _objectors:
        _objectors.append(objector)
    return objector


def in_the_way(plans: Sequence[Plan], items: Iterable[Item] | None = None) -> dict[str, list[str]]:
    """For each plan, by key, what stands in its way, in sentences: other plans, freezes, and what was agreed.

    `items` are those planned in the time of the plans; None: looked up.
    """
    if not plans:
        return {}
    if items is None:
        items = planned(min(plan.start for plan in plans), max(plan.end for plan in plans))
    found = {key: [conflict_text(one) for one in rows] for key, rows in conflicts_among(plans, items).items()}
    for objector in _objectors:
        for key, lines in objector(plans).items():
            found[key] += lines
    return found


def in_the_way_of_each(items: Iterable[Item], among: Iterable[Item] | None = None) -> dict[str, list[str]]:
    """What stands in the way of the plans of items, by number; of an item that has no plan or is done nothing.

    `among`: as `items` of `in_the_way`.
    """
    live = (item for item in items if item.phase in ("open", "waiting"))
    return in_the_way([plan for item in live if (plan := plan_of(item)) is not None], among)


def in_the_way_of(item: Item) -> list[str]:
    """What stands in the way of an item's plan; [] where it has none, or is done."""
    return in_the_way_of_each([item]).get(item.number, [])


def conflicts_of(item: Item) -> list[Conflict]:
    """Other plans and freezes in the way of an item's plan; [] where it has none."""
    plan = plan_of(item)
    if plan is None:
        return []
    return conflicts_among([plan], planned(plan.start, plan.end))[item.number]


def conflicts_among(plans: Iterable[Plan], items: Iterable[Item]) -> dict[str, list[Conflict]]:
    """For each plan what stands in its way among `items` and the freezes."""
    plans = list(plans)
    if not plans:
        return {}
    others = [other for item in items if (other := plan_of(item)) is not None]
    graph = dependency_graph()
    services = {service for plan in [*plans, *others] for service in plan.services}
    needs = {service: frozenset(graph.needs_all(service)) for service in services}
    start, end = min(plan.start for plan in plans), max(plan.end for plan in plans)
    rows = Freeze.objects.filter(starts_at__lt=end, ends_at__gt=start).prefetch_related("services")
    freezes = [
        Closed(row.name, row.starts_at, row.ends_at, frozenset(one.pk for one in row.services.all()))
        for row in rows
    ]
    spares = _spares()
    return {plan.key: conflicts(plan, others, freezes, needs, spares) for plan in plans}


def _spares() -> list[Spare]:
    members: dict[int, set[int]] = {}
    for group, needs in Dependency.objects.exclude(group=None).values_list("group_id", "needs_id"):
        members.setdefault(group, set()).add(needs)
    rows = RedundancyGroup.objects.filter(pk__in=members)
    return [Spare(row.name, frozenset(members[row.pk]), row.needed) for row in rows]


def conflict_text(conflict: Conflict) -> str:
    """A conflict in a sentence."""
    if conflict.reason == "freeze":
        return _("falls in the freeze “%(name)s”") % {"name": conflict.other}
    model = {"same_thing": ConfigurationItem, "same_person": User}.get(conflict.reason, Service)
    names = ", ".join(str(row) for row in model._default_manager.filter(pk__in=conflict.ids))
    text = {
        "same_service": _("%(number)s also touches %(names)s"),
        "needed_service": _("%(number)s touches %(names)s, which this needs"),
        "dependent_service": _("%(number)s needs %(names)s, which this touches"),
        "same_thing": _("%(number)s also touches %(names)s"),
        "same_group": _("%(number)s takes away another of %(names)s, which stand in for each other"),
        "same_person": _("%(number)s is done by %(names)s too"),
    }[conflict.reason]
    return text % {"number": conflict.other, "names": names}
