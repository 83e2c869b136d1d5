"""Planned windows on the change calendar. They belong to a room above, which says here which there are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime


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


# What a room above answers: the windows that touch [start, end), in the order of their first time.
Source = Callable[[datetime, datetime], Sequence[ShownWindow]]
_sources: list[Source] = []


def register(source: Source) -> Source:
    """Let a room above say which windows there are; registering twice is registering once."""
    if source not in _sources:
        _sources.append(source)
    return source


def windows_between(start: datetime, end: datetime, numbers: Collection[str] = ()) -> list[ShownWindow]:
    """The windows that touch [start, end), without those of items that are shown themselves (`numbers`)."""
    found = [window for source in _sources for window in source(start, end) if window.number not in numbers]
    return sorted(found, key=lambda window: (window.times[0][0], window.key))
