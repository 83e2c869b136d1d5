"""Figures of evidence that can be said with plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise

NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Stability:
    """How stable a service was: time up (or degraded), down, and not known; the number of outages and the longest."""

    up: timedelta = NOTHING
    down: timedelta = NOTHING
    unknown: timedelta = NOTHING
    outages: int = 0
    longest: timedelta = NOTHING


def stability(changes: Sequence[tuple[datetime, str]], since: datetime, until: datetime) -> Stability:
    """From (instant, state) in order, the first of which may lie before `since`, over [since, until) on the clock."""
    marks = [
        (since, "unknown"),
        *((max(at, since), state) for at, state in changes if at < until),
        (until, ""),
    ]
    spans = [
        ({"up": "up", "degraded": "up", "down": "down"}.get(state, "unknown"), end - begin)
        for (begin, state), (end, _next) in pairwise(marks)
        if end > begin
    ]
    lengths = [
        (state, sum((length for _state, length in group), NOTHING))
        for state, group in groupby(spans, key=lambda s: s[0])
    ]
    total = {
        key: sum((length for state, length in lengths if state == key), NOTHING)
        for key in ("up", "down", "unknown")
    }
    outages = [length for state, length in lengths if state == "down"]
    return Stability(**total, outages=len(outages), longest=max(outages, default=NOTHING))


def availability(parts: Sequence[Stability]) -> float | None:
    """Share of the known time of all together that they were not down; None where nothing is known."""
    up = sum((one.up for one in parts), NOTHING)
    down = sum((one.down for one in parts), NOTHING)
    return up / (up + down) if up + down else None
