"""Targets of work in agreements become the deadlines of items, for as long as the agreement is in force."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from beheer.catalogue.models import Customer
from beheer.lib.errors import InputError, NotAllowed
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.work_targets import WorkTarget, save_work_targets, take_over
from beheer.service_levels.models import Agreement
from beheer.service_levels.tests.conftest import START, MakePerson
from beheer.work.actions import create
from beheer.work.actions.targets import renew_some
from beheer.work.clocks import clocks_on, target_history
from beheer.work.models import Item, Target

pytestmark = pytest.mark.django_db

HOUR = 3600
TARGETS = [WorkTarget("incident", "resolution", 2 * HOUR, 3), WorkTarget("incident", "response", HOUR)]


def opened(customer: str = "faculty") -> Item:
    values = {
        "title": "Slow", "service": "web", "customer": customer, "impact": "medium", "urgency": "medium",
    }  # fmt: skip
    return create(actor=SYSTEM, kind="incident", values=values, now=START)


def agreed(agreement: Agreement) -> None:
    save_work_targets(actor=SYSTEM, agreement=agreement, targets=TARGETS, now=START)
    take_over(START)


def test_an_agreements_targets_become_deadlines_with_their_source(agreement: Agreement) -> None:
    agreed(agreement)
    item = opened()
    assert clocks_on(item)["resolution"].at(START).due == START + timedelta(hours=2)
    assert target_history(item, "resolution")[0].source == "agreement:sla"


def test_a_running_item_gets_them_and_loses_them_when_the_agreement_ends(agreement: Agreement) -> None:
    item = opened()
    before = clocks_on(item)["resolution"].at(START).target_us
    agreed(agreement)
    while renew_some(START + timedelta(minutes=10)):
        pass
    assert clocks_on(item)["resolution"].at(START + timedelta(minutes=10)).target_us == 2 * HOUR * 1_000_000
    Agreement.objects.update(ends_on=START.date())
    tomorrow = START + timedelta(days=1, hours=3)
    assert take_over(tomorrow) == 2
    while renew_some(tomorrow):
        pass
    assert clocks_on(item)["resolution"].at(tomorrow).target_us == before
    assert not Target.objects.exists()


def test_another_customers_item_keeps_its_own(agreement: Agreement) -> None:
    Customer.objects.create(key="other", name="Other")
    agreed(agreement)
    assert target_history(opened("other"), "resolution")[0].source == ""


def test_a_draft_agreement_sets_nothing(agreement: Agreement) -> None:
    Agreement.objects.update(status="draft")
    agreed(agreement)
    assert not Target.objects.exists()


def test_taking_over_twice_changes_nothing(agreement: Agreement) -> None:
    agreed(agreement)
    assert take_over(START + timedelta(hours=1)) == 0


def test_an_agreement_that_is_gone_leaves_no_targets(agreement: Agreement) -> None:
    agreed(agreement)
    agreement.delete()
    take_over(START)
    assert not Target.objects.exists()


def test_wrong_targets_are_named_by_place(agreement: Agreement) -> None:
    wrong = [TARGETS[0], WorkTarget("incident", "solving", HOUR), TARGETS[0]]
    with pytest.raises(InputError) as caught:
        save_work_targets(actor=SYSTEM, agreement=agreement, targets=wrong, now=START)
    assert [problem.field for problem in caught.value.problems] == ["1.clock", "2.clock"]


def test_who_may_not_change_agreements_may_not_change_targets(
    agreement: Agreement, person: MakePerson
) -> None:
    with pytest.raises(NotAllowed):
        save_work_targets(actor=person("bob", "member"), agreement=agreement, targets=TARGETS, now=START)


def test_the_page_sets_them_a_kind_at_a_time(
    agreement: Agreement, person: MakePerson, client: Client
) -> None:
    agreed(agreement)
    client.force_login(person("alice", "lead"))
    address = "/service-levels/agreements/sla/work-targets/?kind=incident"
    assert 'value="2h"' in client.get(address).content.decode()
    wrong = client.post(address, {"resolution-3": "soon"}).content.decode()
    assert "Write a length of time" in wrong
    assert client.post(address, {"resolution-3": "3h", "resolution-all": "8h"}).status_code == 302
    assert [one["within_s"] for one in Agreement.objects.get().work_targets] == [8 * HOUR, 3 * HOUR]
    assert "Targets of work" in client.get("/service-levels/agreements/sla/").content.decode()
