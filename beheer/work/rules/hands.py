"""Going from hand to hand: which teams had an item one after the other, and how often one got it back."""

from __future__ import annotations

from collections.abc import Iterable


def holders(teams: Iterable[str | None]) -> list[str]:
    """The teams that had it one after the other; nobody's time in between, and staying with one, say nothing."""
    found: list[str] = []
    for team in teams:
        if team is not None and (not found or found[-1] != team):
            found.append(team)
    return found


def returns(teams: Iterable[str | None]) -> int:
    """How often it came back to a team that had given it away: ping-pong where that is once or more."""
    held = holders(teams)
    return len(held) - len(set(held))
