"""The rule that grades, held against a table written by hand from the source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beheer.profile.choices import KNOWN_CHOICES
from beheer.profile.library import profile_with
from beheer.profile.rules import (
    Answer,
    Answers,
    Reason,
    alternatives,
    effective_choices,
    grade,
    heaviest_holding,
    level_by,
    level_outcomes,
    offered_choices,
    outcomes,
    possible_answers,
    standing_between,
)
from beheer.profile.tests import table

PROFILE = profile_with("0403")
ALL_CHOICES = [dict(zip(KNOWN_CHOICES, values, strict=True)) for values in product(*KNOWN_CHOICES.values())]
DEFAULTS = effective_choices(PROFILE, {})
HEAVIEST: dict[str, Answer] = {
    criterion.id: 1 if criterion.scale else (1, 2, 3) for criterion in PROFILE.criteria
} | {"management_tasks.renewal_and_security": (1, 3)}


def post(answers: Mapping[str, Answer] | None = None, **other: Any) -> Answers:
    """A post to which the profile applies, of the heaviest kind but for `answers`."""
    given_here: dict[str, Any] = {"applies": True, "areas": (1,), "choices": {}} | other
    return Answers("0403", answers={**HEAVIEST, **(answers or {})}, **given_here)


def test_the_table_has_a_row_for_every_criterion() -> None:
    assert set(table.rows(DEFAULTS)) == {criterion.id for criterion in PROFILE.criteria}


@pytest.mark.parametrize("choices", ALL_CHOICES, ids=lambda choices: "-".join(choices.values()))
def test_every_answer_meets_the_levels_that_the_table_says(choices: dict[str, str]) -> None:
    for name, row in table.rows(choices).items():
        criterion = PROFILE.criterion(name)
        assert criterion is not None
        assert set(row) == set(possible_answers(criterion, choices["renewal_and_security"]))
        for answer, met in row.items():
            found = outcomes(criterion, cast("Answer", answer), choices)
            assert {level for level in (1, 2, 3) if found[level].met} == met, (name, answer)


def test_all_combinations_of_answers_get_the_level_that_the_table_says() -> None:
    """Answers that meet the same levels are one combination; that they do is held by the test above."""
    distinct = {name: sorted(set(row.values()), key=sorted) for name, row in table.rows(DEFAULTS).items()}
    at = {met: {level: SimpleNamespace(met=level in met) for level in (1, 2, 3)} for met in table.all_sets()}
    count = 0
    for combination in product(*distinct.values()):
        found = level_outcomes(
            PROFILE, cast("Any", {i: at[met] for i, met in enumerate(combination)}), DEFAULTS, True
        )
        assert heaviest_holding(found) == min(frozenset.intersection(*combination), default=4)
        count += 1
    assert count == 4**6 * 2 * 3 * 3 * 3 * 2


@st.composite
def any_answers(draw: st.DrawFn, placement: str = "level_1_only") -> dict[str, Answer]:
    """Answers on all criteria, drawn so that heavy ones are not rare."""
    heavy = draw(st.booleans())
    return {
        criterion.id: HEAVIEST[criterion.id]
        if heavy and draw(st.integers(0, 3))
        else draw(st.sampled_from(possible_answers(criterion, placement)))
        for criterion in PROFILE.criteria
    }


@settings(max_examples=600)
@given(any_answers(), st.sampled_from(ALL_CHOICES))
def test_a_whole_grading_agrees_with_the_table_under_any_choices(
    answers: dict[str, Answer], choices: dict[str, str]
) -> None:
    grading = grade(PROFILE, post(answers, choices=choices))
    rows = table.rows({**choices, "renewal_and_security": "level_1_only"})
    met = {name: rows[name][answer] for name, answer in answers.items()}
    renewal = cast("tuple[int, ...]", answers["management_tasks.renewal_and_security"])
    met["management_tasks.renewal_and_security"] = table.renewal_and_security(
        renewal, choices["renewal_and_security"]
    )
    assert grading.level == table.level(met, choices)
    for level, one in grading.levels.items():
        assert one.holds == (not one.unmet and not one.unmet_below)
        if one.tested:
            assert list(one.unmet) == [
                name for name, cell in grading.criteria.items() if not cell.at[level].met
            ]


@settings(max_examples=400)
@given(any_answers(), st.sampled_from(ALL_CHOICES))
def test_differs_names_exactly_the_single_choices_that_give_another_level(
    answers: dict[str, Answer], choices: dict[str, str]
) -> None:
    given_here = post(answers, choices=choices)
    grading = grade(PROFILE, given_here)
    expected = set()
    for name, values in KNOWN_CHOICES.items():
        for value in values:
            level = grade(PROFILE, replace(given_here, choices={**choices, name: value})).level
            if level != grading.level:
                expected.add((name, value, level))
    assert {(one.choice, one.value, one.level) for one in grading.differs} == expected


def better(answers: dict[str, Answer], name: str, draw: st.DataObject) -> Answer:
    """An answer that is at least as good: a heavier text of a scale, or more texts of a criterion without
    one.
    """
    criterion = PROFILE.criterion(name)
    assert criterion is not None
    given_here = answers[name]
    possible = possible_answers(criterion, "level_1_only")
    if isinstance(given_here, tuple):
        return draw.draw(
            st.sampled_from([one for one in possible if isinstance(one, tuple) and {*one} >= {*given_here}])
        )
    heavier: list[Answer] = [one for one in possible if isinstance(one, int) and one <= (given_here or 4)]
    return draw.draw(st.sampled_from(heavier or [given_here]))


@settings(max_examples=600)
@given(any_answers(), st.sampled_from([one for one in ALL_CHOICES if one["scale"] == "by_scale"]), st.data())
def test_a_better_answer_never_lowers_the_level(
    answers: dict[str, Answer], choices: dict[str, str], data: st.DataObject
) -> None:
    before = grade(PROFILE, post(answers, choices=choices)).level
    name = data.draw(st.sampled_from(list(answers)))
    after = grade(PROFILE, post({**answers, name: better(answers, name, data)}, choices=choices)).level
    assert before is not None and after is not None
    assert after <= before


def test_by_the_strict_reading_a_heavier_answer_may_lower_the_level() -> None:
    answers: dict[str, Answer] = {
        criterion.id: 3 if 3 in criterion.levels and criterion.source_text(3) else None
        for criterion in PROFILE.criteria
    } | {"management_tasks.installation": (3,), "management_tasks.renewal_and_security": (3,)}
    strict = {"scale": "strict"}
    assert grade(PROFILE, post(answers, choices=strict)).level == 3
    assert grade(PROFILE, post({**answers, "management_tasks.problems": 1}, choices=strict)).level == 4


def test_a_post_of_the_heaviest_kind_gets_level_1_and_every_level_holds() -> None:
    grading = grade(PROFILE, post())
    assert grading.level == 1
    assert all(one.holds for one in grading.levels.values())


def test_a_post_that_no_text_describes_gets_level_4_as_the_profile_applies() -> None:
    answers: dict[str, Answer] = {criterion.id: None for criterion in PROFILE.criteria}
    grading = grade(PROFILE, post(answers))
    assert grading.level == 4
    assert grading.levels[4].unmet == ()
    assert not grading.levels[4].tested


def test_a_post_to_which_the_profile_does_not_apply_gets_no_level() -> None:
    grading = grade(PROFILE, post(applies=False))
    assert grading.level is None
    assert not any(one.holds for one in grading.levels.values())
    assert grading.differs == ()


def test_a_level_in_between_that_does_not_hold_is_shown() -> None:
    grading = grade(PROFILE, post({"management_tasks.renewal_and_security": (1,)}))
    assert grading.level == 1
    assert [level for level, one in grading.levels.items() if not one.holds] == [3]
    assert [(one.choice, one.value, one.level) for one in grading.differs] == [
        ("cumulative", "cumulative", 4)
    ]


def test_cumulative_names_the_lighter_level_that_stands_in_the_way() -> None:
    cumulative = {"cumulative": "cumulative"}
    grading = grade(PROFILE, post({"management_tasks.renewal_and_security": (1,)}, choices=cumulative))
    assert grading.level == 4
    assert grading.levels[1].unmet == ()
    assert grading.levels[1].unmet_below == {3: ("management_tasks.renewal_and_security",)}


@pytest.mark.parametrize(
    ("name", "answer", "level", "reason"),
    [
        ("management_tasks.problems", 1, 2, Reason.HEAVIER_TEXT),
        ("management_tasks.problems", 2, 2, Reason.TEXT),
        ("management_tasks.problems", 3, 2, Reason.UNMET),
        ("portfolio.environment", 4, 3, Reason.TEXT),
        ("portfolio.availability", None, 2, Reason.NO_DEMAND),
        ("process_improvement", 2, 1, Reason.TEXT),
        ("process_improvement", 4, 3, Reason.TEXT),
        ("management_tasks.installation", (3,), 2, Reason.TEXT),
        ("management_tasks.installation", (1,), 2, Reason.UNMET),
        ("management_tasks.installation", 2, 3, Reason.TEXT),
        ("management_tasks.renewal_and_security", (4,), 3, Reason.TEXT),
        ("management_tasks.renewal_and_security", (), 2, Reason.NO_DEMAND),
    ],
)
def test_each_criterion_says_why_it_is_met(name: str, answer: Answer, level: int, reason: Reason) -> None:
    assert grade(PROFILE, post({name: answer})).criteria[name].at[level].reason is reason


def test_one_of_two_paragraphs_suffices_where_the_institution_says_so() -> None:
    answers = {"development_research.research": None}
    assert grade(PROFILE, post(answers)).level == 3
    either = grade(PROFILE, post(answers, choices={"development_research": "either"}))
    assert either.level == 1
    assert either.criteria["development_research.research"].at[1].reason is Reason.OTHER_PARAGRAPH


def test_what_if_gives_the_level_that_grading_the_changed_answers_gives() -> None:
    given_here = post({"management_tasks.problems": 3})
    found = alternatives(PROFILE, given_here)
    assert {one.criterion for one in found} == {criterion.id for criterion in PROFILE.criteria}
    for one in found:
        changed = replace(given_here, answers={**given_here.answers, one.criterion: one.answer})
        assert one.level == grade(PROFILE, changed).level == level_by(PROFILE, changed, {})


def test_what_stands_between_a_post_and_a_level_is_what_that_level_asks() -> None:
    answers: dict[str, Answer] = {"management_tasks.problems": 3}
    grading = grade(PROFILE, post(answers))
    (demand,) = standing_between(PROFILE, grading, 2)
    assert (grading.level, demand.criterion, demand.level) == (3, "management_tasks.problems", 2)
    assert demand.text.en == "Analyse and solve more complex problems"


def test_the_profile_offers_all_known_choices_with_the_reading_as_default() -> None:
    assert offered_choices(PROFILE) == KNOWN_CHOICES
