"""A grading case from opening to decision: who may what, what is demanded, within which terms, seen by whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model

from beheer.audit.models import Entry
from beheer.lib.errors import Conflict, InputError, NotAllowed, NotFound
from beheer.permissions.rules import SYSTEM
from beheer.profile.actions import set_terms
from beheer.profile.case_actions import (
    add_duty,
    add_evidence,
    add_participant,
    answer_criterion,
    describe_case,
    look_at_case,
    open_case,
    take_step,
)
from beheer.profile.case_rules import Duty, Moments, Terms, counts, deadlines
from beheer.profile.models import CaseDuty, CaseEvidence, GradingCase, Post
from beheer.profile.queries import cases_of, deadlines_of, profile_of

# People stand in a room above, so that they are taken by name.
Person = Any
User: Any = get_user_model()
RoleGrant: Any = apps.get_model("people", "RoleGrant")

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
LEVEL_2 = {
    "management_tasks.problems": 2,
    "management_tasks.installation": [2],
    "management_tasks.methods": 2,
    "management_tasks.renewal_and_security": [3],
    "portfolio.products": 2,
    "portfolio.environment": 2,
    "portfolio.availability": None,
    "development_research.development": 2,
    "development_research.research": 2,
    "process_improvement": 2,
    "coordination_coaching": None,
}


@pytest.fixture
def person(db: None) -> Callable[[str], Person]:
    """Gives the person with a name, made the first time."""

    def find(name: str) -> Person:
        return User.objects.get_or_create(username=name, defaults={"email": f"{name}@example.org"})[0]

    return find


@pytest.fixture
def case(person: Callable[[str], Person]) -> GradingCase:
    """A complete draft: Alice assesses, Bob holds the post, Eve advises, Dora decides."""
    RoleGrant.objects.create(user=person("alice"), role="lead")
    post = Post.objects.create(key="dba", title="Database administrator")
    alice = person("alice")
    found = open_case(actor=alice, post=post, now=NOW)
    for name, role in (("bob", "holder"), ("eve", "expert"), ("dora", "authorised")):
        add_participant(actor=alice, case=found, user_id=person(name).pk, role=role, now=NOW)
    describe_case(
        actor=alice, case=found, applies=True, motivation="Keeps it running.", areas=[2], choices={}, now=NOW
    )
    for criterion, answer in LEVEL_2.items():
        answer_criterion(
            actor=alice, case=found, criterion=criterion, answer=answer, motivation="As shown.", now=NOW
        )
    duty = CaseDuty(
        case=found,
        area=2,
        text="Runs the databases",
        assigned_by="Director",
        assigned_on=date(2025, 1, 1),
        proof="Letter 7",
    )
    add_duty(actor=alice, duty=duty, now=NOW)
    return found


@pytest.fixture
def step(case: GradingCase, person: Callable[[str], Person]) -> Callable[..., GradingCase]:
    """Lets somebody take a step in the case."""

    def take(name: str, key: str, at: datetime = NOW, text: str = "Because.") -> GradingCase:
        return take_step(actor=person(name), case=case, step=key, now=at, text=text)

    return take


def test_a_case_goes_from_draft_to_a_level_of_the_post(
    case: GradingCase, step: Callable[..., GradingCase]
) -> None:
    step("alice", "submit")
    step("eve", "advise")
    assert step("dora", "decide_provisionally").level == 2
    step("bob", "state_reservations", NOW + 10 * DAY)
    step("dora", "hear", NOW + 20 * DAY)
    step("dora", "decide", NOW + 30 * DAY)
    case.refresh_from_db()
    assert (case.state, case.level) == ("decided", 2)
    assert (case.post.level, case.post.level_since) == (2, (NOW + 30 * DAY).date())
    assert [event.step for event in case.events.all()] == [
        "open", "submit", "advise", "decide_provisionally", "state_reservations", "hear", "decide",
    ]  # fmt: skip
    assert case.versions.get().content["grading"]["level"] == 2


def test_a_post_to_which_the_profile_does_not_apply_is_decided_without_level(
    case: GradingCase, step: Callable[..., GradingCase], person: Callable[[str], Person]
) -> None:
    describe_case(
        actor=person("alice"), case=case, applies=False, motivation="Teaches.", areas=[], choices={}, now=NOW
    )
    step("alice", "submit")
    step("eve", "advise")
    assert step("dora", "decide_provisionally").level is None


def test_each_part_takes_its_own_steps_only(step: Callable[..., GradingCase]) -> None:
    with pytest.raises(NotAllowed):
        step("bob", "submit")
    with pytest.raises(NotAllowed):
        step("mallory", "submit")
    step("alice", "submit")
    with pytest.raises(NotAllowed):
        step("alice", "advise")
    step("eve", "advise")
    with pytest.raises(NotAllowed):
        step("eve", "decide_provisionally")
    with pytest.raises(Conflict):
        step("dora", "decide")


def test_decisions_are_taken_in_writing(step: Callable[..., GradingCase]) -> None:
    step("alice", "submit")
    with pytest.raises(InputError, match="in writing"):
        step("eve", "advise", text=" ")


def test_the_terms_run_from_the_step_that_starts_them() -> None:
    moments = Moments(provisional_at=NOW, reservations_at=NOW + 10 * DAY, decided_at=NOW + 40 * DAY)
    assert {one.key: (one.due_at - NOW).days for one in deadlines(Terms(), moments)} == {
        "reservations": 28,
        "hearing": 38,
        "decision": 52,
        "objection": 68,
    }


def test_without_reservations_the_decision_counts_from_the_end_of_that_term() -> None:
    assert [
        (one.key, (one.due_at - NOW).days) for one in deadlines(Terms(), Moments(provisional_at=NOW))
    ] == [
        ("reservations", 28),
        ("decision", 70),
    ]


def test_nothing_is_decided_while_the_holder_may_still_respond(step: Callable[..., GradingCase]) -> None:
    for name, key in (("alice", "submit"), ("eve", "advise"), ("dora", "decide_provisionally")):
        step(name, key)
    with pytest.raises(Conflict, match="has not passed"):
        step("dora", "decide", NOW + 28 * DAY)
    with pytest.raises(Conflict, match="has passed"):
        step("bob", "state_reservations", NOW + 28 * DAY + timedelta(seconds=1))
    assert step("dora", "decide", NOW + 28 * DAY + timedelta(seconds=1)).state == "decided"


def test_who_agrees_need_not_wait(step: Callable[..., GradingCase]) -> None:
    for name, key in (
        ("alice", "submit"),
        ("eve", "advise"),
        ("dora", "decide_provisionally"),
        ("bob", "agree"),
    ):
        step(name, key)
    assert step("dora", "decide", NOW + DAY).state == "decided"


def test_a_running_case_keeps_the_terms_it_was_decided_under(
    case: GradingCase, step: Callable[..., GradingCase]
) -> None:
    for name, key in (("alice", "submit"), ("eve", "advise"), ("dora", "decide_provisionally")):
        step(name, key)
    set_terms(actor=SYSTEM, terms=Terms(reservations_days=14), now=NOW)
    case.refresh_from_db()
    assert deadlines_of(case)[0].due_at == NOW + 28 * DAY


def test_a_case_sent_back_becomes_the_next_version(
    case: GradingCase, step: Callable[..., GradingCase]
) -> None:
    step("alice", "submit")
    step("eve", "return", text="Portfolio is thin.")
    step("alice", "submit")
    assert [version.number for version in case.versions.all()] == [1, 2]


def test_what_was_submitted_is_not_changed(
    case: GradingCase, step: Callable[..., GradingCase], person: Callable[[str], Person]
) -> None:
    step("alice", "submit")
    with pytest.raises(Conflict):
        answer_criterion(
            actor=person("alice"),
            case=GradingCase.objects.get(pk=case.pk),
            criterion="portfolio.products",
            answer=1,
            motivation="More",
            now=NOW,
        )


@pytest.mark.parametrize(
    ("change", "counted"),
    [
        ({}, True),
        ({"assigned_by": " "}, False),
        ({"is_dated": False}, False),
        ({"proof": ""}, False),
        ({"is_temporary": True}, False),
    ],
)
def test_only_what_was_demonstrably_assigned_and_lasts_counts(
    change: dict[str, object], counted: bool
) -> None:
    whole = {"area": 1, "assigned_by": "Director", "is_dated": True, "proof": "Letter", "is_temporary": False}
    assert counts(Duty(**(whole | change))) is counted  # type: ignore[arg-type]  # a dict of mixed values


def test_an_area_without_a_counting_duty_holds_the_submission_up(
    case: GradingCase, step: Callable[..., GradingCase], person: Callable[[str], Person]
) -> None:
    alice = person("alice")
    describe_case(actor=alice, case=case, applies=True, motivation="So.", areas=[2, 5], choices={}, now=NOW)
    with pytest.raises(InputError, match=r"areas\.5: No duty counts"):
        step("alice", "submit")
    duty = CaseDuty(
        case=case,
        area=5,
        text="For a year",
        assigned_by="D",
        assigned_on=date(2025, 1, 1),
        proof="L",
        is_temporary=True,
    )
    add_duty(actor=alice, duty=duty, now=NOW)
    with pytest.raises(InputError, match=r"areas\.5: No duty counts"):
        step("alice", "submit")


def test_all_that_is_missing_is_named_at_once(person: Callable[[str], Person]) -> None:
    RoleGrant.objects.create(user=person("alice"), role="lead")
    case = open_case(actor=person("alice"), post=Post.objects.create(key="x", title="X"), now=NOW)
    with pytest.raises(InputError) as caught:
        take_step(actor=person("alice"), case=case, step="submit", now=NOW)
    assert {problem.field for problem in caught.value.problems} == {
        "participants.holder", "participants.expert", "participants.authorised", "applies", "motivation",
    }  # fmt: skip


def test_a_wrong_answer_gets_what_is_allowed(case: GradingCase, person: Callable[[str], Person]) -> None:
    for criterion, answer, told in (
        ("portfolio.availability", 2, "Allowed: 1, or null"),
        ("portfolio.product", 1, "portfolio.products"),
        ("management_tasks.problems", [1], "form a scale"),
    ):
        with pytest.raises(InputError, match=told):
            answer_criterion(
                actor=person("alice"), case=case, criterion=criterion, answer=answer, motivation="", now=NOW
            )


def test_two_who_change_a_case_at_once_are_told(case: GradingCase, person: Callable[[str], Person]) -> None:
    stale = GradingCase.objects.get(pk=case.pk).revision - 1
    with pytest.raises(Conflict, match="Read it again"):
        take_step(actor=person("alice"), case=case, step="submit", now=NOW, revision=stale)


def test_only_participants_see_a_case_not_even_an_administrator(
    case: GradingCase, person: Callable[[str], Person]
) -> None:
    RoleGrant.objects.create(user=person("root"), role="administrator")
    RoleGrant.objects.create(user=person("audrey"), role="auditor")
    for name in ("root", "audrey", "mallory"):
        assert not cases_of(person(name)).exists()
        with pytest.raises(NotFound):
            look_at_case(actor=person(name), reference=case.reference, now=NOW)
    assert look_at_case(actor=person("bob"), reference=case.reference, now=NOW) == case


def test_every_look_is_audited_without_what_was_seen(
    case: GradingCase, person: Callable[[str], Person]
) -> None:
    before = Entry.objects.filter(verb="profile.look_at_case").count()
    look_at_case(actor=person("bob"), reference=case.reference, now=NOW, at="letter")
    entry = Entry.objects.filter(verb="profile.look_at_case").latest("pk")
    assert Entry.objects.filter(verb="profile.look_at_case").count() == before + 1
    assert (entry.actor_name, entry.subject, entry.changes) == (
        "bob",
        f"grading_case:{case.reference}",
        {"at": "letter"},
    )


def test_the_audit_trail_does_not_tell_what_was_answered_or_written(
    case: GradingCase, step: Callable[..., GradingCase]
) -> None:
    step("alice", "submit")
    step("eve", "advise", text="Too heavy")
    told = " ".join(
        str(entry.changes) for entry in Entry.objects.filter(subject=f"grading_case:{case.reference}")
    )
    assert "Too heavy" not in told and "As shown" not in told


def test_the_case_keeps_the_profile_as_it_read_when_it_was_opened(case: GradingCase) -> None:
    profile = profile_of(GradingCase.objects.get(pk=case.pk))
    assert (profile.code, len(profile.criteria), profile.levels) == ("0403", 11, (1, 2, 3, 4))


def test_evidence_answers_nothing(case: GradingCase, person: Callable[[str], Person]) -> None:
    before = list(case.answers.values())
    evidence = CaseEvidence(
        case=case, criterion="portfolio.products", text="412 products", query="products_managed"
    )
    add_evidence(actor=person("bob"), evidence=evidence, now=NOW)
    assert list(case.answers.values()) == before


def test_a_post_has_one_running_case(case: GradingCase, person: Callable[[str], Person]) -> None:
    with pytest.raises(Conflict):
        open_case(actor=person("alice"), post=case.post, now=NOW)


def test_a_person_has_one_part_so_that_nobody_judges_the_own_work(
    case: GradingCase, person: Callable[[str], Person]
) -> None:
    with pytest.raises(InputError, match="nobody has two parts"):
        add_participant(actor=person("alice"), case=case, user_id=person("eve").pk, role="reader", now=NOW)
    with pytest.raises(InputError, match="One person decides"):
        add_participant(
            actor=person("alice"), case=case, user_id=person("zed").pk, role="authorised", now=NOW
        )


def test_references_follow_the_highest_so_that_none_is_given_out_twice(
    person: Callable[[str], Person],
) -> None:
    RoleGrant.objects.create(user=person("alice"), role="lead")
    posts = [Post.objects.create(key=key, title=key) for key in ("a", "b", "c")]
    first, second = (open_case(actor=person("alice"), post=post, now=NOW) for post in posts[:2])
    assert (first.reference, second.reference) == ("G2026-001", "G2026-002")
    first.delete()
    assert open_case(actor=person("alice"), post=posts[2], now=NOW).reference == "G2026-003"
