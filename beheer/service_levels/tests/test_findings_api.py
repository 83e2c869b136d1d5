"""Findings and the measures that they start, in the API."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from beheer.audit.models import Entry
from beheer.catalogue.models import Service
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.reports import renew_due, seal_report
from beheer.service_levels.models import Agreement, Finding, Report
from beheer.service_levels.tests.conftest import START, MakeNorm, MakePerson, MakeState
from beheer.service_levels.tests.test_doors import send
from beheer.work.models import Item

WITHIN = "2026-10-09T00:00:00Z"
PATH = "/agreements/sla/findings"
pytestmark = pytest.mark.django_db


@pytest.fixture
def world(agreement: Agreement, norm: MakeNorm, state: MakeState, web: Service) -> Agreement:
    norm()
    state(web, "up", START)
    return agreement


def client_of(person: MakePerson, name: str, role: str) -> Client:
    client = Client()
    client.force_login(person(name, role))
    return client


@pytest.fixture
def alice(person: MakePerson) -> Client:
    return client_of(person, "alice", "lead")


def body(**values: Any) -> dict[str, Any]:
    return {"within": WITHIN, "text": "The disks were full. Twice.", **values}


def written(client: Client, **values: Any) -> dict[str, Any]:
    status, found = send(client, "POST", PATH, body(**values))
    assert status == 201, found
    return dict(found)


def wrong(answer: tuple[int, Any], status: int = 422) -> list[str]:
    """The fields that an answer names; each problem has a remedy."""
    assert answer[0] == status, answer
    assert all(problem["message"] and problem["remedy"] for problem in answer[1]["problems"])
    return [problem["field"] for problem in answer[1]["problems"]]


def test_a_finding_is_written_with_its_measures_and_listed(world: Agreement, alice: Client) -> None:
    measures = [{"text": "Bigger disks", "owner": "alice", "due_on": "2026-12-01"}, {"text": "Alarm at 80 %"}]
    found = written(alice, kind="conclusion", measures=measures)
    assert (found["kind"], found["author"], found["from"]) == ("conclusion", "alice", "2026-10-01T00:00:00Z")
    assert [(one["text"], one["owner"], one["due_on"]) for one in found["measures"]] == [
        ("Bigger disks", "alice", "2026-12-01"),
        ("Alarm at 80 %", None, None),
    ]
    assert send(alice, "GET", f"{PATH}?within={WITHIN}") == (200, [found])
    assert send(alice, "GET", f"{PATH}?within=2026-11-09T00:00:00Z") == (200, [])


def test_a_measure_is_added_in_words_or_by_the_number_of_work(world: Agreement, alice: Client) -> None:
    finding = written(alice)
    path = f"/findings/{finding['id']}/measures"
    status, found = send(alice, "POST", path, {"text": "Bigger disks", "work_item": "TOPdesk 12"})
    assert (status, found["measures"][0]["work_item"], found["measures"][0]["state"]) == (
        201,
        "TOPdesk 12",
        None,
    )
    status, started = send(alice, "POST", f"/findings/{finding['id']}/start", {})
    number = started["measures"][1]["work_item"]
    other = written(alice, text="Another.")
    status, found = send(alice, "POST", f"/findings/{other['id']}/measures", {"work_item": number.lower()})
    assert (status, found["measures"][0]["work_item"]) == (201, number)
    assert found["measures"][0]["text"] == Item.objects.get(number=number).title


def test_a_finding_starts_work_that_is_filled_in_from_it(world: Agreement, alice: Client) -> None:
    finding = written(alice)
    values = {"urgency": "high", "description": "Six new ones."}
    start = {"kind": "improvement", "values": values, "due_on": "2026-12-24"}
    status, found = send(alice, "POST", f"/findings/{finding['id']}/start", start)
    (measure,) = found["measures"]
    item = Item.objects.get(number=measure["work_item"])
    assert (status, measure["due_on"], measure["state"], measure["phase"]) == (
        201,
        "2026-12-24",
        "idea",
        item.phase,
    )
    assert (item.title, item.service, item.customer) == (
        "The disks were full",
        world.services.get(),
        world.customer,
    )
    assert item.description == "Six new ones."
    assert Entry.objects.filter(
        verb="service_levels.add_measure", subject=f"finding:{finding['id']}"
    ).exists()


def test_a_withdrawn_finding_is_listed_no_more_and_starts_nothing(world: Agreement, alice: Client) -> None:
    finding = written(alice)
    assert send(alice, "DELETE", f"/findings/{finding['id']}") == (204, None)
    assert send(alice, "DELETE", f"/findings/{finding['id']}") == (204, None)
    assert send(alice, "GET", f"{PATH}?within={WITHIN}") == (200, [])
    for verb, given in (("start", {}), ("measures", {"text": "x"})):
        status, answer = send(alice, "POST", f"/findings/{finding['id']}/{verb}", given)
        assert status == 409
        assert "withdrawn" in json.dumps(answer)
    assert not Item.objects.exists()


@pytest.mark.parametrize("role", ["auditor", "user"])
def test_who_may_not_write_findings_is_refused_and_nothing_happens(
    world: Agreement, alice: Client, person: MakePerson, role: str
) -> None:
    finding = written(alice)
    charlie = client_of(person, "charlie", role)
    assert send(charlie, "POST", PATH, body())[0] == 403
    assert send(charlie, "POST", f"/findings/{finding['id']}/measures", {"text": "x"})[0] == 403
    assert send(charlie, "POST", f"/findings/{finding['id']}/start", {})[0] == 403
    assert send(charlie, "DELETE", f"/findings/{finding['id']}")[0] == 403
    assert send(charlie, "GET", f"{PATH}?within={WITHIN}")[0] == (200 if role == "auditor" else 403)
    standing = Finding.objects.get()
    assert (standing.withdrawn_at, standing.measures.count()) == (None, 0)
    assert not Item.objects.exists()


def test_who_is_not_signed_in_is_refused(world: Agreement) -> None:
    assert send(Client(), "POST", PATH, body())[0] == 401
    assert send(Client(), "GET", f"{PATH}?within={WITHIN}")[0] == 401


def test_what_is_wrong_with_a_finding_is_told_at_its_field(world: Agreement, alice: Client) -> None:
    assert wrong(send(alice, "POST", PATH, body(text="  "))) == ["text"]
    assert wrong(send(alice, "POST", PATH, body(kind="opinion"))) == ["kind"]
    assert wrong(send(alice, "POST", PATH, body(measures=[{"text": ""}]))) == ["text"]
    assert wrong(send(alice, "POST", PATH, body(measures=[{"text": "x" * 301}]))) == ["text"]
    assert wrong(send(alice, "POST", PATH, body(measures=[{"text": "x", "owner": "nobody"}]))) == ["owner"]
    assert wrong(send(alice, "POST", PATH, body(measures=[{"work_item": "INC-2026-99999"}]))) == ["work_item"]
    for given in (body(within="yesterday"), body(measures=[{"text": "x", "due_on": "soon"}]), {"text": "x"}):
        status, answer = send(alice, "POST", PATH, given)
        assert status == 422
        assert answer["problems"][0]["field"].split(".")[-1] in ("within", "due_on")
    assert not Finding.objects.exists()


def test_what_is_wrong_with_work_that_is_started_is_told_and_nothing_is_made(
    world: Agreement, alice: Client
) -> None:
    finding = written(alice)
    path = f"/findings/{finding['id']}/start"
    assert send(alice, "POST", path, {"kind": "nonsense"})[0] == 404
    status, answer = send(alice, "POST", path, {"values": {"urgency": "enormous"}})
    assert (status, answer["problems"][0]["field"]) == (422, "urgency")
    assert not Item.objects.exists()
    assert Finding.objects.get().measures.count() == 0


def test_what_is_not_there_is_not_found(world: Agreement, alice: Client) -> None:
    assert send(alice, "POST", "/agreements/none/findings", body())[0] == 404
    assert send(alice, "GET", f"/agreements/none/findings?within={WITHIN}")[0] == 404
    assert send(alice, "POST", "/findings/999/measures", {"text": "x"})[0] == 404
    assert send(alice, "POST", "/findings/999/start", {})[0] == 404
    assert send(alice, "DELETE", "/findings/999")[0] == 404


def test_an_agreement_without_reports_has_no_findings(world: Agreement, alice: Client) -> None:
    Agreement.objects.update(report_period="")
    status, answer = send(alice, "POST", PATH, body())
    assert status == 409
    assert "asks for no report" in json.dumps(answer)


def test_a_sealed_report_stays_and_what_is_found_later_is_in_its_next_version(
    world: Agreement, alice: Client
) -> None:
    now = timezone.now()
    sealed = seal_report(actor=SYSTEM, agreement=world, starts_at=START, now=now - timedelta(hours=2))
    finding = written(alice, measures=[{"text": "Bigger disks"}])
    send(alice, "POST", f"/findings/{finding['id']}/start", {})
    assert send(alice, "GET", f"/reports/{sealed.pk}")[1]["content"]["findings"] == []
    assert renew_due(timezone.now()) == 1
    newest = Report.objects.get(version=2)
    (found,) = send(alice, "GET", f"/reports/{newest.pk}")[1]["content"]["findings"]
    assert [one["text"] for one in found["measures"]] == ["Bigger disks", "The disks were full"]
    assert found["measures"][1]["item"]["state"] == "idea"
    assert send(alice, "DELETE", f"/findings/{finding['id']}")[0] == 204
    assert send(alice, "GET", f"/reports/{newest.pk}")[1]["content"]["findings"] == [found]
    assert send(alice, "GET", f"/reports/{newest.pk}/verification")[1]["is_intact"]
    assert renew_due(timezone.now()) == 1
    assert json.loads(Report.objects.get(version=3).content)["findings"] == []
