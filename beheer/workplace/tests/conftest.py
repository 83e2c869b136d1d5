"""A small institution: Alice administers, Bob is on a team, Charlie only reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from beheer.catalogue.models import Service
from beheer.monitoring.models import Check, CheckState, ServiceState
from beheer.people.models import Membership, RoleGrant, Team, User
from beheer.work.definitions import current_kinds, current_version
from beheer.work.models import Item


@dataclass
class Institution:
    """Who and what there is."""

    alice: User
    bob: User
    charlie: User
    team: Team
    web: Service
    mail: Service

    def incident(self, number: int, service: Service, **values: object) -> Item:
        """An open incident on a service."""
        now = timezone.now()
        given = {"opened_at": now, "changed_at": now, "state_since": now, "team": self.team, **values}
        return Item.objects.create(
            number=f"INC-2026-{number:04}",
            kind="incident",
            definition=current_version("incident"),
            state="new",
            title=f"Trouble {number}",
            service=service,
            **given,
        )


def person(name: str, role: str) -> User:
    """Someone with a role everywhere."""
    user = User.objects.create_user(name, f"{name}@example.org", display_name=name.title())
    RoleGrant.objects.create(user=user, role=role)
    return user


@pytest.fixture
def institution(db: None) -> Institution:
    """Two services, of which one is down, and three people."""
    current_kinds()
    alice, bob, charlie = person("alice", "administrator"), person("bob", "member"), person("charlie", "user")
    team = Team.objects.create(key="web-team", name="Web team")
    Membership.objects.create(team=team, user=bob)
    web = Service.objects.create(key="web", name="Website", criticality=4, team=team)
    mail = Service.objects.create(key="mail", name="E-mail", criticality=2)
    since = timezone.now() - timedelta(minutes=5)
    ServiceState.objects.create(service=web, state="down", since_at=since, reason="http: 503")
    ServiceState.objects.create(service=mail, state="up", since_at=since)
    now = timezone.now()
    check = Check.objects.create(
        key="web-http", name="Website over HTTP", kind="http", service=web, created_at=now, changed_at=now
    )
    CheckState.objects.create(component=check, state="unknown", since_at=since, is_pending=False)
    return Institution(alice, bob, charlie, team, web, mail)
