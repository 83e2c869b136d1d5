"""Who may do what."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from beheer.lib.errors import NotAllowed
from beheer.permissions.rules import SYSTEM, Grant, allowed, allowed_somewhere, require


@dataclass
class Person:
    """An actor with the grants given."""

    actor_name: str
    roles: tuple[Grant, ...]
    actor_id: int | None = 1

    def grants(self) -> tuple[Grant, ...]:
        return self.roles


def test_without_a_role_nothing_is_allowed() -> None:
    charlie = Person("charlie", ())
    assert not allowed(charlie, "catalogue.see")
    with pytest.raises(NotAllowed, match=r"catalogue\.see.*lead"):
        require(charlie, "catalogue.see")


def test_a_role_for_one_service_reaches_only_that_service() -> None:
    bob = Person("bob", (Grant("service_owner", service_id=7),))
    assert allowed(bob, "catalogue.change_service", service_id=7)
    assert not allowed(bob, "catalogue.change_service", service_id=8)
    assert not allowed(bob, "catalogue.change_service")
    assert allowed_somewhere(bob, "catalogue.change_service")


def test_a_role_for_one_team_reaches_that_teams_services() -> None:
    alice = Person("alice", (Grant("lead", team_id=3),))
    assert allowed(alice, "work.assign", team_id=3, service_id=8)
    assert not allowed(alice, "work.assign", team_id=4, service_id=8)


def test_an_auditor_reads_and_never_changes() -> None:
    auditor = Person("alice", (Grant("auditor"),))
    assert allowed(auditor, "service_levels.see")
    assert allowed(auditor, "audit.see")
    assert not allowed(auditor, "work.comment")


def test_what_is_private_is_not_given_by_seeing_everything() -> None:
    assert not allowed(Person("bob", (Grant("member"),)), "profile.see_case")
    assert not allowed(Person("bob", (Grant("member"),)), "audit.see")
    assert allowed(SYSTEM, "profile.see_case")
