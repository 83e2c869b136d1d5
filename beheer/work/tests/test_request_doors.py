"""The service catalogue on pages for who keeps it, in the API and at the command line."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client

from beheer.lib.errors import DocumentError, InputError
from beheer.people.models import User
from beheer.work.catalogue import as_yaml, current_model, spec_of
from beheer.work.commands import work
from beheer.work.models import Item, RequestModel
from beheer.work.tests.conftest import Estate
from beheer.work.tests.test_requests import GIVEN, SPEC, asked, published

pytestmark = pytest.mark.django_db
PLACE = "/work-items/catalogue/"


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def settings(**said: str) -> dict[str, str]:
    """What an administrator fills in for an item with two questions."""
    return {
        "key": "laptop", "name_nl": "Laptop", "name_en": "Laptop computer", "service": "webmail",
        "kind": "service_request", "sets": "request_type: hardware", "targets": "fulfilment: 40h",
        "tasks": "order | Bestellen | Order it", "approvals": "requester_lead\nservice_owner, lead",
        "q-TOTAL_FORMS": "2", "q-INITIAL_FORMS": "0", "q-MIN_NUM_FORMS": "0", "q-MAX_NUM_FORMS": "100",
        "q-0-name": "size", "q-0-type": "choice", "q-0-label_nl": "Maat", "q-0-label_en": "Size",
        "q-0-choices": "s | klein | small\nb | groot | big", "q-0-required": "on",
        "q-1-name": "why", "q-1-type": "text", "q-1-label_nl": "Waarom", "q-1-label_en": "Why",
        "q-1-shown_when": "size = b", "q-1-most": "40",
    } | said  # fmt: skip


def test_alice_writes_an_item_looks_at_its_form_and_publishes_it(alice: User, estate: Estate) -> None:
    browser = as_user(alice)
    answer = browser.post(f"{PLACE}new/", settings(look="1"))
    assert answer.status_code == 200 and "It hangs together" in answer.content.decode()
    assert not RequestModel.objects.exists()
    assert browser.post(f"{PLACE}new/", settings(publish="1")).status_code == 302
    spec = spec_of(current_model("laptop"))
    assert (spec.fields["why"].shown_when, spec.fields["why"].most) == ({"size": ["b"]}, 40)
    assert [group.who for group in spec.approvals] == [["requester_lead"], ["service_owner", "lead"]]
    page = browser.get(f"{PLACE}laptop/edit/").content.decode()
    assert "s | klein | small" in page and "size = b" in page and "order | Bestellen | Order it" in page
    changed = settings(publish="1", name_en="Notebook")
    assert browser.post(f"{PLACE}laptop/edit/", changed).status_code == 302
    assert (current_model("laptop").version, browser.get(f"{PLACE}laptop/?version=1").status_code) == (2, 200)


@pytest.mark.parametrize(
    ("said", "place", "text"),
    [
        ({"sets": "hardware"}, "settings:sets", "write key: value"),
        ({"sets": "request_type: car"}, "settings:sets", "not possible here"),
        ({"targets": "fulfilment: soon"}, "settings:targets", "not a duration"),
        ({"service": ""}, "settings:service", "always about a service"),
        ({"approvals": "boss"}, "settings:approvals", "says nobody"),
        ({"q-0-choices": "s"}, "0:choices", "key | Dutch | English"),
        ({"q-1-shown_when": "size = x"}, "1:shown_when", "no answer to"),
        ({"q-1-name": "size"}, "1:name", "Another question has this key"),
        ({"q-1-name": "title"}, "1:name", "is a field of"),
        ({"q-1-pattern": "("}, "1:pattern", "no regular expression"),
    ],
)
def test_what_is_wrong_is_shown_at_its_field(
    alice: User, estate: Estate, said: dict[str, str], place: str, text: str
) -> None:
    answer = as_user(alice).post(f"{PLACE}new/", settings(publish="1") | said)
    form, field = place.split(":")
    at = answer.context["settings"] if form == "settings" else answer.context["questions"].forms[int(form)]
    assert answer.status_code == 422 and text in " ".join(at.errors.get(field, []))
    assert not RequestModel.objects.exists()


def test_one_more_question_needs_no_script_and_loses_nothing(alice: User, estate: Estate) -> None:
    answer = as_user(alice).post(f"{PLACE}new/", settings(more="1"))
    assert answer.status_code == 200 and "q-2-name" in answer.content.decode()
    assert "size = b" in answer.content.decode() and "is not right yet" not in answer.content.decode()


def test_bob_sees_the_catalogue_and_asks_for_charlie_but_does_not_change_it(
    bob: User, charlie: User, estate: Estate
) -> None:
    published()
    browser = as_user(bob)
    for path in ("", "shared-mailbox/", "shared-mailbox/ask/", "shared-mailbox/requests/"):
        assert browser.get(f"{PLACE}{path}").status_code == 200
    given = GIVEN | {"requester": "charlie"}
    answer = browser.post(f"{PLACE}shared-mailbox/ask/", given)
    assert answer.status_code == 302
    assert Item.objects.get().requester == charlie
    page = browser.get(answer["Location"]).content.decode()
    assert "desk.info" in page and "From outside?" in page
    assert browser.post(f"{PLACE}new/", settings(publish="1")).status_code == 403
    assert browser.post(f"{PLACE}shared-mailbox/retire/", {"retired": "1"}).status_code == 403
    assert as_user(charlie).get(PLACE).status_code == 403


def test_what_was_asked_is_exported_with_the_answers(bob: User, charlie: User, estate: Estate) -> None:
    asked(charlie, published())
    answer = as_user(bob).get(f"{PLACE}shared-mailbox/requests/?export=csv")
    text = bytes(answer.getvalue()).decode()
    assert "Address" in text and "desk.info" in text and "calendar, tasks" in text


def api(client: Client, method: str, path: str, **body: Any) -> tuple[int, Any]:
    send = getattr(client, method)
    answer = send(f"/api/service-catalogue{path}", json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def test_the_second_of_two_who_publish_an_item_is_told(alice: User, estate: Estate) -> None:
    published()
    browser, address = as_user(alice), f"{PLACE}{SPEC['key']}/edit/"
    seen = browser.get(address).context["settings"].initial["version"]
    for name, status in (("First", 302), ("Second", 409)):
        sent = settings(publish="1", name_en=name, key=SPEC["key"], version=seen)
        assert browser.post(address, sent).status_code == status
    assert '"First"' in json.dumps(browser.get(f"/api/service-catalogue/{SPEC['key']}").json())


def test_the_api_publishes_asks_and_retires(alice: User, charlie: User, estate: Estate) -> None:
    status, found = api(as_user(alice), "put", "/shared-mailbox", **SPEC)
    assert (status, found["version"]) == (200, 1)
    assert as_user(charlie).get("/api/service-catalogue").json()[0]["key"] == "shared-mailbox"
    shown = as_user(charlie).get("/api/service-catalogue/shared-mailbox").json()
    assert shown["item"]["fields"]["address"]["pattern"] == "[a-z.]+"
    file = {"question": "proof", "name": "a.txt", "content_base64": base64.b64encode(b"x").decode()}
    status, found = api(as_user(charlie), "post", "/shared-mailbox/requests", answers=GIVEN, files=[file])
    assert (status, found["answers"]["proof"], found["title"]) == (201, ["a.txt"], "Mailbox desk.info")
    status, found = api(as_user(charlie), "post", "/shared-mailbox/requests", answers={"address": "A"})
    assert status == 422 and {one["field"] for one in found["problems"]} == {"address", "external"}
    assert api(as_user(charlie), "put", "/shared-mailbox", **SPEC)[0] == 403
    assert api(as_user(alice), "post", "/shared-mailbox/retire")[1]["retired"] is True
    assert as_user(charlie).get("/api/service-catalogue/shared-mailbox").status_code == 404
    status, found = api(as_user(alice), "put", "/other", **SPEC)
    assert (status, found["problems"][0]["field"]) == (422, "key")


def run(*arguments: str) -> str:
    result = CliRunner().invoke(work, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_line_publishes_asks_and_retires(charlie: User, estate: Estate, tmp_path: Path) -> None:
    published()
    file, proof = tmp_path / "m.yaml", tmp_path / "proof.txt"
    file.write_text(run("catalogue", "show", "shared-mailbox").replace("20h", "10h"))
    proof.write_text("yes")
    assert "version 2" in run("catalogue", "publish", str(file))
    values = ("requester=charlie", "address=a.b", "external=no", "parts=cal,tasks", f"proof=@{proof}")
    number = run("new", "--item", "shared-mailbox", *values).strip()
    item = Item.objects.get(number=number)
    assert (item.requester, item.values["parts"]) == (charlie, ["cal", "tasks"])
    assert item.attachments.get().name == "proof.txt"
    with pytest.raises(InputError, match="requester"):
        run("new", "--item", "shared-mailbox", "address=a.b")
    assert "retired" in run("catalogue", "retire", "shared-mailbox")
    assert "shared-mailbox" not in run("catalogue", "list")
    file.write_text("key: x\nname: {nl: x, en: x}\nfeilds: {}\n")
    with pytest.raises(DocumentError, match=r"m\.yaml:3"):
        run("catalogue", "publish", str(file))


def test_the_file_of_an_item_says_it_again(estate: Estate) -> None:
    text = as_yaml(spec_of(published()))
    assert "shown_when" in text and "required: true" in text and "choices: {}" not in text
