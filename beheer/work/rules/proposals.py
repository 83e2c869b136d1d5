"""Who could do it: known services weigh, and so does what somebody has in hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person: how many items in hand, how many of those of high priority, how many solved of this service, and how
    well the person knows it (0 to 3)."""

    person: int
    load: int
    heavy: int
    known: int
    knowledge: int = 0

    def weight(self) -> int:
        """What is in hand, where an item of high priority counts three times; solving items of the service takes off up
        to four, and knowing it two for each level."""
        return self.load + 2 * self.heavy - min(4, self.known) - 2 * self.knowledge


def best(candidates: Iterable[Candidate]) -> Candidate | None:
    """The lightest; the lowest id where all is equal. None without candidates."""
    return min(candidates, key=lambda one: (one.weight(), one.person), default=None)
