"""What is known of services, as the engine takes it: states, windows, corrections; now or as of an instant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Q

from beheer.lib.intervals import ENDLESS, from_us, to_us
from beheer.service_levels.models import Correction, PlannedWindow
from beheer.service_levels.queries.timelines import timeline_from_cache, timeline_from_rows
from beheer.service_levels.recurrence import occurrences
from beheer.service_levels.rules.facts import Facts, Makes, Marks, Timeline, marks

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
    windows = marks(_windows(index, since_us, until_us, as_of))
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


def _windows(index: dict[int, int], since_us: int, until_us: int, as_of: datetime | None) -> Iterator[Mark]:
    yield from _single_windows(index, since_us, until_us, as_of)
    yield from _recurring_windows(index, since_us, until_us, as_of)


def _single_windows(
    index: dict[int, int], since_us: int, until_us: int, as_of: datetime | None
) -> Iterator[Mark]:
    """Windows that happen once: there are many, so only the columns that count are read, each window once."""
    since, until = from_us(since_us), from_us(until_us)
    rows = PlannedWindow.objects.filter(held(as_of), recurrence="", ends_at__gt=since, starts_at__lt=until)
    found: dict[int, tuple[int, int, int]] = {}
    columns = ("pk", "starts_at", "ends_at", "announced_at", "decided_by_id", "left_out")
    for pk, starts_at, ends_at, announced_at, decided_by_id, left_out in rows.values_list(*columns):
        start = to_us(starts_at)
        if not (left_out and start in _left_out(left_out)):
            told = -ENDLESS if decided_by_id is not None else to_us(announced_at)
            found[pk] = (start, to_us(ends_at), told)
    links = PlannedWindow.services.through.objects.filter(
        plannedwindow__recurrence="", plannedwindow__ends_at__gt=since, plannedwindow__starts_at__lt=until
    )
    for window_id, service_id in links.values_list("plannedwindow_id", "service_id"):
        if window_id in found and service_id in index:
            yield index[service_id], *found[window_id]


def _left_out(texts: list[str]) -> frozenset[int]:
    return frozenset(to_us(datetime.fromisoformat(text)) for text in texts)


def _recurring_windows(
    index: dict[int, int], since_us: int, until_us: int, as_of: datetime | None
) -> Iterator[Mark]:
    rows = PlannedWindow.objects.filter(held(as_of), starts_at__lt=from_us(until_us)).exclude(recurrence="")
    found = {window.pk: window for window in rows.order_by("pk")}
    if not found:
        return
    times = {pk: occurrences_of(window, since_us, until_us) for pk, window in found.items()}
    links = PlannedWindow.services.through.objects.order_by("pk")
    if len(found) <= 5_000:
        links = links.filter(plannedwindow_id__in=list(found))
    for window_id, service_id in links.values_list("plannedwindow_id", "service_id"):
        if window_id not in times or service_id not in index:
            continue
        announced = announced_us(found[window_id])
        for start, end in times[window_id]:
            yield index[service_id], start, end, announced


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
