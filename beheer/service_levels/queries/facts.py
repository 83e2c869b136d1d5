"""What is known of services, as the engine takes it: states, windows, corrections; now or as of an instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import numpy as np
from django.db.models import Count, Max, Min, Q, QuerySet

from beheer.lib.intervals import ENDLESS, Micros, from_us, to_us
from beheer.service_levels.models import Correction, PlannedWindow
from beheer.service_levels.queries.timelines import timeline_from_cache, timeline_from_rows
from beheer.service_levels.recurrence import occurrences
from beheer.service_levels.rules.facts import NO_MARKS, Facts, Makes, Marks, Timeline, marks

Mark = tuple[int, int, int, int]

MAKES: dict[str, Makes] = {makes.name.lower(): makes for makes in Makes}


def current_facts(
    service_ids: Sequence[int], since_us: int, until_us: int, *, with_instants: bool = True
) -> Facts:
    """What is known now of services for [since, until), from the packed arrays; services in the order given."""
    timeline = timeline_from_cache(service_ids, with_instants=with_instants)
    return _facts(service_ids, timeline, since_us, until_us, None)


def facts_as_of(service_ids: Sequence[int], since_us: int, until_us: int, as_of: datetime) -> Facts:
    """What had been recorded by `as_of`, straight from the rows: the same for ever."""
    timeline = timeline_from_rows(service_ids, as_of)
    return _facts(service_ids, timeline, since_us, until_us, as_of)


def _facts(
    service_ids: Sequence[int], timeline: Timeline, since_us: int, until_us: int, as_of: datetime | None
) -> Facts:
    index = {service_id: place for place, service_id in enumerate(service_ids)}
    windows = _windows(service_ids, since_us, until_us, as_of)
    return Facts(len(service_ids), timeline, windows, _corrections(index, since_us, until_us, as_of))


def held(as_of: datetime | None) -> Q:
    """The condition for windows and corrections that held: now, or at an instant."""
    if as_of is None:
        return Q(approved_at__isnull=False, ended_at__isnull=True)
    return Q(approved_at__lte=as_of) & (Q(ended_at__isnull=True) | Q(ended_at__gt=as_of))


def windows_touching(since_us: int, until_us: int, as_of: datetime | None = None) -> list[PlannedWindow]:
    """Windows that held and touch [since, until) or recur; of recurring ones it is not said that they do touch it."""
    since, until = from_us(since_us), from_us(until_us)
    touching = Q(ends_at__gt=since) | ~Q(recurrence="")
    return list(PlannedWindow.objects.filter(held(as_of), touching, starts_at__lt=until).order_by("pk"))


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


def _windows(service_ids: Sequence[int], since_us: int, until_us: int, as_of: datetime | None) -> Marks:
    """The windows of services that touch [since, until): those that happen once, and each time of recurring ones."""
    if as_of is None:
        table = _once(_version())
        chosen = table[(table[:, 2] > since_us) & (table[:, 1] < until_us)]
    else:
        chosen = _rows(
            PlannedWindow.objects.filter(held(as_of), recurrence="", starts_at__lt=from_us(until_us))
        )
    recurring = _recurring(since_us, until_us, as_of)
    rows = np.concatenate([chosen, recurring]) if len(recurring) else chosen
    order = np.argsort(np.asarray(service_ids, np.int64))
    known = np.asarray(service_ids, np.int64)[order]
    if not len(known) or not len(rows):
        return NO_MARKS
    at = np.minimum(np.searchsorted(known, rows[:, 0]), len(known) - 1)
    inside = known[at] == rows[:, 0]
    found = rows[inside]
    place = order[at[inside]]
    sort = np.argsort(place, kind="stable")
    return Marks(place[sort], found[sort, 1], found[sort, 2], found[sort, 3])


Version = tuple[object, ...]


def _version() -> Version:
    """What changes whenever a window is added, approved, refused, cancelled or replaced; windows are never edited."""
    found = PlannedWindow.objects.aggregate(
        last=Max("pk"),
        first_uid=Min("uid"),
        last_uid=Max("uid"),
        recorded=Max("recorded_at"),
        approved=Count("approved_at"),
        ended=Count("ended_at"),
    )
    links = PlannedWindow.services.through.objects.aggregate(last=Max("pk"))
    return (*found.values(), links["last"])


@lru_cache(maxsize=4)
def _once(version: Version) -> Micros:
    """All windows that hold now and happen once: rows of service, start, end, announced. Kept until any changes."""
    return _rows(PlannedWindow.objects.filter(held(None), recurrence=""))


def _rows(windows: QuerySet[PlannedWindow]) -> Micros:
    """Rows of service, start, end, announced of windows that happen once; each window is read once."""
    columns = ("pk", "starts_at", "ends_at", "announced_at", "decided_by_id", "left_out")
    times: dict[int, tuple[int, int, int]] = {}
    for pk, starts_at, ends_at, announced_at, decided_by_id, left_out in windows.values_list(*columns):
        start = to_us(starts_at)
        if not (left_out and start in _left_out(left_out)):
            told = -ENDLESS if decided_by_id is not None else to_us(announced_at)
            times[pk] = (start, to_us(ends_at), told)
    links = PlannedWindow.services.through.objects.filter(plannedwindow__recurrence="").order_by("pk")
    pairs = links.values_list("plannedwindow_id", "service_id")
    rows = [(service_id, *times[window_id]) for window_id, service_id in pairs if window_id in times]
    return np.array(rows, np.int64).reshape(-1, 4)


def _left_out(texts: list[str]) -> frozenset[int]:
    return frozenset(to_us(datetime.fromisoformat(text)) for text in texts)


def _recurring(since_us: int, until_us: int, as_of: datetime | None) -> Micros:
    windows = PlannedWindow.objects.filter(held(as_of), starts_at__lt=from_us(until_us)).exclude(
        recurrence=""
    )
    rows = [
        (service.pk, start, end, announced_us(window))
        for window in windows.prefetch_related("services").order_by("pk")
        for start, end in occurrences_of(window, since_us, until_us)
        for service in window.services.all()
    ]
    return np.array(rows, np.int64).reshape(-1, 4)


def _corrections(index: dict[int, int], since_us: int, until_us: int, as_of: datetime | None) -> Marks:
    rows = Correction.objects.filter(
        held(as_of), ends_at__gt=from_us(since_us), starts_at__lt=from_us(until_us)
    )
    if len(index) <= 5_000:
        rows = rows.filter(service_id__in=list(index))
    columns = rows.order_by("pk").values_list("service_id", "starts_at", "ends_at", "makes")
    return marks(
        (index[service_id], to_us(start), to_us(end), int(MAKES[makes]))
        for service_id, start, end, makes in columns
        if service_id in index
    )
