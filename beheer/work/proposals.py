"""Which team and who could do an item: by level, knowledge, load and presence, with the reason in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from beheer.people.knowledge import knowledge_of
from beheer.people.models import KnowledgeLevel, Team, User
from beheer.profile.queries import level_of, levels_in_use, may_take
from beheer.work.definitions import definition
from beheer.work.models import Item
from beheer.work.rosters import on_duty, present
from beheer.work.rules.proposals import Candidate, best
from beheer.work.wording import kind_name

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A person, and why."""

    user: User
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class TeamProposal:
    """A team, and why."""

    team: Team
    reason: str


def _counted(rows: QuerySet[Item]) -> dict[int, int]:
    """How many of these items each person has."""
    return dict(rows.order_by().values_list("assignee_id").annotate(n=Count("pk")))


def _fit(team_id: int, item: Item, now: datetime) -> dict[int, User]:
    """Who of a team is there, is on duty where there is a roster, and has the level for the item."""
    team = User.objects.filter(memberships__team=team_id, is_active=True)
    people = {user.pk: user for user in team if may_take(user.pk, item.complexity, on=now.date())}
    there = present(people, now)
    duty = on_duty(team_id, now)
    return {pk: user for pk, user in people.items() if pk in there and (duty is None or pk in duty)}


def proposed(item: Item, now: datetime) -> Proposal | None:
    """Who of the item's team could do it; None where it has no team, or nobody of it could."""
    if item.team_id is None:
        return None
    people = _fit(item.team_id, item, now)
    in_hand = Item.objects.filter(assignee__in=people, phase__in=("open", "waiting"))
    load = _counted(in_hand)
    heavy = _counted(in_hand.filter(priority__lte=2))
    known: dict[int, int] = {}
    knowledge: dict[int, int] = {}
    if item.service_id is not None:
        ended = Item.objects.filter(
            service=item.service_id, phase__in=("solved", "closed"), opened_at__gte=now - YEAR
        )
        known = _counted(ended.filter(assignee__in=people))
        knowledge = knowledge_of(item.service_id, people)
    found = best(
        Candidate(pk, load.get(pk, 0), heavy.get(pk, 0), known.get(pk, 0), knowledge.get(pk, 0))
        for pk in people
    )
    if found is None:
        return None
    return Proposal(people[found.person], _reasons(found, item, now))


def _reasons(found: Candidate, item: Item, now: datetime) -> list[str]:
    """Why this person, in the reader's language, the weightiest first."""
    reasons = []
    if found.knowledge:
        level = KnowledgeLevel(found.knowledge).label
        reasons.append(f"{item.service}: {level}")
    if found.known:
        text = ngettext(
            "solved %(n)s of this service in a year", "solved %(n)s of this service in a year", found.known
        )
        reasons.append(text % {"n": found.known})
    reasons.append(ngettext("%(n)s item in hand", "%(n)s items in hand", found.load) % {"n": found.load})
    if levels_in_use():
        words = {"level": level_of(found.person, now.date()), "complexity": item.get_complexity_display()}
        reasons.append(_("level %(level)s suits %(complexity)s work") % words)
    if found.heavy == 0:
        reasons.append(_("nothing of high priority"))
    duty = item.team_id is not None and on_duty(item.team_id, now) is not None
    reasons.append(_("on duty") if duty else _("not away (no roster is kept)"))
    return reasons


def proposed_team(item: Item, now: datetime) -> TeamProposal | None:
    """Which team could do it: that of the service, else the one that solved most of the service or, without one, of the
    kind in a year. Where nobody of the item's own team could do it, another that has somebody. None: as it is.
    """
    if item.team_id is not None and _fit(item.team_id, item, now):
        return None
    service = item.service
    if service is not None and service.team_id not in (None, item.team_id):
        return TeamProposal(service.team, _("the team of %(service)s") % {"service": service})  # type: ignore[arg-type]  # not None
    ended = Item.objects.filter(phase__in=("solved", "closed"), opened_at__gte=now - YEAR, team__isnull=False)
    ended = ended.filter(service=service.pk) if service is not None else ended.filter(kind=item.kind)
    counts = ended.order_by().values_list("team_id").annotate(n=Count("pk")).order_by("-n", "team_id")
    for team_id, count in counts[:20]:
        if team_id == item.team_id or not _fit(team_id, item, now):
            continue
        words = {"n": count, "what": service or kind_name(definition(item))}
        text = ngettext("solved %(n)s of %(what)s in a year", "solved %(n)s of %(what)s in a year", count)
        return TeamProposal(Team.objects.get(pk=team_id), text % words)
    return None
