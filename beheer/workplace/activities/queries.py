"""What was done of each activity in a period, from the audit trail and from work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

from beheer.audit.models import Entry
from beheer.people.models import Membership, User
from beheer.profile.schema import ResultArea
from beheer.workplace.activities.figures import Figure, figures_of
from beheer.workplace.activities.registry import ACTIVITIES, PLACES, Activity
from beheer.workplace.activities.rules import Shares, shares


@dataclass(frozen=True, slots=True)
class Link:
    """A page where an activity is done."""

    title: Promise
    url: str


@dataclass(frozen=True, slots=True)
class Row:
    """One activity as shown: its text, where it is done, what was done in the period and by whom, or why not yet."""

    id: str
    text: str
    note: str
    links: tuple[Link, ...]
    not_yet: Promise | str
    done: Shares | None
    figures: Sequence[Figure] = ()


def links_of(activity: Activity) -> tuple[Link, ...]:
    """The pages of an activity that exist in this installation."""
    found = []
    for key in activity.places:
        place = PLACES[key]
        try:
            found.append(Link(place.title, reverse(place.page)))
        except NoReverseMatch:
            continue
    return tuple(found)


def deeds_by_person(verbs: Iterable[str], since: datetime, until: datetime) -> dict[int | None, int]:
    """How many deeds with these verbs each person did in [since, until); None: the machine."""
    rows = Entry.objects.filter(verb__in=list(verbs), at__gte=since, at__lt=until).order_by()
    return dict(rows.values_list("actor_id").annotate(number=Count("pk")))


@dataclass(frozen=True, slots=True)
class Teams:
    """Who is in which team, how many each team has, and whom the reader leads."""

    of: dict[int, list[str]]
    sizes: dict[str, int]
    led: dict[int, str]


def teams_seen_by(reader: User) -> Teams:
    """All teams, with the people whom the reader leads."""
    of: dict[int, list[str]] = {}
    sizes: dict[str, int] = {}
    led_teams = set(reader.memberships.filter(is_lead=True).values_list("team_id", flat=True))
    led: dict[int, str] = {}
    rows = Membership.objects.select_related("team", "user").filter(user__is_active=True).order_by("pk")
    for row in rows:
        of.setdefault(row.user_id, []).append(row.team.name)
        sizes[row.team.name] = sizes.get(row.team.name, 0) + 1
        if row.team_id in led_teams:
            led[row.user_id] = str(row.user)
    return Teams(of, sizes, led)


def rows_of(
    area: ResultArea, reader: User, since: datetime, until: datetime, language: str, notes: dict[str, str]
) -> list[Row]:
    """The activities of an area with what was done in [since, until)."""
    teams = teams_seen_by(reader)
    figures = figures_of([one.id for one in area.activities], since, until, language)
    rows = []
    for one in area.activities:
        activity = ACTIVITIES.get(one.id, Activity())
        done = None
        if activity.verbs:
            deeds = deeds_by_person(activity.verbs, since, until)
            done = shares(deeds, teams.of, teams.sizes, me=reader.pk, led=teams.led)
        links, text = links_of(activity), one.in_language(language)
        note = notes.get(one.id, "")
        rows.append(Row(one.id, text, note, links, activity.not_yet, done, figures[one.id]))
    return rows
