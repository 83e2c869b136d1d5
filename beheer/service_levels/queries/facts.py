"""What is known of services, as the engine takes it: states, windows, corrections; now or as of an instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db.models import Q, QuerySet

from beheer.lib.intervals import ENDLESS, from_us, to_us
from beheer.service_levels.models import Correction, PlannedWindow
from beheer.service_levels.queries.timelines import timeline_from_rows
from beheer.service_levels.recurrence import occurrences
from beheer.service_levels.rules.facts import Facts, Makes, Marks, marks

Mark = tuple[int, int, int, int]

MAKES: dict[str, Makes] = {makes.name.lower(): makes for makes in Makes}


def facts_as_of(service_ids: Sequence[int], since_us: int, until_us: int, as_of: datetime | None) -> Facts:
    """What is known of services for [since, until), in the order given, straight from the rows: what had been recorded
    by `as_of`, the same for ever; None: what is known now.
    """
    timeline = timeline_from_rows(service_ids, as_of)
    windows = window_rows(service_ids, as_of, since_us, until_us)
    times = [
        (service_id, *time)
        for window, services in recurring_windows(service_ids, as_of).items()
        for time in times_of(window, since_us, until_us)
        for service_id in services
    ]
    corrections = correction_rows(service_ids, as_of, since_us, until_us)
    return Facts(
        len(service_ids), timeline, _marks(service_ids, [*windows, *times]), _marks(service_ids, corrections)
    )


def _marks(service_ids: Sequence[int], rows: list[Mark]) -> Marks:
    index = {service_id: place for place, service_id in enumerate(service_ids)}
    return marks((index[service_id], *mark) for service_id, *mark in rows)  # type: ignore[misc]  # four of them


def held(as_of: datetime | None, of: str = "") -> Q:
    """The condition for windows and corrections that held: now, or at an instant. `of`: reached by this relation."""
    if as_of is None:
        return Q((f"{of}approved_at__isnull", False), (f"{of}ended_at__isnull", True))
    lasts = Q((f"{of}ended_at__isnull", True)) | Q((f"{of}ended_at__gt", as_of))
    return Q((f"{of}approved_at__lte", as_of)) & lasts


def windows_touching(since_us: int, until_us: int, as_of: datetime | None = None) -> list[PlannedWindow]:
    """Windows that held and touch [since, until) or recur; of recurring ones it is not said that they do touch it."""
    begun = PlannedWindow.objects.filter(held(as_of), starts_at__lt=from_us(until_us)).order_by()
    found = [*begun.filter(ends_at__gt=from_us(since_us), recurrence=""), *begun.filter(~Q(recurrence=""))]
    return sorted(found, key=attrgetter("pk"))


def window_times(since_us: int, until_us: int) -> list[tuple[int, int, int]]:
    """When the windows that hold now touch [since, until): (start, window, end), in order, in microseconds.

    Of the windows nothing else is read, since there may be many more of them than anybody looks at.
    """
    begun = PlannedWindow.objects.filter(held(None), starts_at__lt=from_us(until_us)).order_by()
    columns = ("pk", "starts_at", "ends_at", "left_out")
    once = begun.filter(recurrence="", ends_at__gt=from_us(since_us)).values_list(*columns)
    found = []
    for pk, starts_at, ends_at, left_out in once:
        start = to_us(starts_at)
        if not (left_out and start in _left_out(left_out)):
            found.append((start, pk, to_us(ends_at)))
    recurring = begun.filter(~Q(recurrence="")).values_list(*columns, "timezone", "recurrence")
    for pk, starts_at, ends_at, left_out, zone, rule in recurring:
        pairs = occurrences(
            starts_at=starts_at,
            ends_at=ends_at,
            timezone=zone,
            rule=rule,
            left_out=_left_out(left_out),
            since_us=since_us,
            until_us=until_us,
        )
        found += [(start, pk, end) for start, end in pairs]
    return sorted(found)


def occurrences_of(window: PlannedWindow, since_us: int, until_us: int) -> list[tuple[int, int]]:
    """When a window touches [since, until), as (start, end) in microseconds."""
    return occurrences(
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        timezone=window.timezone,
        rule=window.recurrence,
        left_out=_left_out(window.left_out),
        since_us=since_us,
        until_us=until_us,
    )


def announced_us(window: PlannedWindow) -> int:
    """When a window was announced; a window entered late that a second person approved counts as kept."""
    return -ENDLESS if window.decided_by_id is not None else to_us(window.announced_at)


def times_of(window: PlannedWindow, since_us: int, until_us: int) -> list[tuple[int, int, int]]:
    """When a window touches [since, until), as (start, end, announced) in microseconds."""
    told = announced_us(window)
    return [(start, end, told) for start, end in occurrences_of(window, since_us, until_us)]


def window_rows(
    service_ids: Sequence[int], as_of: datetime | None, since_us: int = -ENDLESS, until_us: int = ENDLESS
) -> list[Mark]:
    """Service, start, end and announced of windows that happen once and touch [since, until)."""
    rows = _links(service_ids, as_of).filter(plannedwindow__recurrence="")
    if since_us > -ENDLESS:
        rows = rows.filter(plannedwindow__ends_at__gt=from_us(since_us))
    if until_us < ENDLESS:
        rows = rows.filter(plannedwindow__starts_at__lt=from_us(until_us))
    columns = ("starts_at", "ends_at", "announced_at", "decided_by_id", "left_out")
    found: list[Mark] = []
    for service_id, starts_at, ends_at, announced_at, decided_by_id, left_out in rows.values_list(
        "service_id", *(f"plannedwindow__{name}" for name in columns)
    ):
        start = to_us(starts_at)
        if not (left_out and start in _left_out(left_out)):
            told = -ENDLESS if decided_by_id is not None else to_us(announced_at)
            found.append((service_id, start, to_us(ends_at), told))
    return found


def recurring_windows(service_ids: Sequence[int], as_of: datetime | None) -> dict[PlannedWindow, list[int]]:
    """The windows of services that recur, with the services of each that were asked about."""
    links = _links(service_ids, as_of).exclude(plannedwindow__recurrence="")
    found: dict[PlannedWindow, list[int]] = {}
    for link in links.select_related("plannedwindow"):
        found.setdefault(link.plannedwindow, []).append(link.service_id)
    return found


def _links(service_ids: Sequence[int], as_of: datetime | None) -> QuerySet[Any]:
    links = PlannedWindow.services.through.objects.filter(service_id__in=service_ids)
    return links.filter(held(as_of, "plannedwindow__")).order_by("plannedwindow_id", "service_id")


def correction_rows(
    service_ids: Sequence[int], as_of: datetime | None, since_us: int = -ENDLESS, until_us: int = ENDLESS
) -> list[Mark]:
    """Service, start, end and what it makes, of corrections that touch [since, until)."""
    rows = Correction.objects.filter(held(as_of), service_id__in=service_ids)
    if since_us > -ENDLESS:
        rows = rows.filter(ends_at__gt=from_us(since_us))
    if until_us < ENDLESS:
        rows = rows.filter(starts_at__lt=from_us(until_us))
    columns = rows.order_by("pk").values_list("service_id", "starts_at", "ends_at", "makes")
    return [
        (service_id, to_us(start), to_us(end), int(MAKES[makes])) for service_id, start, end, makes in columns
    ]


def _left_out(texts: list[str]) -> frozenset[int]:
    return frozenset(to_us(datetime.fromisoformat(text)) for text in texts)
