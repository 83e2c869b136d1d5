"""Levels in use: who may take which step in work of which complexity."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model

from beheer.lib.errors import InputError, NotAllowed
from beheer.permissions.rules import SYSTEM
from beheer.profile.actions import assign_post, end_assignment, save_post, set_level_permission
from beheer.profile.levels import COMPLEXITIES, DEFAULT_TABLE, STEPS, LevelTable, fitting, may_take
from beheer.profile.models import Post
from beheer.profile.queries import level_of, level_table, levels_of_people
from beheer.profile.queries import may_take as person_may_take

# People stand in a room above, so that they are taken by name.
Person = Any
User: Any = get_user_model()
RoleGrant: Any = apps.get_model("people", "RoleGrant")
Team: Any = apps.get_model("people", "Team")

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("complexity", COMPLEXITIES)
@pytest.mark.parametrize("step", STEPS)
def test_a_heavier_level_may_what_a_lighter_one_may(complexity: str, step: str) -> None:
    allowed = [may_take(level, complexity, step) for level in (1, 2, 3, 4)]
    assert allowed == sorted(allowed, reverse=True)
    assert allowed[0]


@pytest.mark.parametrize("step", STEPS)
def test_heavier_work_never_asks_a_lighter_level(step: str) -> None:
    asked = [DEFAULT_TABLE.lightest(complexity, step) for complexity in COMPLEXITIES]
    assert asked == sorted(asked, reverse=True)


def test_level_4_solves_routine_problems_and_level_1_very_complex_ones() -> None:
    assert [may_take(4, complexity) for complexity in COMPLEXITIES] == [True, False, False, False]
    assert [may_take(1, complexity) for complexity in COMPLEXITIES] == [True] * 4


def test_without_a_graded_post_nothing_may_be_taken_by_the_rule() -> None:
    assert not may_take(None, "routine")


def test_the_institution_sets_its_own_level_for_a_step() -> None:
    table = LevelTable({("normal", "carry_out"): 4})
    assert may_take(4, "normal", table=table)
    assert not may_take(4, "complex", table=table)


def test_a_row_that_the_table_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="impossible"):
        DEFAULT_TABLE.lightest("impossible")


def test_work_is_proposed_first_to_the_lightest_level_that_may() -> None:
    assert fitting({10: 1, 11: 3, 12: 4, 13: None, 14: 3}, "normal") == [11, 14, 10]


@pytest.fixture
def post(db: None) -> Post:
    """A post of level 2 that nobody holds."""
    return save_post(actor=SYSTEM, post=Post(key="dba", title="DBA", level=2), now=NOW)


@pytest.fixture
def alice(db: None) -> Person:
    """A person without rights."""
    return User.objects.create(username="alice", email="alice@example.org")


def test_a_person_has_the_level_of_the_posts_held_on_that_day(post: Post, alice: Person) -> None:
    assignment = assign_post(actor=SYSTEM, post=post, user_id=alice.pk, since=date(2026, 1, 1), now=NOW)
    heavier = save_post(actor=SYSTEM, post=Post(key="architect", title="Architect", level=1), now=NOW)
    assign_post(actor=SYSTEM, post=heavier, user_id=alice.pk, since=date(2026, 6, 1), now=NOW)
    assert level_of(alice.pk, date(2025, 12, 31)) is None
    assert level_of(alice.pk, date(2026, 1, 1)) == 2
    assert levels_of_people(date(2026, 6, 1)) == {alice.pk: 1}
    end_assignment(actor=SYSTEM, assignment=assignment, until=date(2026, 3, 1), now=NOW)
    assert level_of(alice.pk, date(2026, 2, 28)) == 2
    assert level_of(alice.pk, date(2026, 3, 1)) is None


def test_nobody_is_limited_where_no_post_has_a_level(alice: Person) -> None:
    assert person_may_take(alice.pk, "very_complex", on=NOW.date())


def test_where_posts_have_levels_a_person_is_limited_by_them(post: Post, alice: Person) -> None:
    assert not person_may_take(alice.pk, "routine", on=NOW.date())
    assign_post(actor=SYSTEM, post=post, user_id=alice.pk, since=date(2026, 1, 1), now=NOW)
    assert person_may_take(alice.pk, "complex", on=NOW.date())
    assert not person_may_take(alice.pk, "very_complex", on=NOW.date())
    set_level_permission(actor=SYSTEM, complexity="very_complex", step="carry_out", level=2, now=NOW)
    assert person_may_take(alice.pk, "very_complex", on=NOW.date())
    assert level_table().lightest("very_complex") == 2


def test_a_person_holds_a_post_once_at_a_time(post: Post, alice: Person) -> None:
    assign_post(actor=SYSTEM, post=post, user_id=alice.pk, since=date(2026, 1, 1), now=NOW)
    with pytest.raises(InputError, match="holds the post then already"):
        assign_post(actor=SYSTEM, post=post, user_id=alice.pk, since=date(2026, 2, 1), now=NOW)


def test_a_level_that_the_profile_does_not_have_is_refused(db: None) -> None:
    with pytest.raises(InputError, match="Allowed: 1, 2, 3, 4"):
        save_post(actor=SYSTEM, post=Post(key="x", title="X", level=5), now=NOW)


def test_alice_may_not_change_posts_and_a_lead_may_only_those_of_the_own_team(
    post: Post, alice: Person
) -> None:
    own, other = (Team.objects.create(key=key, name=key) for key in ("own", "other"))
    with pytest.raises(NotAllowed):
        save_post(actor=alice, post=post, now=NOW)
    RoleGrant.objects.create(user=alice, role="lead", team=own)
    lead = User.objects.get(pk=alice.pk)
    mine = save_post(actor=lead, post=Post(key="mine", title="Mine", team=own), now=NOW)
    mine.team = other
    with pytest.raises(NotAllowed):
        save_post(actor=lead, post=mine, now=NOW)
    with pytest.raises(NotAllowed):
        set_level_permission(actor=lead, complexity="normal", step="review", level=3, now=NOW)


def test_levels_of_a_demonstration_limit_its_own_people_only(alice: Person) -> None:
    demo = save_post(actor=SYSTEM, post=Post(key="demo", title="Demo", level=4, is_simulated=True), now=NOW)
    assert person_may_take(alice.pk, "very_complex", on=NOW.date())
    assign_post(actor=SYSTEM, post=demo, user_id=alice.pk, since=date(2026, 1, 1), now=NOW)
    assert not person_may_take(alice.pk, "very_complex", on=NOW.date())
