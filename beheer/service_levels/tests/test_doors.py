"""The API and the command line do what the pages do."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client
from django.utils import timezone

from beheer.catalogue.models import Service
from beheer.lib.errors import InputError, NotFound
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.judging import judge_all
from beheer.service_levels.actions.reports import seal_report
from beheer.service_levels.actions.windows import WindowDraft, plan_window
from beheer.service_levels.models import Agreement, PlannedWindow, Report
from beheer.service_levels.report_commands import norms, report
from beheer.service_levels.tests.conftest import START, MakeNorm, MakePerson, MakeState

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def world(web: Service, agreement: Agreement, norm: MakeNorm, state: MakeState) -> Agreement:
    norm()
    state(web, "up", START)
    state(web, "down", START + 5 * DAY)
    state(web, "up", START + 6 * DAY)
    judge_all(timezone.now())
    return agreement


@pytest.fixture
def bob(person: MakePerson) -> Client:
    client = Client()
    client.force_login(person("bob", "lead"))
    return client


def send(client: Client, method: str, path: str, body: object = None) -> tuple[int, Any]:
    answer = client.generic(method, f"/api{path}", json.dumps(body), content_type="application/json")
    return answer.status_code, json.loads(answer.content) if answer.content else None


def test_the_api_explains_a_figure_down_to_the_state_changes(world: Agreement, bob: Client) -> None:
    path = "/agreements/sla/norms/availability/explain?within=2026-10-09T00:00:00Z"
    status, found = send(bob, "GET", path)
    assert status == 200
    assert sum(found["figures"]["classes_us"].values()) == 31 * 86_400_000_000
    assert found["value"] == pytest.approx(30 / 31)
    assert found["what_if"]["no_data"]["as_down"] == pytest.approx(30 / 31)
    down = next(one for one in found["stretches"] if one["class"] == "down")
    status, behind = send(bob, "GET", f"/services/web/evidence?start={down['from']}&end={down['until']}")
    assert status == 200
    assert [row["state"] for row in behind["states"]] == ["down"]


def test_the_api_shows_how_norms_stand(world: Agreement, bob: Client) -> None:
    for path in ("/agreements/sla/standings", "/services/web/standings"):
        status, found = send(bob, "GET", path)
        assert status == 200
        assert [(row["norm"], row["verdict"], row["value"]) for row in found] == [
            ("availability", "met", 1.0)
        ]


def test_an_agreement_is_read_and_written_by_the_api_as_in_a_file(world: Agreement, bob: Client) -> None:
    _status, entry = send(bob, "GET", "/agreements/sla")
    entry["norms"][0]["target"] = 0.9
    status, changed = send(bob, "PUT", "/agreements/sla", entry)
    assert (status, changed["norms"][0]["target"]) == (200, 0.9)
    entry["norms"][0]["target"] = 100
    status, problem = send(bob, "PUT", "/agreements/sla", entry)
    assert (status, problem["problems"][0]["field"]) == (422, "norms.0.target")
    entry["calendar"] = "nope"
    status, problem = send(bob, "PUT", "/agreements/sla", entry)
    assert (status, problem["problems"][0]["field"]) == (422, "calendar")


def test_a_correction_goes_its_way_by_the_api(world: Agreement, bob: Client, person: MakePerson) -> None:
    body = {
        "service": "web", "start": "2026-10-06T00:00:00Z", "end": "2026-10-07T00:00:00Z", "makes": "up",
        "reason": "Seen in the log.",
    }  # fmt: skip
    status, made = send(bob, "POST", "/corrections", body)
    assert status == 201
    _status, effect = send(bob, "GET", f"/corrections/{made['id']}/effect")
    assert (effect[0]["before"]["verdict"], effect[0]["after"]["value"]) == ("breached", 1.0)
    assert send(bob, "POST", f"/corrections/{made['id']}/approve", {})[0] == 403
    alice = Client()
    alice.force_login(person("alice", "lead"))
    assert send(alice, "POST", f"/corrections/{made['id']}/approve", {})[1]["state"] == "approved"
    assert send(alice, "POST", f"/corrections/{made['id']}/refuse", {"decision": "No"})[0] == 409
    assert send(alice, "GET", "/corrections/999/effect")[0] == 404


def test_a_window_is_planned_and_cancelled_by_the_api(world: Agreement, bob: Client) -> None:
    entry = {
        "key": "move@x", "services": ["web"], "start": "2030-01-01T10:00:00Z", "end": "2030-01-01T12:00:00Z",
        "reason": "Move", "announced": "2026-11-01T12:00:00Z",
    }  # fmt: skip
    assert send(bob, "PUT", "/windows/move@x", entry)[0] == 200
    assert send(bob, "PUT", "/windows/move@x", {**entry, "end": "2029-01-01T12:00:00Z"})[0] == 422
    assert send(bob, "DELETE", "/windows/move@x")[0] == 204
    assert send(bob, "DELETE", "/windows/move@x")[0] == 404


def test_reports_are_sealed_shown_and_verified_by_the_api(world: Agreement, bob: Client) -> None:
    status, sealed = send(bob, "POST", "/agreements/sla/reports", {"within": "2026-10-09T00:00:00Z"})
    assert status == 200
    status, found = send(bob, "GET", f"/reports/{sealed['id']}/verification")
    assert (found["is_intact"], found["is_same"]) == (True, True)
    assert send(bob, "POST", "/agreements/sla/reports", {"within": "2126-10-09T00:00:00Z"})[0] == 409
    assert bob.get(f"/api/reports/{sealed['id']}/file/csv").content.startswith(b"\xef\xbb\xbfnorm,")
    finding = {
        "within": "2026-10-09T00:00:00Z",
        "kind": "conclusion",
        "text": "Full disks.",
        "measures": [{"text": "x"}],
    }
    assert send(bob, "POST", "/agreements/sla/findings", finding)[0] == 201


def test_an_ict_user_gets_nothing_from_the_api(world: Agreement, person: MakePerson) -> None:
    client = Client()
    client.force_login(person("charlie", "user"))
    for path in (
        "/agreements",
        "/calendars",
        "/windows",
        "/corrections",
        "/reports",
        "/services/web/standings",
    ):
        assert send(client, "GET", path)[0] == 403, path


def test_a_report_is_sealed_verified_and_exported_at_the_command_line(
    world: Agreement, tmp_path: Path
) -> None:
    run = CliRunner().invoke
    sealed = run(report, ["seal", "sla", "--within", "2026-10-09T00:00:00Z"], catch_exceptions=False)
    assert sealed.exit_code == 0
    pk = str(Report.objects.get().pk)
    file = tmp_path / "r.json"
    assert run(report, ["export", pk, str(file)], catch_exceptions=False).exit_code == 0
    for which in (pk, str(file)):
        assert "same bytes" in run(report, ["verify", which], catch_exceptions=False).output
    file.write_text(file.read_text().replace('"is_closed":true', '"is_closed":false'))
    forged = run(report, ["verify", str(file), "--json"], catch_exceptions=False)
    assert forged.exit_code == 1
    assert json.loads(forged.output)["differs"] == ["norms"]
    with pytest.raises(InputError):
        run(report, ["export", pk, str(tmp_path / "r.docx")], catch_exceptions=False)
    with pytest.raises(NotFound):
        run(report, ["verify", "999"], catch_exceptions=False)


def test_norms_are_shown_at_the_command_line(world: Agreement) -> None:
    found = CliRunner().invoke(norms, ["--json"], catch_exceptions=False)
    assert [row["verdict"] for row in json.loads(found.output)] == ["met"]
    assert "availability" in CliRunner().invoke(norms, [], catch_exceptions=False).output


def test_a_sealed_period_is_named_on_the_page_of_a_correction(
    world: Agreement, bob: Client, web: Service, person: MakePerson
) -> None:
    seal_report(actor=SYSTEM, agreement=world, starts_at=START, now=timezone.now())
    body = {
        "service": "web", "start": "2026-10-06T00:00:00Z", "end": "2026-10-07T00:00:00Z", "makes": "up",
        "reason": "Log.",
    }  # fmt: skip
    alice = Client()
    alice.force_login(person("alice", "lead"))
    _status, made = send(alice, "POST", "/corrections", body)
    page = bob.get(
        f"/service-levels/corrections/{made['id']}/", headers={"accept-language": "en"}
    ).content.decode()
    assert "was sealed already" in page


def test_a_late_window_is_decided_about_by_the_api(
    world: Agreement, bob: Client, person: MakePerson, web: Service
) -> None:
    draft = WindowDraft(services=[web], starts_at=START, ends_at=START + HOUR, reason="Late", uid="late")
    plan_window(actor=person("alice", "member"), draft=draft, now=timezone.now())
    assert send(bob, "POST", "/windows/late/decision/approve", {"decision": "Announced by mail."})[0] == 200
    assert PlannedWindow.objects.get().state == "approved"


def test_what_is_wrong_with_a_time_is_told_at_the_field_that_was_sent(
    client: Client, web: Service, person: MakePerson
) -> None:
    client.force_login(person("bob", "lead"))
    times = {"start": "2026-10-02T10:00:00Z", "end": "2026-10-02T09:00:00Z", "reason": "Log"}
    correction = {"service": "web", "makes": "exclude", **times}
    window = {"key": "w", "services": ["web"], "announced": "2026-09-01T10:00:00Z", **times}
    for method, path, body in (
        (client.post, "/api/corrections", correction),
        (client.put, "/api/windows/w", window),
    ):
        answer = method(path, body, content_type="application/json")
        assert [(one["field"], bool(one["remedy"])) for one in answer.json()["problems"]] == [("end", True)]
