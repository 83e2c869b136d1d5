"""What an ICT user may know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import (
    Case,
    Count,
    Exists,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Lower

from beheer.catalogue.models import Service
from beheer.lib.errors import NotFound
from beheer.lib.intervals import from_us, to_us
from beheer.people.models import User
from beheer.permissions.rules import require
from beheer.service_levels.models import PlannedWindow
from beheer.service_levels.queries.facts import window_times
from beheer.work.approvers import waits_for
from beheer.work.catalogue import askable, spec_of
from beheer.work.definitions import current_kinds
from beheer.work.kinds.schema import Kind
from beheer.work.models import AffectedService, Approval, Item, Message
from beheer.work.models.approvals import ApprovalState
from beheer.work.models.conversation import MessageKind
from beheer.work.models.items import Phase

PLANNED_AHEAD = timedelta(days=14)
KEPT_IN_VIEW = timedelta(days=14)
MOST_SHOWN = 60
MOST_ASKED = 500
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
    number: str


@dataclass(frozen=True, slots=True)
class KnownProblem:
    """A fault that is known and not mended yet, in the words meant for users."""

    service: Service
    text: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One item of the service catalogue as shown to somebody."""

    key: str
    name: str
    description: str


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
    start = to_us(now)
    times = window_times(start, to_us(now + PLANNED_AHEAD))
    services = Prefetch("services", _public(), to_attr="public")
    windows = PlannedWindow.objects.prefetch_related(services).in_bulk({pk for _first, pk, _last in times})
    return [
        PlannedWork(window.public, from_us(first), from_us(last), window.reason, first <= start)
        for first, pk, last in times
        if (window := windows.get(pk)) is not None and window.public
    ]


def disturbances() -> list[Disturbance]:
    """Open incidents on public services, the newest first."""
    return [_disturbance(item) for item in _disturbed()[:20]]


def _disturbed() -> QuerySet[Item]:
    rows = Item.objects.filter(
        kind="incident", phase__in=(Phase.OPEN, Phase.WAITING), service__is_public=True, is_service_back=False
    )
    known = rows.filter(Exists(AffectedService.objects.filter(item=OuterRef("pk"))))
    return known.select_related("service").prefetch_related("services")


def _disturbance(item: Item) -> Disturbance:
    named = [item.service, *item.services.all()]
    public = {one.pk: one for one in named if one is not None and one.is_public}
    return Disturbance(tuple(public.values()), item.opened_at, item.number)


def disturbances_of(service_key: str) -> list[Disturbance]:
    """What is known to be wrong with a service now: nobody need report that again."""
    about = Q(service__key=service_key) | Exists(
        AffectedService.objects.filter(item=OuterRef("pk"), service__key=service_key)
    )
    return [_disturbance(item) for item in _disturbed().filter(about)[:5]]


def disturbance(user: User, number: str) -> Item:
    """A disturbance that everybody may know of, or that the person follows already.

    Raises: NotAllowed; NotFound for anything else, as if it were not there.
    """
    require(user, "portal.follow")
    found = _disturbed().filter(number=number).first()
    found = found or Item.objects.filter(number=number, me_too__user=user).select_related("service").first()
    if found is None:
        raise NotFound(f"There is no disturbance with number {number}.")
    return found


def followed(user: User, now: datetime) -> list[Item]:
    """The disturbances that a person follows, the newest first; those that ended long ago left out."""
    rows = Item.objects.filter(me_too__user=user).select_related("service", "definition")
    lately = Q(solved_at=None) | Q(solved_at__gt=now - KEPT_IN_VIEW)
    return list(rows.filter(lately).order_by("-opened_at")[:20])


def known_problems(service_key: str = "") -> list[KnownProblem]:
    """Problems with a word for users, while they are not solved; of one service if it is named."""
    rows = Item.objects.filter(
        kind="problem",
        phase__in=(Phase.OPEN, Phase.WAITING),
        service__is_public=True,
        service__retired_on=None,
    )
    rows = rows.filter(service__key=service_key) if service_key else rows
    told = ((item.service, item.values.get("for_users")) for item in rows.select_related("service")[:200])
    return [KnownProblem(service, text) for service, text in told if service is not None and text][:20]


def offers(user: User, language: str, text: str = "", other: str = "") -> list[tuple[str, list[Offer]]]:
    """What the person may ask for, by group, both by name; with `text`, where every word stands in it.

    `other` heads what names no group, and comes last.
    """
    words = text.lower().split()
    found: dict[str, list[Offer]] = {}
    for key, model in askable(user).items():
        spec = spec_of(model)
        about = spec.description.text(language) if spec.description else ""
        group = spec.group_name(language, other)
        whole = " ".join((spec.name.nl, spec.name.en, about, group)).lower()
        if all(word in whole for word in words):
            found.setdefault(group, []).append(Offer(key, spec.name.text(language), about))
    for rows in found.values():
        rows.sort(key=lambda offer: offer.name.lower())
    return sorted(found.items(), key=lambda pair: (pair[0] == other, pair[0].lower()))


def to_decide(user: User, now: datetime) -> list[Approval]:
    """The approvals that wait for this person's word, the oldest first."""
    asked = Approval.objects.filter(state=ApprovalState.ASKED).select_related(
        "item", "item__definition", "item__request_model", "item__service", "item__requester"
    )
    return [row for row in asked.order_by("asked_at", "pk")[:MOST_ASKED] if waits_for(row, user, now)]


def kinds_to_ask() -> dict[str, Kind]:
    """The kinds that users may open themselves."""
    return {key: kind for key, kind in current_kinds().items() if kind.portal}


def own_items(user: User) -> QuerySet[Item]:
    """What a person reported, and what colleagues shared with a team of the person's. The newest change first.

    Raises: NotAllowed.
    """
    require(user, "portal.follow")
    teams = list(user.teams.values_list("pk", flat=True))
    rows = Item.objects.filter(Q(requester=user) | Q(shared_with__in=teams))
    return rows.select_related("service", "definition", "request_model", "requester").order_by("-changed_at")


def own_item(user: User, number: str) -> Item:
    """One item that the person may follow.

    Raises: NotFound: whether it exists or is somebody else's is not told.
    """
    found = own_items(user).filter(number=number).first()
    if found is None:
        raise NotFound(f"You have no request with number {number}.")
    return found


def conversation(item: Item) -> QuerySet[Message]:
    """What was said between the reporter and those who do the work; never an internal note."""
    return (
        item.messages.exclude(kind=MessageKind.NOTE)
        .select_related("author")
        .prefetch_related("attachments")
        .order_by("written_at", "pk")
    )
