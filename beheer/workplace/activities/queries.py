"""What was done of each activity in a period, from the audit trail and from work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Count
from django.urls import reverse
from django.utils.functional import Promise

from beheer.audit.models import Entry
from beheer.people.models import Membership, User
from beheer.profile.schema import ResultArea
from beheer.work.definitions import current_kinds
from beheer.work.kinds.schema import Kind
from beheer.work.models import Item
from beheer.workplace.activities.figures import Figure, figures_of, kinds_by_activity
from beheer.workplace.activities.registry import ACTIVITIES, PLACES, Activity
from beheer.workplace.activities.rules import Shares, shares


@dataclass(frozen=True, slots=True)
class Link:
    """A page where an activity is done."""

    title: Promise | str
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


def links_of(activity: Activity, kinds: Iterable[Kind], language: str) -> tuple[Link, ...]:
    """The pages where an activity is done, and the work of the kinds that carry it out."""
    pages = [Link(PLACES[key].title, reverse(PLACES[key].page)) for key in activity.places]
    base = reverse("work:item_list")
    of_kinds = [Link(one.plural.text(language), f"{base}?{urlencode({'kind': one.kind})}") for one in kinds]
    return (*pages, *of_kinds)


Done = Mapping[str, Mapping[int | None, int]]
"""By verb or kind: person's id → number; None: the machine."""


def deeds_by_person(verbs: Iterable[str], since: datetime, until: datetime) -> Done:
    """How many deeds with each of these verbs each person did in [since, until)."""
    rows = Entry.objects.filter(verb__in=set(verbs), at__gte=since, at__lt=until).order_by()
    return _nested(rows.values_list("verb", "actor_id").annotate(number=Count("pk")))


def solved_by_person(kinds: Iterable[str], since: datetime, until: datetime) -> Done:
    """How much work of each of these kinds, solved in [since, until), each person had in hand."""
    rows = Item.objects.filter(kind__in=set(kinds), solved_at__gte=since, solved_at__lt=until).order_by()
    return _nested(
        rows.exclude(assignee=None).values_list("kind", "assignee_id").annotate(number=Count("pk"))
    )


def _nested(rows: Iterable[tuple[str, int | None, int]]) -> Done:
    found: dict[str, dict[int | None, int]] = {}
    for key, person, number in rows:
        found.setdefault(key, {})[person] = number
    return found


def together(done: Done, keys: Iterable[str]) -> Counter[int | None]:
    """What each person did of all these verbs or kinds."""
    found: Counter[int | None] = Counter()
    for key in keys:
        found.update(done.get(key, {}))
    return found


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
    kinds, carried = current_kinds(), kinds_by_activity()
    ids = [one.id for one in area.activities]
    deeds = deeds_by_person((verb for id in ids for verb in ACTIVITIES[id].verbs), since, until)
    solved = solved_by_person((kind for id in ids for kind in carried.get(id, ())), since, until)
    rows = []
    for one in area.activities:
        activity, own = ACTIVITIES[one.id], carried.get(one.id, [])
        done = None
        if activity.verbs or own:
            counted = together(deeds, activity.verbs) + together(solved, own)
            done = shares(counted, teams.of, teams.sizes, me=reader.pk, led=teams.led)
        links = links_of(activity, [kinds[key] for key in own], language)
        note, text = notes.get(one.id, ""), one.in_language(language)
        rows.append(Row(one.id, text, note, links, activity.not_yet, done, figures[one.id]))
    return rows
