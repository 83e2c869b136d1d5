"""The state that counts at each instant: after the norm's rule for an outage's begin, corrections and short outages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from beheer.lib.intervals import ENDLESS, Micros
from beheer.service_levels.rules.facts import Codes, Facts, Indexes, Makes, Marks, State, Timeline
from beheer.service_levels.rules.norms import OutageStart, Rules

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Runs:
    """Whole stretches of one state, sorted by service and instant: neighbours of a service differ in state, unless
    parts were enough.

    `is_short`: down, but shorter than the norm's least outage. `counts_as`: the state that counts, up for those.
    """

    service: Indexes
    start: Micros
    state: Codes
    counts_as: Codes
    is_short: Flags

    @cached_property
    def end(self) -> Micros:
        """Where each run ends: ENDLESS for the last of a service."""
        return _ends(self.service, self.start)


def runs_of(facts: Facts, rules: Rules, *, parts: bool = False) -> Runs:
    """The runs of state that this norm sees. `parts`: they need not be whole, where that is quicker."""
    timeline = _begun(facts.timeline, rules.outage_start)
    changing = facts.corrections.take(facts.corrections.value != Makes.EXCLUDE)
    if len(changing):
        timeline = _corrected(timeline, changing)
    if not parts or rules.min_outage_us > 0:
        timeline = _distinct(timeline)
    short = np.zeros(len(timeline), bool)
    counts_as = timeline.state
    if rules.min_outage_us > 0:
        down = timeline.state == State.DOWN
        short[down] = (_ends(timeline.service, timeline.at) - timeline.at)[down] < rules.min_outage_us
        counts_as = np.where(short, np.int8(State.UP), timeline.state)
    return Runs(timeline.service, timeline.at, timeline.state, counts_as, short)


def _ends(service: Indexes, start: Micros) -> Micros:
    end = np.full(len(start), ENDLESS, np.int64)
    same = service[1:] == service[:-1]
    end[:-1][same] = start[1:][same]
    return end


def _begun(timeline: Timeline, rule: OutageStart) -> Timeline:
    """The timeline with changes for the worse at the instant the rule names; never before the change before it."""
    column = {OutageStart.CONFIRMED: timeline.confirmed, OutageStart.LAST_GOOD: timeline.last_good}.get(rule)
    if column is None:
        return timeline
    rank = np.array([0, 1, 2, 0], np.int8)[timeline.state]
    worse = np.zeros(len(timeline), bool)
    worse[1:] = (rank[1:] > rank[:-1]) & (timeline.service[1:] == timeline.service[:-1])
    at = np.where(worse, column, timeline.at)
    begins = np.flatnonzero(timeline.at == -ENDLESS)
    for first, last in zip(begins, np.append(begins[1:], len(timeline)), strict=True):
        np.maximum.accumulate(at[first:last], out=at[first:last])
    return Timeline(timeline.service, at, timeline.state)


def _corrected(timeline: Timeline, corrections: Marks) -> Timeline:
    """The timeline in which corrections hold over states: down over degraded over up."""
    edges = len(corrections)
    service = np.concatenate([timeline.service, corrections.service, corrections.service])
    at = np.concatenate([timeline.at, corrections.start, corrections.end])
    order = np.lexsort((at, service))
    row = np.where(order < len(timeline), order, -1)
    state = timeline.state[np.maximum.accumulate(row)]
    for makes in (Makes.UP, Makes.DEGRADED, Makes.DOWN):
        delta = np.zeros(len(timeline) + 2 * edges, np.int64)
        chosen = (corrections.value == makes) & (corrections.start < corrections.end)
        delta[len(timeline) : len(timeline) + edges] = chosen
        delta[len(timeline) + edges :] -= chosen
        state = np.where(np.cumsum(delta[order]) > 0, np.int8(makes), state)
    return Timeline(service[order], at[order], state)


def _distinct(timeline: Timeline) -> Timeline:
    """The timeline without rows that hold for no time, and without rows that change nothing."""
    same = timeline.service[1:] == timeline.service[:-1]
    empty = same & (timeline.at[1:] == timeline.at[:-1])
    if empty.any():
        timeline = timeline.take(np.append(~empty, True))
        same = timeline.service[1:] == timeline.service[:-1]
    idle = same & (timeline.state[1:] == timeline.state[:-1])
    return timeline.take(np.insert(~idle, 0, True)) if idle.any() else timeline
