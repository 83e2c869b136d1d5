"""Answers files: what is refused, on which line, and what is allowed there instead."""

from __future__ import annotations

import pytest

from beheer.lib.errors import DocumentError
from beheer.profile.answers import read_answers, unanswered
from beheer.profile.library import profile_with
from beheer.profile.rules import Answers, grade

RIGHT = """\
profile: "0403"
applies: true
areas: [1, 2, 5]
answers:
  management_tasks.problems: 2
  management_tasks.installation: [1, 2]
  management_tasks.methods: 2
  management_tasks.renewal_and_security: 3
  portfolio.products: 2
  portfolio.environment: 2
  portfolio.availability: null
  development_research.development: 2
  development_research.research: 2
  process_improvement: 2
  coordination_coaching: null
"""


def read(text: str) -> Answers:
    """The answers in a file with this text."""
    return read_answers(text, "post.yaml", profile_with)[1]


def fault(text: str) -> str:
    """What is said of a file with one fault."""
    with pytest.raises(DocumentError) as caught:
        read(text)
    assert len(caught.value.problems) == 1, str(caught.value)
    return str(caught.value)


def test_right_answers_are_read_as_given() -> None:
    found = read(RIGHT + "choices: {cumulative: own_criteria_only}\n")
    assert found.areas == (1, 2, 5)
    assert found.answers["management_tasks.installation"] == (1, 2)
    assert found.answers["management_tasks.renewal_and_security"] == 3
    assert found.choices == {"cumulative": "own_criteria_only"}


def test_the_code_of_the_profile_may_stand_without_quotes() -> None:
    assert read(RIGHT.replace('"0403"', "0403")).profile == "0403"


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ('profile: "0403"', 'profile: "0404"', ("post.yaml:1: profile", "0403")),
        ('profile: "0403"', "profile: 403", ("post.yaml:1: profile", "no code")),
        ("applies: true", "applies: perhaps", ("post.yaml:2: applies", "Allowed: true, false")),
        (
            "[1, 2, 5]",
            "[1, 13]",
            ("post.yaml:3: areas.1", "no result area 13", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12"),
        ),
        ("[1, 2, 5]", "[true]", ("areas.0", "no result area true")),
        ("[1, 2, 5]", "5", ("post.yaml:3: areas", "no list")),
        ("[1, 2, 5]", "[6, 7]", ("post.yaml:3: areas", "Add at least one of areas 1, 2, 3, 4, 5")),
        ("[1, 2, 5]", "[]", ("post.yaml:3: areas", "Add at least one of areas 1, 2, 3, 4, 5")),
        (
            "problems: 2",
            "problems: 5",
            ("post.yaml:5: answers.management_tasks.problems", "Allowed: 1, 2, 3, 4, or null"),
        ),
        ("problems: 2", "problems: '2'", ("'2' is no level", "Allowed: 1, 2, 3, 4")),
        ("problems: 2", "problems: true", ("true is no level", "Allowed: 1, 2, 3, 4")),
        ("problems: 2", "problems: 2.0", ("2.0 is no level", "Allowed: 1, 2, 3, 4")),
        ("problems: 2", "problems: [2]", ("form a scale", "Allowed: 1, 2, 3, 4")),
        ("availability: null", "availability: 2", ("no text at level 2", "Allowed: 1, or null")),
        ("[1, 2]\n", "[1, 5]\n", ("5 is no level", "Allowed: one of 1, 2, 3, 4, a list of them, or null")),
        ("[1, 2]\n", "[1, null]\n", ("null is no level", "Allowed: one of 1, 2, 3, 4")),
        ("[1, 2]\n", "[[1]]\n", ("[1] is no level", "Allowed: one of 1, 2, 3, 4")),
        (
            "renewal_and_security: 3",
            "renewal_and_security: 2",
            ("no text at level 2", "Allowed: one of 1, 3, 4"),
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_line_and_what_is_allowed(
    old: str, new: str, parts: tuple[str, ...]
) -> None:
    assert old in RIGHT
    told = fault(RIGHT.replace(old, new))
    for part in parts:
        assert part in told


def test_an_unknown_criterion_gets_the_nearest_and_all_there_are() -> None:
    told = fault(RIGHT + "  portfolio.product: 1\n")
    assert "post.yaml:16: answers.portfolio.product" in told
    assert "Did you mean 'portfolio.products'?" in told
    assert "coordination_coaching" in told


def test_an_unknown_choice_or_value_gets_those_there_are() -> None:
    assert "renewal_and_security, cumulative, scale, development_research" in fault(
        RIGHT + "choices: {cumulativ: x}\n"
    )
    assert "Allowed: by_scale, strict" in fault(RIGHT + "choices: {scale: loose}\n")
    assert "no mapping of choices" in fault(RIGHT + "choices: [strict]\n")


def test_an_unknown_field_is_refused() -> None:
    assert "There is no such field" in fault(RIGHT + "answer: {}\n")


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(DocumentError) as caught:
        read(RIGHT.replace("problems: 2", "problems: 9").replace("methods: 2", "methods: 0"))
    assert [problem.line for problem in caught.value.problems] == [5, 7]


def test_a_profile_that_does_not_apply_needs_no_answers() -> None:
    assert read('profile: "0403"\napplies: false\n').answers == {}


@pytest.mark.parametrize("text", ["", "[]", "yes", "a: [", "profile: '0403'\nprofile: '0403'"])
def test_what_is_no_answers_file_is_refused(text: str) -> None:
    with pytest.raises(DocumentError):
        read(text)


def test_a_text_may_be_answered_where_it_stands_in_the_source_or_by_the_choice_taken() -> None:
    placed = RIGHT + "choices: {renewal_and_security: level_2_only}\n"
    for answer in ("1", "2", "[1, 3]", "[2, 3]"):
        read(placed.replace("renewal_and_security: 3", f"renewal_and_security: {answer}"))


def test_a_criterion_that_is_left_out_counts_as_null_and_is_told() -> None:
    profile = profile_with("0403")
    answers = read_answers(RIGHT.replace("  coordination_coaching: null\n", ""), "post.yaml", profile_with)[1]
    assert unanswered(profile, answers) == ("coordination_coaching",)
    whole = read_answers(RIGHT, "post.yaml", profile_with)[1]
    assert unanswered(profile, whole) == ()
    assert grade(profile, answers).level == grade(profile, whole).level
