"""What stands in the way of a plan is shown before it is planned; planning it anyway is a choice."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from beheer.catalogue.models import ConfigurationItem, Dependency, RedundancyGroup, Service
from beheer.people.models import Team, User
from beheer.work.actions import create
from beheer.work.models import Freeze, Item
from beheer.work.planning import in_the_way_of
from beheer.work.tests.conftest import Estate
from beheer.work.views import calendar

pytestmark = pytest.mark.django_db
SOON = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=10)


def planned_item(actor: User, service: str, hours: int = 1, after: int = 0, **values: Any) -> Item:
    given = {
        "title": f"Work on {service}", "description": "x", "service": service, "change_type": "normal",
        "risk": "low", "impact": "low", "urgency": "low", "planned_start": SOON + timedelta(hours=after),
        "planned_end": SOON + timedelta(hours=after + hours), **values,
    }  # fmt: skip
    return create(actor=actor, kind="change", values=given, now=timezone.now())


def form(service: Service, **values: Any) -> dict[str, Any]:
    local = timezone.localtime(SOON)
    return {
        "title": "New disk", "description": "x", "service": service.pk, "change_type": "normal", "risk": "low",
        "impact": 3, "urgency": 3, "planned_start": f"{local:%Y-%m-%dT%H:%M}",
        "planned_end": f"{local + timedelta(hours=1):%Y-%m-%dT%H:%M}", **values,
    }  # fmt: skip


def test_a_new_change_shows_what_is_in_its_way_and_is_made_only_when_that_was_seen(
    client: Client, bob: User, estate: Estate
) -> None:
    other = planned_item(bob, "database")
    client.force_login(bob)
    page = client.post("/work-items/new/change/", form(estate.webmail))
    assert f"{other.number} touches Database, which this needs" in page.content.decode()
    assert "Plan it anyway" in page.content.decode()
    assert Item.objects.count() == 1
    seen = page.content.decode().split('name="in_spite" value="')[1].split('"')[0]
    client.post("/work-items/new/change/", form(estate.webmail, in_spite=seen))
    assert Item.objects.count() == 2


def test_when_more_comes_in_the_way_meanwhile_it_is_asked_again(
    client: Client, bob: User, alice: User, estate: Estate
) -> None:
    planned_item(bob, "database")
    client.force_login(bob)
    page = client.post("/work-items/new/change/", form(estate.webmail)).content.decode()
    seen = page.split('name="in_spite" value="')[1].split('"')[0]
    Freeze.objects.create(name="Exams", starts_at=SOON, ends_at=SOON + timedelta(days=1))
    again = client.post("/work-items/new/change/", form(estate.webmail, in_spite=seen))
    assert "falls in the freeze “Exams”" in again.content.decode()
    assert Item.objects.count() == 1


def test_a_plan_in_nobodys_way_is_made_at_once(client: Client, bob: User, estate: Estate) -> None:
    planned_item(bob, "database", after=5)
    client.force_login(bob)
    client.post("/work-items/new/change/", form(estate.alone))
    assert Item.objects.count() == 2


def test_changing_something_else_of_an_item_does_not_ask(client: Client, bob: User, estate: Estate) -> None:
    mine = planned_item(bob, "webmail")
    planned_item(bob, "database")
    client.force_login(bob)
    page = client.get(f"/work-items/{mine.number}/change/")
    data = {name: value for name, value in page.context["form"].initial.items() if value not in (None, "")}
    data |= form(estate.webmail, title="Other words", version=mine.version, complexity="normal")
    data.pop("items", None), data.pop("services", None)
    client.post(f"/work-items/{mine.number}/change/", data)
    assert Item.objects.get(pk=mine.pk).title == "Other words"


def test_a_thing_counts_with_the_service_it_is_part_of(bob: User, estate: Estate) -> None:
    ConfigurationItem.objects.create(key="db01", name="db01", service=estate.database)
    planned_item(bob, "alone", items=["db01"])
    mine = planned_item(bob, "webmail")
    assert "which this needs" in in_the_way_of(mine)[0]


def test_two_that_stand_in_for_each_other_are_not_taken_away_together(bob: User, estate: Estate) -> None:
    group = RedundancyGroup.objects.create(service=estate.webmail, name="web", needed=1)
    for key in ("web-1", "web-2"):
        row = Service.objects.create(key=key, name=key)
        Dependency.objects.create(service=estate.webmail, needs=row, group=group)
    planned_item(bob, "web-1")
    second = planned_item(bob, "web-2")
    assert any("which stand in for each other" in line for line in in_the_way_of(second))
    RedundancyGroup.objects.update(needed=0)
    assert not any("which stand in for each other" in line for line in in_the_way_of(second))


def test_the_same_person_twice_at_once_is_in_the_way(bob: User, estate: Estate) -> None:
    planned_item(bob, "alone", assignee="bob")
    mine = planned_item(bob, "webmail", assignee="bob")
    assert any("is done by bob too" in line for line in in_the_way_of(mine))


def test_the_api_lists_the_calendar_and_checks_a_plan(client: Client, bob: User, estate: Estate) -> None:
    other = planned_item(bob, "database")
    client.force_login(bob)
    span = {"since": SOON.isoformat(), "until": (SOON + timedelta(days=1)).isoformat()}
    (row,) = client.get("/api/change-calendar", span).json()
    assert (row["number"], row["in_the_way"]) == (other.number, [])
    body = {
        "start": SOON.isoformat(),
        "end": (SOON + timedelta(hours=1)).isoformat(),
        "services": ["webmail"],
    }
    answer = client.post("/api/change-calendar/check", json.dumps(body), content_type="application/json")
    assert answer.json()["in_the_way"] == [f"{other.number} touches Database, which this needs"]
    wrong = client.post(
        "/api/change-calendar/check",
        json.dumps({**body, "services": ["nope"]}),
        content_type="application/json",
    )
    assert (wrong.status_code, wrong.json()["problems"][0]["field"]) == (422, "services")


def test_the_calendar_shows_what_is_asked_for_and_what_is_in_its_way_all_the_same(
    client: Client, bob: User, estate: Estate
) -> None:
    one, other = planned_item(bob, "webmail"), planned_item(bob, "webmail")
    desk = Team.objects.create(key="desk", name="Service desk")
    Item.objects.filter(pk=one.pk).update(team=desk)
    client.force_login(bob)
    monday = f"{SOON:%Y-%m-%d}"

    def page(**asked: str) -> str:
        return client.get("/work-items/calendar/", {"from": monday, **asked}).content.decode()

    assert one.number in page(team=str(desk.pk)) and f"{other.number} also touches" in page(team=str(desk.pk))
    assert f'href="/work-items/{other.number}/"' not in page(team=str(desk.pk))
    assert f'href="/work-items/{one.number}/"' not in page(team="mine")
    assert f'href="/work-items/{other.number}/"' in page(team="mine")
    assert f'href="/work-items/{one.number}/"' not in page(kind="maintenance")
    for nonsense in ({"kind": "x"}, {"team": "9" * 30}, {"team": "²"}, {"from": "x"}):
        assert one.title in page(**nonsense) or "from" in nonsense
    since = (SOON - timedelta(hours=1)).isoformat()
    asked = {
        "since": since,
        "until": (SOON + timedelta(hours=2)).isoformat(),
        "team": "desk",
        "kind": "change",
    }
    [found] = client.get("/api/change-calendar", asked).json()
    assert found["number"] == one.number and other.number in found["in_the_way"][0]


def test_deadlines_stand_in_the_calendar_where_they_are_asked(
    client: Client, bob: User, incident: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    Item.objects.filter(pk=incident.pk).update(due_at=SOON)
    client.force_login(bob)
    address = f"/work-items/calendar/?from={SOON:%Y-%m-%d}"
    assert incident.title not in client.get(address).content.decode()
    page = client.get(address + "&due=1").content.decode()
    assert f"{timezone.localtime(SOON):%H:%M} {incident.title}" in page
    assert incident.title not in client.get(address + "&due=1&kind=change").content.decode()
    monkeypatch.setattr(calendar, "MOST_DEADLINES", 0)
    assert "Choose a team or a kind" in client.get(address + "&due=1").content.decode()
    Item.objects.filter(pk=incident.pk).update(phase="closed")
    page = client.get(address + "&due=1").content.decode()
    assert incident.title not in page and "Choose a team or a kind" not in page
