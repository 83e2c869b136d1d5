"""Texts to answer with: who keeps them, what may stand in them, and what they become for an item."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from beheer.lib.errors import InputError, NotAllowed
from beheer.people.models import Team, User
from beheer.work.actions.templates import create_template
from beheer.work.models import Item, ReplyTemplate
from beheer.work.reply_texts import reply_text, templates_for
from beheer.work.rules.templates import filled
from beheer.work.tests.conftest import MONDAY, person

pytestmark = pytest.mark.django_db
TEXTS = {
    "text_nl": "Beste {reporter}, over {number}: {title}.",
    "text_en": "Dear {reporter}, about {number}.",
}


def template(actor: User, key: str = "received", team: Team | None = None) -> ReplyTemplate:
    return create_template(
        actor=actor, values={"key": key, "name": key.title(), "team": team, **TEXTS}, now=MONDAY
    )


def test_a_placeholder_that_is_not_there_is_refused_by_name(alice: User) -> None:
    values = {"key": "x", "name": "X", "text_en": "Dear {repotrer},\nyour {number} costs {price}."}
    with pytest.raises(InputError) as caught:
        create_template(actor=alice, values=values, now=MONDAY)
    first, second = caught.value.problems
    assert (first.field, first.message) == ("text_en", "There is no placeholder {repotrer} (line 1).")
    assert first.remedy.startswith("Did you mean {reporter}?")
    assert second.message == "There is no placeholder {price} (line 2)."


def test_a_brace_that_stands_alone_is_refused_and_a_doubled_one_is_a_brace(alice: User) -> None:
    with pytest.raises(InputError, match="stands alone in line 1"):
        create_template(actor=alice, values={"key": "x", "name": "X", "text_nl": "a } b"}, now=MONDAY)
    assert filled("{{number}} {number}", {"number": "INC-1"}) == "{number} INC-1"


def test_what_is_filled_in_is_not_filled_in_again() -> None:
    assert filled("{title} {service}", {"title": "{number}", "number": "INC-1"}) == "{number} –"


def test_who_leads_a_team_keeps_its_templates_and_a_member_does_not(alice: User, bob: User) -> None:
    assert template(alice).pk
    with pytest.raises(NotAllowed):
        template(bob, "other")


def test_a_person_chooses_from_those_of_all_of_his_teams_and_of_the_items_team(
    alice: User, bob: User, team: Team, desk: Team, incident: Item
) -> None:
    for key, of in (("all", None), ("ours", team), ("theirs", desk)):
        template(alice, key, of)
    assert [row.key for row in templates_for(bob, incident)] == ["all", "ours"]
    Item.objects.filter(pk=incident.pk).update(team=desk)
    assert [row.key for row in templates_for(bob, Item.objects.get())] == ["all", "ours", "theirs"]


def test_the_reporter_reads_it_in_his_own_language(
    alice: User, bob: User, charlie: User, incident: Item
) -> None:
    row = template(alice)
    User.objects.filter(pk=charlie.pk).update(language="nl", display_name="Charlie Groen")
    incident.requester = User.objects.get(pk=charlie.pk)
    assert reply_text(row, incident, bob) == f"Beste Charlie Groen, over {incident.number}: Webmail is slow."
    incident.requester.language = "en"
    assert reply_text(row, incident, bob) == f"Dear Charlie Groen, about {incident.number}."


def test_a_template_is_put_after_what_was_written_without_javascript(
    client: Client, alice: User, bob: User, charlie: User, incident: Item
) -> None:
    template(alice)
    Item.objects.filter(pk=incident.pk).update(requester=charlie)
    client.force_login(bob)
    page = client.get(f"/work-items/{incident.number}/").content.decode()
    assert '<option value="received">Received</option>' in page
    data = {"kind": "note", "text": "Hello.", "use": "1", "template": "received"}
    answer = client.post(f"/work-items/{incident.number}/say/", data)
    draft = answer.context["draft"]
    assert draft.kind == "reply"
    assert draft.text.startswith("Hello.\n\n")
    assert incident.number in draft.text
    assert not incident.messages.exists()


def test_the_page_makes_changes_and_removes(client: Client, alice: User, bob: User) -> None:
    client.force_login(alice)
    data = {"key": "away", "name": "Away", "text_nl": "Tot {due}.", "text_en": "", "is_enabled": "on"}
    wrong = client.post("/work-items/templates/new/", {**data, "text_nl": "Tot {deu}."})
    assert "text_nl" in wrong.context["form"].errors
    client.post("/work-items/templates/new/", data)
    client.post("/work-items/templates/away/", {**data, "name": "Gone"})
    assert ReplyTemplate.objects.get().name == "Gone"
    assert client.get("/work-items/templates/").status_code == 200
    assert client.get("/work-items/templates/away/").status_code == 200
    client.force_login(bob)
    assert client.post("/work-items/templates/away/remove/").status_code == 403
    client.force_login(User.objects.get(pk=alice.pk))
    client.post("/work-items/templates/away/remove/")
    assert not ReplyTemplate.objects.exists()


def test_the_api_does_the_same(client: Client, alice: User, team: Team, incident: Item) -> None:
    client.force_login(alice)
    body = {"key": "wait", "name": "Wait", "team": "servers", **TEXTS}
    made = client.post("/api/reply-templates", json.dumps(body), content_type="application/json")
    assert (made.status_code, made.json()["team"]) == (201, "servers")
    wrong = client.put(
        "/api/reply-templates/wait",
        json.dumps({"name": "W", "text_en": "{x}"}),
        content_type="application/json",
    )
    assert (wrong.status_code, wrong.json()["problems"][0]["field"]) == (422, "text_en")
    text = client.get(f"/api/work-items/{incident.number}/reply-templates/wait").json()["text"]
    assert incident.number in text
    assert [row["key"] for row in client.get("/api/reply-templates").json()] == ["wait"]
    assert client.delete("/api/reply-templates/wait").status_code == 204
    assert client.delete("/api/reply-templates/wait").status_code == 404


def test_they_stand_in_configuration_as_code(client: Client, team: Team) -> None:
    client.force_login(person("root", "administrator"))
    text = "reply_templates:\n  - {key: busy, name: Busy, team: servers, text_en: 'About {number}.'}\n"

    def apply(text: str) -> Any:
        body = json.dumps({"text": text, "name": "a.yaml"})
        return client.post("/api/configuration/apply", body, content_type="application/json").json()

    assert (apply(text)["created"], apply(text)["created"]) == (1, 0)
    assert "About {number}." in client.get("/api/configuration").content.decode()
    (wrong,) = apply(text.replace("{number}", "{numbr}"))["problems"]
    assert "There is no placeholder {numbr}" in wrong["message"]
    (wrong,) = apply(text.replace("servers", "desk"))["problems"]
    assert "There is no 'desk' in teams" in wrong["message"]


def test_a_template_is_put_in_the_reply_of_a_step_and_keeps_what_was_filled_in(
    client: Client, alice: User, bob: User, charlie: User, incident: Item
) -> None:
    template(alice)
    Item.objects.filter(pk=incident.pk).update(requester=charlie)
    client.force_login(bob)
    url = f"/work-items/{incident.number}/steps/resolve/"
    page = client.get(url).content.decode()
    assert 'name="use" value="solution"' in page
    incident.refresh_from_db()
    data = {"use": "solution", "template_solution": "received", "solution": "Restarted.",
            "version": str(incident.version)}  # fmt: skip
    again = client.post(url, data)
    text = again.context["form"]["solution"].value()
    assert text.startswith("Restarted.\n\n")
    assert incident.number in text
    assert int(again.context["form"]["version"].value()) == incident.version
    told = client.post(url, {**data, "template_solution": ""})
    assert "Choose a template first." in told.content.decode()
    assert told.context["form"]["solution"].value() == "Restarted."
    incident.refresh_from_db()
    assert incident.state == "new"


def test_a_step_has_no_choice_where_there_are_no_templates(client: Client, bob: User, incident: Item) -> None:
    client.force_login(bob)
    assert 'name="use"' not in client.get(f"/work-items/{incident.number}/steps/resolve/").content.decode()
