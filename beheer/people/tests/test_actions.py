"""Accounts, roles and tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from beheer.lib.errors import InputError, NotAllowed
from beheer.people.actions import (
    create_token,
    create_user,
    end_token,
    ensure_first_administrator,
    grant_role,
    withdraw_role,
)
from beheer.people.models import User
from beheer.people.queries import user_for_token
from beheer.permissions.rules import SYSTEM

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    user, _ = create_user(actor=SYSTEM, username="alice", email="alice@example.org", now=NOW)
    grant_role(actor=SYSTEM, user=user, role="administrator", now=NOW)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def charlie() -> User:
    return create_user(actor=SYSTEM, username="charlie", email="charlie@example.org", now=NOW)[0]


def test_the_first_administrator_is_made_once() -> None:
    first = ensure_first_administrator(now=NOW, actor=SYSTEM, email="admin@example.org")
    assert first is not None
    user, password = first
    assert user.check_password(password)
    assert user.must_change_password
    assert ensure_first_administrator(now=NOW, actor=SYSTEM, email="admin@example.org") is None


def test_charlie_may_not_make_accounts(charlie: User) -> None:
    with pytest.raises(NotAllowed):
        create_user(actor=charlie, username="mallory", email="m@example.org", now=NOW)


def test_the_last_administrator_stays(alice: User, charlie: User) -> None:
    with pytest.raises(InputError, match="Nobody would be left"):
        withdraw_role(actor=alice, grant=alice.role_grants.get(), now=NOW)
    grant_role(actor=alice, user=charlie, role="administrator", now=NOW)
    withdraw_role(actor=alice, grant=alice.role_grants.get(), now=NOW)
    assert alice.role_grants.count() == 0


def test_a_token_acts_for_its_owner_until_it_ends(alice: User) -> None:
    now = timezone.now()
    token, text = create_token(actor=alice, user=alice, name="backup", days=30, is_read_only=True, now=now)
    assert user_for_token(text) == alice
    assert text not in str(token.__dict__)
    end_token(actor=alice, token=token, now=now - timedelta(seconds=1))
    assert user_for_token(text) is None


def test_charlie_may_not_make_a_token_for_alice(alice: User, charlie: User) -> None:
    with pytest.raises(NotAllowed):
        create_token(actor=charlie, user=alice, name="x", days=1, is_read_only=True, now=NOW)
