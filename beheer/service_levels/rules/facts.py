"""Facts: states, planned windows and corrections of one service or of thousands, as arrays side by side.

Order does not matter to any of them: of windows and corrections neither, of state changes only at one and the same
instant, where the one that was given last holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from beheer.lib.intervals import ENDLESS, Micros

Codes = npt.NDArray[np.integer[Any]]
Indexes = npt.NDArray[np.int64]


class State(IntEnum):
    """The state of a service. The codes are those that measurements keep."""

    UP = 0
    DEGRADED = 1
    DOWN = 2
    UNKNOWN = 3


class Makes(IntEnum):
    """What an approved correction makes of its time."""

    UP = 0
    DEGRADED = 1
    DOWN = 2
    EXCLUDE = 3


@dataclass(frozen=True, slots=True)
class StateChange:
    """A service's state from an instant on, in microseconds. Of a change for the worse also the instant it was
    confirmed, and the last one at which it was still good; None where that is not known.
    """

    state: State
    at: int
    confirmed: int | None = None
    last_good: int | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Planned maintenance [start, end). `announced` None: its notice is taken as kept; so it is for a window that
    was entered late and approved by a second person.
    """

    start: int
    end: int
    announced: int | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """What an approved correction makes of [start, end). Where several overlap, exclude comes first, then down,
    degraded and up.
    """

    start: int
    end: int
    makes: Makes


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What is known of one service. Before its first change it is unknown."""

    changes: Sequence[StateChange] = ()
    windows: Sequence[Window] = ()
    corrections: Sequence[Correction] = ()


@dataclass(frozen=True)
class Timeline:
    """States from an instant on: sorted by service and instant. Each service begins with a row at -ENDLESS.

    `confirmed` and `last_good` equal `at` where they are not known. Arrays of one length; `service` counts from 0.
    """

    service: Indexes
    at: Micros
    state: Codes
    confirmed: Micros | None = None
    last_good: Micros | None = None

    def __len__(self) -> int:
        return len(self.at)

    def take(self, keep: npt.NDArray[np.bool_] | slice) -> Timeline:
        """Some of its rows."""
        return Timeline(
            self.service[keep],
            self.at[keep],
            self.state[keep],
            None if self.confirmed is None else self.confirmed[keep],
            None if self.last_good is None else self.last_good[keep],
        )


@dataclass(frozen=True)
class Marks:
    """Stretches on services, sorted by service. `value` is the instant of a window's announcement (-ENDLESS: its
    notice was kept), or what a correction makes.
    """

    service: Indexes
    start: Micros
    end: Micros
    value: Micros

    def __len__(self) -> int:
        return len(self.start)

    def take(self, keep: npt.NDArray[np.bool_] | slice) -> Marks:
        """Some of its rows."""
        return Marks(self.service[keep], self.start[keep], self.end[keep], self.value[keep])


@dataclass(frozen=True)
class Facts:
    """What is known of `count` services."""

    count: int
    timeline: Timeline
    windows: Marks
    corrections: Marks

    def part(self, first: int, last: int) -> Facts:
        """The services from `first` until `last`, counted from 0 again."""
        return Facts(
            last - first,
            _shifted(self.timeline, first, last),
            _part(self.windows, first, last),
            _part(self.corrections, first, last),
        )


def marks(rows: Iterable[tuple[int, int, int, int]] = ()) -> Marks:
    """Marks of (service, start, end, value) rows in any order."""
    table = np.array(list(rows), dtype=np.int64).reshape(-1, 4)
    table = table[np.argsort(table[:, 0], kind="stable")]
    return Marks(table[:, 0], table[:, 1], table[:, 2], table[:, 3])


NO_MARKS = marks()


def facts_of(services: Sequence[ServiceFacts]) -> Facts:
    """The facts of services that are given one by one."""
    changes = [(index, change) for index, service in enumerate(services) for change in service.changes]
    timeline = state_timeline(
        len(services),
        np.array([index for index, _ in changes], np.int64),
        np.array([change.at for _, change in changes], np.int64),
        np.array([change.state for _, change in changes], np.int8),
        confirmed=np.array([_known(change.confirmed, change.at) for _, change in changes], np.int64),
        last_good=np.array([_known(change.last_good, change.at) for _, change in changes], np.int64),
    )
    windows = marks(
        (index, window.start, window.end, _known(window.announced, -ENDLESS))
        for index, service in enumerate(services)
        for window in service.windows
    )
    corrections = marks(
        (index, correction.start, correction.end, int(correction.makes))
        for index, service in enumerate(services)
        for correction in service.corrections
    )
    return Facts(len(services), timeline, windows, corrections)


def state_timeline(
    count: int,
    service: Indexes,
    at: Micros,
    state: Codes,
    *,
    confirmed: Micros | None = None,
    last_good: Micros | None = None,
) -> Timeline:
    """Timelines from state changes in any order; before its first change a service is unknown."""
    order = slice(None) if is_sorted(service, at) else np.lexsort((at, service))
    sorted_ = Timeline(service, at, state, confirmed, last_good).take(order)  # type: ignore[arg-type]  # indexes serve too
    return _with_beginning(count, sorted_, State.UNKNOWN)


def outage_timeline(count: int, service: Indexes, start: Micros, end: Micros, state: Codes) -> Timeline:
    """Timelines from stretches of a state in any order; outside them a service is up.

    Where stretches overlap the worst holds: down, then degraded, then unknown. An outage that goes on ends at ENDLESS.
    """
    keep = start < end
    if not keep.all():
        service, start, end, state = service[keep], start[keep], end[keep], state[keep]
    if (service[1:] < service[:-1]).any():
        order = np.argsort(service, kind="stable")
        service, start, end, state = service[order], start[order], end[order], state[order]
    cuts = np.unique(np.searchsorted(service, service[::_ROWS])).tolist() or [0]
    parts = [
        _swept(service[low:high], start[low:high], end[low:high], state[low:high])
        for low, high in zip(cuts, [*cuts[1:], len(service)], strict=True)
    ]
    joined = Timeline(
        np.concatenate([part.service for part in parts]),
        np.concatenate([part.at for part in parts]),
        np.concatenate([part.state for part in parts]),
    )
    return _with_beginning(count, joined, State.UP)


_ROWS = 10_000
"""Stretches to sort at once: what stays in the processor's cache."""


def _swept(service: Indexes, start: Micros, end: Micros, state: Codes) -> Timeline:
    """The worst state between all boundaries of stretches, which stand by service."""
    services = np.concatenate([service, service])
    instants = np.concatenate([start, end])
    order = np.lexsort((instants, services))
    services, instants = services[order], instants[order]
    held = np.zeros(len(instants), np.int8)
    for code in (State.UNKNOWN, State.DEGRADED, State.DOWN):
        delta = (state == code).astype(np.int32)
        if delta.any():
            held[np.cumsum(np.concatenate([delta, -delta])[order]) > 0] = code
    last = np.ones(len(instants), bool)
    last[:-1] = (services[1:] != services[:-1]) | (instants[1:] != instants[:-1])
    return Timeline(services, instants, held).take(last & (instants < ENDLESS))


def is_sorted(service: Indexes, at: Micros) -> bool:
    """Whether rows stand by service, and within each by instant."""
    later = (service[1:] > service[:-1]) | ((service[1:] == service[:-1]) & (at[1:] >= at[:-1]))
    return bool(later.all())


def _with_beginning(count: int, timeline: Timeline, state: State) -> Timeline:
    """The timeline with a row at -ENDLESS before each service's first."""
    place = np.searchsorted(timeline.service, np.arange(count))

    def added(column: Micros | None) -> Micros | None:
        return None if column is None else np.insert(column, place, -ENDLESS)

    return Timeline(
        np.insert(timeline.service, place, np.arange(count)),
        np.insert(timeline.at, place, -ENDLESS),
        np.insert(timeline.state, place, np.int8(state)),
        added(timeline.confirmed),
        added(timeline.last_good),
    )


def _known(instant: int | None, otherwise: int) -> int:
    return otherwise if instant is None else instant


def _shifted(timeline: Timeline, first: int, last: int) -> Timeline:
    low, high = np.searchsorted(timeline.service, [first, last])
    part = timeline.take(slice(int(low), int(high)))
    return Timeline(part.service - first, part.at, part.state, part.confirmed, part.last_good)


def _part(rows: Marks, first: int, last: int) -> Marks:
    low, high = np.searchsorted(rows.service, [first, last])
    part = rows.take(slice(int(low), int(high)))
    return Marks(part.service - first, part.start, part.end, part.value)
