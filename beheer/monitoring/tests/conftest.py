"""A service, people and a store of measurements for each test of monitoring."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from beheer.catalogue.models import Service
from beheer.monitoring.actions.agents import register_agent
from beheer.monitoring.actions.checks import create_check
from beheer.monitoring.models import Agent, Check
from beheer.people.actions import create_user, grant_role
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def store_folder(tmp_path: Path, settings: Settings) -> Path:
    """The folder of an empty store of measurements."""
    settings.MEASUREMENTS = str(tmp_path / "measurements")
    return tmp_path / "measurements"


def person(name: str, role: str) -> User:
    """Somebody with a role everywhere."""
    user, _ = create_user(actor=SYSTEM, username=name, email=f"{name}@example.org", now=NOON)
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    if role:
        grant_role(actor=SYSTEM, user=user, role=role, now=NOON)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def alice(db: None) -> User:
    """May do everything."""
    return person("alice", "administrator")


@pytest.fixture
def bob(db: None) -> User:
    """Is a member of staff."""
    return person("bob", "member")


@pytest.fixture
def charlie(db: None) -> User:
    """Is an ICT user."""
    return person("charlie", "user")


@pytest.fixture
def web(db: None) -> Service:
    """A service without checks."""
    return Service.objects.create(key="web", name="Website")


@pytest.fixture
def agent(db: None) -> Agent:
    """The local agent."""
    return register_agent(actor=SYSTEM, key="local", name="Local", now=NOON, is_local=True)[0]


@pytest.fixture
def check(web: Service) -> Check:
    """A check that asks for two results in a row."""
    values = {
        "key": "port", "name": "Port", "kind": "tcp", "service": web, "interval_s": 60, "confirm_after": 2,
        "settings": {"host": "localhost", "port": 80},
    }  # fmt: skip
    return create_check(actor=SYSTEM, values=values, now=NOON)
