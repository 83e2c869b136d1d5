"""The hand-overs of one item, with their reasons, and whether it went back and forth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from beheer.work.models import Item
from beheer.work.models.timeline import Verb
from beheer.work.rules.hands import holders, returns


@dataclass(frozen=True, slots=True)
class HandOver:
    """One hand-over: to whom, by whom, why."""

    at: datetime
    by: str
    to: str
    reason: str
    is_return: bool


@dataclass(frozen=True, slots=True)
class HandOvers:
    """All of an item, oldest first.

    `way`: the teams in the order in which they had it; `returns`: how often one got it back.
    """

    rows: list[HandOver]
    way: list[str]
    returns: int


def hand_overs_of(item: Item) -> HandOvers:
    """What the events say. A hand-over is a return where its team had the item before and lost it."""
    rows: list[HandOver] = []
    teams: list[str | None] = []
    for event in item.events.select_related("team", "assignee", "actor").order_by("position"):
        team = event.team.name if event.team else None
        before = holders(teams)
        teams.append(team)
        if event.verb == Verb.HANDED_OVER:
            to = " · ".join(str(one) for one in (event.team, event.assignee) if one is not None)
            is_return = team in before and before[-1] != team
            reason = str(event.data.get("reason", ""))
            rows.append(
                HandOver(event.happened_at, str(event.actor or event.actor_name), to, reason, is_return)
            )
    return HandOvers(rows, holders(teams), returns(teams))
