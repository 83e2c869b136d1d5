"""Profile, posts, levels and cases through the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.apps import apps
from django.test import Client

from beheer.audit.models import Entry
from beheer.profile.models import GradingCase, Post
from beheer.profile.tests.test_answers import RIGHT
from beheer.profile.tests.test_cases import case, person

__all__ = ["case", "person"]


class Caller:
    """Somebody who calls the API."""

    def __init__(self, user: Any) -> None:
        self.client = Client()
        self.client.force_login(user)

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and JSON of an answer."""
        send = getattr(self.client, method)
        given = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
        answer = send(f"/api{path}", **given)
        return answer.status_code, answer.json()


@pytest.fixture
def lead(person: Callable[[str], Any]) -> Caller:
    """Somebody who leads."""
    apps.get_model("people", "RoleGrant").objects.get_or_create(user=person("alice"), role="lead")
    return Caller(person("alice"))


def test_grading_by_the_api_gives_what_the_command_gives(lead: Caller) -> None:
    status, found = lead.call("post", "/profiles/grade", yaml.safe_load(RIGHT))
    assert (status, found["level"], found["levels"]["1"]["holds"]) == (200, 2, False)
    assert lead.call("post", "/profiles/what-if", yaml.safe_load(RIGHT))[1]["next_level"] == 1


def test_wrong_answers_get_problems_that_list_what_is_allowed(lead: Caller) -> None:
    answers = yaml.safe_load(RIGHT)
    answers["answers"]["portfolio.products"] = 9
    status, found = lead.call("post", "/profiles/grade", answers)
    assert status == 422
    assert found["problems"][0]["field"] == "answers.portfolio.products"
    assert "1, 2, 3, 4" in found["problems"][0]["remedy"]


def test_the_profile_can_be_read_whole(lead: Caller) -> None:
    assert list(lead.call("get", "/profiles")[1]) == ["0403"]
    status, found = lead.call("get", "/profiles/0403")
    assert status == 200 and len(found["result_areas"]) == 12
    assert lead.call("get", "/profiles/9")[0] == 404


def test_posts_are_made_assigned_and_graded_by_the_api(lead: Caller, person: Callable[[str], Any]) -> None:
    person("bob")
    entry = {"key": "dba", "title": "DBA", "level": 3}
    assert lead.call("put", "/posts/dba", entry)[0] == 200
    assert lead.call("put", "/posts/dba", entry | {"level": 8})[0] == 422
    assert lead.call("post", "/posts/dba/assignments", {"username": "bob", "since": "2026-01-01"})[0] == 200
    assert lead.call("get", "/posts")[1][0]["level"] == 3
    status, case = lead.call("post", "/posts/dba/grading-cases")
    assert (status, case["state"]) == (200, "draft")
    reference = case["reference"]
    path = f"/grading-cases/{reference}"
    answer = {"answer": 1, "motivation": "Many."}
    assert lead.call("put", f"{path}/answers/portfolio.products", answer)[0] == 200
    status, wrong = lead.call("post", f"{path}/steps/submit", {})
    assert status == 422 and any(problem["field"] == "applies" for problem in wrong["problems"])


def test_levels_are_read_and_set_by_the_api(lead: Caller) -> None:
    assert lead.call("get", "/profile/levels")[1]["normal"]["carry_out"] == 3
    assert lead.call("put", "/profile/levels/normal/carry_out", {"level": 4})[1]["normal"]["carry_out"] == 4
    assert lead.call("put", "/profile/levels/normal/dance", {"level": 4})[0] == 422


def test_a_case_is_shown_to_participants_only_and_the_look_is_audited(
    case: GradingCase, person: Callable[[str], Any]
) -> None:
    apps.get_model("people", "RoleGrant").objects.create(user=person("root"), role="administrator")
    assert Caller(person("root")).call("get", f"/grading-cases/{case.reference}")[0] == 404
    assert Caller(person("root")).call("get", "/grading-cases")[1] == []
    status, found = Caller(person("bob")).call("get", f"/grading-cases/{case.reference}")
    assert (status, found["grading"]["level"]) == (200, 2)
    assert Entry.objects.filter(verb="profile.look_at_case", actor_name="bob").get().changes == {"at": "API"}


def test_who_may_not_see_the_profile_is_refused(person: Callable[[str], Any]) -> None:
    assert Caller(person("charlie")).call("get", "/profiles")[0] == 403
    assert not Post.objects.exists()
