"""People and teams in configuration as code. Passwords, tokens and second factors never stand in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, field_validator

from beheer.lib.configuration import After, Entry, Finding, Section, unknown
from beheer.people.actions import (
    change_team,
    change_user,
    create_team,
    create_user_without_password,
    set_members,
)
from beheer.people.knowledge import put_knowledge
from beheer.people.models import Knowledge, KnowledgeLevel, Team, User
from beheer.people.scopes import services
from beheer.permissions.rules import Actor


class Person(Entry):
    """One person. A new one cannot sign in until an administrator hands out a one-time password."""

    key: str = Field(min_length=1, max_length=150)
    name: str = ""
    email: str
    language: Literal["", "nl", "en"] = ""
    active: bool = True
    knows: dict[str, int] = {}  # key of a service → 1 knows it, 2 well, 3 expert
    simulated: bool = False

    @field_validator("knows")
    @classmethod
    def _levels(cls, knows: dict[str, int]) -> dict[str, int]:
        """Levels that exist, in the order of the services' keys."""
        if wrong := [level for level in knows.values() if level not in KnowledgeLevel.values]:
            raise ValueError(f"{wrong[0]} is no level of knowledge: write 1, 2 or 3.")
        return dict(sorted(knows.items()))


class TeamEntry(Entry):
    """One team and who is in it."""

    unordered = ("members", "leads")
    key: str = Field(min_length=1, max_length=50)
    name: str
    email: str = ""
    members: list[str] = []
    leads: list[str] = []


def current_people() -> dict[str, Person]:
    """Everybody, by user name."""
    knows = _knowledge()
    return {
        user.username: Person.model_validate(
            {
                "key": user.username,
                "name": user.display_name,
                "email": user.email,
                "language": user.language,
                "active": user.is_active,
                "knows": knows.get(user.pk, {}),
                "simulated": user.is_simulated,
            }
        )
        for user in User.objects.order_by("username")
    }


def save_person(*, actor: Actor, entry: Person, now: datetime) -> None:
    """Make or change an account."""
    values: dict[str, Any] = {
        "display_name": entry.name,
        "email": entry.email,
        "language": entry.language,
        "is_active": entry.active,
        "is_simulated": entry.simulated,
    }
    user = User.objects.filter(username=entry.key).first()
    if user is None:
        create_user_without_password(actor=actor, username=entry.key, values=values, now=now)
    else:
        change_user(actor=actor, user=user, values=values, now=now)


def _knowledge() -> dict[int, dict[str, int]]:
    """What everybody knows: id of the person → key of the service → level."""
    rows = list(Knowledge.objects.values_list("user_id", "service_id", "level"))
    keys = {pk: key for pk, key, _name in services(ids={row[1] for row in rows})} if rows else {}
    found: dict[int, dict[str, int]] = {}
    for user_id, service_id, level in rows:
        if service_id in keys:
            found.setdefault(user_id, {})[keys[service_id]] = level
    return found


def link_people(*, actor: Actor, entries: Sequence[Person], now: datetime) -> None:
    """Say what they know, now that the services are there."""
    for entry in entries:
        levels = {services(key=key)[0][0]: level for key, level in entry.knows.items()}
        put_knowledge(actor=actor, user=User.objects.get(username=entry.key), levels=levels, now=now)


def people_problems(after: After) -> Iterator[Finding]:
    """Services that are known, and are not there."""
    for key, entry in after["people"].items():
        for service in entry.knows:
            yield from unknown(after, "services", service, entry=key, path=("knows", service))


def current_teams() -> dict[str, TeamEntry]:
    """All teams, by key; members by user name, in order."""
    found = {}
    for team in Team.objects.order_by("key").prefetch_related("memberships__user"):
        rows = sorted((row.user.username, row.is_lead) for row in team.memberships.all())
        found[team.key] = TeamEntry(
            key=team.key,
            name=team.name,
            email=team.email,
            members=[name for name, is_lead in rows if not is_lead],
            leads=[name for name, is_lead in rows if is_lead],
        )
    return found


def save_team(*, actor: Actor, entry: TeamEntry, now: datetime) -> None:
    """Make or change a team."""
    team = Team.objects.filter(key=entry.key).first()
    if team is None:
        create_team(actor=actor, key=entry.key, name=entry.name, email=entry.email, now=now)
    else:
        change_team(actor=actor, team=team, values={"name": entry.name, "email": entry.email}, now=now)


def link_teams(*, actor: Actor, entries: Sequence[TeamEntry], now: datetime) -> None:
    """Put the members in their teams."""
    for entry in entries:
        team = Team.objects.get(key=entry.key)
        set_members(actor=actor, team=team, members=entry.members, leads=entry.leads, now=now)


def team_problems(after: After) -> Iterator[Finding]:
    """Members who are not there, or who are named as member and as lead."""
    for key, team in after["teams"].items():
        for field in ("members", "leads"):
            for place, name in enumerate(getattr(team, field)):
                yield from unknown(after, "people", name, entry=key, path=(field, place))
        for name in sorted(set(team.members) & set(team.leads)):
            yield Finding(
                key, ("leads",), f"'{name}' stands under members and under leads.", "Keep one of them."
            )


SECTIONS: tuple[Section[Any], ...] = (
    Section("people", Person, current_people, save_person, link=link_people, problems=people_problems),
    Section("teams", TeamEntry, current_teams, save_team, link=link_teams, problems=team_problems),
)
