"""Who could do an item: level, knowledge, load and presence, each said in words."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from beheer.lib.errors import InputError, NotAllowed
from beheer.people.knowledge import add_absence, set_knowledge
from beheer.people.models import Membership, Team, User
from beheer.permissions.rules import SYSTEM
from beheer.work.actions import create, hand_over
from beheer.work.models import Item
from beheer.work.proposals import proposed, proposed_team
from beheer.work.tests.conftest import MONDAY, Estate, person

TODAY = MONDAY.date()


@pytest.fixture
def dora(team: Team) -> User:
    return person("dora", "member", team)


def knows(user: User, estate: Estate, level: int) -> None:
    set_knowledge(actor=SYSTEM, user=user, service_id=estate.webmail.pk, level=level, now=MONDAY)


def away(user: User, first: date = TODAY, last: date = TODAY) -> None:
    add_absence(actor=SYSTEM, user=user, starts_on=first, ends_on=last, now=MONDAY)


def test_who_knows_the_service_goes_before_who_does_not(
    estate: Estate, incident: Item, alice: User, dora: User
) -> None:
    knows(dora, estate, 3)
    found = proposed(incident, MONDAY)
    assert found is not None
    assert found.user == dora
    assert found.reasons[0] == "Webmail: expert"
    assert found.reasons[-1] == "not away (no roster is kept)"


def test_what_somebody_has_in_hand_weighs_against_knowing(
    estate: Estate, incident: Item, bob: User, dora: User
) -> None:
    knows(dora, estate, 1)
    for _turn in range(4):
        values = {"title": "More", "service": "webmail", "urgency": "low", "assignee": "dora"}
        create(actor=bob, kind="incident", values=values, now=MONDAY)
    found = proposed(incident, MONDAY)
    assert found is not None
    assert found.user == bob


def test_who_is_away_is_not_proposed(estate: Estate, incident: Item, bob: User, dora: User) -> None:
    knows(dora, estate, 3)
    away(dora)
    found = proposed(incident, MONDAY)
    assert found is not None
    assert found.user == bob


def test_the_last_day_of_an_absence_counts_and_the_day_after_does_not(
    estate: Estate, incident: Item, bob: User
) -> None:
    away(bob, date(2026, 10, 26), TODAY)
    assert proposed(incident, MONDAY) is None
    after = MONDAY.replace(day=3)
    assert proposed(incident, after) is not None


def test_reasons_are_in_the_readers_language(estate: Estate, incident: Item, bob: User) -> None:
    knows(bob, estate, 2)
    with override("nl"):
        found = proposed(incident, MONDAY)
    assert found is not None
    assert found.reasons[-1] == "niet afwezig (er is geen rooster)"


def test_where_nobody_of_the_team_is_there_another_team_is_proposed(
    estate: Estate, incident: Item, bob: User, desk: Team
) -> None:
    Membership.objects.create(team=desk, user=person("erik", "member"))
    assert proposed_team(incident, MONDAY) is None
    away(bob)
    assert proposed_team(incident, MONDAY) is None  # no other team ever did such work
    values = {"title": "Before", "service": "webmail", "urgency": "low", "team": "desk"}
    before = create(actor=SYSTEM, kind="incident", values=values, now=MONDAY)
    Item.objects.filter(pk=before.pk).update(phase="solved", solved_at=MONDAY)
    found = proposed_team(incident, MONDAY)
    assert found is not None
    assert (found.team, found.reason) == (desk, "solved 1 of Webmail in a year")


def test_an_item_at_another_team_whose_people_are_away_goes_to_the_team_of_the_service(
    estate: Estate, incident: Item, desk: Team, team: Team
) -> None:
    hand_over(actor=SYSTEM, item=incident, team=desk, reason="Ask", version=None, now=MONDAY)
    incident.refresh_from_db()
    found = proposed_team(incident, MONDAY)
    assert found is not None
    assert (found.team, found.reason) == (team, "the team of Webmail")


def test_people_keep_their_own_knowledge_and_leads_that_of_their_team(
    estate: Estate, alice: User, bob: User, charlie: User
) -> None:
    for actor in (bob, alice):
        set_knowledge(actor=actor, user=bob, service_id=estate.webmail.pk, level=2, now=MONDAY)
    for actor, user in ((charlie, bob), (charlie, charlie), (bob, alice)):
        with pytest.raises(NotAllowed):
            set_knowledge(actor=actor, user=user, service_id=estate.webmail.pk, level=2, now=MONDAY)


def test_wrong_absences_and_levels_are_named_by_field(estate: Estate, bob: User) -> None:
    away(bob)
    wrong = ((date(2026, 11, 5), date(2026, 11, 4), "ends_on"), (TODAY, TODAY, "starts_on"))
    for first, last, field in wrong:
        with pytest.raises(InputError) as caught:
            away(bob, first, last)
        assert caught.value.problems[0].field == field
    with pytest.raises(InputError):
        knows(bob, estate, 7)


def test_the_page_of_a_person_keeps_both(estate: Estate, bob: User, client: Client) -> None:
    client.force_login(bob)
    given = {"service": "webmail", "level": "3"}
    assert client.post("/people/accounts/bob/knows/", given).status_code == 302
    today = timezone.localdate().isoformat()
    assert (
        client.post("/people/accounts/bob/away/", {"starts_on": today, "ends_on": today}).status_code == 302
    )
    page = client.get("/people/accounts/bob/").content.decode()
    assert "Webmail: expert" in page
    row = bob.absences.get()
    assert client.post(f"/people/accounts/bob/away/{row.pk}/remove/").status_code == 302
    assert not bob.absences.exists()


def test_programs_plan_absences_and_ask_who_could_do_it(
    estate: Estate, incident: Item, bob: User, client: Client
) -> None:
    client.force_login(bob)
    who = client.get(f"/api/work-items/{incident.number}/proposal").json()
    assert who["person"]["username"] == "bob"
    today = timezone.localdate().isoformat()
    given = {"starts_on": today, "ends_on": today}
    made = client.post("/api/people/bob/absences", given, content_type="application/json")
    assert made.status_code == 201
    assert client.get("/api/people/bob/absences").json() == [made.json()]
    assert client.get(f"/api/work-items/{incident.number}/proposal").json()["person"] is None
    assert client.delete(f"/api/people/bob/absences/{made.json()['id']}").status_code == 204
