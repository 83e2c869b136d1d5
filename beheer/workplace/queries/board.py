"""The service board: every service with its state, its worst verdict and its open incidents; trouble first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from beheer.catalogue.models import Criticality, Service
from beheer.catalogue.queries import services
from beheer.permissions.rules import Actor
from beheer.service_levels.models import Judgement
from beheer.ui.filters import words_query
from beheer.work.models import AffectedService, Item
from beheer.work.queries import open_work
from beheer.work.sight import in_sight
from beheer.workplace.queries.addresses import address

MOST_TROUBLED = 100
MOST_QUIET = 400
GRAVITY = ("breached", "at_risk", "no_data", "met")
TROUBLE = ("down", "degraded", "unknown")


@dataclass(frozen=True, slots=True)
class Incident:
    """An open incident as shown beside a service."""

    number: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One service on the board. `state` is None where nothing measures it; `verdict` None where nothing is agreed."""

    service: Service
    state: str | None
    since: datetime | None
    reason: str
    cause: Service | None
    verdict: str | None
    incidents: tuple[Incident, ...]
    url: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What part of the board is asked for."""

    team: str = ""
    criticality: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """The board: services in trouble, the others by criticality, and how many there are of each state."""

    troubled: list[Tile]
    quiet: list[tuple[str, list[Tile]]]
    counts: dict[str, int]
    left_out: int

    @property
    def total(self) -> int:
        """How many services there are."""
        return sum(self.counts.values())

    @property
    def problems(self) -> int:
        """How many are down or degraded."""
        return self.counts["down"] + self.counts["degraded"]


@dataclass(frozen=True, slots=True)
class _Extras:
    verdicts: dict[int, str]
    incidents: dict[int, list[Incident]] = field(default_factory=dict)


def wished(wish: Wish) -> QuerySet[Service]:
    """The services that a wish asks for."""
    rows = services().select_related("team", "monitored_state", "monitored_state__cause_service")
    if wish.team:
        rows = rows.filter(team__key=wish.team)
    if wish.criticality:
        rows = rows.filter(criticality=int(wish.criticality))
    return rows.filter(words_query(wish.text, ("name", "key", "description")))


def state_counts(rows: QuerySet[Service] | None = None) -> dict[str, int]:
    """How many services are in each state; `none` counts those that nothing measures."""
    chosen = services() if rows is None else rows
    found: Counter[str | None] = Counter(chosen.order_by().values_list("monitored_state__state", flat=True))
    counts = {name: found.get(name, 0) for name in ("down", "degraded", "unknown", "up")}
    return {**counts, "none": found.get(None, 0)}


def board(actor: Actor, wish: Wish, now: datetime, *, quiet: bool = True, most: int = MOST_TROUBLED) -> Board:
    """The board of now, with the incidents that the actor may see.

    With `quiet` False only the services in trouble, at most `most`.
    """
    rows = wished(wish)
    counts = state_counts(rows)
    troubled = list(_by_gravity(rows.filter(monitored_state__state__in=TROUBLE))[:most])
    calm: list[Service] = []
    if quiet:
        others = rows.filter(Q(monitored_state__state="up") | Q(monitored_state=None))
        calm = list(others.order_by("-criticality", "name", "pk")[:MOST_QUIET])
    extras = _extras(actor, [service.pk for service in (*troubled, *calm)], now)
    left_out = sum(counts.values()) - len(troubled) - len(calm)
    tiles = [_tile(service, extras) for service in calm]
    return Board([_tile(service, extras) for service in troubled], _by_criticality(tiles), counts, left_out)


def _by_gravity(rows: QuerySet[Service]) -> QuerySet[Service]:
    """Down first, then degraded, then unknown; the most critical first in each."""
    cases = [When(monitored_state__state=name, then=Value(place)) for place, name in enumerate(TROUBLE)]
    gravity = Case(*cases, default=Value(9), output_field=IntegerField())
    return rows.annotate(gravity=gravity).order_by("gravity", "-criticality", "name", "pk")


def _by_criticality(tiles: Iterable[Tile]) -> list[tuple[str, list[Tile]]]:
    groups: dict[int, list[Tile]] = {}
    for tile in tiles:
        groups.setdefault(tile.service.criticality, []).append(tile)
    return [(str(Criticality(level).label), found) for level, found in groups.items()]


def _tile(service: Service, extras: _Extras) -> Tile:
    state = getattr(service, "monitored_state", None)
    incidents = tuple(extras.incidents.get(service.pk, ()))
    return Tile(
        service=service,
        state=state.state if state else None,
        since=state.since_at if state else None,
        reason=state.reason if state else "",
        cause=state.cause_service if state and state.cause_service_id != service.pk else None,
        verdict=extras.verdicts.get(service.pk),
        incidents=incidents,
        url=address("catalogue:service_detail", service.key),
    )


def _extras(actor: Actor, service_ids: list[int], now: datetime) -> _Extras:
    """Verdicts and open incidents of some services, in three questions."""
    judged = Judgement.objects.filter(service__in=service_ids, ends_at__gt=now, starts_at__lte=now)
    verdicts: dict[int, str] = {}
    for service_id, verdict in judged.order_by().values_list("service_id", "verdict"):
        if service_id is not None and _graver(verdict, verdicts.get(service_id)):
            verdicts[service_id] = verdict
    return _Extras(verdicts, _incidents(actor, service_ids))


def _graver(verdict: str, other: str | None) -> bool:
    return other is None or GRAVITY.index(verdict) < GRAVITY.index(other)


def _incidents(actor: Actor, service_ids: list[int]) -> dict[int, list[Incident]]:
    """Open incidents in sight of the actor by service: those on it, and those that affect it."""
    found: dict[int, list[Incident]] = {}
    seen: set[tuple[int, int]] = set()
    incidents = open_work().filter(in_sight(actor), kind="incident")
    on_it = incidents.filter(service__in=service_ids).values_list("service_id", "pk")
    affected = AffectedService.objects.filter(service__in=service_ids, item__in=incidents.values("pk"))
    pairs = [*on_it, *affected.order_by("item").values_list("service_id", "item_id")]
    items = Item.objects.in_bulk({item_id for _service_id, item_id in pairs})
    for service_id, item_id in pairs:
        if service_id is None or (service_id, item_id) in seen:
            continue
        seen.add((service_id, item_id))
        item = items[item_id]
        found.setdefault(service_id, []).append(Incident(item.number, item.title, item_url(item)))
    return found


def item_url(item: Item) -> str:
    """The page of an item of work."""
    return address("work:item", item.number)
