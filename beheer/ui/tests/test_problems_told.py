"""What is wrong with input is told in the reader's language, in every room."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from beheer.lib.errors import Conflict, InputError, Problem
from beheer.ui.sentences import problem_told, problems_told

pytestmark = pytest.mark.django_db  # names of kinds and states stand in the store


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("A target of 100 is more than 1.", "Een doel van 100 is meer dan 1."),
        ("'soon' is not a duration.", "‘soon’ is geen duur."),
        ("The window ends before it starts.", "Het onderhoudsvenster eindigt voordat het begint."),
        ("In “a == b”: a condition is empty.", "In ‘a == b’: Een voorwaarde is leeg."),
        ("Write a ratio: 0.999 for 99.9 %.", "Schrijf een verhouding: 0.999 voor 99,9 %."),
        ("Something else; altogether.", "Something else; altogether."),
    ],
)
def test_a_problem_is_told_in_dutch(said: str, told: str) -> None:
    with override("nl"):
        assert problem_told(said) == told
    with override("en"):
        assert problem_told(said) == said


def test_every_problem_of_an_error_is_told_with_its_remedy() -> None:
    problems = [Problem("The file is empty.", "file", "Choose another."), Problem("There is no text.")]
    with override("nl"):
        assert problems_told(InputError(problems)) == [
            "Het bestand is leeg. Kies een ander.",
            "Er is geen tekst.",
        ]
        assert problems_told(Conflict("INC-000001 is closed.")) == ["INC-000001 is gesloten."]


def test_names_of_kinds_and_states_are_told_too() -> None:
    with override("nl"):
        assert problem_told("There is no configuration item 'x'.") == "Er is geen configuratie-item ‘x’."
        assert (
            problem_told("It is needed in the state 'resolved'.") == "Het is nodig in de toestand ‘opgelost’."
        )
