"""The API and the command line do what the pages do, through the same actions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client
from django.utils import timezone

from beheer.lib.errors import DocumentError
from beheer.people.models import User
from beheer.work.actions import take_step
from beheer.work.commands import kinds, work
from beheer.work.definitions import BUILT_IN, current_version, own_folder, table
from beheer.work.models import Item
from beheer.work.tasks import take_up_own_kinds
from beheer.work.tests.conftest import MONDAY, Estate

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


def post(client: Client, path: str, **body: Any) -> tuple[int, Any]:
    answer = client.post(f"/api{path}", json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def patch(client: Client, path: str, **body: Any) -> tuple[int, Any]:
    answer = client.patch(f"/api{path}", json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


NEW = {"title": "Mail is slow", "service": "webmail", "impact": "high", "urgency": "medium"}


def test_an_item_lives_its_life_in_the_api(api: Client, estate: Estate) -> None:
    status, item = post(api, "/work-items", kind="incident", values=NEW)
    assert (status, item["number"], item["priority"]) == (201, "INC-2026-00001", 2) or item[
        "number"
    ].startswith("INC-")
    number = item["number"]
    assert item["steps"] == ["take", "resolve", "merge"]
    assert post(api, f"/work-items/{number}/steps/take", version=1)[1]["assignee"] == "bob"
    assert post(api, f"/work-items/{number}/messages", text="Looking")[0] == 201
    assert patch(api, f"/work-items/{number}", version=2, values={"title": "Mail is very slow"})[0] == 200
    status, answer = patch(api, f"/work-items/{number}", version=2, values={"title": "Other"})
    assert (status, "was changed by bob" in answer["problems"][0]["message"]) == (409, True)
    status, answer = post(api, f"/work-items/{number}/steps/resolve", values={})
    assert (status, answer["problems"][0]["field"]) == (422, "solution")
    assert (
        post(api, f"/work-items/{number}/steps/resolve", values={"solution": "Cache"})[1]["state"]
        == "resolved"
    )
    verbs = [event["verb"] for event in api.get(f"/api/work-items/{number}/events").json()]
    assert verbs == ["created", "step", "note", "changed", "step"]
    clocks = {clock["clock"]: clock for clock in api.get(f"/api/work-items/{number}/clocks").json()}
    assert clocks["resolution"]["state"] == "stopped"


def test_pages_of_the_list_follow_one_another(api: Client, estate: Estate) -> None:
    numbers = [post(api, "/work-items", kind="incident", values=NEW)[1]["number"] for _ in range(5)]
    first = api.get("/api/work-items?limit=2&kind=incident").json()
    second = api.get(f"/api/work-items?limit=2&before={first[-1]['id']}").json()
    assert [row["number"] for row in first + second] == numbers[::-1][:4]
    assert api.get("/api/work-items?q=nothing").json() == []


def test_charlie_sees_in_the_api_what_he_reported_and_no_notes(
    client: Client, charlie: User, bob: User, estate: Estate
) -> None:
    client.force_login(charlie)
    own = {"title": "No mail", "service": "webmail"}
    number = post(client, "/work-items", kind="incident", values=own)[1]["number"]
    item = Item.objects.get(number=number)
    asked = {"waiting_for": "charlie, who never answers", "comment": "x"}
    take_step(actor=bob, item=item, step="take", version=None, now=MONDAY)
    take_step(actor=bob, item=item, step="to_supplier", version=None, now=MONDAY, values=asked)
    told = client.get(f"/api/work-items/{number}").json()["fields"]
    assert told["requester"] == "charlie"
    assert "waiting_for" not in told
    client.force_login(User.objects.get(pk=bob.pk))
    assert "waiting_for" in client.get(f"/api/work-items/{number}").json()["fields"]
    client.force_login(User.objects.get(pk=charlie.pk))
    for path in (f"/api/work-items/{number}/events", f"/api/work-items/{number}/clocks", "/api/work-items"):
        assert client.get(path).status_code == 403
    assert post(client, "/work-items", kind="problem", values={"title": "x"})[0] == 403


def test_kinds_are_read_checked_and_published_in_the_api(api: Client, alice: User) -> None:
    assert api.get("/api/work-items/kinds").json()[0]["kind"] == "incident"
    text = api.get("/api/work-items/kinds/incident").json()["text"]
    status, answer = post(api, "/work-items/kinds/check", text=text.replace("initial: new", "initial: newt"))
    assert (status, answer["problems"][0]["remedy"]) == (422, "Did you mean 'new'?")
    assert post(api, "/work-items/kinds/check", text=text)[1]["blocked"] == []
    assert post(api, "/work-items/kinds", text=text)[0] == 403
    api.force_login(User.objects.get(pk=alice.pk))
    assert post(api, "/work-items/kinds", text=text) == (201, {"kind": "incident", "version": 2})


def run(command: Any, *arguments: str) -> str:
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_line_opens_steps_shows_and_lists(estate: Estate) -> None:
    number = run(work, "new", "incident", *(f"{name}={value}" for name, value in NEW.items())).strip()
    assert run(work, "step", number, "resolve", "solution=Restarted it").strip() == f"{number} is resolved."
    shown = json.loads(run(work, "show", number, "--json"))
    assert (shown["state"], shown["fields"]["solution"], shown["steps"][-1]) == (
        "resolved",
        "Restarted it",
        "merge",
    )
    assert "Next steps: reopen" in run(work, "show", number)
    assert json.loads(run(work, "list", "--json")) == []
    assert (
        json.loads(run(work, "list", "--phase", "all", "--search", "slow", "--json"))[0]["number"] == number
    )


def test_a_kind_is_checked_tried_and_published_at_the_command_line(estate: Estate, tmp_path: Path) -> None:
    number = run(work, "new", "incident", *(f"{name}={value}" for name, value in NEW.items())).strip()
    run(work, "step", number, "resolve", "solution=x")
    file = tmp_path / "incident.yaml"
    file.write_text(run(kinds, "show", "incident").replace("cause: optional}", "cause: required}"))
    tried = json.loads(run(kinds, "check", str(file), "--json"))
    assert tried["blocked"] == [
        {"what": "step 'resolve' now needs 'cause'", "times": 1, "examples": [number]}
    ]
    assert run(kinds, "publish", str(file)).strip() == "incident is version 2 now."
    file.write_text("kind: [")
    with pytest.raises(DocumentError, match=r"incident\.yaml:\d+: This is not valid YAML"):
        CliRunner().invoke(kinds, ["check", str(file)], catch_exceptions=False)


def test_the_dry_run_looks_at_fields_that_every_item_has_too(estate: Estate, tmp_path: Path) -> None:
    number = run(work, "new", "incident", *(f"{name}={value}" for name, value in NEW.items())).strip()
    run(work, "step", number, "resolve", "solution=x")
    file = tmp_path / "incident.yaml"
    changed = "cause: optional, customer: required, team: required}"
    file.write_text(run(kinds, "show", "incident").replace("cause: optional}", changed))
    tried = json.loads(run(kinds, "check", str(file), "--json"))
    assert tried["blocked"] == [
        {"what": "step 'resolve' now needs 'customer'", "times": 1, "examples": [number]}
    ]


def test_own_files_are_taken_up_and_wrong_ones_are_not(
    caplog: pytest.LogCaptureFixture, own_var: Path
) -> None:
    own_folder().mkdir(parents=True)
    text = (BUILT_IN / "test.yaml").read_text()
    (own_folder() / "test.yaml").write_text(
        text.replace("nl: Test, en: Test", "nl: Proefje, en: Little test")
    )
    (own_folder() / "wrong.yaml").write_text(text.replace("initial: prepared", "initial: nowhere"))
    assert take_up_own_kinds(timezone.now()) == 1
    assert take_up_own_kinds(timezone.now()) == 0
    assert "Little test" in current_version("test").text
    assert "wrong.yaml:" in caplog.text


def test_an_own_table_of_priorities_replaces_the_one_that_comes_with_beheer(
    estate: Estate, own_var: Path
) -> None:
    own_folder().mkdir(parents=True)
    text = (BUILT_IN.parent / "priorities.yaml").read_text()
    (own_folder() / "priorities.yaml").write_text(
        text.replace("high: {high: 1, medium: 2", "high: {high: 2, medium: 5")
    )
    assert table().priority(1, 2) == 5
    number = run(work, "new", "incident", *(f"{name}={value}" for name, value in NEW.items())).strip()
    assert Item.objects.get(number=number).priority == 5
