"""How deeds are shared out: per team, never per person unless it is oneself or one's leader who looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SMALLEST_TEAM = 3
"""A team with fewer people is shown together with others, since its share would be that of a person."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Who did what was done: by team (name → deeds), by others, by the machine, by oneself, and by people led."""

    total: int
    teams: tuple[tuple[str, int], ...]
    others: int
    machine: int
    mine: int
    led: tuple[tuple[str, int], ...]


def shares(
    deeds: Mapping[int | None, int],
    teams_of: Mapping[int, Iterable[str]],
    sizes: Mapping[str, int],
    *,
    me: int | None,
    led: Mapping[int, str],
) -> Shares:
    """Deeds (person's id → number; None: the machine) shared out.

    A person in several teams counts for the first. `sizes` are people per team; `led` names the people whom the
    reader leads. The numbers of teams, others and machine add up to the total.
    """
    by_team: dict[str, int] = {}
    others = 0
    for person, number in deeds.items():
        if person is None:
            continue
        team = next((name for name in teams_of.get(person, ()) if sizes.get(name, 0) >= SMALLEST_TEAM), None)
        if team is None:
            others += number
        else:
            by_team[team] = by_team.get(team, 0) + number
    found = sorted(by_team.items(), key=lambda pair: (-pair[1], pair[0]))
    of_led = [(name, deeds[person]) for person, name in led.items() if deeds.get(person) and person != me]
    return Shares(
        total=sum(deeds.values()),
        teams=tuple(found),
        others=others,
        machine=deeds.get(None, 0),
        mine=deeds.get(me, 0) if me is not None else 0,
        led=tuple(sorted(of_led, key=lambda pair: (-pair[1], pair[0]))),
    )
