"""A service's state from its components: its own checks, and the services it needs. Pure.

Worst of all counts, in the order up, degraded, unknown, down. Of checks that stand in for each other the state of the
k-th best counts; while unknown ones could make a difference it is unknown. A needed service that is down has the effect
that the dependency says. A service that has checks is not judged by needed services of which nothing is known, nor by
degraded ones: its own checks say how it is. A service without checks is unknown; if it needs other services it is made
of them, and follows them alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

RANK: dict[str, int] = {"up": 0, "degraded": 1, "unknown": 2, "down": 3}
BY_RANK = ("up", "degraded", "unknown", "down")


@dataclass(frozen=True, slots=True)
class Part:
    """A component at some instant. `since`: when its present state began. `cause_service`, `cause_check`: ids.

    For a check: itself. For a needed service: what lies nearest the cause of its state; None when it is up.
    """

    state: str
    since: datetime
    confirmed_at: datetime
    last_good_at: datetime | None
    reason: str
    is_flapping: bool
    cause_service: int | None
    cause_check: int | None
    group: int | None = None
    effect: str = "down"


@dataclass(frozen=True, slots=True)
class NeedGroup:
    """Of the needed services in this group `needed` must not be down; else `effect`."""

    needed: int
    effect: str


@dataclass(frozen=True, slots=True)
class Whole:
    """A service at some instant. `by`: the component that decides; None where there is none."""

    state: str
    by: Part | None
    is_flapping: bool


def combine(
    checks: Sequence[Part],
    check_groups: Mapping[int, int],
    needs: Sequence[Part],
    need_groups: Mapping[int, NeedGroup],
) -> Whole:
    """The state of a service, and what decides it: a needed service before a check, the worst, then the earliest.

    `checks`: those with a say. `check_groups`: how many are needed, by group. `needs`: the services it needs.
    """
    own = _of_checks(checks, check_groups)
    contributed = _of_needs(needs, need_groups, is_all=not checks)
    worst = max([*own, *contributed], key=lambda pair: RANK[pair[0]], default=None)
    if worst is None:
        return Whole("unknown", None, False)
    state = worst[0]
    flaps = any(part.is_flapping for _, part in (*own, *contributed) if part is not None)
    return Whole(state, _decides(state, own, contributed), flaps)


Contribution = tuple[str, Part]


def _of_checks(checks: Sequence[Part], groups: Mapping[int, int]) -> list[Contribution]:
    """What the checks make of the service: each alone, and each group together."""
    alone = [(part.state, part) for part in checks if part.group not in groups]
    for group, needed in groups.items():
        members = sorted((part for part in checks if part.group == group), key=lambda part: RANK[part.state])
        if members:
            state = kth_best([part.state for part in members], needed)
            alone += [(state, part) for part in members if RANK[part.state] >= RANK[state]][-1:]
    return alone


def kth_best(states: Sequence[str], needed: int) -> str:
    """The state of the `needed`-th best; unknown where those of which nothing is known could make a difference."""
    place = min(max(needed, 1), len(states)) - 1
    ends = {
        sorted((as_if if state == "unknown" else state for state in states), key=RANK.__getitem__)[place]
        for as_if in ("up", "down")
    }
    return ends.pop() if len(ends) == 1 else "unknown"


def _of_needs(needs: Sequence[Part], groups: Mapping[int, NeedGroup], *, is_all: bool) -> list[Contribution]:
    """What the needed services make of the service. `is_all`: it has nothing else."""
    found = []
    for part in needs:
        if part.group is None:
            state = part.effect if part.state == "down" else part.state if is_all else "up"
            found.append((state, part))
    for key, group in groups.items():
        members = [part for part in needs if part.group == key]
        if members:
            state = _of_group([part.state for part in members], group)
            worst = max(members, key=lambda part: RANK[part.state])
            found.append((state if state != "unknown" or is_all else "up", worst))
    return found


def _of_group(states: Sequence[str], group: NeedGroup) -> str:
    needed = min(group.needed, len(states))
    running = sum(state in ("up", "degraded") for state in states)
    if running >= needed:
        return "up"
    return "unknown" if running + states.count("unknown") >= needed else group.effect


def _decides(state: str, own: Sequence[Contribution], needs: Sequence[Contribution]) -> Part | None:
    """The component to name: while it is bad, a needed service that is down lies nearer the cause than a check."""
    if state in ("down", "degraded"):
        bad = [pair for pair in needs if pair[0] in ("down", "degraded")]
        if bad:
            return min(bad, key=lambda pair: (-RANK[pair[0]], pair[1].since))[1]
    if state == "up":  # what got better last
        return max((pair[1] for pair in (*own, *needs)), key=lambda part: part.since, default=None)
    same = [part for contributed, part in (*own, *needs) if contributed == state]
    return min(same, key=lambda part: part.since, default=None)
