"""Changes with approvals, conflicts in the calendar, work that repeats, and any walk of steps through any kind."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beheer.lib.errors import Conflict, InputError, NotAllowed
from beheer.people.models import Team, User
from beheer.permissions.rules import SYSTEM
from beheer.profile.models import Post, PostAssignment
from beheer.work.actions import assign, change, create, decide, do_task, lead_to, set_deputy, take_step
from beheer.work.actions.lists import set_freeze
from beheer.work.definitions import BUILT_IN, current_kinds, definition
from beheer.work.kinds.schema import GroupSpec, Kind
from beheer.work.models import Approval, Item
from beheer.work.models.timeline import Verb
from beheer.work.planning import conflict_text, conflicts_of
from beheer.work.rules.approvals import Vote, group_outcome
from beheer.work.rules.repeating import later
from beheer.work.rules.steps import replay
from beheer.work.tests.conftest import MONDAY, Estate, person

pytestmark = pytest.mark.django_db
TONIGHT = MONDAY + timedelta(hours=12)
PLAN: dict[str, Any] = {
    "plan": "1. stop 2. patch 3. start", "test_plan": "log in", "rollback": "restore the snapshot",
    "planned_start": TONIGHT, "planned_end": TONIGHT + timedelta(hours=2),
}  # fmt: skip


def a_change(actor: User, estate: Estate, **values: Any) -> Item:
    start = {"title": "Patch the database", "description": "x", "service": estate.database, "change_type": "normal",
             "risk": "medium", "impact": 2, "urgency": 2, **values}  # fmt: skip
    return create(actor=actor, kind="change", values=start, now=MONDAY)


@pytest.fixture
def asked(bob: User, alice: User, estate: Estate) -> Item:
    item = a_change(bob, estate)
    return take_step(actor=bob, item=item, step="propose", version=None, now=MONDAY, values=PLAN)


def test_a_change_waits_for_a_second_person_and_then_is_scheduled(
    asked: Item, alice: User, bob: User
) -> None:
    approval = asked.approvals.get()
    with pytest.raises(NotAllowed, match="Four eyes"):
        decide(actor=bob, approval=approval, is_approved=True, now=MONDAY)
    decide(actor=alice, approval=approval, is_approved=True, now=MONDAY)
    item = Item.objects.get()
    assert (item.state, item.tasks.count()) == ("scheduled", 2)
    assert [event.verb for event in item.events.order_by("position")][-2:] == [Verb.APPROVED, Verb.STEP]
    with pytest.raises(Conflict, match="already"):
        decide(actor=alice, approval=approval, is_approved=True, now=MONDAY)


def test_a_refusal_needs_a_reason(asked: Item, alice: User) -> None:
    approval = asked.approvals.get()
    with pytest.raises(InputError, match="A refusal needs a reason"):
        decide(actor=alice, approval=approval, is_approved=False, now=MONDAY)
    decide(actor=alice, approval=approval, is_approved=False, reason="No way back", now=MONDAY)
    assert Item.objects.get().state == "refused"


def test_who_is_not_named_does_not_decide(asked: Item, team: Team) -> None:
    eve = person("eve", "member", team)
    with pytest.raises(NotAllowed, match="others are named"):
        decide(actor=eve, approval=asked.approvals.get(), is_approved=True, now=MONDAY)
    with pytest.raises(NotAllowed):
        decide(actor=SYSTEM, approval=asked.approvals.get(), is_approved=True, now=MONDAY)


def test_a_deputy_decides_in_the_stretch_agreed_and_is_named(asked: Item, alice: User, team: Team) -> None:
    eve = person("eve", "member", team)
    set_deputy(actor=alice, person=alice, deputy=eve, starts_at=MONDAY, ends_at=TONIGHT, now=MONDAY)
    with pytest.raises(NotAllowed):
        decide(actor=eve, approval=asked.approvals.get(), is_approved=True, now=TONIGHT)
    decide(actor=eve, approval=asked.approvals.get(), is_approved=True, now=MONDAY)
    decision = Approval.objects.get().decisions.get()
    assert (decision.user, decision.for_user) == (eve, alice)


def test_an_approval_lapses_when_what_was_approved_changes(asked: Item, alice: User, bob: User) -> None:
    first = asked.approvals.get()
    change(actor=bob, item=asked, values={"rollback": "hope"}, version=None, now=MONDAY)
    assert [row.state for row in asked.approvals.order_by("pk")] == ["lapsed", "asked"]
    with pytest.raises(Conflict):
        decide(actor=alice, approval=first, is_approved=True, now=MONDAY)
    decide(actor=alice, approval=asked.approvals.get(state="asked"), is_approved=True, now=MONDAY)
    change(
        actor=bob, item=asked, values={"planned_end": TONIGHT + timedelta(hours=6)}, version=None, now=MONDAY
    )
    with pytest.raises(Conflict, match="needs the approval"):
        take_step(actor=bob, item=asked, step="start", version=None, now=MONDAY)


def test_a_change_of_something_else_leaves_the_approval_standing(asked: Item, bob: User) -> None:
    change(actor=bob, item=asked, values={"urgency": "high"}, version=None, now=MONDAY)
    assert asked.approvals.get().state == "asked"


def test_a_standard_change_was_approved_beforehand(bob: User, estate: Estate) -> None:
    item = a_change(bob, estate, change_type="standard")
    item = take_step(actor=bob, item=item, step="propose", version=None, now=MONDAY, values=PLAN)
    assert item.state == "scheduled"
    assert take_step(actor=bob, item=item, step="start", version=None, now=TONIGHT).state == "in_progress"


def test_an_emergency_is_for_the_lead(alice: User, bob: User, estate: Estate) -> None:
    item = a_change(bob, estate)
    end = (MONDAY + timedelta(hours=2)).isoformat()
    values = {"plan": "x", "rollback": "y", "planned_end": end, "comment": "All mail is down"}
    with pytest.raises(NotAllowed):
        take_step(actor=bob, item=item, step="start_emergency", version=None, now=MONDAY, values=values)
    item = take_step(actor=alice, item=item, step="start_emergency", version=None, now=MONDAY, values=values)
    assert (item.state, item.values["change_type"], item.planned_start) == (
        "in_progress",
        "emergency",
        MONDAY,
    )


def test_required_tasks_come_before_finishing(bob: User, estate: Estate) -> None:
    item = a_change(bob, estate, change_type="standard")
    item = take_step(actor=bob, item=item, step="propose", version=None, now=MONDAY, values=PLAN)
    item = take_step(actor=bob, item=item, step="start", version=None, now=TONIGHT)
    end = {"test_result": "fine", "outcome": "success"}
    with pytest.raises(InputError, match="Not everything is done"):
        take_step(actor=bob, item=item, step="finish", version=None, now=TONIGHT, values=end)
    for task in item.tasks.all():
        do_task(actor=bob, item=item, task=task, is_done=True, now=TONIGHT)
    assert (
        take_step(actor=bob, item=item, step="finish", version=None, now=TONIGHT, values=end).phase
        == "solved"
    )


@pytest.mark.parametrize(
    ("need", "share", "yes", "no", "expected"),
    [
        ("one", 1.0, 1, 0, "granted"), ("one", 1.0, 0, 1, "refused"), ("one", 1.0, 0, 0, "asked"),
        ("all", 1.0, 3, 0, "asked"), ("all", 1.0, 4, 0, "granted"), ("all", 1.0, 3, 1, "refused"),
        ("share", 0.5, 2, 1, "granted"), ("share", 0.5, 1, 2, "asked"), ("share", 0.5, 1, 3, "refused"),
        ("share", 0.75, 2, 1, "asked"), ("share", 0.75, 3, 1, "granted"), ("share", 0.75, 2, 2, "refused"),
    ],
)  # fmt: skip
def test_one_all_or_a_share_of_four_must_say_yes(
    need: Any, share: float, yes: int, no: int, expected: str
) -> None:
    votes = [Vote(0, n, True) for n in range(yes)] + [Vote(0, 10 + n, False) for n in range(no)]
    group = GroupSpec(who=["staff"], need=need, share=share)
    assert group_outcome(group, frozenset({1, 2, 3, 4}), votes, 0) == expected


def test_ordered_groups_decide_one_after_another(bob: User, alice: User, estate: Estate, team: Team) -> None:
    eve = person("eve", "member", team)
    values = {"title": "Desk booking", "description": "x", "service": estate.alone, "assignee": bob}
    item = create(actor=bob, kind="design", values=values, now=MONDAY)
    sketch = {"vision": "small", "data_model": "desk, booking"}
    take_step(actor=bob, item=item, step="submit", version=None, now=MONDAY, values=sketch)
    approval = item.approvals.get()
    decide(actor=eve, approval=approval, is_approved=True, now=MONDAY)
    assert Item.objects.get().state == "review"
    decide(actor=alice, approval=approval, is_approved=True, now=MONDAY)
    assert Item.objects.get().state == "building"


def test_plans_that_stand_in_each_others_way_are_told(bob: User, estate: Estate, alice: User) -> None:
    when = {"planned_start": TONIGHT, "planned_end": TONIGHT + timedelta(hours=2)}
    first = a_change(bob, estate, **when)
    other = a_change(bob, estate, service=estate.webmail, title="Mail", **when)
    later_on = {"planned_start": when["planned_end"], "planned_end": TONIGHT + timedelta(hours=3)}
    free = a_change(bob, estate, service=estate.webmail, title="Later", **later_on)
    set_freeze(
        actor=alice, name="Exams", starts_at=MONDAY, ends_at=when["planned_end"], services=[], now=MONDAY
    )
    assert {(one.reason, one.other) for one in conflicts_of(first)} == {
        ("dependent_service", other.number), ("freeze", "Exams"),
    }  # fmt: skip
    assert {one.reason for one in conflicts_of(other)} == {"needed_service", "freeze"}
    assert conflicts_of(free) == []
    assert all(conflict_text(one) for one in conflicts_of(first))


def test_maintenance_with_an_interval_plans_the_next_one(bob: User, estate: Estate) -> None:
    values = {"title": "Rotate logs", "description": "x", "service": estate.alone, "interval": "month",
              "planned_start": "2026-01-31T20:00:00+01:00", "planned_end": "2026-01-31T21:00:00+01:00"}  # fmt: skip
    item = create(actor=bob, kind="maintenance", values=values, now=MONDAY)
    take_step(actor=bob, item=item, step="start", version=None, now=MONDAY)
    for task in item.tasks.all():
        do_task(actor=bob, item=item, task=task, is_done=True, now=MONDAY)
    take_step(actor=bob, item=item, step="finish", version=None, now=MONDAY, values={"findings": "none"})
    following = Item.objects.exclude(pk=item.pk).get()
    assert (following.state, following.values["interval"]) == ("planned", "month")
    assert following.planned_start is not None
    assert following.planned_start.isoformat() == "2026-11-30T19:00:00+00:00"


def test_a_repeated_time_stays_the_same_on_the_clock_over_the_change_of_time() -> None:

    zone = ZoneInfo("Europe/Amsterdam")
    start = datetime(2026, 10, 20, 22, tzinfo=zone)
    assert later(start, "week", 1, zone) == datetime(2026, 10, 27, 22, tzinfo=zone)
    assert later(datetime(2026, 1, 31, 9, tzinfo=zone), "month", 1, zone).day == 28


def test_an_item_leads_to_another_and_back(bob: User, incident: Item) -> None:
    problem = lead_to(actor=bob, item=incident, kind="problem", now=MONDAY, values={"description": "why?"})
    assert (problem.kind, problem.service) == ("problem", incident.service)
    assert incident.links_out.get().target == problem
    with pytest.raises(InputError, match="does not lead to 'wish'"):
        lead_to(actor=bob, item=incident, kind="wish", now=MONDAY)


def test_a_wish_is_traced_through_requirement_change_and_test_both_ways(
    bob: User, alice: User, estate: Estate
) -> None:
    wish = create(
        actor=bob, kind="wish", values={"title": "Dark", "description": "x", "service": "alone"}, now=MONDAY
    )
    more = {"requirement_type": "functional", "criterion": "contrast 4.5"}
    requirement = lead_to(actor=bob, item=wish, kind="requirement", now=MONDAY, values=more)
    more = {"change_type": "normal", "risk": "low"}
    made = lead_to(actor=bob, item=requirement, kind="change", now=MONDAY, values=more)
    test = lead_to(actor=bob, item=requirement, kind="test", now=MONDAY, values={"cases": "measure contrast"})
    acceptance = lead_to(actor=bob, item=test, kind="acceptance", now=MONDAY)
    manual = lead_to(
        actor=bob, item=acceptance, kind="documentation", now=MONDAY, values={"readers": "users"}
    )
    assert {row.source for row in requirement.links_in.all()} == {made, test}
    assert requirement.links_out.get().target == wish
    assert manual.links_out.get().target == acceptance
    assert acceptance.links_out.get().target == test


def test_heavy_work_is_not_given_to_who_is_not_of_the_level(incident: Item, bob: User, alice: User) -> None:
    for user, level in ((bob, 4), (alice, 1)):
        post = Post.objects.create(key=f"post-{user.pk}", title="Administrator", level=level)
        PostAssignment.objects.create(post=post, user=user, since=MONDAY.date())
    change(actor=bob, item=incident, values={"complexity": "very_complex"}, version=None, now=MONDAY)
    with pytest.raises(InputError, match="above the level of bob"):
        assign(actor=alice, item=incident, assignee=bob, version=None, now=MONDAY)
    assert assign(actor=alice, item=incident, assignee=alice, version=None, now=MONDAY).assignee == alice


FILLED = {"text": "x", "long_text": "x", "number": "3", "yes_no": "yes", "day": "2026-12-01",
          "instant": "2026-12-01T10:00:00+01:00"}  # fmt: skip
KINDS = sorted(path.stem for path in BUILT_IN.glob("*.yaml"))


def some_value(kind: Kind, name: str) -> str:
    """Something that fits a field."""
    fixed = {"title": "x", "description": "x", "service": "webmail", "impact": "2", "urgency": "2", "requester": "bob",
             "planned_start": "2026-12-01T10:00:00+01:00", "planned_end": "2026-12-01T12:00:00+01:00"}  # fmt: skip
    if name in fixed:
        return fixed[name]
    spec = kind.fields[name]
    return next(iter(spec.choices)) if spec.type == "choice" else FILLED[spec.type]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(KINDS), st.lists(st.integers(0, 20), min_size=1, max_size=8))
def test_any_walk_keeps_events_and_state_equal(
    estate: Estate, bob: User, name: str, choices: list[int]
) -> None:
    kind = current_kinds()[name]
    start = {field: some_value(kind, field) for field, demand in kind.create.items() if demand == "required"}
    item = create(actor=SYSTEM, kind=name, values=start, now=MONDAY)
    for n, choice in enumerate(choices):
        possible = list(kind.steps_from(item.state))
        if not possible:
            break
        key = possible[choice % len(possible)]
        spec = kind.steps[key]
        needed = {f for f in kind.fields if kind.mode(f, spec.to) == "required"} | set(spec.asks)
        values = {f: "x" if f in ("comment", "reply") else some_value(kind, f) for f in needed}
        try:
            item = take_step(
                actor=SYSTEM,
                item=item,
                step=key,
                version=item.version,
                now=MONDAY + timedelta(hours=n),
                values=values,
            )
        except (InputError, Conflict):
            continue
    events = list(item.events.order_by("position"))
    assert [event.position for event in events] == list(range(1, len(events) + 1))
    assert replay(definition(item), [event.step for event in events if event.verb == Verb.STEP]) == item.state
    assert (events[-1].state, events[-1].phase) == (item.state, item.phase)
    assert (item.closed_at is not None) == (item.phase == "closed")
    assert all(one.happened_at <= two.happened_at for one, two in itertools.pairwise(events))
