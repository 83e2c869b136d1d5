"""Who could do an item: people of its team, by load and by what they did before, with the reason in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from beheer.people.models import User
from beheer.profile.queries import level_of, levels_in_use, may_take
from beheer.work.models import Item
from beheer.work.rules.proposals import Candidate, best


@dataclass(frozen=True, slots=True)
class Proposal:
    """A person, and why."""

    user: User
    reasons: list[str]


def _counted(rows: QuerySet[Item]) -> dict[int, int]:
    """How many of these items each person has."""
    return dict(rows.order_by().values_list("assignee_id").annotate(n=Count("pk")))


def proposed(item: Item, now: datetime) -> Proposal | None:
    """Who of the item's team could do it; None where it has no team, or nobody is in it."""
    if item.team_id is None:
        return None
    team = User.objects.filter(memberships__team=item.team_id, is_active=True)
    people = {user.pk: user for user in team if may_take(user.pk, item.complexity, on=now.date())}
    in_hand = Item.objects.filter(assignee__in=people, phase__in=("open", "waiting"))
    load = _counted(in_hand)
    heavy = _counted(in_hand.filter(priority__lte=2))
    since = now - timedelta(days=365)
    ended = Item.objects.filter(service=item.service_id, phase__in=("solved", "closed"), opened_at__gte=since)
    known = _counted(ended.filter(assignee__in=people)) if item.service_id else {}
    candidates = [Candidate(pk, load.get(pk, 0), heavy.get(pk, 0), known.get(pk, 0)) for pk in people]
    found = best(candidates)
    if found is None:
        return None
    reasons = [ngettext("%(n)s item in hand", "%(n)s items in hand", found.load) % {"n": found.load}]
    if found.known:
        text = ngettext(
            "solved %(n)s of this service in a year", "solved %(n)s of this service in a year", found.known
        )
        reasons.insert(0, text % {"n": found.known})
    if levels_in_use():
        words = {"level": level_of(found.person, now.date()), "complexity": item.get_complexity_display()}
        reasons.append(_("level %(level)s suits %(complexity)s work") % words)
    if found.heavy == 0:
        reasons.append(_("nothing of high priority"))
    return Proposal(people[found.person], reasons)
