"""What an event log says: volumes, durations, hand-overs, ping-pong, reopening. Pure, one pass, item by item."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from statistics import fmean, median
from typing import Any

ENDED = frozenset({"solved", "closed"})


@dataclass(frozen=True, slots=True)
class Happening:
    """One event as the figures see it. `state` is the state after it; `holder` who has the item ("" not known)."""

    at: datetime
    state: str
    holder: str = ""
    line: str = ""


@dataclass(slots=True)
class Figures:
    """Figures over items; durations in seconds of clock time from an item's first event to its last."""

    items: int = 0
    events: int = 0
    durations_s: list[float] = field(default_factory=list)
    by_state: Counter[str] = field(default_factory=Counter)
    by_line: Counter[str] = field(default_factory=Counter)
    time_by_state_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    time_by_line_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    hand_overs: int = 0
    ping_pong_items: int = 0
    reopened_items: int = 0

    def add(self, history: Sequence[Happening], phase_of: Callable[[str], str]) -> None:
        """Count one item, whose events stand in time order.

        `phase_of` gives a state's phase: open, waiting, solved or closed.
        """
        self.items += 1
        self.events += len(history)
        self.durations_s.append((history[-1].at - history[0].at).total_seconds())
        self.by_state[history[-1].state] += 1
        lines = [one.line for one in history if one.line]
        if lines:
            self.by_line[lines[-1]] += 1
        for one, after in pairwise(history):
            seconds = (after.at - one.at).total_seconds()
            self.time_by_state_s[one.state] += seconds
            if one.line:
                self.time_by_line_s[one.line] += seconds
        holders = stretches(one.holder for one in history if one.holder)
        self.hand_overs += max(0, len(holders) - 1)
        self.ping_pong_items += len(set(holders)) < len(holders)
        self.reopened_items += is_reopened([phase_of(one.state) for one in history])

    def as_json(self) -> dict[str, Any]:
        """The figures as plain values; means and medians are null without items."""
        return {
            "items": self.items,
            "events": self.events,
            "mean_duration_s": fmean(self.durations_s) if self.durations_s else None,
            "median_duration_s": median(self.durations_s) if self.durations_s else None,
            "by_state": dict(self.by_state.most_common()),
            "by_line": dict(self.by_line.most_common()),
            "time_by_state_s": dict(self.time_by_state_s),
            "time_by_line_s": dict(self.time_by_line_s),
            "hand_overs": self.hand_overs,
            "ping_pong_items": self.ping_pong_items,
            "reopened_items": self.reopened_items,
        }


def stretches(holders: Iterable[str]) -> list[str]:
    """Who held an item, one after another; the same twice in a row is one stretch."""
    result: list[str] = []
    for holder in holders:
        if not result or result[-1] != holder:
            result.append(holder)
    return result


def is_reopened(phases: Sequence[str]) -> bool:
    """Whether work went on after the item had been solved or closed. A step from solved to closed is no reopening."""
    ended = False
    for phase in phases:
        if phase in ENDED:
            ended = True
        elif ended:
            return True
    return False
