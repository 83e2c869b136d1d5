"""Targets of clocks: the most specific holds, running items follow and keep what has elapsed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from beheer.catalogue.models import Customer
from beheer.lib.errors import Conflict, InputError, NotAllowed
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM
from beheer.work.actions import create
from beheer.work.actions.service_rules import ServiceRuleDraft, save_service_rule
from beheer.work.actions.targets import (
    TargetDraft,
    remove_target,
    renew_some,
    save_target,
    take_over_agreed,
)
from beheer.work.clocks import clocks_on, target_history
from beheer.work.models import Item, Renewal, ServiceRule, Target
from beheer.work.tests.conftest import MONDAY, Estate

HOUR = 3600
OFFICE = """\
timezone: Europe/Amsterdam
versions:
  - valid_from: 2020-01-01
    hours: {mon-fri: "09:00-17:00"}
"""


def target_s(item: Item, clock: str = "resolution") -> float | None:
    found = clocks_on(item)[clock].at(MONDAY + timedelta(hours=1)).target_us
    return None if found is None else found / 1_000_000


def put(estate: Estate, **values: Any) -> Target:
    draft = TargetDraft(**{"kind": "incident", "clock": "resolution", "target_s": 2 * HOUR, **values})
    return save_target(actor=SYSTEM, draft=draft, now=MONDAY)


def renewed() -> None:
    while renew_some(MONDAY + timedelta(minutes=30)):
        pass


def test_a_running_item_follows_and_keeps_what_has_elapsed(estate: Estate, incident: Item) -> None:
    before = clocks_on(incident)["resolution"].at(MONDAY + timedelta(minutes=30))
    put(estate, service=estate.webmail)
    renewed()
    after = clocks_on(incident)["resolution"].at(MONDAY + timedelta(minutes=30))
    assert after.elapsed_us == before.elapsed_us > 0
    assert target_s(incident) == 2 * HOUR
    incident.refresh_from_db()
    assert incident.due_at is not None
    assert [one.target_s for one in target_history(incident, "resolution")] == [20 * HOUR, 2 * HOUR]
    assert not Renewal.objects.exists()


def test_an_item_that_nothing_changes_for_gets_no_event(estate: Estate, incident: Item) -> None:
    put(estate, service=estate.alone)
    renewed()
    assert not incident.events.filter(verb="targets").exists()


def test_the_most_specific_target_holds(estate: Estate, bob: User) -> None:
    arts = Customer.objects.create(key="arts", name="Arts")
    put(estate, target_s=9 * HOUR)
    put(estate, target_s=8 * HOUR, customer=arts)
    put(estate, target_s=7 * HOUR, service=estate.webmail)
    put(estate, target_s=6 * HOUR, service=estate.webmail, customer=arts)
    given = {"title": "Slow", "impact": "medium", "urgency": "medium"}

    def made(**values: str) -> float | None:
        return target_s(create(actor=bob, kind="incident", values=given | values, now=MONDAY))

    assert made(service="alone") == 9 * HOUR
    assert made(service="alone", customer="arts") == 8 * HOUR
    assert made(service="webmail", customer="arts") == 6 * HOUR


def test_while_it_is_not_known_whose_it_is_the_strictest_agreement_holds(estate: Estate, bob: User) -> None:
    for key, hours in (("arts", 6), ("law", 3), ("science", 12)):
        customer = Customer.objects.create(key=key, name=key)
        draft = TargetDraft("incident", "resolution", hours * HOUR, None, estate.webmail, customer)
        take_over_agreed(actor=SYSTEM, source=f"agreement:{key}", drafts=[draft], now=MONDAY)
    values = {"title": "Slow", "service": "webmail", "impact": "medium", "urgency": "medium"}
    item = create(actor=bob, kind="incident", values=values, now=MONDAY)
    assert target_s(item) == 3 * HOUR
    assert target_history(item, "resolution")[0].source == "agreement:law"


def test_a_calendar_of_its_own_is_counted_in(estate: Estate, bob: User) -> None:
    put(estate, service=estate.alone, calendar=OFFICE, target_s=8 * HOUR)
    values = {"title": "Slow", "service": "alone", "impact": "medium", "urgency": "medium"}
    item = create(actor=bob, kind="incident", values=values, now=MONDAY)  # 10:00 in Amsterdam
    due = clocks_on(item)["resolution"].at(MONDAY).due
    assert due == MONDAY + timedelta(days=1)  # seven hours on Monday, the eighth ends at 10:00 on Tuesday


def test_who_does_not_lead_may_not_set_targets(estate: Estate, bob: User, alice: User) -> None:
    draft = TargetDraft("incident", "resolution", HOUR)
    with pytest.raises(NotAllowed):
        save_target(actor=bob, draft=draft, now=MONDAY)
    assert save_target(actor=alice, draft=draft, now=MONDAY).target_s == HOUR


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "incidnt"}, "kind"),
        ({"clock": "solving"}, "clock"),
        ({"priority": 7}, "priority"),
        ({"target_s": 0}, "within"),
        ({"calendar": "hours: 9"}, "calendar"),
        ({"calendar": "ofice"}, "calendar"),
    ],
)
def test_a_wrong_target_names_its_field(estate: Estate, values: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        put(estate, **values)
    assert [problem.field for problem in caught.value.problems] == [field]


def test_what_an_agreement_set_is_changed_there(estate: Estate) -> None:
    draft = TargetDraft("incident", "resolution", HOUR, None, estate.webmail)
    take_over_agreed(actor=SYSTEM, source="agreement:sla", drafts=[draft], now=MONDAY)
    row = Target.objects.get()
    with pytest.raises(Conflict):
        remove_target(actor=SYSTEM, target=row, now=MONDAY)
    with pytest.raises(Conflict):
        save_target(actor=SYSTEM, draft=draft, now=MONDAY)
    assert take_over_agreed(actor=SYSTEM, source="agreement:sla", drafts=[draft], now=MONDAY) == 0
    assert take_over_agreed(actor=SYSTEM, source="agreement:sla", drafts=[], now=MONDAY) == 1
    assert not Target.objects.exists()


def test_a_rule_that_says_nothing_is_taken_away(estate: Estate) -> None:
    ask = ServiceRuleDraft(when_back="ask")
    save_service_rule(actor=SYSTEM, service=estate.webmail, draft=ask, now=MONDAY)
    save_service_rule(actor=SYSTEM, service=estate.webmail, draft=ServiceRuleDraft(), now=MONDAY)
    assert not ServiceRule.objects.exists()


def test_the_pages_set_targets_and_rules(estate: Estate, alice: User, incident: Item, client: Client) -> None:
    client.force_login(alice)
    given = {"clock": "incident.resolution", "priority": "3", "service": estate.webmail.pk, "within": "5h"}
    assert client.post("/work-items/rules/targets/new/", given).status_code == 302
    row = Target.objects.get()
    assert row.target_s == 5 * HOUR
    wrong = client.post("/work-items/rules/targets/new/", given | {"within": "soon"}).content.decode()
    assert "Write a length of time" in wrong
    rule = {"service": estate.webmail.pk, "opens_incidents": "on", "when_back": "ask"}
    assert client.post("/work-items/rules/outages/new/", rule).status_code == 302
    page = client.get("/work-items/rules/").content.decode()
    assert "5\N{NO-BREAK SPACE}h" in page
    assert "ask for closure" in page
    renewed()
    clocks = client.get(f"/work-items/{incident.number}/clocks/").content.decode()
    assert clocks.count("since") >= 2
    assert client.post(f"/work-items/rules/targets/{row.pk}/remove/").status_code == 302
    assert not Target.objects.exists()


def test_programs_set_targets_and_rules(estate: Estate, alice: User, client: Client) -> None:
    client.force_login(alice)
    entry = {"kind": "incident", "clock": "resolution", "service": "webmail", "within": "4h"}
    made = client.put("/api/work-targets", entry, content_type="application/json").json()
    assert client.get("/api/work-targets").json() == [made]
    bad = client.put("/api/work-targets", entry | {"service": "no"}, content_type="application/json")
    assert (bad.status_code, bad.json()["problems"][0]["field"]) == (422, "service")
    assert client.delete(f"/api/work-targets/{made['id']}").status_code == 204
    rule = {"key": "webmail", "opens_incidents": False}
    assert client.put("/api/outage-rules", rule, content_type="application/json").status_code == 200
    assert client.get("/api/outage-rules").json()[0]["opens_incidents"] is False
