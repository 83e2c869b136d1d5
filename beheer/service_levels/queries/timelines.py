"""States of services over time, from the rows that monitoring wrote."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt
from django.db.models import QuerySet

from beheer.lib.intervals import ENDLESS, Micros, to_us
from beheer.monitoring.models import StateChange
from beheer.service_levels.rules.facts import State, Timeline, state_timeline

CODES: dict[str, int] = {state.name.lower(): int(state) for state in State}


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


def timeline_from_rows(service_ids: Sequence[int], as_of: datetime | None) -> Timeline:
    """The timelines as they were known at an instant (None: now), straight from the rows."""
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
