"""Alice leads, Bob is on the team, Charlie is an ICT user; webmail needs the directory, which needs the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from beheer.catalogue.models import Dependency, Service
from beheer.monitoring.models import StateChange
from beheer.people.actions import create_user, grant_role
from beheer.people.models import Membership, Team, User
from beheer.permissions.rules import SYSTEM
from beheer.work.actions import create
from beheer.work.models import Item

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)  # 10:00 in Amsterdam


def person(name: str, role: str, team: Team | None = None) -> User:
    """Somebody with a role, fresh from the store."""
    user, _ = create_user(actor=SYSTEM, username=name, email=f"{name}@example.org", now=MONDAY)
    grant_role(actor=SYSTEM, user=user, role=role, now=MONDAY)
    if team is not None:
        Membership.objects.create(team=team, user=user)
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def team(db: None) -> Team:
    return Team.objects.create(key="servers", name="Servers")


@pytest.fixture
def desk(db: None) -> Team:
    return Team.objects.create(key="desk", name="Service desk")


@pytest.fixture
def alice(team: Team) -> User:
    return person("alice", "lead", team)


@pytest.fixture
def bob(team: Team) -> User:
    return person("bob", "member", team)


@pytest.fixture
def charlie(db: None) -> User:
    return person("charlie", "user")


@dataclass(frozen=True)
class Estate:
    """Three services that need one another, and one that stands alone."""

    webmail: Service
    directory: Service
    database: Service
    alone: Service


@pytest.fixture
def estate(team: Team) -> Estate:
    webmail = Service.objects.create(
        key="webmail", name="Webmail", criticality=3, users_served=800, team=team
    )
    directory = Service.objects.create(
        key="directory", name="Directory", criticality=3, users_served=20, team=team
    )
    database = Service.objects.create(
        key="database", name="Database", criticality=2, users_served=0, team=team
    )
    alone = Service.objects.create(key="alone", name="Alone", criticality=1, users_served=3)
    Dependency.objects.create(service=webmail, needs=directory)
    Dependency.objects.create(service=directory, needs=database)
    return Estate(webmail, directory, database, alone)


@pytest.fixture
def incident(estate: Estate, bob: User) -> Item:
    return create(
        actor=bob,
        kind="incident",
        values={"title": "Webmail is slow", "service": "webmail", "impact": "medium", "urgency": "medium"},
        now=MONDAY,
    )


def state_change(service: Service, state: str, minute: float, **fields: Any) -> StateChange:
    """A row as monitoring writes it, so many minutes after Monday 09:00 UTC."""
    at = MONDAY + timedelta(minutes=minute)
    return StateChange.objects.create(
        service=service,
        state=state,
        previous_state=fields.pop("previous_state", "up" if state != "up" else "down"),
        first_bad_at=at - timedelta(seconds=30),
        confirmed_at=at,
        recorded_at=at,
        reason=fields.pop("reason", f"{service.key} is {state}"),
        **fields,
    )
