"""States of services over time, from the rows that monitoring wrote: packed arrays, kept up to date as rows come in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.db.models import Count, Max, QuerySet

from beheer.lib.intervals import ENDLESS, Micros, to_us
from beheer.monitoring.models import StateChange
from beheer.service_levels.models import ServiceTimeline
from beheer.service_levels.rules.facts import Codes, State, Timeline, state_timeline

CODES: dict[str, int] = {state.name.lower(): int(state) for state in State}
LOOK_BACK = timedelta(minutes=10)  # rows may become visible later than rows that were recorded after them
_AT_ONCE = 20_000  # ids in one question

Row = tuple[int, int, int, int, str]
"""Of one state change: service, first bad, confirmed and last good in microseconds, state."""


def changes_of(service_ids: Sequence[int], as_of: datetime | None = None) -> QuerySet[StateChange]:
    """The services' own state changes in the order they were recorded; with `as_of` those recorded by then."""
    rows = StateChange.objects.filter(component=None, service_id__in=service_ids).order_by("id")
    return rows if as_of is None else rows.filter(recorded_at__lte=as_of)


def holding(at: Micros) -> npt.NDArray[np.bool_]:
    """Which of one service's rows, in the order they were recorded, hold: a row replaces earlier ones from it on."""
    later = np.full(len(at), ENDLESS, np.int64)
    if len(at) > 1:
        later[:-1] = np.minimum.accumulate(at[:0:-1])[::-1]
    return np.asarray(at < later)


def timeline_from_rows(service_ids: Sequence[int], as_of: datetime) -> Timeline:
    """The timelines as they were known at an instant, straight from the rows."""
    index = {service_id: place for place, service_id in enumerate(service_ids)}
    names = ("service_id", "first_bad_at", "confirmed_at", "last_good_at", "state")
    rows: list[list[tuple[int, int, int, int]]] = [[] for _ in service_ids]
    for service_id, first_bad, confirmed, last_good, state in changes_of(service_ids, as_of).values_list(
        *names
    ):
        at = to_us(first_bad)
        known = at if last_good is None else to_us(last_good)
        rows[index[service_id]].append((at, to_us(confirmed), known, CODES[state]))
    kept: list[Micros] = []
    for place, found in enumerate(rows):
        table = np.array(found, np.int64).reshape(-1, 4)
        table = table[holding(table[:, 0])]
        kept.append(np.insert(table, 0, place, axis=1))
    table = np.concatenate(kept) if kept else np.empty((0, 5), np.int64)
    service, at_us, confirmed_us, last_good_us, codes = table.T
    return state_timeline(
        len(service_ids),
        service,
        at_us,
        codes.astype(np.int8),
        confirmed=confirmed_us,
        last_good=last_good_us,
    )


def timeline_from_cache(service_ids: Sequence[int], *, with_instants: bool) -> Timeline:
    """The timelines of now, from the packed arrays. `with_instants`: also when confirmed and last good."""
    columns = ["service_id", "at", "state", *(("confirmed", "last_good") if with_instants else ())]
    packed = {row[0]: row[1:] for row in _cached(service_ids).values_list(*columns)}
    empty = (b"",) * (len(columns) - 1)
    parts = [packed.get(service_id, empty) for service_id in service_ids]
    at = _instants(part[0] for part in parts)
    state: Codes = np.frombuffer(b"".join(bytes(part[1]) for part in parts), np.int8)
    lengths = [len(part[1]) for part in parts]
    service = np.repeat(np.arange(len(parts)), lengths)
    confirmed = _instants(part[2] for part in parts) if with_instants else None
    last_good = _instants(part[3] for part in parts) if with_instants else None
    return state_timeline(len(parts), service, at, state, confirmed=confirmed, last_good=last_good)


def _cached(service_ids: Sequence[int]) -> QuerySet[ServiceTimeline]:
    if len(service_ids) > _AT_ONCE:
        return ServiceTimeline.objects.all()
    return ServiceTimeline.objects.filter(service_id__in=service_ids)


def _instants(parts: Iterable[bytes]) -> Micros:
    return np.frombuffer(b"".join(bytes(part) for part in parts), "<i8").astype(np.int64, copy=False)


def refresh_timelines() -> dict[int, int]:
    """Bring the packed arrays up to date with the rows.

    Gives, of each service whose states changed, the instant in microseconds since when they read differently.
    """
    own = StateChange.objects.filter(component=None)
    newest = ServiceTimeline.objects.aggregate(newest=Max("last_change_id"))["newest"] or 0
    changed = set(own.filter(pk__gt=newest).values_list("service_id", flat=True).distinct())
    reference = StateChange.objects.filter(pk=newest).values_list("recorded_at", flat=True).first()
    if reference is not None:
        changed |= _missed(own.filter(recorded_at__gte=reference - LOOK_BACK, pk__lte=newest))
    return {service_id: rebuild(service_id) for service_id in sorted(changed)}


def _missed(recent: QuerySet[StateChange]) -> set[int]:
    """Services with a recent row that was not visible when their arrays were made."""
    touched = list(recent.values_list("service_id", flat=True).distinct())
    rows = StateChange.objects.filter(component=None, service_id__in=touched).order_by()
    counts = dict(rows.values_list("service_id").annotate(Count("id")))
    packed = dict(ServiceTimeline.objects.filter(pk__in=touched).values_list("service_id", "changes"))
    return {service_id for service_id, count in counts.items() if packed.get(service_id) != count}


@transaction.atomic
def rebuild(service_id: int) -> int:
    """Make one service's packed arrays from its rows. Gives since when they read differently, in microseconds.

    That is where the stretch begins whose end may have moved: an outage is judged by its whole length.
    """
    names = ("pk", "first_bad_at", "confirmed_at", "last_good_at", "state")
    rows = list(changes_of([service_id]).values_list(*names))
    at = np.array([to_us(row[1]) for row in rows], "<i8")
    keep = holding(at)
    state = np.array([CODES[row[4]] for row in rows], np.int8)[keep]
    values = {
        "changes": len(rows),
        "last_change_id": max((row[0] for row in rows), default=0),
        "at": at[keep].tobytes(),
        "state": state.tobytes(),
        "confirmed": np.array([to_us(row[2]) for row in rows], "<i8")[keep].tobytes(),
        "last_good": np.array([to_us(row[3] or row[1]) for row in rows], "<i8")[keep].tobytes(),
    }
    old = ServiceTimeline.objects.filter(service_id=service_id).values_list("at", "state").first()
    ServiceTimeline.objects.update_or_create(service_id=service_id, defaults=values)
    return _differs_since(old, at[keep], state)


def _differs_since(
    old: tuple[bytes | memoryview, bytes | memoryview] | None, at: Micros, state: Codes
) -> int:
    """The begin of the last stretch that two timelines share; -ENDLESS where they share none."""
    if old is None:
        return -ENDLESS
    old_at, old_state = np.frombuffer(bytes(old[0]), "<i8"), np.frombuffer(bytes(old[1]), np.int8)
    shared = min(len(old_at), len(at))
    differs = (old_at[:shared] != at[:shared]) | (old_state[:shared] != state[:shared])
    first = int(np.argmax(differs)) if differs.any() else shared
    return int(at[first - 1]) if first > 0 else -ENDLESS
