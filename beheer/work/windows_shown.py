"""Planned windows on the change calendar. They belong to a room above, which says here which there are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WindowTimes:
    """When a planned window touches the days that are shown, in order, at least once; `window` is its id."""

    window: int
    times: tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True)
class ShownWindow:
    """A planned window and the times at which it touches the days that are shown, in order.

    `services` by key and name. `number`: of the item of work that it follows from, else empty.
    """

    key: str
    reason: str
    services: tuple[tuple[str, str], ...]
    times: tuple[tuple[datetime, datetime], ...]
    url: str
    number: str = ""

    @property
    def names(self) -> str:
        """The names of its services."""
        return ", ".join(name for _key, name in self.services)


class Source(Protocol):
    """What a room above answers. There may be many windows of which few are shown, so it is asked in two steps."""

    def times(self, start: datetime, end: datetime, numbers: Collection[str]) -> Sequence[WindowTimes]:
        """The windows that touch [start, end), without those that follow from the items with these numbers."""

    def shown(self, windows: Sequence[WindowTimes]) -> dict[int, ShownWindow]:
        """What is told of windows, by id."""


_sources: list[Source] = []


def register(source: Source) -> None:
    """Let the room above say which windows there are; the last one that registers does."""
    _sources[:] = [source]


def times_between(start: datetime, end: datetime, numbers: Collection[str] = ()) -> list[WindowTimes]:
    """When windows touch [start, end), in the order of their first time.

    Without those of items that are shown themselves (`numbers`).
    """
    found = [window for source in _sources for window in source.times(start, end, numbers)]
    return sorted(found, key=lambda window: (window.times[0][0], window.window))


def shown_of(windows: Sequence[WindowTimes]) -> dict[int, ShownWindow]:
    """What is told of windows, by id."""
    return {key: window for source in _sources for key, window in source.shown(windows).items()}


def windows_between(start: datetime, end: datetime) -> list[ShownWindow]:
    """Everything that is told of the windows that touch [start, end)."""
    times = times_between(start, end)
    shown = shown_of(times)
    return [shown[one.window] for one in times if one.window in shown]
