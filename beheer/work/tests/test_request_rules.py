"""Which questions a form asks, and what is wrong with answers: plain values only."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from beheer.lib.documents import check, load
from beheer.lib.errors import DocumentError
from beheer.work.definitions import built_in_texts, parsed
from beheer.work.kinds.schema import Kind
from beheer.work.request_models.answers import problems, shown
from beheer.work.request_models.checks import flaws, specialised
from beheer.work.request_models.forms import PatternField
from beheer.work.request_models.schema import FormField, RequestSpec

TODAY = date(2026, 11, 2)
WORDS = {"nl": "w", "en": "w"}


def kind(key: str = "service_request") -> Kind:
    return parsed(built_in_texts()[key], f"{key}.yaml")


def field(**said: Any) -> FormField:
    return FormField.model_validate({"name": WORDS, **said})


CHOICES = {"a": WORDS, "b": WORDS}
FORM = {
    "device": field(type="choice", choices=CHOICES, required=True),
    "own": field(type="yes_no", shown_when={"device": ["a"]}, required=True),
    "why": field(type="long_text", shown_when={"own": [True]}, required=True),
    "extras": field(type="several", choices=CHOICES, most=1),
    "cable": field(shown_when={"extras": ["b"]}),
}


def test_a_question_waits_for_its_answer() -> None:
    assert shown(FORM, {}) == ["device", "extras"]
    assert shown(FORM, {"device": "a"}) == ["device", "own", "extras"]
    assert shown(FORM, {"device": "a", "own": True, "extras": ["b"]}) == list(FORM)
    assert shown(FORM, {"device": "a", "own": "yes"}) == ["device", "own", "why", "extras"]


def test_what_hangs_on_a_question_that_is_not_asked_is_not_asked() -> None:
    assert shown(FORM, {"device": "b", "own": True}) == ["device", "extras"]


@given(
    st.dictionaries(
        st.sampled_from(list(FORM)), st.sampled_from(["a", "b", True, False, None, "", ["b"], []]), max_size=5
    )
)
def test_nothing_is_missed_or_demanded_that_is_not_asked(answers: dict[str, Any]) -> None:
    asked = shown(FORM, answers)
    if isinstance(answers.get("extras"), (str, bool)):
        del answers["extras"]
    for name in ("why", "cable"):
        if not isinstance(answers.get(name), str):
            answers.pop(name, None)
    wrong = {one.field for one in problems(FORM, answers, TODAY)}
    assert wrong <= set(asked)
    assert {n for n in asked if FORM[n].required and answers.get(n) in (None, "", [])} <= wrong


@pytest.mark.parametrize(
    ("said", "answer", "is_wrong"),
    [
        ({"type": "number", "least": 1, "most": 10}, 0, True),
        ({"type": "number", "least": 1, "most": 10}, 10, False),
        ({"type": "number", "least": 1, "most": 10}, 10.5, True),
        ({"type": "text", "most": 3}, "abcd", True),
        ({"type": "text", "least": 3}, "ab", True),
        ({"type": "text", "pattern": "[a-z]+"}, "abc", False),
        ({"type": "text", "pattern": "[a-z]+"}, "abc1", True),
        ({"type": "several", "choices": CHOICES, "most": 1}, ["a", "b"], True),
        ({"type": "several", "choices": CHOICES, "least": 2}, ["a"], True),
        ({"type": "file"}, ["x"] * 11, True),
        ({"type": "day", "least": 2}, "2026-11-03", True),
        ({"type": "day", "least": 2}, "2026-11-04", False),
        ({"type": "day", "most": 0}, "2026-11-03", True),
    ],
)
def test_limits_hold(said: dict[str, Any], answer: Any, is_wrong: bool) -> None:
    assert bool(problems({"it": field(**said)}, {"it": answer}, TODAY)) is is_wrong


def spec(**said: Any) -> RequestSpec:
    given = {"key": "laptop", "name": WORDS, "service": "desk", "defaults": {"request_type": "hardware"}}
    return RequestSpec.model_validate(given | said)


@pytest.mark.parametrize(
    ("said", "where", "what"),
    [
        ({"service": ""}, "service", "always about a service"),
        ({"defaults": {}}, "defaults", "needs 'request_type'"),
        ({"defaults": {"request_type": "hardware", "colour": "red"}}, "defaults.colour", "no field"),
        ({"targets": {"delivery": "4h"}}, "targets.delivery", "no clock"),
        ({"targets": {"fulfilment": "soon"}}, "targets.fulfilment", "not a duration"),
        ({"title": {"nl": "{x}", "en": "x"}}, "title", "no question 'x'"),
        ({"fields": {"title": {"name": WORDS}}}, "fields.title", "is a field of"),
        ({"fields": {"x": {"name": WORDS, "type": "choice"}}}, "fields.x", "nothing to choose"),
        ({"fields": {"x": {"name": WORDS, "pattern": "("}}}, "fields.x.pattern", "no regular expression"),
        (
            {"fields": {"x": {"name": WORDS, "type": "day", "least": 3, "most": 1}}},
            "fields.x.least",
            "more than",
        ),
        (
            {"fields": {"x": {"name": WORDS, "shown_when": {"y": ["a"]}}}},
            "fields.x.shown_when.y",
            "not an earlier",
        ),
        ({"approvals": [{"who": ["boss"]}]}, "approvals.0.who.0", "says nobody"),
    ],
)
def test_what_does_not_hang_together_is_told_with_its_place(
    said: dict[str, Any], where: str, what: str
) -> None:
    found = flaws(spec(**said), kind())
    assert [".".join(str(part) for part in one.path) for one in found] == [where]
    assert what in found[0].message and found[0].remedy


def test_a_sound_model_has_no_flaws_and_makes_a_kind_with_its_form() -> None:
    model = spec(
        fields={"size": {"name": WORDS, "type": "number", "least": 1}},
        approvals=[{"who": ["requester_lead"]}, {"who": ["service_owner"]}],
        approvals_in_order=True,
        tasks={"order": {"name": WORDS}},
    )
    assert flaws(model, kind()) == []
    made = specialised(kind(), model)
    assert made.initial == "approval" and "size" in made.fields and made.tasks["order"].state == "in_progress"
    approval = made.approvals["service_owner"]
    assert (len(approval.groups), approval.order, "size" in approval.binds) == (2, "ordered", True)
    assert made.steps["fulfil"].tasks_done and not made.steps["take"].tasks_done


def test_a_file_with_an_unknown_word_names_its_line() -> None:
    document = load("key: a\nname: {nl: x, en: y}\nfeilds: {}\n", "a.yaml")
    with pytest.raises(DocumentError, match=r"a\.yaml:3"):
        check(document, RequestSpec)


def test_a_pattern_is_told_in_the_words_of_the_question_where_it_has_any() -> None:
    with pytest.raises(ValidationError, match="as it should be: Six digits"):
        PatternField("[0-9]{6}", "Six digits.").clean("12")
    with pytest.raises(ValidationError, match="must match"):
        PatternField("[0-9]{6}").clean("12")
