"""The pages of profile, posts and cases, and the letter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.test import Client

from beheer.audit.models import Entry
from beheer.profile.letter import letter_html, letter_pdf
from beheer.profile.models import GradingCase, LevelPermission, Post
from beheer.profile.tests.test_cases import LEVEL_2, case, person, step

__all__ = ["case", "person", "step"]

Person = Any
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HTTP = {"headers": {"accept-language": "en"}}


@pytest.fixture
def signed_in(person: Callable[[str], Person]) -> Callable[[str], Client]:
    """Gives a browser in which the person with a name is signed in."""

    def open_for(name: str) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(person(name))
        return client

    return open_for


@pytest.fixture
def lead(person: Callable[[str], Person], signed_in: Callable[[str], Client]) -> Client:
    """A browser of somebody who leads."""
    apps.get_model("people", "RoleGrant").objects.get_or_create(user=person("alice"), role="lead")
    return signed_in("alice")


def test_the_profile_page_shows_areas_criteria_and_open_points_in_both_languages(lead: Client) -> None:
    page = lead.get("/profile/").content.decode()
    assert "Monitoring of ICT products" in page and "Analyse and solve very complex problems" in page
    assert "cumulative" in page and "empty in the source" in page
    lead.cookies["django_language"] = "nl"
    assert "Bewaking functioneren ICT-producten" in lead.get("/profile/").content.decode()


def test_trying_a_grading_shows_the_level_and_what_stands_between(lead: Client) -> None:
    answers = [(name, value if value is not None else "none") for name, value in LEVEL_2.items()]
    query = [("tried", "1")]
    for name, value in answers:
        query += [(name, one) for one in value] if isinstance(value, list) else [(name, str(value))]
    page = lead.get(f"/profile/try/?{urlencode(query)}").content.decode()
    assert (
        "<strong>ICT administrator 2</strong>" in page
        and "These stand between the post and this level" in page
    )
    strict = lead.get(
        f"/profile/try/?{urlencode([*query, ('choice_cumulative', 'cumulative')])}"
    ).content.decode()
    assert "<strong>ICT administrator 2</strong>" in strict


def test_a_criterion_that_is_not_answered_is_named(lead: Client) -> None:
    page = lead.get("/profile/try/?tried=1").content.decode()
    assert "Some criteria are not answered yet" in page


def test_a_lead_makes_a_post_and_assigns_it(lead: Client, person: Callable[[str], Person]) -> None:
    fields = {"title": "DBA", "key": "dba", "profile_code": "0403", "level": "2"}
    assert lead.post("/profile/posts/new/", fields).status_code == 302
    assert (
        lead.post("/profile/posts/dba/assign/", {"user": person("bob").pk, "since": "2026-01-01"}).status_code
        == 302
    )
    assert "bob" in lead.get("/profile/posts/dba/").content.decode()
    assignment = Post.objects.get(key="dba").assignments.get()
    assert lead.post(f"/profile/posts/dba/end/{assignment.pk}/").status_code == 302
    assert "DBA" in lead.get("/profile/posts/?q=DBA").content.decode()


def test_a_level_that_the_profile_does_not_have_is_told_at_the_field(lead: Client) -> None:
    fields = {"title": "DBA", "key": "dba", "profile_code": "0403", "level": "7"}
    page = lead.post("/profile/posts/new/", fields)
    assert page.status_code == 200 and "The profile has no level 7" in page.content.decode()
    assert not Post.objects.exists()


def test_the_institution_changes_the_table_of_levels(lead: Client) -> None:
    assert lead.post("/profile/levels/", {"normal.carry_out": "4"}).status_code == 302
    assert LevelPermission.objects.get().level == 4
    assert lead.post("/profile/terms/", {
        "reservations_days": 14, "hearing_days": 28, "decision_days": 42, "objection_days": 28,
    }).status_code == 302  # fmt: skip
    assert 'value="14"' in lead.get("/profile/terms/").content.decode()


def test_a_participant_reads_the_case_and_the_look_is_audited(
    case: GradingCase, signed_in: Callable[[str], Client]
) -> None:
    before = Entry.objects.filter(verb="profile.look_at_case").count()
    page = signed_in("bob").get(f"/profile/cases/{case.reference}/")
    assert page.status_code == 200 and "Runs the databases" in page.content.decode()
    assert Entry.objects.filter(verb="profile.look_at_case", actor_name="bob").count() == 1
    assert Entry.objects.filter(verb="profile.look_at_case").count() == before + 1


@pytest.mark.parametrize("role", ["administrator", "auditor", "lead"])
def test_whoever_takes_no_part_does_not_learn_that_there_is_a_case(
    case: GradingCase, person: Callable[[str], Person], signed_in: Callable[[str], Client], role: str
) -> None:
    apps.get_model("people", "RoleGrant").objects.create(user=person("mallory"), role=role)
    mallory = signed_in("mallory")
    base = f"/profile/cases/{case.reference}/"
    for path in (
        "",
        "description/",
        "criteria/portfolio.products/",
        "duties/",
        "participants/",
        "steps/submit/",
        "letter-nl.pdf",
    ):
        assert mallory.get(base + path).status_code == 404, path
    assert mallory.post(base + "steps/submit/", {"text": "x", "revision": 0}).status_code == 404
    assert case.reference not in mallory.get("/profile/cases/").content.decode()
    assert case.reference not in mallory.get("/profile/posts/dba/").content.decode()


def test_the_assessor_answers_on_the_page(case: GradingCase, signed_in: Callable[[str], Client]) -> None:
    alice = signed_in("alice")
    base = f"/profile/cases/{case.reference}/criteria/"
    assert alice.post(base + "portfolio.products/", {"answer": "1", "motivation": "Many."}).status_code == 302
    assert (
        alice.post(
            base + "management_tasks.installation/", {"answer": ["1", "2"], "motivation": "Both."}
        ).status_code
        == 302
    )
    assert (
        alice.post(base + "portfolio.availability/", {"answer": "none", "motivation": "No."}).status_code
        == 302
    )
    answers = {one.criterion: one.answer for one in case.answers.all()}
    assert answers["portfolio.products"] == 1
    assert answers["management_tasks.installation"] == [1, 2]
    assert answers["portfolio.availability"] is None
    wrong = alice.post(base + "portfolio.availability/", {"answer": "2", "motivation": ""})
    assert wrong.status_code == 200 and "Select a valid choice" in wrong.content.decode()
    assert (
        alice.post(base + "portfolio.products/evidence/", {"text": "Seen", "limits": ""}).status_code == 302
    )
    assert "Seen" in alice.get(base + "portfolio.products/").content.decode()


def test_the_holder_sees_the_answers_but_no_form_to_change_them(
    case: GradingCase, signed_in: Callable[[str], Client]
) -> None:
    page = (
        signed_in("bob").get(f"/profile/cases/{case.reference}/criteria/portfolio.products/").content.decode()
    )
    assert "As shown." in page and 'name="answer"' not in page


def test_what_is_missing_is_told_when_submitting(
    case: GradingCase, signed_in: Callable[[str], Client]
) -> None:
    case.answers.filter(criterion="portfolio.products").delete()
    path = f"/profile/cases/{case.reference}/steps/submit/"
    page = signed_in("alice").post(path, {"text": "", "revision": case.revision + 17})
    assert page.status_code == 409
    case.refresh_from_db()
    page = signed_in("alice").post(path, {"text": "", "revision": case.revision})
    assert page.status_code == 422 and "portfolio.products" in page.content.decode()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nl", ("Beheerder ICT 2", "Analyseren en oplossen van complexere problemen", "Takes care")),
        ("en", ("ICT administrator 2", "Analyse and solve more complex problems", "Provisional decision")),
    ],
)
def test_the_letter_is_in_both_languages_and_says_level_reasons_and_terms(
    case: GradingCase, step: Callable[..., GradingCase], language: str, words: tuple[str, ...]
) -> None:
    for name, key in (("alice", "submit"), ("eve", "advise"), ("dora", "decide_provisionally")):
        step(name, key, text="Takes care of complex work.")
    found = GradingCase.objects.get(pk=case.pk)
    html = letter_html(found, language, NOW)
    for word in words:
        assert word in html
    assert "2026" in html and "Runs the databases" in html
    assert letter_pdf(found, language, NOW).startswith(b"%PDF")


def test_there_is_no_letter_before_a_decision(case: GradingCase, signed_in: Callable[[str], Client]) -> None:
    assert signed_in("bob").get(f"/profile/cases/{case.reference}/letter-nl.pdf").status_code == 409
    assert signed_in("bob").get(f"/profile/cases/{case.reference}/letter-fr.pdf").status_code == 422


def test_a_whole_case_can_be_walked_on_pages(case: GradingCase, signed_in: Callable[[str], Client]) -> None:
    for name, key in (
        ("alice", "submit"), ("eve", "advise"), ("dora", "decide_provisionally"), ("bob", "agree"), ("dora", "decide"),
    ):  # fmt: skip
        case.refresh_from_db()
        client = signed_in(name)
        assert key in client.get(f"/profile/cases/{case.reference}/").content.decode()
        done = client.post(
            f"/profile/cases/{case.reference}/steps/{key}/", {"text": "Good.", "revision": case.revision}
        )
        assert done.status_code == 302, done.content.decode()
    assert Post.objects.get(key="dba").level == 2
    pdf = signed_in("bob").get(f"/profile/cases/{case.reference}/letter-en.pdf")
    assert pdf["Content-Type"] == "application/pdf" and pdf.content.startswith(b"%PDF")
    assert signed_in("bob").get(f"/profile/cases/{case.reference}/versions/1/").status_code == 200
