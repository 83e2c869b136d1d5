"""What an ICT user may know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.db.models.functions import Lower

from beheer.catalogue.models import Service
from beheer.lib.errors import NotFound
from beheer.lib.intervals import from_us, to_us
from beheer.people.models import User
from beheer.permissions.rules import require
from beheer.service_levels.queries.facts import occurrences_of, windows_touching
from beheer.work.definitions import current_kinds
from beheer.work.kinds.schema import Kind
from beheer.work.models import Item, Message
from beheer.work.models.conversation import MessageKind
from beheer.work.models.items import Phase

PLANNED_AHEAD = timedelta(days=14)
MOST_SHOWN = 60
WORST_FIRST = {"down": 0, "degraded": 1, "unknown": 2, "up": 3}


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One service as its users see it. `since` None: nothing is known yet."""

    service: Service
    state: str
    since: datetime | None
    is_planned: bool


@dataclass(frozen=True, slots=True)
class PlannedWork:
    """Announced maintenance that is under way or comes soon."""

    services: Sequence[Service]
    starts_at: datetime
    ends_at: datetime
    reason: str
    is_under_way: bool


@dataclass(frozen=True, slots=True)
class Disturbance:
    """An incident that users of public services notice: what, and since when; never what was said inside."""

    services: Sequence[Service]
    since: datetime


def counts() -> dict[str, int]:
    """How many public services are in each state."""
    rows = _public().values_list("monitored_state__state").annotate(Count("pk"))
    found: Counter[str] = Counter()
    for state, count in rows:
        found[state or "unknown"] += count
    return found


def statuses(planned: Sequence[PlannedWork], text: str = "") -> list[ServiceStatus]:
    """Public services in use, the worst first, at most `MOST_SHOWN`; with `text` those that have it in their name.

    "Unknown" is shown as such: nobody is told a guess.
    """
    under_way = {service.pk for work in planned if work.is_under_way for service in work.services}
    rank = Case(
        *(When(monitored_state__state=state, then=Value(n)) for state, n in WORST_FIRST.items()), default=2
    )
    rows = _public().filter(name__icontains=text) if text else _public()
    found = rows.select_related("monitored_state").order_by(rank, Lower("name"))[:MOST_SHOWN]
    return [_status(service, service.pk in under_way) for service in found]


def _status(service: Service, is_planned: bool) -> ServiceStatus:
    known = getattr(service, "monitored_state", None)
    if known is None:
        return ServiceStatus(service, "unknown", None, is_planned)
    return ServiceStatus(service, known.state, known.since_at, is_planned)


def _public() -> QuerySet[Service]:
    return Service.objects.filter(is_public=True, retired_on=None)


def planned_work(now: datetime) -> list[PlannedWork]:
    """Planned windows of public services that are under way or begin within two weeks, the first first."""
    start, end = to_us(now), to_us(now + PLANNED_AHEAD)
    found = []
    for window in windows_touching(start, end):
        services = [row for row in window.services.all() if row.is_public and row.retired_on is None]
        if services:
            found += [
                PlannedWork(services, from_us(first), from_us(last), window.reason, first <= start)
                for first, last in occurrences_of(window, start, end)
            ]
    return sorted(found, key=lambda work: work.starts_at)


def disturbances() -> list[Disturbance]:
    """Open incidents on public services, the newest first."""
    rows = Item.objects.filter(
        kind="incident", phase__in=(Phase.OPEN, Phase.WAITING), service__is_public=True, is_service_back=False
    ).filter(affected__isnull=False)
    found = []
    for item in rows.select_related("service").prefetch_related("services").distinct()[:20]:
        named = [item.service, *item.services.all()]
        public = {one.pk: one for one in named if one is not None and one.is_public}
        found.append(Disturbance(tuple(public.values()), item.opened_at))
    return found


def kinds_to_ask() -> dict[str, Kind]:
    """The kinds that users may open themselves."""
    return {key: kind for key, kind in current_kinds().items() if kind.portal}


def own_items(user: User) -> QuerySet[Item]:
    """What a person reported, and what colleagues in the person's teams shared. The newest change first.

    Raises: NotAllowed.
    """
    require(user, "portal.follow")
    teams = list(user.teams.values_list("pk", flat=True))
    shared = Q(values__shared_with_team=True, requester__teams__in=teams)
    return (
        Item.objects.filter(Q(requester=user) | shared)
        .select_related("service")
        .order_by("-changed_at")
        .distinct()
    )


def own_item(user: User, number: str) -> Item:
    """One item that the person may follow.

    Raises: NotFound: whether it exists or is somebody else's is not told.
    """
    found = own_items(user).select_related("definition").filter(number=number).first()
    if found is None:
        raise NotFound(f"You have no request with number {number}.")
    return found


def conversation(item: Item) -> QuerySet[Message]:
    """What was said between the reporter and those who do the work; never an internal note."""
    return (
        item.messages.exclude(kind=MessageKind.NOTE)
        .prefetch_related("attachments")
        .order_by("written_at", "pk")
    )
