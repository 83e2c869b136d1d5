"""Approvals on the pages: one of, all, a share, in order; four eyes, deputies, reasons, and lapsing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from beheer.lib.errors import Conflict, InputError, NotAllowed
from beheer.people.models import Team, User
from beheer.permissions.rules import SYSTEM
from beheer.work.actions import change, create, decide, publish_kind, set_deputy, take_step
from beheer.work.approvers import outlook
from beheer.work.definitions import BUILT_IN
from beheer.work.models import Approval, Deputy, Item
from beheer.work.tests.conftest import Estate, person

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
SOON = NOW + timedelta(days=3)
PLAN = {
    "plan": "Do it", "test_plan": "Look", "rollback": "Undo it", "planned_start": SOON,
    "planned_end": SOON + timedelta(hours=1),
}  # fmt: skip


@pytest.fixture
def board(team: Team, alice: User, bob: User) -> list[User]:
    """Three more leads of the team."""
    return [person(name, "lead", team) for name in ("dora", "emil", "fien")]


def groups(text: str) -> None:
    """Have the approval of changes be decided by these groups instead."""
    source = (BUILT_IN / "change.yaml").read_text()
    old = "      - {who: [service_owner, lead], need: one}\n"
    assert old in source
    publish_kind(actor=SYSTEM, text=source.replace(old, text), name="change.yaml", now=NOW)


@pytest.fixture
def proposed(estate: Estate, bob: User) -> Callable[[], Item]:
    """Bob makes a change and lays it before the deciders."""

    def make() -> Item:
        values = {
            "title": "New disk", "description": "Bigger", "service": "webmail", "change_type": "normal",
            "risk": "low", "impact": "low", "urgency": "low",
        }  # fmt: skip
        item = create(actor=bob, kind="change", values=values, now=NOW)
        return take_step(actor=bob, item=item, step="propose", version=None, now=NOW, values=PLAN)

    return make


def said(user: User, item: Item, yes: bool, reason: str = "") -> Approval:
    return decide(
        actor=user, approval=item.approvals.get(state="asked"), is_approved=yes, now=NOW, reason=reason
    )


def state(item: Item) -> str:
    return Item.objects.get(pk=item.pk).state


def test_one_of_a_group_is_enough_on_the_page(
    client: Client, alice: User, board: list[User], proposed: Callable[[], Item]
) -> None:
    item = proposed()
    client.force_login(alice)
    assert item.number in client.get("/work-items/approvals/").content.decode()
    page = client.get(f"/work-items/{item.number}/")
    assert 'id="decide"' in page.content.decode()
    row = item.approvals.get()
    client.post(f"/work-items/{item.number}/approvals/{row.pk}/", {"word": "approve"})
    assert state(item) == "scheduled"
    assert "Nothing waits for you." in client.get("/work-items/approvals/").content.decode()


def test_a_refusal_without_reason_is_asked_for_it(
    client: Client, alice: User, proposed: Callable[[], Item]
) -> None:
    item = proposed()
    client.force_login(alice)
    row = item.approvals.get()
    address = f"/work-items/{item.number}/approvals/{row.pk}/"
    assert (
        "A refusal needs a reason." in client.post(address, {"word": "refuse"}, follow=True).content.decode()
    )
    assert state(item) == "approval"
    client.post(address, {"word": "refuse", "reason": "Not in the exam week"})
    assert state(item) == "refused"
    assert "Not in the exam week" in client.get(f"/work-items/{item.number}/").content.decode()


def test_all_of_a_group_must_agree_and_one_no_refuses(
    alice: User, board: list[User], proposed: Callable[[], Item]
) -> None:
    groups("      - {who: [lead], need: all}\n")
    item = proposed()
    for user in (alice, board[0], board[1]):
        said(user, item, True)
        assert state(item) == "approval"
    said(board[2], item, True)
    assert state(item) == "scheduled"
    other = proposed()
    said(alice, other, True)
    said(board[0], other, False, "No")
    assert state(other) == "refused"


def test_a_share_of_a_group_is_enough_and_refused_when_it_is_out_of_reach(
    alice: User, board: list[User], proposed: Callable[[], Item]
) -> None:
    groups("      - {who: [lead], need: share, share: 0.5}\n")
    item = proposed()
    said(alice, item, False, "No")
    said(board[0], item, True)
    assert state(item) == "approval"
    said(board[1], item, True)
    assert state(item) == "scheduled"
    other = proposed()
    for user in (alice, board[0]):
        said(user, other, False, "No")
        assert state(other) == "approval"
    said(board[1], other, False, "No")
    assert state(other) == "refused"


def test_in_order_the_second_group_waits_for_the_first_and_parallel_groups_do_not(
    alice: User, board: list[User], desk: Team, proposed: Callable[[], Item]
) -> None:
    gina = person("gina", "member", desk)
    groups("      - {who: ['team:desk'], need: one}\n      - {who: [lead], need: one}\n")
    item = proposed()
    assert [one.is_open for one in outlook(item.approvals.get(), NOW)] == [True, False]
    with pytest.raises(Conflict, match="not your turn"):
        said(alice, item, True)
    said(gina, item, True)
    said(alice, item, True)
    assert state(item) == "scheduled"


def test_four_eyes_who_asked_and_who_does_it_decide_not(
    bob: User, alice: User, proposed: Callable[[], Item]
) -> None:
    item = proposed()
    with pytest.raises(NotAllowed, match="Four eyes"):
        said(bob, item, True)
    change_to = Item.objects.get(pk=item.pk)
    change_to.assignee = alice
    change_to.save()
    with pytest.raises(NotAllowed, match="Four eyes"):
        said(alice, item, True)


def test_nobody_decides_twice_also_not_as_a_deputy(
    alice: User, board: list[User], proposed: Callable[[], Item]
) -> None:
    groups("      - {who: [lead], need: all}\n")
    item = proposed()
    dora = board[0]
    set_deputy(actor=dora, person=dora, deputy=alice, starts_at=NOW - timedelta(1), ends_at=SOON, now=NOW)
    said(alice, item, True)
    with pytest.raises(Conflict, match="You decided on this already"):
        said(alice, item, True)


def test_a_deputy_decides_on_behalf_and_then_the_person_cannot_any_more(
    client: Client, alice: User, team: Team, board: list[User], proposed: Callable[[], Item]
) -> None:
    groups("      - {who: [lead], need: all}\n")
    henk = person("henk", "member", team)
    set_deputy(actor=alice, person=alice, deputy=henk, starts_at=NOW - timedelta(1), ends_at=SOON, now=NOW)
    item = proposed()
    client.force_login(henk)
    assert "on behalf of alice" in client.get("/work-items/approvals/").content.decode()
    page = client.get(f"/work-items/{item.number}/").content.decode()
    assert "You decide on behalf of alice." in page
    row = item.approvals.get()
    client.post(f"/work-items/{item.number}/approvals/{row.pk}/", {"word": "approve"})
    decision = row.decisions.get()
    assert (decision.user, decision.for_user) == (henk, alice)
    assert "henk on behalf of alice" in client.get(f"/work-items/{item.number}/").content.decode()
    with pytest.raises(Conflict, match="your part was decided already"):
        said(alice, item, False, "No")
    client.force_login(board[0])
    shown = client.get(f"/work-items/{item.number}/").content.decode()
    assert "henk on behalf of alice" in shown


def test_a_deputy_outside_the_time_decides_nothing(
    alice: User, team: Team, proposed: Callable[[], Item]
) -> None:
    henk = person("henk", "member", team)
    set_deputy(actor=alice, person=alice, deputy=henk, starts_at=SOON, ends_at=SOON + timedelta(1), now=NOW)
    with pytest.raises(NotAllowed):
        said(henk, proposed(), True)


def test_an_approval_lapses_when_what_was_approved_changes(
    alice: User, bob: User, proposed: Callable[[], Item]
) -> None:
    item = proposed()
    said(alice, item, True)
    change(actor=bob, item=item, values={"title": "New disk."}, version=None, now=NOW)
    assert item.approvals.get().state == "lapsed"
    with pytest.raises(Conflict, match="needs the approval"):
        take_step(actor=bob, item=item, step="start", version=None, now=NOW)


def test_while_it_is_asked_a_change_lays_it_before_them_anew(
    alice: User, bob: User, proposed: Callable[[], Item]
) -> None:
    item = proposed()
    first = item.approvals.get()
    change(actor=bob, item=item, values={"planned_end": SOON + timedelta(hours=3)}, version=None, now=NOW)
    assert sorted(item.approvals.values_list("state", flat=True)) == ["asked", "lapsed"]
    with pytest.raises(Conflict, match="lapsed already"):
        decide(actor=alice, approval=first, is_approved=True, now=NOW)
    said(alice, item, True)
    assert state(item) == "scheduled"


def test_a_field_that_is_not_bound_leaves_the_approval(
    alice: User, bob: User, proposed: Callable[[], Item]
) -> None:
    item = proposed()
    change(actor=bob, item=item, values={"urgency": "high"}, version=None, now=NOW)
    assert item.approvals.get().state == "asked"


def test_proposing_asks_once(proposed: Callable[[], Item]) -> None:
    item = proposed()
    assert item.approvals.count() == 1
    assert item.events.filter(verb="approval_asked").count() == 1


def test_a_standard_change_that_becomes_a_normal_one_needs_an_approval_yet(estate: Estate, bob: User) -> None:
    values = {
        "title": "Routine", "description": "x", "service": "webmail", "change_type": "standard", "risk": "low",
        "impact": "low", "urgency": "low",
    }  # fmt: skip
    item = create(actor=bob, kind="change", values=values, now=NOW)
    take_step(actor=bob, item=item, step="propose", version=None, now=NOW, values=PLAN)
    assert state(item) == "scheduled"
    change(actor=bob, item=item, values={"change_type": "normal"}, version=None, now=NOW)
    with pytest.raises(Conflict, match="needs the approval"):
        take_step(actor=bob, item=item, step="start", version=None, now=NOW)


def test_an_approval_that_nobody_can_give_says_so(
    client: Client, bob: User, proposed: Callable[[], Item]
) -> None:
    item = proposed()
    client.force_login(bob)
    assert "nobody can decide here" in client.get(f"/work-items/{item.number}/").content.decode()
    assert "nobody can decide on it" in client.get("/work-items/approvals/").content.decode()


def test_a_deputy_is_named_and_ended_on_the_page(client: Client, alice: User, bob: User, team: Team) -> None:
    henk = person("henk", "member", team)
    client.force_login(bob)
    data: dict[str, Any] = {
        "person": bob.pk, "deputy": henk.pk, "starts_at": f"{NOW:%Y-%m-%dT%H:%M}",
        "ends_at": f"{SOON:%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    wrong = client.post("/work-items/deputies/", {**data, "deputy": bob.pk})
    assert wrong.context["form"].errors["deputy"] == ["Nobody is their own deputy. Choose somebody else."]
    late = client.post("/work-items/deputies/", {**data, "ends_at": "2020-01-01T10:00"})
    assert "ends_at" in late.context["form"].errors
    assert (
        "person" in client.post("/work-items/deputies/", {**data, "person": alice.pk}).context["form"].errors
    )
    client.post("/work-items/deputies/", data)
    row = Deputy.objects.get()
    assert (row.person, row.deputy) == (bob, henk)
    client.force_login(henk)
    assert "<strong>henk</strong> for bob" in client.get("/work-items/deputies/").content.decode()
    assert client.post(f"/work-items/deputies/{row.pk}/end/").status_code == 403
    client.force_login(alice)
    client.post(f"/work-items/deputies/{row.pk}/end/")
    assert not Deputy.objects.filter(ends_at__gt=timezone.now()).exists()


def test_who_leads_names_a_deputy_for_somebody_of_the_team_and_others_do_not(
    alice: User, bob: User, team: Team, desk: Team
) -> None:
    henk = person("henk", "member", desk)
    set_deputy(actor=alice, person=bob, deputy=henk, starts_at=NOW, ends_at=SOON, now=NOW)
    with pytest.raises(NotAllowed):
        set_deputy(actor=henk, person=bob, deputy=henk, starts_at=NOW, ends_at=SOON, now=NOW)
    with pytest.raises(InputError, match="It ends before it starts"):
        set_deputy(actor=alice, person=bob, deputy=henk, starts_at=SOON, ends_at=NOW, now=NOW)


def test_the_api_names_deputies_and_lists_what_waits(
    client: Client, alice: User, team: Team, proposed: Callable[[], Item]
) -> None:
    person("henk", "member", team)
    item = proposed()
    client.force_login(alice)
    body = {"deputy": "henk", "starts_at": (NOW - timedelta(1)).isoformat(), "ends_at": SOON.isoformat()}
    made = client.post("/api/deputies", json.dumps(body), content_type="application/json")
    assert (made.status_code, made.json()["person"]) == (201, "alice")
    client.force_login(User.objects.get(username="henk"))
    (row,) = client.get("/api/approvals/waiting").json()
    assert (row["item"], row["on_behalf_of"]) == (item.number, "alice")
    assert client.delete(f"/api/deputies/{made.json()['id']}").status_code == 403
    client.force_login(alice)
    assert client.delete(f"/api/deputies/{made.json()['id']}").status_code == 204
    assert client.get("/api/deputies").json() == []


def test_the_page_says_what_a_step_still_needs(
    client: Client, proposed: Callable[[], Item], alice: User, bob: User
) -> None:
    item = proposed()
    decide(actor=alice, approval=item.approvals.get(), is_approved=True, now=NOW)
    client.force_login(bob)
    address = f"/work-items/{item.number}/"
    assert "still needs" not in client.get(address, headers={"accept-language": "en"}).content.decode()
    change(actor=bob, item=item, values={"plan": "Something else"}, version=None, now=NOW)
    shown = client.get(address, headers={"accept-language": "en"}).content.decode()
    assert "“Carry out” still needs: Approval of the change" in shown


def test_what_is_to_be_ticked_off_is_in_the_readers_language(
    client: Client, proposed: Callable[[], Item], alice: User, bob: User
) -> None:
    item = proposed()
    decide(actor=alice, approval=item.approvals.get(), is_approved=True, now=NOW)
    client.force_login(bob)
    for language, words in (("en", "Users and service desk told"), ("nl", "servicedesk ingelicht")):
        shown = client.get(f"/work-items/{item.number}/", headers={"accept-language": language})
        assert words in shown.content.decode()


def test_an_owner_who_left_is_not_waited_for(
    estate: Estate, proposed: Callable[[], Item], alice: User
) -> None:
    groups("      - {who: [service_owner], need: one}\n")
    left = person("gone", "service_owner")
    estate.webmail.owner = left
    estate.webmail.save()
    item = proposed()
    assert [voter.person for voter in outlook(item.approvals.get(), NOW)[0].voters] == [left]
    User.objects.filter(pk=left.pk).update(is_active=False)
    assert outlook(item.approvals.get(), NOW)[0].voters == ()


def test_who_decides_second_is_told_by_whom_it_was_decided(
    proposed: Callable[[], Item], alice: User, board: list[User]
) -> None:
    asked = proposed().approvals.get()
    decide(actor=alice, approval=asked, is_approved=True, now=NOW)
    with pytest.raises(Conflict, match="approved already: alice decided last"):
        decide(actor=board[0], approval=asked, is_approved=False, reason="No", now=NOW)
