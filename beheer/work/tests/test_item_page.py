"""The page of an item: hand-overs, links of every kind, what was near, and the machine's words in one's language."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client

from beheer.catalogue.models import ConfigurationItem
from beheer.lib.errors import InputError
from beheer.people.models import Membership, Team, User
from beheer.permissions.rules import SYSTEM
from beheer.work.actions import create, hand_over, take_step
from beheer.work.actions.links import add_article, remove_article
from beheer.work.actions.outages import answer_next
from beheer.work.hand_overs import hand_overs_of
from beheer.work.models import Article, Item
from beheer.work.rules.hands import holders, returns
from beheer.work.tests.conftest import MONDAY, Estate, state_change

pytestmark = pytest.mark.django_db


def test_coming_back_to_who_gave_it_away_is_ping_pong_and_staying_is_not() -> None:
    assert holders(["a", None, "a", "b", "b"]) == ["a", "b"]
    assert returns(["a", "a", None, "a", "b"]) == 0
    assert returns(["a", "b", "a", "b"]) == 2


def test_hand_overs_stand_on_the_page_with_reason_and_ping_pong(
    client: Client, incident: Item, bob: User, desk: Team, team: Team
) -> None:
    Membership.objects.create(team=desk, user=bob)
    for n, (to, why) in enumerate(((desk, "It is the printer"), (team, "No, the network"))):
        hand_over(
            actor=SYSTEM,
            item=incident,
            team=to,
            reason=why,
            version=None,
            now=MONDAY + timedelta(hours=n + 1),
        )
    found = hand_overs_of(incident)
    assert ([row.is_return for row in found.rows], found.returns) == ([False, True], 1)
    assert found.way == ["Servers", "Service desk", "Servers"]
    client.force_login(bob)
    page = client.get(f"/work-items/{incident.number}/", headers={"accept-language": "nl"}).content.decode()
    assert "Pingpong" in page
    assert "Servers → Service desk → Servers" in page
    assert "No, the network" in page


def test_an_article_is_linked_renamed_and_removed(client: Client, incident: Item, bob: User) -> None:
    client.force_login(bob)
    data = {"what": "article", "title": "Restart the mail queue", "url": "https://wiki.example.org/queue"}
    client.post(f"/work-items/{incident.number}/links/", data)
    client.post(f"/work-items/{incident.number}/links/", {**data, "title": "Restart the queue"})
    row = Article.objects.get()
    page = client.get(f"/work-items/{incident.number}/").content.decode()
    assert 'href="https://wiki.example.org/queue"' in page
    assert "Linked: article Restart the queue" in page
    client.post(f"/work-items/{incident.number}/articles/{row.pk}/remove/")
    assert not Article.objects.exists()


@pytest.mark.parametrize("url", ["javascript:alert(1)", "wiki", "ftp://x.example.org/a", ""])
def test_what_is_no_web_address_is_refused(incident: Item, bob: User, url: str) -> None:
    with pytest.raises(InputError) as caught:
        add_article(actor=bob, item=incident, title="x", url=url, now=MONDAY)
    assert [one.field for one in caught.value.problems] == ["url"]


def test_services_and_configuration_items_are_linked_on_the_same_page(
    client: Client, incident: Item, bob: User, estate: Estate
) -> None:
    thing = ConfigurationItem.objects.create(key="db01", name="db01.example.org")
    client.force_login(bob)
    assert client.get(f"/work-items/{incident.number}/links/").status_code == 200
    data = {
        "what": "touched",
        "services": [estate.alone.pk],
        "items": [thing.pk],
        "version": incident.version,
    }
    client.post(f"/work-items/{incident.number}/links/", data)
    page = client.get(f"/work-items/{incident.number}/").content.decode()
    assert "/catalogue/items/db01/" in page
    assert "/catalogue/services/alone/" in page


def test_the_api_links_articles(client: Client, incident: Item, bob: User) -> None:
    client.force_login(bob)
    path = f"/api/work-items/{incident.number}/articles"
    body = json.dumps({"title": "How to", "url": "https://wiki.example.org/a"})
    made = client.post(path, body, content_type="application/json")
    assert made.status_code == 201
    assert [row["title"] for row in client.get(path).json()] == ["How to"]
    assert client.delete(f"{path}/{made.json()['id']}").status_code == 204
    add_article(actor=bob, item=incident, title="b", url="https://b.example.org", now=MONDAY)
    remove_article(actor=bob, row=Article.objects.get(), now=MONDAY)


def test_what_changed_near_the_cause_in_time_and_map_stands_on_an_incident(
    client: Client, incident: Item, bob: User, estate: Estate
) -> None:
    values = {
        "title": "Tune the database", "description": "x", "service": "database", "change_type": "normal",
        "risk": "low", "impact": "low", "urgency": "low", "planned_start": MONDAY - timedelta(hours=2),
        "planned_end": MONDAY - timedelta(hours=1),
    }  # fmt: skip
    create(actor=bob, kind="change", values=values, now=MONDAY)
    state_change(estate.directory, "degraded", -10, reason="slow answers")
    state_change(estate.alone, "down", -10)
    client.force_login(bob)
    answer = client.get(f"/work-items/{incident.number}/")
    assert [(row.title, how) for row, how in answer.context["near_changes"]] == [
        ("Tune the database", "which this needs")
    ]
    assert [(row.service.key, how) for row, how in answer.context["near_states"]] == [
        ("directory", "which this needs")
    ]
    assert "slow answers" in answer.content.decode()


def test_what_the_machine_said_stands_in_the_language_of_the_reader(
    client: Client, estate: Estate, bob: User
) -> None:
    state_change(estate.alone, "down", 0)
    state_change(estate.alone, "up", 5)
    state_change(estate.alone, "down", 10, reason="no answer")
    for _n in range(3):
        answer_next(now=MONDAY + timedelta(minutes=11))
    item = Item.objects.get()
    assert item.state == "new"
    client.force_login(bob)
    for language, words in (
        ("nl", "Opnieuw: Alone ligt eruit (no answer)"),
        ("en", "Alone is down again: no answer"),
    ):
        page = client.get(f"/work-items/{item.number}/", headers={"accept-language": language})
        assert words in page.content.decode()


def test_a_standard_change_says_in_ones_language_that_no_approval_was_needed(
    client: Client, estate: Estate, bob: User
) -> None:
    values = {
        "title": "Routine", "description": "x", "service": "webmail", "change_type": "standard", "risk": "low",
        "impact": "low", "urgency": "low",
    }  # fmt: skip
    item = create(actor=bob, kind="change", values=values, now=MONDAY)
    plan = {
        "plan": "a", "test_plan": "b", "rollback": "c", "planned_start": MONDAY + timedelta(days=2),
        "planned_end": MONDAY + timedelta(days=2, hours=1),
    }  # fmt: skip
    take_step(actor=bob, item=item, step="propose", version=None, now=MONDAY, values=plan)
    client.force_login(bob)
    page = client.get(f"/work-items/{item.number}/", headers={"accept-language": "nl"}).content.decode()
    assert "Hiervoor is geen akkoord nodig." in page
