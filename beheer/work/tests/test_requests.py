"""Asking for something from the service catalogue, by every door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from beheer.lib.errors import Conflict, InputError, NotAllowed
from beheer.people.models import Membership, Team, User
from beheer.permissions.rules import SYSTEM
from beheer.work.actions import (
    change,
    decide,
    do_task,
    make_request,
    publish_request_model,
    retire_request_model,
    take_step,
)
from beheer.work.actions.requests import AnswerFile
from beheer.work.approvers import waits_for
from beheer.work.catalogue import answers_of, askable
from beheer.work.clocks import clocks_on
from beheer.work.models import Item, RequestModel
from beheer.work.request_models.schema import RequestSpec
from beheer.work.search import matching
from beheer.work.tests.conftest import MONDAY, Estate, person

pytestmark = pytest.mark.django_db


def words(nl: str, en: str) -> dict[str, str]:
    return {"nl": nl, "en": en}


SPEC: dict[str, Any] = {
    "key": "shared-mailbox",
    "name": words("Gedeelde mailbox", "Shared mailbox"),
    "service": "webmail",
    "title": words("Mailbox {address}", "Mailbox {address}"),
    "defaults": {"request_type": "account", "impact": "low", "urgency": "low", "complexity": "routine"},
    "targets": {"fulfilment": "20h"},
    "tasks": {"make": {"name": words("Maken", "Make it")}},
    "fields": {
        "address": {"name": words("Adres", "Address"), "required": True, "pattern": "[a-z.]+"},
        "external": {"name": words("Van buiten?", "From outside?"), "type": "yes_no", "required": True},
        "who": {
            "name": words("Wie buiten?", "Who outside?"),
            "required": True,
            "shown_when": {"external": [True]},
        },
        "parts": {
            "name": words("Met", "With"),
            "type": "several",
            "choices": {"cal": words("agenda", "calendar"), "tasks": words("taken", "tasks")},
        },
        "proof": {"name": words("Bewijs", "Proof"), "type": "file", "most": 1},
    },
}
GIVEN = {"address": "desk.info", "external": "no", "parts": ["tasks", "cal"]}


def published(**said: Any) -> RequestModel:
    return publish_request_model(actor=SYSTEM, spec=RequestSpec.model_validate(SPEC | said), now=MONDAY)


OTHER = {"title": None, "fields": {"reason": {"name": words("Waarom", "Why")}}}


def asked(actor: Any, model: RequestModel, **answers: Any) -> Item:
    return make_request(actor=actor, model=model, answers=GIVEN | answers, now=MONDAY)


def test_charlie_asks_and_his_answers_are_kept_shown_and_found(charlie: User, estate: Estate) -> None:
    item = asked(charlie, published())
    assert (item.title, item.requester, item.channel) == ("Mailbox desk.info", charlie, "portal")
    assert (item.priority, item.complexity, item.team) == (5, "routine", estate.webmail.team)
    assert [(name, text) for name, _, text in answers_of(item)] == [
        ("address", "desk.info"),
        ("external", "no"),
        ("parts", "calendar, tasks"),
        ("proof", "–"),
    ]
    assert matching("desk") == [item.pk]
    reading = clocks_on(item)["fulfilment"].at(MONDAY + timedelta(hours=1))
    assert reading.target_us == 20 * 3600 * 1_000_000


def test_every_wrong_answer_is_named(charlie: User, estate: Estate) -> None:
    with pytest.raises(InputError) as error:
        asked(charlie, published(), address="Desk 1", external="yes", colour="red", parts=["x"])
    assert {one.field for one in error.value.problems} == {"address", "who", "colour", "parts"}
    assert not Item.objects.exists()


def test_an_answer_to_a_question_that_is_not_asked_is_not_kept(charlie: User, estate: Estate) -> None:
    assert "who" not in asked(charlie, published(), who="Eve").values


def test_a_new_version_leaves_old_requests_their_form(charlie: User, estate: Estate) -> None:
    old = asked(charlie, published())
    new = published(**OTHER)
    assert (new.version, published(**OTHER).pk) == (2, new.pk)
    assert len(answers_of(Item.objects.get(pk=old.pk))) == 4
    with pytest.raises(Conflict, match="Open the catalogue anew"):
        make_request(actor=charlie, model=RequestModel.objects.get(version=1), answers=GIVEN, now=MONDAY)


def test_what_is_retired_cannot_be_asked_for_and_comes_back(charlie: User, estate: Estate) -> None:
    model = retire_request_model(actor=SYSTEM, model=published(), is_retired=True, now=MONDAY)
    assert not askable(charlie)
    with pytest.raises(Conflict):
        asked(charlie, model)
    retire_request_model(actor=SYSTEM, model=model, is_retired=False, now=MONDAY)
    assert list(askable(charlie)) == ["shared-mailbox"]


def test_only_the_teams_it_is_for_may_ask(charlie: User, desk: Team, estate: Estate) -> None:
    model = published(for_teams=["desk"])
    assert not askable(charlie)
    with pytest.raises(NotAllowed, match="desk"):
        asked(charlie, model)
    Membership.objects.create(team=desk, user=charlie)
    assert asked(charlie, model).requester == charlie


def test_the_lead_of_the_requester_approves_first_and_tasks_come_after(
    charlie: User, bob: User, desk: Team, estate: Estate
) -> None:
    dora = person("dora", "user", desk)
    Membership.objects.filter(user=dora).update(is_lead=True)
    Membership.objects.create(team=desk, user=charlie)
    item = asked(charlie, published(approvals=[{"who": ["requester_lead"]}]))
    assert (item.state, item.tasks.count()) == ("approval", 0)
    approval = item.approvals.get()
    assert waits_for(approval, dora, MONDAY) and not waits_for(approval, charlie, MONDAY)
    assert approval.bound["address"] == "desk.info"
    decide(actor=dora, approval=approval, is_approved=True, now=MONDAY)
    item.refresh_from_db()
    assert (item.state, [task.title for task in item.tasks.all()]) == ("in_progress", ["Maken"])
    with pytest.raises(InputError, match="Not everything is done"):
        take_step(
            actor=bob, item=item, step="fulfil", version=None, now=MONDAY, values={"answer": "It is there."}
        )
    do_task(actor=bob, item=item, task=item.tasks.get(), is_done=True, now=MONDAY)
    take_step(
        actor=bob, item=item, step="fulfil", version=None, now=MONDAY, values={"answer": "It is there."}
    )


def test_files_are_kept_with_the_question(charlie: User, estate: Estate) -> None:
    model = published()
    file = AnswerFile("proof", "note.txt", b"yes")
    item = make_request(actor=charlie, model=model, answers=GIVEN, files=[file], now=MONDAY)
    assert item.values["proof"] == ["note.txt"] and item.attachments.get().is_public
    bad = AnswerFile("proof", "run.exe", b"MZ")
    with pytest.raises(InputError, match="Programs are not kept") as error:
        make_request(actor=charlie, model=model, answers=GIVEN, files=[bad], now=MONDAY)
    assert error.value.problems[0].field == "proof"


def test_bob_asks_for_charlie_but_charlie_not_for_bob(charlie: User, bob: User, estate: Estate) -> None:
    model = published()
    item = make_request(actor=bob, model=model, answers=GIVEN, now=MONDAY, requester=charlie)
    assert item.requester == charlie
    with pytest.raises(NotAllowed):
        make_request(actor=charlie, model=model, answers=GIVEN, now=MONDAY, requester=bob)


def test_bob_may_not_change_the_catalogue(bob: User, charlie: User, estate: Estate) -> None:
    for user in (bob, charlie):
        with pytest.raises(NotAllowed):
            publish_request_model(actor=user, spec=RequestSpec.model_validate(SPEC), now=MONDAY)
    assert not RequestModel.objects.exists()


def test_answers_changed_by_staff_are_held_to_the_form(bob: User, charlie: User, estate: Estate) -> None:
    item = asked(charlie, published())
    with pytest.raises(InputError) as told:
        change(actor=bob, item=item, values={"address": "DESK 1"}, version=None, now=MONDAY)
    assert [one.field for one in told.value.problems] == ["address"]
    with pytest.raises(InputError) as told:
        change(actor=bob, item=item, values={"external": True}, version=None, now=MONDAY)
    assert [one.field for one in told.value.problems] == ["who"]
    change(actor=bob, item=item, values={"external": True, "who": "Eve"}, version=None, now=MONDAY)


def test_what_was_chosen_is_found_by_its_words_in_both_languages(charlie: User, estate: Estate) -> None:
    item = asked(charlie, published())
    assert matching("agenda") == matching("calendar") == [item.pk]
