"""The pages of profile, posts and cases in a real browser: they answer, fit, and axe finds nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.contrib.auth import get_user_model

from beheer.permissions.rules import SYSTEM
from beheer.profile.actions import assign_post, save_post
from beheer.profile.case_actions import (
    add_duty,
    add_participant,
    answer_criterion,
    describe_case,
    open_case,
    take_step,
)
from beheer.profile.models import CaseDuty, CaseEvidence, GradingCase, Post
from beheer.profile.tests.test_cases import LEVEL_2

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def a_case() -> GradingCase:
    """A case that was decided provisionally, in which everybody who has an account takes part."""
    people = get_user_model()._default_manager
    for name in ("holder", "expert", "authorised"):
        people.create(username=name, email=f"{name}@example.org")
    me = people.exclude(username__in=("holder", "expert", "authorised")).get()
    post = save_post(actor=SYSTEM, post=Post(key="dba", title="Database administrator"), now=NOW)
    assign_post(
        actor=SYSTEM, post=post, user_id=people.get(username="holder").pk, since=date(2025, 1, 1), now=NOW
    )
    case = open_case(actor=me, post=post, now=NOW)
    for role in ("holder", "expert", "authorised"):
        add_participant(actor=me, case=case, user_id=people.get(username=role).pk, role=role, now=NOW)
    describe_case(actor=me, case=case, applies=True, motivation="It fits.", areas=[2], choices={}, now=NOW)
    for criterion, answer in LEVEL_2.items():
        answer_criterion(actor=me, case=case, criterion=criterion, answer=answer, motivation="Seen.", now=NOW)
    duty = CaseDuty(
        case=case, area=2, text="Runs it", assigned_by="D", assigned_on=date(2025, 1, 1), proof="Letter"
    )
    add_duty(actor=me, duty=duty, now=NOW)
    CaseEvidence.objects.create(case=case, criterion="portfolio.products", text="Twelve databases")
    return case


def test_the_profile_and_trying_out_fit_and_are_accessible(look_at: Callable[..., None]) -> None:
    answers = "&".join(
        f"{name}={value if value is not None else 'none'}"
        for name, value in LEVEL_2.items()
        if not isinstance(value, list)
    )
    tried = f"/profile/try/?tried=1&{answers}&management_tasks.installation=2"
    look_at("/profile/", "/profile/try/", tried, "/profile/levels/", "/profile/terms/")


def test_posts_and_a_case_fit_and_are_accessible(look_at: Callable[..., None]) -> None:
    case = a_case()
    base = f"/profile/cases/{case.reference}/"
    look_at("/profile/posts/", "/profile/posts/dba/", "/profile/posts/dba/edit/", "/profile/cases/", base)
    look_at(
        base + "criteria/portfolio.products/", base + "description/", base + "duties/", base + "steps/submit/"
    )


def test_a_decided_case_with_its_version_fits_and_is_accessible(look_at: Callable[..., None]) -> None:
    case = a_case()
    people = {part.role: part.user for part in case.participants.select_related("user")}
    for role, step in (("assessor", "submit"), ("expert", "advise"), ("authorised", "decide_provisionally")):
        take_step(actor=people[role], case=case, step=step, text="Good.", now=NOW)
    base = f"/profile/cases/{case.reference}/"
    look_at(base, base + "versions/1/", base + "criteria/portfolio.products/")
