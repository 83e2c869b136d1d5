"""What happens to some made-up incidents on their way: a question to the reporter, another team."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from beheer.people.models import Team, User
from beheer.work.kinds.schema import Kind
from beheer.work.models import Item
from beheer.work.models.timeline import Verb
from beheer.work.recording import Change


def on_the_way(item: Item, kind: Kind, who: User, taken: datetime, chance: random.Random) -> datetime:
    """What happens to some incidents after they are taken. Gives until when."""
    at = taken
    if chance.random() < 0.25:
        at = _question(item, kind, who, at, chance)
    if chance.random() < 0.18:
        at = _other_team(item, kind, who, at, chance)
    return at


def _question(item: Item, kind: Kind, who: User, at: datetime, chance: random.Random) -> datetime:
    """Ask the reporter, by telephone: nothing is mailed to made-up people."""
    asked = at + timedelta(minutes=chance.uniform(5, 90))
    _stand(item, kind, who, "ask_user", "waiting_user", asked)
    answered = asked + timedelta(hours=chance.lognormvariate(1.5, 0.9))
    _stand(item, kind, item.requester or who, "go_on", "in_progress", answered)
    return answered


def _stand(item: Item, kind: Kind, who: User, step: str, state: str, at: datetime) -> None:
    before = item.state
    item.state, item.phase, item.state_since = state, kind.states[state].phase, at
    Change(who, item, kind, at).event(Verb.STEP, step=step, from_state=before, happened_at=at)


def _other_team(item: Item, kind: Kind, who: User, at: datetime, chance: random.Random) -> datetime:
    """Hand it over, and in some cases back again."""
    others = list(Team.objects.exclude(pk=item.team_id or 0).filter(members__is_simulated=True).distinct())
    own = item.team
    at += timedelta(minutes=chance.uniform(10, 120))
    _give(item, kind, who, chance.choice(others), "Lijkt bij jullie te horen: zie de melding.", at)
    if chance.random() < 0.4 and own is not None:
        at += timedelta(minutes=chance.uniform(30, 400))
        _give(item, kind, who, own, "Hier is niets te zien; graag opnieuw bekijken.", at)
    return at


def _give(item: Item, kind: Kind, who: User, team: Team, reason: str, at: datetime) -> None:
    changes = {"team": [item.team.key if item.team else None, team.key]}
    item.team = team
    item.assignee = team.members.filter(is_simulated=True).order_by("username").first()
    data = {"changes": changes, "reason": reason}
    Change(who, item, kind, at).event(Verb.HANDED_OVER, data=data, happened_at=at)
