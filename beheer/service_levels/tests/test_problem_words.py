"""What is wrong with input is told in the reader's language, and the sentences are those that the rules say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils.translation import override

from beheer.service_levels.models import Agreement
from beheer.service_levels.problem_words import PROBLEMS
from beheer.service_levels.tests.conftest import MakePerson
from beheer.ui.sentences import problem_told

PACKAGE = Path(__file__).parents[2]
CODE = "\n".join(
    path.read_text()
    for folder in ("service_levels", "lib")
    for path in (PACKAGE / folder).rglob("*.py")
    if "tests" not in path.parts and path.name != "problem_words.py"
)


@pytest.mark.parametrize("wording", PROBLEMS.wordings)
def test_every_sentence_is_one_that_the_rules_say(wording: str) -> None:
    for part in re.split(r"%\(\w+\)s|\. ", wording):
        piece = part.strip(" .:'")
        assert piece in CODE or piece.removeprefix("A target of ") in CODE, f"nothing says “{piece}”"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("A target of 100 is more than 1.", "Een doel van 100 is meer dan 1."),
        ("'soon' is not a duration.", "‘soon’ is geen duur."),
        ("The window ends before it starts.", "Het onderhoudsvenster eindigt voordat het begint."),
        ("Something else; altogether.", "Something else; altogether."),
    ],
)
def test_a_problem_is_told_in_dutch(said: str, told: str) -> None:
    with override("nl"):
        assert problem_told(said) == told
    with override("en"):
        assert problem_told(said) == said


@pytest.mark.django_db
def test_a_form_tells_what_is_wrong_in_dutch(
    client: Client, agreement: Agreement, person: MakePerson
) -> None:
    client.force_login(person("bob", "lead"))
    values = {
        "makes": "exclude", "service": agreement.services.get().pk, "reason": "Log",
        "starts_at": "2026-10-02T10:00", "ends_at": "2026-10-02T09:00",
    }  # fmt: skip
    answer = client.post("/service-levels/corrections/new/", values, headers={"Accept-Language": "nl"})
    assert "De correctie eindigt voordat zij begint. Kies een later einde." in answer.content.decode()
