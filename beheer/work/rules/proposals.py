"""Who could do it: known services weigh, and so does what somebody has in hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person: how many items in hand, how many of those of high priority, how many solved of this service."""

    person: int
    load: int
    heavy: int
    known: int


def best(candidates: Iterable[Candidate]) -> Candidate | None:
    """Who has the least in hand, where each item of high priority counts three times and knowing the service takes off
    up to four; the lowest id where all is equal. None without candidates."""
    return min(
        candidates, key=lambda one: (one.load + 2 * one.heavy - min(4, one.known), one.person), default=None
    )
