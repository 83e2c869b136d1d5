"""What is known of services now, out of their packed rows; and keeping these equal to what they are made from."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from enum import IntEnum
from operator import eq, itemgetter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import psycopg
from django.db import connection, transaction
from django.db.models import Count, Max, QuerySet

from beheer.catalogue.models import Service
from beheer.lib.intervals import ENDLESS, Micros, to_us
from beheer.monitoring.models import StateChange
from beheer.service_levels.models import PlannedWindow, ServiceTimeline
from beheer.service_levels.models.timelines import NOT_PACKED
from beheer.service_levels.queries.facts import (
    Mark,
    correction_rows,
    recurring_windows,
    times_of,
    window_rows,
)
from beheer.service_levels.queries.timelines import CODES, changes_of, holding
from beheer.service_levels.rules.facts import NO_MARKS, Facts, Indexes, Marks, State, Timeline, facts_of

LOOK_BACK = timedelta(minutes=10)  # rows may become visible later than rows that were recorded after them
LONGEST_PASS_S = 8.0  # what is not packed by then is read from the rows until the next pass
_STATE_BITS, _STATES = 2, 3  # a state is in the lowest bits of a packed change
_AT_ONCE = 200  # services to pack in one go
_NAMED = 10_000  # ids in one question
NO_FACTS = Facts(0, facts_of([]).timeline, NO_MARKS, NO_MARKS)


class States(NamedTuple):
    """The states of one service as they are packed."""

    changes: int
    last_change_id: int
    states: bytes
    confirmed: bytes
    last_good: bytes


class Kind(IntEnum):
    """What a packed mark is."""

    WINDOW = 0
    CORRECTION = 1
    RECURRING = 2


Read = tuple[Any, ...]
"""What is read of one service: its id, then what _COLUMNS name, as bytes."""
_COLUMNS = ("states", "marks", "confirmed", "last_good")
_AS_HAPPENED = 2  # so many of them, where the instants of confirmation do not matter


def current_facts(
    service_ids: Sequence[int], since_us: int, until_us: int, *, with_instants: bool = True
) -> Facts:
    """What is known now of services for [since, until), in the order given.

    `with_instants`: also when states were confirmed and last good.
    """
    if not service_ids:
        return NO_FACTS
    _, states, marks, *instants = zip(*_read(service_ids, with_instants), strict=True)
    windows, corrections = _marks(marks, since_us, until_us)
    return Facts(len(service_ids), _timeline(states, instants), windows, corrections)


def _read(service_ids: Sequence[int], with_instants: bool) -> list[Read]:
    """What is packed of each service, in the order given; of those not packed yet the same, made from the rows."""
    columns = _COLUMNS if with_instants else _COLUMNS[:_AS_HAPPENED]
    rows = _there(service_ids, ", ".join(columns))
    if len(rows) == len(service_ids) and all(map(eq, map(itemgetter(0), rows), service_ids)):
        return rows
    found = {row[0]: row for row in rows}
    missing = [service_id for service_id in service_ids if service_id not in found]
    found |= {row[0]: row[: len(columns) + 1] for row in _from_rows(missing)}
    return [found[service_id] for service_id in service_ids]


def _there(service_ids: Sequence[int], columns: str) -> list[Read]:
    """The rows there are, by id. Ids that lie close together are read as one range."""
    asked = f"SELECT service_id, {columns} FROM service_levels_servicetimeline WHERE service_id "  # noqa: S608  # our names
    low, high = min(service_ids), max(service_ids)
    if high - low < 4 * len(service_ids):
        rows = _answers(f"{asked} BETWEEN %s AND %s ORDER BY service_id", [low, high])
    else:
        rows = []
        for first in range(0, len(service_ids), _NAMED):
            ids = list(service_ids[first : first + _NAMED])
            rows += _answers(f"{asked} IN ({', '.join(['%s'] * len(ids))})", ids)
    return rows if all(map(itemgetter(1), rows)) else [row for row in rows if row[1]]


def _answers(question: str, values: list[int]) -> list[tuple[Any, ...]]:
    """Rows with arrays as bytes. PostgreSQL gives these as text, five times as slowly, unless it is asked otherwise."""
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(question, values)
            return list(cursor.fetchall())
    connection.ensure_connection()
    assert connection.connection is not None
    with psycopg.Cursor(connection.connection) as cursor:
        return list(cursor.execute(question, values, binary=True).fetchall())


def _timeline(states: Sequence[bytes], instants: Sequence[Sequence[bytes]]) -> Timeline:
    """`instants`: when confirmed and when last good; or neither."""
    changes, numbers = _lengths(states), _numbers(states)
    at = numbers >> _STATE_BITS
    known = []
    for column in instants:
        is_known = np.repeat(_lengths(column) > 0, changes)
        known.append(at.copy())
        known[-1][is_known] = _numbers(column)
    return Timeline(np.repeat(np.arange(len(states)), changes), at, numbers & _STATES, *known)


def _lengths(parts: Sequence[bytes]) -> Indexes:
    """How many numbers there are in each part."""
    return np.array(list(map(len, parts))) // 8


def _numbers(parts: Sequence[bytes]) -> Micros:
    return np.frombuffer(b"".join(parts), "<i8").astype(np.int64, copy=False)


def _marks(parts: Sequence[bytes], since_us: int, until_us: int) -> tuple[Marks, Marks]:
    """Windows and corrections that touch [since, until)."""
    table = _numbers(parts).reshape(-1, 4)
    if not len(table):
        return NO_MARKS, NO_MARKS
    service = np.repeat(np.arange(len(parts)), _lengths(parts) // 4)
    kind, start, end, value = table.T
    all_ = Marks(service, start, end, value)
    inside = (end > since_us) & (start < until_us)
    windows = all_.take(inside & (kind == Kind.WINDOW))
    recurring = np.flatnonzero(kind == Kind.RECURRING)
    if len(recurring):
        windows = _joined(windows, _recurring(service[recurring], start[recurring], since_us, until_us))
    return windows, all_.take(inside & (kind == Kind.CORRECTION))


def _recurring(place: Indexes, ids: Indexes, since_us: int, until_us: int) -> list[Mark]:
    """Each time of each recurring window, of the places of services that name it."""
    windows = PlannedWindow.objects.in_bulk(np.unique(ids).tolist())
    times = {pk: times_of(window, since_us, until_us) for pk, window in windows.items()}
    pairs = zip(place.tolist(), ids.tolist(), strict=True)
    return [(at, *time) for at, window_id in pairs for time in times.get(window_id, ())]


def _joined(some: Marks, rows: list[Mark]) -> Marks:
    table = np.array(rows, np.int64).reshape(-1, 4)
    columns = (some.service, some.start, some.end, some.value)
    service, start, end, value = (np.append(one, more) for one, more in zip(columns, table.T, strict=True))
    order = np.argsort(service, kind="stable")
    return Marks(service[order], start[order], end[order], value[order])


def refresh() -> dict[int, int]:
    """Bring the packed states up to date with the rows, and pack what is not packed yet, as far as a pass may last.

    Gives, of each service whose states changed, the instant in microseconds since when they read differently.
    """
    own = StateChange.objects.filter(component=None)
    newest = ServiceTimeline.objects.aggregate(newest=Max("last_change_id"))["newest"] or 0
    due = set(own.filter(pk__gt=newest).values_list("service_id", flat=True).distinct())
    reference = StateChange.objects.filter(pk=newest).values_list("recorded_at", flat=True).first()
    if reference is not None:
        due |= _missed(own.filter(recorded_at__gte=reference - LOOK_BACK, pk__lte=newest))
    unpacked = ServiceTimeline.objects.filter(last_change_id=NOT_PACKED).values_list("service_id", flat=True)
    new = {*unpacked, *Service.objects.filter(timeline=None).values_list("pk", flat=True)}
    found: dict[int, int] = {}
    for some in _groups(due - new):
        found |= pack_states(some)
    until = time.monotonic() + LONGEST_PASS_S
    for some in _groups(new):
        found |= pack_states(some)
        if time.monotonic() > until:
            break
    return found


def _groups(service_ids: set[int]) -> Iterator[list[int]]:
    ordered = sorted(service_ids)
    for first in range(0, len(ordered), _AT_ONCE):
        yield ordered[first : first + _AT_ONCE]


def _missed(recent: QuerySet[StateChange]) -> set[int]:
    """Services with a recent row that was not visible when their arrays were made."""
    touched = list(recent.values_list("service_id", flat=True).distinct())
    rows = StateChange.objects.filter(component=None, service_id__in=touched).order_by()
    counts = dict(rows.values_list("service_id").annotate(Count("id")))
    packed = dict(ServiceTimeline.objects.filter(pk__in=touched).values_list("service_id", "changes"))
    return {service_id for service_id, count in counts.items() if packed.get(service_id) != count}


@transaction.atomic
def pack_states(service_ids: Sequence[int]) -> dict[int, int]:
    """Pack the states of services anew. Gives since when they read differently, in microseconds.

    That is where the stretch begins whose end may have moved: an outage is judged by its whole length.
    """
    found: dict[int, int] = {}
    rows = {row.pk: row for row in _rows_of(service_ids)}
    for service_id, states in _states(list(rows)).items():
        row = rows[service_id]
        found[service_id] = _differs_since(row, states)
        for name, value in states._asdict().items():
            setattr(row, name, value)
    ServiceTimeline.objects.bulk_update(rows.values(), States._fields, batch_size=_AT_ONCE)
    return found


@transaction.atomic
def pack_deviations(service_ids: Iterable[int]) -> None:
    """Pack the windows and corrections of services anew: to be called where any of them changed."""
    rows = _rows_of(sorted(set(service_ids)))
    packed = _deviations([row.pk for row in rows])
    for row in rows:
        row.marks = packed[row.pk]
    ServiceTimeline.objects.bulk_update(rows, ["marks"], batch_size=_AT_ONCE)


def _rows_of(service_ids: Sequence[int]) -> list[ServiceTimeline]:
    """The rows of services, locked so that nobody packs from what he read before; made where there are none."""
    there = set(ServiceTimeline.objects.filter(pk__in=service_ids).values_list("pk", flat=True))
    missing = [service_id for service_id in service_ids if service_id not in there]
    made = [
        ServiceTimeline(service_id=service_id, marks=marks)
        for service_id, marks in _deviations(missing).items()
    ]
    ServiceTimeline.objects.bulk_create(made, ignore_conflicts=True)
    return list(ServiceTimeline.objects.select_for_update().filter(pk__in=service_ids).order_by("pk"))


def _from_rows(service_ids: Sequence[int]) -> list[Read]:
    """The same as is packed, for services that have no packed row yet."""
    found: list[Read] = []
    for first in range(0, len(service_ids), _AT_ONCE):
        some = service_ids[first : first + _AT_ONCE]
        states, deviations = _states(some), _deviations(some)
        for one in some:
            of = states[one]
            found.append((one, of.states, deviations[one], of.confirmed, of.last_good))
    return found


def _states(service_ids: Sequence[int]) -> dict[int, States]:
    """The states of services as they are packed, from their rows."""
    rows: dict[int, list[tuple[int, int, int, int, int]]] = {service_id: [] for service_id in service_ids}
    names = ("service_id", "pk", "first_bad_at", "confirmed_at", "last_good_at", "state")
    found = changes_of(service_ids).values_list(*names)
    for service_id, pk, first_bad, confirmed, last_good, state in found.iterator(chunk_size=5_000):
        at = to_us(first_bad)
        good = at if last_good is None else to_us(last_good)
        rows[service_id].append((pk, at, to_us(confirmed), good, CODES[state]))
    return {service_id: _packed_states(of) for service_id, of in rows.items()}


def _packed_states(rows: list[tuple[int, int, int, int, int]]) -> States:
    table = np.array(rows, np.int64).reshape(-1, 5)
    kept = table[holding(table[:, 1])]
    first = np.array([[0, -ENDLESS, -ENDLESS, -ENDLESS, State.UNKNOWN]], np.int64)
    _, at, confirmed, last_good, state = np.concatenate([first, kept]).T
    return States(
        changes=len(rows),
        last_change_id=int(table[:, 0].max()) if rows else 0,
        states=_packed((at << _STATE_BITS) + state),
        confirmed=b"" if (confirmed == at).all() else _packed(confirmed),
        last_good=b"" if (last_good == at).all() else _packed(last_good),
    )


def _deviations(service_ids: Sequence[int]) -> dict[int, bytes]:
    """The windows and corrections of services as they are packed, from their rows."""
    found: dict[int, list[tuple[int, int, int, int]]] = {service_id: [] for service_id in service_ids}
    if not service_ids:
        return {}
    for kind, rows in (
        (Kind.WINDOW, window_rows(service_ids, None)),
        (Kind.CORRECTION, correction_rows(service_ids, None)),
    ):
        for service_id, start, end, value in rows:
            found[service_id].append((kind, start, end, value))
    for window, services in recurring_windows(service_ids, None).items():
        for service_id in services:
            found[service_id].append((Kind.RECURRING, window.pk, 0, 0))
    return {service_id: _packed(sorted(marks)) for service_id, marks in found.items()}


def _packed(numbers: npt.ArrayLike) -> bytes:
    return np.asarray(numbers, "<i8").tobytes()


def _differs_since(row: ServiceTimeline, states: States) -> int:
    """The begin of the last stretch that two timelines share; -ENDLESS where they share none."""
    if row.last_change_id == NOT_PACKED:
        return -ENDLESS
    old, new = np.frombuffer(bytes(row.states), "<i8"), np.frombuffer(states.states, "<i8")
    shared = min(len(old), len(new))
    differs = old[:shared] != new[:shared]
    return int(new[(int(np.argmax(differs)) if differs.any() else shared) - 1]) >> _STATE_BITS
