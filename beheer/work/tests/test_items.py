"""Items: opened, changed, handed over; who may, who may not, and who comes second."""

from __future__ import annotations

from datetime import timedelta

import pytest

from beheer.audit.models import Entry
from beheer.lib.errors import Conflict, InputError, NotAllowed, NotFound
from beheer.people.models import Team, User
from beheer.permissions.rules import SYSTEM
from beheer.work.actions import (
    assign,
    change,
    comment,
    create,
    fix_deadline,
    hand_over,
    link,
    publish_kind,
    reply,
    take_step,
    unlink,
)
from beheer.work.clocks import clocks_on
from beheer.work.definitions import BUILT_IN, definition
from beheer.work.models import Event, Item, Watch
from beheer.work.models.items import Channel
from beheer.work.search import matching
from beheer.work.sight import visible_item
from beheer.work.tests.conftest import MONDAY, Estate, person

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(hours=1)


def test_items_are_numbered_by_kind_and_year(incident: Item, estate: Estate, bob: User) -> None:
    second = create(
        actor=bob,
        kind="incident",
        values={"title": "Again", "service": estate.webmail, "impact": 3, "urgency": "low"},
        now=MONDAY,
    )
    assert (incident.number, second.number) == ("INC-2026-00001", "INC-2026-00002")


def test_priority_follows_impact_and_urgency_by_the_table(incident: Item, bob: User) -> None:
    assert incident.priority == 3
    changed = change(
        actor=bob, item=incident, values={"impact": "high", "urgency": "high"}, version=1, now=LATER
    )
    assert changed.priority == 1
    assert changed.events.get(verb="changed").data["changes"] == {
        "impact": [2, 1], "urgency": [2, 1], "priority": [3, 1],
    }  # fmt: skip


def test_an_item_takes_team_of_its_service(incident: Item, team: Team) -> None:
    assert incident.team == team


def test_what_is_missing_is_named_field_by_field(bob: User, estate: Estate) -> None:
    with pytest.raises(InputError) as caught:
        create(actor=bob, kind="incident", values={"description": "x"}, now=MONDAY)
    assert {problem.field for problem in caught.value.problems} == {"title", "service", "impact", "urgency"}
    assert not Item.objects.exists()


def test_what_cannot_be_read_is_named_with_a_remedy(bob: User, estate: Estate) -> None:
    values = {"title": "x", "service": "webmial", "impact": "huge", "urgency": 2, "colour": "red"}
    with pytest.raises(InputError) as caught:
        create(actor=bob, kind="incident", values=values, now=MONDAY)
    assert {problem.field for problem in caught.value.problems} == {"service", "impact", "colour"}
    assert all(problem.remedy for problem in caught.value.problems)


def test_an_unknown_kind_is_not_found(bob: User) -> None:
    with pytest.raises(NotFound, match=r"There is no kind of work 'incidnet'\. There are: incident"):
        create(actor=bob, kind="incidnet", values={}, now=MONDAY)


def test_charlie_reports_in_the_portal_for_himself_only(charlie: User, bob: User, estate: Estate) -> None:
    with pytest.raises(NotAllowed):
        create(actor=charlie, kind="incident", values={"title": "x"}, now=MONDAY)
    item = create(
        actor=charlie,
        kind="incident",
        values={
            "title": "No mail",
            "service": "webmail",
            "urgency": "high",
            "requester": bob,
            "assignee": bob,
        },
        now=MONDAY,
        channel=Channel.PORTAL,
    )
    assert (item.requester, item.assignee) == (charlie, None)
    assert visible_item(charlie, item.number) == item


def test_charlie_does_not_learn_of_the_items_of_others(incident: Item, charlie: User) -> None:
    with pytest.raises(NotAllowed):
        visible_item(charlie, incident.number)
    with pytest.raises(NotAllowed):
        take_step(actor=charlie, item=incident, step="take", version=1, now=LATER)
    with pytest.raises(NotAllowed):
        change(actor=charlie, item=incident, values={"title": "y"}, version=1, now=LATER)
    with pytest.raises(NotAllowed):
        comment(actor=charlie, item=incident, text="hello", now=LATER)


def test_an_auditor_reads_and_changes_nothing(incident: Item) -> None:
    auditor = person("dora", "auditor")
    assert visible_item(auditor, incident.number) == incident
    with pytest.raises(NotAllowed):
        take_step(actor=auditor, item=incident, step="take", version=1, now=LATER)


def test_taking_it_makes_one_the_assignee(incident: Item, bob: User) -> None:
    item = take_step(actor=bob, item=incident, step="take", version=1, now=LATER)
    assert (item.state, item.assignee, item.version) == ("in_progress", bob, 2)
    event = item.events.get(verb="step")
    assert (event.from_state, event.state, event.actor, event.assignee) == ("new", "in_progress", bob, bob)


def test_the_second_of_two_is_told_and_nothing_is_overwritten(incident: Item, alice: User, bob: User) -> None:
    seen = incident.version
    change(actor=alice, item=incident, values={"title": "Webmail is very slow"}, version=seen, now=LATER)
    with pytest.raises(
        Conflict, match=r"INC-2026-00001 was changed by alice at 2026-11-02 10:00:00 UTC \(title\)"
    ):
        change(actor=bob, item=incident, values={"title": "Mail?"}, version=seen, now=LATER)
    with pytest.raises(Conflict, match="changed by alice"):
        take_step(actor=bob, item=incident, step="take", version=seen, now=LATER)
    assert Item.objects.get().title == "Webmail is very slow"


def test_a_note_does_not_stand_in_the_way_of_somebody_who_edits(
    incident: Item, alice: User, bob: User
) -> None:
    comment(actor=alice, item=incident, text="Seen it too.", now=LATER)
    change(actor=bob, item=incident, values={"title": "Slow"}, version=incident.version, now=LATER)
    assert Item.objects.get().title == "Slow"


def test_a_step_that_does_not_leave_this_state_is_a_conflict(incident: Item, bob: User) -> None:
    with pytest.raises(Conflict, match="is new; the step 'Reopen' does not leave that state"):
        take_step(actor=bob, item=incident, step="reopen", version=1, now=LATER)


def test_resolving_needs_a_solution_and_then_the_fields_are_shut(incident: Item, bob: User) -> None:
    with pytest.raises(InputError, match="'Solution' is not filled in"):
        take_step(actor=bob, item=incident, step="resolve", version=1, now=LATER)
    item = take_step(
        actor=bob, item=incident, step="resolve", version=1, now=LATER, values={"solution": "Restarted it."}
    )
    assert (item.phase, item.solved_at, item.values["solution"]) == ("solved", LATER, "Restarted it.")
    with pytest.raises(InputError, match="'title' cannot be changed while it is resolved"):
        change(actor=bob, item=item, values={"title": "x"}, version=None, now=LATER)


def test_what_goes_wrong_in_a_step_leaves_everything_as_it_was(incident: Item, bob: User) -> None:
    events = Event.objects.count()
    with pytest.raises(InputError):
        take_step(
            actor=bob, item=incident, step="resolve", version=1, now=LATER, values={"cause": "gremlins"}
        )
    assert (Event.objects.count(), Item.objects.get().version) == (events, 1)


def test_handing_over_needs_a_reason_and_is_kept(incident: Item, bob: User, desk: Team) -> None:
    with pytest.raises(InputError, match="needs a reason"):
        hand_over(actor=bob, item=incident, team=desk, reason=" ", version=1, now=LATER)
    item = hand_over(
        actor=bob, item=incident, team=desk, reason="Known question", line="first", version=1, now=LATER
    )
    event = item.events.get(verb="handed_over")
    assert (item.team, event.data["reason"], event.team) == (desk, "Known question", desk)


def test_nobody_gets_work_of_a_team_they_are_not_in(incident: Item, bob: User, desk: Team) -> None:
    stranger = person("eve", "member", desk)
    with pytest.raises(InputError, match="eve is not in the team Servers"):
        assign(actor=bob, item=incident, assignee=stranger, version=1, now=LATER)


def test_who_is_mentioned_watches(incident: Item, alice: User, bob: User) -> None:
    comment(actor=bob, item=incident, text="@alice could you look? mail@bob.example", now=LATER)
    assert [row.user for row in Watch.objects.all()] == [alice]


def test_links_that_would_go_in_a_circle_are_refused(incident: Item, estate: Estate, bob: User) -> None:
    values = {"title": "Other", "service": "webmail", "impact": 2, "urgency": 2}
    other = create(actor=bob, kind="incident", values=values, now=MONDAY)
    row = link(actor=bob, item=other, other=incident, kind="child_of", now=LATER)
    with pytest.raises(InputError, match="already stands so"):
        link(actor=bob, item=incident, other=other, kind="child_of", now=LATER)
    unlink(actor=bob, row=row, now=LATER)
    assert other.events.filter(verb__in=["linked", "unlinked"]).count() == 2


def test_every_word_is_found_in_title_text_and_notes(incident: Item, bob: User) -> None:
    comment(actor=bob, item=incident, text="De verbinding met de opslag hapert.", now=LATER)
    assert matching("webm slow") == [incident.pk]
    assert matching("opslag") == [incident.pk]
    assert matching(incident.number) == [incident.pk]
    assert matching("opslag regen") == []
    assert matching("\"' OR 1=1 --") == []


def test_clocks_run_pause_stop_and_explain_themselves(incident: Item, bob: User) -> None:
    clock = incident.clocks.get(key="resolution")
    assert (clock.state, clock.target_s, clock.due_at) == (
        "running",
        72000,
        MONDAY + timedelta(days=2),
    )
    take_step(actor=bob, item=incident, step="take", version=None, now=LATER)
    assert incident.clocks.get(key="response").state == "stopped"
    ask = {"reply": "Which browser?"}
    take_step(actor=bob, item=incident, step="ask_user", version=None, now=LATER, values=ask)
    assert incident.clocks.get(key="resolution").due_at is None
    back = LATER + timedelta(hours=2)
    take_step(actor=bob, item=incident, step="go_on", version=None, now=back)
    clock = incident.clocks.get(key="resolution")
    assert (clock.elapsed_s, clock.due_at) == (3600, MONDAY + timedelta(days=2, hours=2))
    reading = clocks_on(incident)["resolution"].at(back + timedelta(minutes=30))
    assert [(part.kind, part.counted_us // 1_000_000) for part in reading.stretches] == [
        ("running", 3600), ("paused", 0), ("running", 1800),
    ]  # fmt: skip
    assert reading.stretches[1].reason == "waiting for the reporter"


def test_a_higher_priority_keeps_what_has_elapsed(incident: Item, bob: User) -> None:
    change(actor=bob, item=incident, values={"impact": "high", "urgency": "high"}, version=None, now=LATER)
    clock = incident.clocks.get(key="resolution")
    assert (clock.target_s, clock.elapsed_s, clock.due_at) == (14400, 3600, MONDAY + timedelta(hours=4))


def test_time_spent_solved_does_not_run_after_reopening(incident: Item, bob: User) -> None:
    take_step(actor=bob, item=incident, step="resolve", version=None, now=LATER, values={"solution": "x"})
    back = LATER + timedelta(hours=3)
    take_step(
        actor=bob, item=incident, step="reopen", version=None, now=back, values={"comment": "Not solved"}
    )
    clock = incident.clocks.get(key="resolution")
    assert (clock.state, clock.elapsed_s) == ("running", 3600)


def test_a_deadline_fixed_by_hand_is_moved_by_nothing(incident: Item, bob: User) -> None:
    until = MONDAY + timedelta(days=2)
    args = {"item": incident, "clock": "resolution", "until": until, "version": None, "now": LATER}
    with pytest.raises(InputError, match="needs a reason"):
        fix_deadline(actor=bob, reason="", **args)  # type: ignore[arg-type]
    fix_deadline(actor=bob, reason="Agreed with the dean", **args)  # type: ignore[arg-type]
    change(actor=bob, item=incident, values={"impact": "high", "urgency": "high"}, version=None, now=LATER)
    assert incident.clocks.get(key="resolution").due_at == until


def test_a_reply_stops_the_response_clock_and_a_note_does_not(incident: Item, bob: User) -> None:
    comment(actor=bob, item=incident, text="Hm.", now=LATER)
    assert incident.clocks.get(key="response").state == "running"
    reply(actor=bob, item=incident, text="We are on it.", now=LATER)
    assert incident.clocks.get(key="response").state == "stopped"


def test_every_change_leaves_an_audit_line_last(incident: Item, bob: User) -> None:
    take_step(actor=bob, item=incident, step="take", version=None, now=LATER)
    entry = Entry.objects.order_by("-pk")[0]
    assert (entry.verb, entry.subject, entry.actor_name) == ("work.step", "work:INC-2026-00001", "bob")


def test_an_item_keeps_the_version_of_its_kind(incident: Item, alice: User, bob: User) -> None:
    text = (BUILT_IN / "incident.yaml").read_text().replace("Take it", "Grab it")
    with pytest.raises(NotAllowed):
        publish_kind(actor=bob, text=text, name="incident.yaml", now=LATER)
    publish_kind(actor=alice, text=text, name="incident.yaml", now=LATER)
    new = create(
        actor=SYSTEM,
        kind="incident",
        values={"title": "x", "service": "webmail", "impact": 1, "urgency": 1},
        now=LATER,
    )
    assert definition(new).steps["take"].name.en == "Grab it"
    assert definition(Item.objects.get(pk=incident.pk)).steps["take"].name.en == "Take it"
