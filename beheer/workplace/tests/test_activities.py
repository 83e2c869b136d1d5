"""The profile's activities: each has a place or an explicit "not yet", and what was done is shared out per team."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

import beheer
from beheer.audit.actions import record
from beheer.catalogue.models import Service
from beheer.people.models import Membership, RoleGrant, Team, User
from beheer.permissions.rules import SYSTEM
from beheer.profile.library import profile_with
from beheer.workplace.activities.figures import COUNTS, figures_of, kinds_by_activity
from beheer.workplace.activities.queries import deeds_by_person, teams_seen_by
from beheer.workplace.activities.registry import ACTIVITIES, PLACES, PROFILE
from beheer.workplace.activities.rules import shares

ALL = [activity for area in profile_with(PROFILE).result_areas for activity in area.activities]
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_every_activity_of_the_profile_has_a_place_or_an_explicit_not_yet() -> None:
    assert [activity.id for activity in ALL] == list(ACTIVITIES)
    assert len(ACTIVITIES) == 66
    for id, activity in ACTIVITIES.items():
        assert bool(activity.places) != bool(activity.not_yet), id
        assert set(activity.places) <= set(PLACES), id


@pytest.mark.parametrize("key", PLACES)
def test_every_place_is_a_page(key: str) -> None:
    assert reverse(PLACES[key].page).startswith("/")


def test_every_deed_that_is_counted_is_done_somewhere() -> None:
    root = Path(beheer.__file__).parent
    skipped = ("/tests/", "/workplace/activities/", "/workplace/evidence/")
    code = "".join(
        path.read_text() for path in root.rglob("*.py") if not any(part in str(path) for part in skipped)
    )
    for id, activity in ACTIVITIES.items():
        for verb in activity.verbs:
            assert f'"{verb}"' in code or f'"{verb.split(".")[1]}"' in code, (id, verb)


def test_shares_are_per_team_and_add_up() -> None:
    found = shares(
        {1: 4, 2: 3, 3: 2, None: 1},
        {1: ["Platform"], 2: ["Platform", "Desk"], 3: ["Pair"]},
        {"Platform": 5, "Desk": 3, "Pair": 2},
        me=2,
        led={},
    )
    assert found.teams == (("Platform", 7),)
    assert (found.others, found.machine, found.mine, found.led) == (2, 1, 3, ())
    assert found.total == sum(number for _, number in found.teams) + found.others + found.machine


def test_a_team_so_small_that_its_share_is_a_persons_is_not_named() -> None:
    found = shares({1: 4}, {1: ["Pair"]}, {"Pair": 2}, me=None, led={})
    assert (found.teams, found.others) == ((), 4)


def test_who_leads_sees_the_people_led_and_nobody_else_does() -> None:
    deeds: dict[int | None, int] = {1: 4, 2: 3}
    teams, sizes = {1: ["Platform"], 2: ["Platform"]}, {"Platform": 3}
    assert shares(deeds, teams, sizes, me=9, led={1: "Bob", 9: "Me"}).led == (("Bob", 4),)
    assert shares(deeds, teams, sizes, me=2, led={}).led == ()


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """Alice leads a team with Bob and Carol; all are members."""
    team = Team.objects.create(key="platform", name="Platform")
    found = {}
    for name in ("alice", "bob", "carol"):
        user = User.objects.create(username=name, email=f"{name}@example.org", display_name=name.capitalize())
        Membership.objects.create(team=team, user=user, is_lead=name == "alice")
        RoleGrant.objects.create(user=user, role="member")
        found[name] = user
    return found


def test_deeds_are_counted_within_the_period(people: dict[str, User]) -> None:
    for at in (NOW - timedelta(days=40), NOW - timedelta(days=1), NOW):
        record(actor=people["bob"], verb="catalogue.change_item", subject="item:x", now=at)
    record(actor=SYSTEM, verb="catalogue.change_item", subject="item:x", now=NOW - timedelta(days=2))
    found = deeds_by_person(["catalogue.change_item"], NOW - timedelta(days=30), NOW)
    assert found == {"catalogue.change_item": {people["bob"].pk: 1, None: 1}}


def test_only_the_leader_is_told_whom_he_leads(people: dict[str, User]) -> None:
    assert set(teams_seen_by(people["alice"]).led.values()) == {"Alice", "Bob", "Carol"}
    assert teams_seen_by(people["bob"]).led == {}


def test_a_page_for_each_area_shows_its_activities(people: dict[str, User], client: Client) -> None:
    client.force_login(people["bob"])
    for area in profile_with(PROFILE).result_areas:
        page = client.get(f"/areas/{area.id}/", headers={"accept-language": "en"})
        assert page.status_code == 200
        for activity in area.activities:
            assert f'id="a{activity.id}"' in page.content.decode()
    assert "Slips of the pen" in client.get("/areas/4/", headers={"accept-language": "en"}).content.decode()


def test_an_area_that_is_not_there_and_a_period_that_is_not_there_are_told(
    people: dict[str, User], client: Client
) -> None:
    client.force_login(people["bob"])
    assert client.get("/areas/13/").status_code == 404
    assert client.get("/areas/1/?days=7").status_code == 422


def test_figures_count_what_is_there_and_each_kind_of_work_says_what_it_carries_out(
    people: dict[str, User],
) -> None:
    Service.objects.create(key="web", name="Web")
    found = figures_of(["4.2", "1.6", "9.3"], NOW - timedelta(days=30), NOW, "en")
    assert [figure.number for figure in found["4.2"]][:2] == [1, 0]
    assert set(kinds_by_activity()) <= set(ACTIVITIES)


def test_counts_are_only_for_activities_of_the_profile() -> None:
    assert set(COUNTS) <= set(ACTIVITIES)


def test_work_of_a_kind_is_a_place_of_the_activities_it_names(
    people: dict[str, User], client: Client
) -> None:
    client.force_login(people["bob"])
    page = client.get("/areas/2/", headers={"accept-language": "en"}).content.decode()
    assert "2.1" in kinds_by_activity()
    assert "/work-items/" in page and "kind=incident" in page
