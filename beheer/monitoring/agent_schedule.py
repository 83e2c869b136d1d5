"""When each check of an agent is due. Pure: the clock (monotonic seconds) comes in."""

from __future__ import annotations

import hashlib
import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass

FIRST_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Due:
    """A check that must begin now; `due_at` is when it should have, on the clock that was given."""

    check_id: int
    due_at: float


class Schedule:
    """Gives each check its own slots: one every `interval_s`, offset by a hash so that they spread evenly.

    A check that is new begins within FIRST_WITHIN_S (or its interval, where shorter), and keeps to its slots from then.
    Slots that were slept through are not made up for.
    """

    def __init__(self) -> None:
        self._interval_s: dict[int, float] = {}
        self._next_at: dict[int, float] = {}
        self._queue: list[tuple[float, int]] = []

    def set_checks(self, intervals: Iterable[tuple[int, float]], now: float) -> None:
        """Take the checks (id, interval in seconds) that count from `now`; those that stay keep their next slot."""
        wanted = dict(intervals)
        for check_id in self._interval_s.keys() - wanted.keys():
            del self._interval_s[check_id], self._next_at[check_id]
        for check_id, interval_s in wanted.items():
            if self._interval_s.get(check_id) != interval_s:
                self._interval_s[check_id] = interval_s
                self._plan(check_id, now + share(check_id) * min(interval_s, FIRST_WITHIN_S))

    def _plan(self, check_id: int, at: float) -> None:
        self._next_at[check_id] = at
        heapq.heappush(self._queue, (at, check_id))

    def due(self, now: float) -> list[Due]:
        """The checks whose slot has come, the longest due first; each gets its next slot."""
        found: list[Due] = []
        while self._queue and self._queue[0][0] <= now:
            at, check_id = heapq.heappop(self._queue)
            if self._next_at.get(check_id) != at:
                continue
            found.append(Due(check_id, at))
            self._plan(check_id, next_slot(check_id, self._interval_s[check_id], now))
        return found

    def next_at(self) -> float | None:
        """When the next check is due; None where there are no checks."""
        while self._queue and self._next_at.get(self._queue[0][1]) != self._queue[0][0]:
            heapq.heappop(self._queue)
        return self._queue[0][0] if self._queue else None

    def __len__(self) -> int:
        return len(self._interval_s)


def share(check_id: int) -> float:
    """A number in [0, 1) that belongs to this check; those of many checks are spread evenly."""
    digest = hashlib.blake2b(str(check_id).encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def next_slot(check_id: int, interval_s: float, now: float) -> float:
    """The check's first slot that is at least half an interval after `now`."""
    offset = share(check_id) * interval_s
    return math.ceil((now + interval_s / 2 - offset) / interval_s) * interval_s + offset
