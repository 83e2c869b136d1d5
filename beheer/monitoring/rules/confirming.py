"""From results to the confirmed state of one check. Pure; instants are microseconds since 1970.

A state gets worse when `confirm_after` results in a row are worse, better when `recover_after` are better. A result
that says nothing about the service (unknown) neither confirms nor denies; `confirm_after` of them in a row make the
state unknown. Results in a row that are bad by different degrees confirm the mildest of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from beheer.monitoring.rules.flapping import is_flapping_now, remembered

UNKNOWN = "unknown"
BADNESS: dict[str, int] = {"up": 0, "degraded": 1, "down": 2}
BY_BADNESS = ("up", "degraded", "down")
MOST_WAITING = 64

Waiting = tuple[tuple[int, str], ...]  # (measured, outcome), in order


@dataclass(frozen=True, slots=True)
class Policy:
    """How many results in a row a check asks for before its state gets worse, and better. Both at least 1."""

    confirm_after: int
    recover_after: int


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a check between two results.

    `settled_us`: when a result last had the confirmed state. `waiting`: results since then. `recent`: the last
    outcomes, a letter each, oldest first. `is_pending`: no result yet, and none overdue.
    """

    state: str = UNKNOWN
    is_pending: bool = True
    is_flapping: bool = False
    settled_us: int | None = None
    measured_us: int | None = None
    waiting: Waiting = ()
    recent: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A confirmed change. `state` equal to `previous`: only the flapping began or ended."""

    state: str
    previous: str
    first_us: int
    last_good_us: int | None
    confirmed_us: int
    is_flapping: bool


def take(memory: Memory, measured_us: int, outcome: str, policy: Policy) -> tuple[Memory, Change | None]:
    """Take one result. A result that is not later than the last one taken changes nothing: it was judged without."""
    if memory.measured_us is not None and measured_us <= memory.measured_us:
        return memory, None
    recent = remembered(memory.recent, outcome)
    flaps = is_flapping_now(recent, memory.is_flapping)
    if outcome == memory.state:
        after = Memory(outcome, False, flaps, measured_us, measured_us, (), recent)
        return after, _same(memory, after, measured_us)
    waiting = (*memory.waiting, (measured_us, outcome))[-MOST_WAITING:]
    found = _confirmed(memory.state, waiting, policy)
    if found is None:
        after = replace(
            memory,
            is_pending=False,
            is_flapping=flaps,
            measured_us=measured_us,
            waiting=waiting,
            recent=recent,
        )
        return after, _same(memory, after, measured_us)
    state, first = found
    last = max(place for place, (_, one) in enumerate(waiting) if one == state)
    change = Change(
        state, memory.state, waiting[first][0], _good_before(memory, waiting, first), measured_us, flaps
    )
    after = Memory(state, False, flaps, waiting[last][0], measured_us, waiting[last + 1 :], recent)
    return after, change


def fall_silent(memory: Memory, stale_us: int) -> tuple[Memory, Change | None]:
    """No result came until `stale_us`: from then on nothing is known."""
    after = replace(memory, state=UNKNOWN, is_pending=False, waiting=())
    if memory.state == UNKNOWN and not memory.is_pending:
        return after, None
    return after, Change(UNKNOWN, memory.state, stale_us, memory.measured_us, stale_us, memory.is_flapping)


def _same(before: Memory, after: Memory, measured_us: int) -> Change | None:
    """The change to tell of where the state stayed: flapping began or ended."""
    if before.is_flapping == after.is_flapping:
        return None
    return Change(after.state, after.state, measured_us, before.measured_us, measured_us, after.is_flapping)


def _confirmed(state: str, waiting: Waiting, policy: Policy) -> tuple[str, int] | None:
    """The new state and the place in `waiting` of its first result; None while nothing is confirmed."""
    if waiting[-1][1] == UNKNOWN:
        first = _tail(waiting, {UNKNOWN})
        return (UNKNOWN, first) if len(waiting) - first >= policy.confirm_after else None
    known = [(place, BADNESS[outcome]) for place, (_, outcome) in enumerate(waiting) if outcome != UNKNOWN]
    if state == UNKNOWN:
        return _better(known, 1, policy.recover_after) or _worse(known, 0, policy.confirm_after)
    now = BADNESS[state]
    return _worse(known, now, policy.confirm_after) or _better(known, now, policy.recover_after)


def _worse(known: Sequence[tuple[int, int]], now: int, wanted: int) -> tuple[str, int] | None:
    run = known[-wanted:]
    if len(run) < wanted or min(bad for _, bad in run) <= now:
        return None
    new = min(bad for _, bad in run)
    first = run[0][0]
    for place, bad in reversed(known):
        if bad < new:
            break
        first = place
    return BY_BADNESS[new], first


def _better(known: Sequence[tuple[int, int]], now: int, wanted: int) -> tuple[str, int] | None:
    run = known[-wanted:]
    if len(run) < wanted or max(bad for _, bad in run) >= now:
        return None
    new = max(bad for _, bad in run)
    first = run[0][0]
    for place, bad in reversed(known):
        if bad > new:
            break
        first = place
    return BY_BADNESS[new], first


def _tail(waiting: Waiting, outcomes: set[str]) -> int:
    """The place where the last run of these outcomes begins."""
    place = len(waiting)
    while place and waiting[place - 1][1] in outcomes:
        place -= 1
    return place


def _good_before(memory: Memory, waiting: Waiting, first: int) -> int | None:
    """When the last result before the new state's first one was measured, that said anything."""
    for measured_us, outcome in reversed(waiting[:first]):
        if outcome != UNKNOWN:
            return measured_us
    return memory.settled_us
