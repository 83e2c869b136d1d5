"""Evidence for gradings: figures from the rooms below, each with its query, period and limits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from beheer.audit.actions import record
from beheer.catalogue.models import ConfigurationItem, Service
from beheer.monitoring.models import StateChange
from beheer.people.models import Team, User
from beheer.profile.evidence import proposals
from beheer.profile.library import profile_with
from beheer.profile.models import Post, PostAssignment
from beheer.workplace.evidence.rules import Stability, availability, stability

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def test_stability_counts_time_on_the_clock_within_the_period() -> None:
    changes = [(NOW - 9 * DAY, "up"), (NOW - 2 * DAY, "down"), (NOW - DAY, "degraded"), (NOW + DAY, "down")]
    found = stability(changes, NOW - 5 * DAY, NOW)
    assert found == Stability(up=4 * DAY, down=DAY, outages=1, longest=DAY)


def test_time_before_the_first_state_is_not_known() -> None:
    found = stability([(NOW - HOUR, "up")], NOW - 3 * HOUR, NOW)
    assert (found.unknown, found.up) == (2 * HOUR, HOUR)


def test_a_change_from_down_to_down_is_one_outage() -> None:
    found = stability(
        [(NOW - 3 * HOUR, "down"), (NOW - 2 * HOUR, "down"), (NOW - HOUR, "up")], NOW - DAY, NOW
    )
    assert (found.outages, found.longest) == (1, 2 * HOUR)


def test_without_any_known_time_there_is_no_availability() -> None:
    assert availability([stability([], NOW - DAY, NOW)]) is None
    assert availability([Stability(up=3 * HOUR, down=HOUR)]) == 0.75


@pytest.fixture
def post(db: None) -> Post:
    """A post that Bob holds, in a team with two services, one of which was down for a day."""
    team = Team.objects.create(key="platform", name="Platform")
    bob = User.objects.create(username="bob", email="bob@example.org")
    web = Service.objects.create(
        key="web", name="Web", team=team, criticality=4, users_served=9000, owner=bob
    )
    Service.objects.create(key="wiki", name="Wiki", team=team, criticality=1, users_served=50)
    Service.objects.create(key="other", name="Other", criticality=4, users_served=99999)
    ConfigurationItem.objects.create(key="web1", name="web1", kind="host", service=web)
    for at, state, previous in (
        (NOW - 100 * DAY, "up", "unknown"),
        (NOW - 9 * DAY, "down", "up"),
        (NOW - 8 * DAY, "up", "down"),
    ):
        StateChange.objects.create(
            service=web,
            state=state,
            previous_state=previous,
            first_bad_at=at,
            confirmed_at=at,
            recorded_at=at,
        )
    found = Post.objects.create(key="dba", title="DBA", team=team)
    PostAssignment.objects.create(post=found, user=bob, since=date(2025, 1, 1))
    record(actor=bob, verb="catalogue.change_item", subject="item:web1", now=NOW - DAY)
    return found


def test_what_the_team_looks_after_is_proposed_for_the_portfolio(post: Post) -> None:
    (products,) = proposals(post, NOW, "portfolio.products")
    assert (
        "2 services" in products.text and "1 business-critical" in products.text and "1 host" in products.text
    )
    assert "owns 1" in products.text
    texts = {one.query: one.text for one in proposals(post, NOW, "portfolio.environment")}
    assert "9,000" in texts["users_served"] or "9000" in texts["users_served"]
    assert "outages: 1, the longest 1\xa0d" in texts["stability_of_environment"]


def test_deeds_of_the_holder_are_proposed_and_those_of_others_are_not(post: Post) -> None:
    (deeds,) = proposals(post, NOW, "management_tasks.installation")
    assert deeds.text.endswith("checks: 1.")


def test_every_figure_names_its_period_its_limits_and_criteria_of_the_profile(post: Post) -> None:
    known = {criterion.id for criterion in profile_with("0403").criteria}
    found = proposals(post, NOW)
    assert len(found) >= 5
    for one in found:
        assert set(one.criteria) <= known and one.limits and one.query
        assert (one.since, one.until) == (NOW - 365 * DAY, NOW)


def test_a_post_without_team_and_holder_gets_no_figures(db: None) -> None:
    assert proposals(Post.objects.create(key="x", title="X"), NOW) == []
