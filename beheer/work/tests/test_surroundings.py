"""What stands around an item: known errors, what depends on a change, and the trace from wish to documentation."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.test import Client

from beheer.people.models import User
from beheer.work.actions import create, lead_to, take_step
from beheer.work.models import Item
from beheer.work.queries import changes_near
from beheer.work.surroundings import depending_on, known_errors, trace
from beheer.work.tests.conftest import MONDAY, Estate


def a_problem(bob: User, service: str, **values: str) -> Item:
    start = {"title": "Leak", "description": "x", "service": service, "impact": "low", "urgency": "low"}
    item = create(actor=bob, kind="problem", values=start, now=MONDAY)
    if not values:
        return item
    item = take_step(actor=bob, item=item, step="investigate", version=None, now=MONDAY)
    return take_step(actor=bob, item=item, step="to_known_error", version=None, now=MONDAY, values=values)


def test_an_incident_shows_the_workarounds_of_its_service(
    estate: Estate, incident: Item, bob: User, client: Client
) -> None:
    known = a_problem(bob, "webmail", root_cause="a leak", workaround="Restart at noon")
    a_problem(bob, "webmail")
    a_problem(bob, "directory", root_cause="x", workaround="y")
    assert known_errors(incident, Q()) == [known]
    client.force_login(bob)
    page = client.get(f"/work-items/{incident.number}/").content.decode()
    assert "Known errors of this service" in page
    assert "Restart at noon" in page


def test_a_change_shows_what_needs_what_it_touches(estate: Estate, bob: User, client: Client) -> None:
    values = {
        "title": "Patch", "description": "x", "service": "database", "change_type": "normal", "risk": "low",
        "impact": "low", "urgency": "low",
    }  # fmt: skip
    item = create(actor=bob, kind="change", values=values, now=MONDAY)
    assert depending_on(item) == [estate.webmail, estate.directory]
    client.force_login(bob)
    page = client.get(f"/work-items/{item.number}/").content.decode()
    assert "2 services need what this touches; the largest serves 800 people." in page


def test_the_trace_goes_all_the_way_both_ways(estate: Estate, bob: User, client: Client) -> None:
    start = {"title": "Dark", "description": "x", "service": "alone"}
    wish = create(actor=bob, kind="wish", values=start, now=MONDAY)
    steps: tuple[tuple[str, dict[str, str]], ...] = (
        ("requirement", {"requirement_type": "functional", "criterion": "contrast 4.5"}),
        ("test", {"cases": "measure contrast"}),
        ("acceptance", {}),
        ("documentation", {"readers": "users"}),
    )
    item = wish
    for turn, (kind, values) in enumerate(steps, 1):
        now = MONDAY + timedelta(minutes=turn)
        item = lead_to(actor=bob, item=item, kind=kind, now=now, values=values)
    kinds = [(one.item.kind, one.depth) for one in trace(item, is_back=True)]
    assert kinds == [("acceptance", 1), ("test", 2), ("requirement", 3), ("wish", 4)]
    assert [one.item.kind for one in trace(wish, is_back=False)] == [
        "requirement", "test", "acceptance", "documentation",
    ]  # fmt: skip
    client.force_login(bob)
    assert item.number in client.get(f"/work-items/{wish.number}/").content.decode()
    found = client.get(f"/api/work-items/{item.number}/trace").json()
    assert [one["kind"] for one in found["came_from"]] == ["acceptance", "test", "requirement", "wish"]


def planned(bob: User, service: str, days: float, **values: str) -> Item:
    start = {
        "title": "Patch", "description": "x", "service": service, "change_type": "normal", "risk": "low",
        "impact": "low", "urgency": "low", **values,
    }  # fmt: skip
    begin = MONDAY + timedelta(days=days)
    start["planned_start"] = begin.isoformat()
    start["planned_end"] = (begin + timedelta(hours=2)).isoformat()
    return create(actor=bob, kind="change", values=start, now=MONDAY - timedelta(days=30))


def test_an_incident_shows_changes_near_it_what_was_begun_before_it_first(
    estate: Estate, incident: Item, bob: User
) -> None:
    tomorrow = planned(bob, "webmail", 0.5)
    last_week = planned(bob, "directory", -6)
    yesterday = planned(bob, "database", -1)
    planned(bob, "webmail", -9)
    planned(bob, "alone", -1)
    assert changes_near(incident) == [yesterday, last_week, tomorrow]


def test_an_emergency_change_without_an_end_is_near_while_it_lasts(
    estate: Estate, incident: Item, alice: User
) -> None:
    emergency = planned(alice, "database", -1)
    Item.objects.filter(pk=emergency.pk).update(planned_end=None, planned_start=MONDAY - timedelta(days=20))
    assert changes_near(incident) == [emergency]
    Item.objects.filter(pk=emergency.pk).update(solved_at=MONDAY - timedelta(days=19))
    assert changes_near(incident) == []
