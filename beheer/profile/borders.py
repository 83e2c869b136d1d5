"""Turns profiles and gradings into the plain values of JSON, for the command line and the API."""

from __future__ import annotations

from typing import Any

from beheer.profile.rules import (
    Alternative,
    Answer,
    Answers,
    CriterionGrade,
    Demand,
    Grading,
    effective_choices,
    offered_choices,
)
from beheer.profile.schema import Profile, Text


def profile_as_json(profile: Profile) -> dict[str, Any]:
    """The profile as its file has it, with the choices it leaves open by name."""
    chosen = effective_choices(profile, {})
    values = profile.model_dump(mode="json", exclude_none=True)
    values["choices"] = {
        name: {"allowed": list(allowed), "default": chosen[name]}
        for name, allowed in offered_choices(profile).items()
    }
    return values


def grading_as_json(answers: Answers, grading: Grading) -> dict[str, Any]:
    """The outcome of grading; the keys of `levels` and `met` are levels as text ("1" is the heaviest)."""
    return {
        "profile": answers.profile,
        "applies": answers.applies,
        "areas": None if answers.areas is None else list(answers.areas),
        "level": grading.level,
        "levels": {
            str(level): {
                "holds": one.holds,
                "tested": one.tested,
                "unmet": list(one.unmet),
                "unmet_below": {str(lighter): list(names) for lighter, names in one.unmet_below.items()},
            }
            for level, one in grading.levels.items()
        },
        "criteria": {name: _criterion(one) for name, one in grading.criteria.items()},
        "unanswered": [name for name in grading.criteria if answers.applies and name not in answers.answers],
        "choices": dict(grading.choices),
        "differs": [
            {"choice": one.choice, "value": one.value, "level": one.level} for one in grading.differs
        ],
    }


def _criterion(one: CriterionGrade) -> dict[str, Any]:
    texts = [_text(text) for text in one.texts]
    return {
        "answered": answer_as_json(one.answered),
        "text": (texts[0] if texts else None) if one.scale else texts,
        "met": {str(level): outcome.met for level, outcome in one.at.items()},
        "at": {
            str(level): {"reason": outcome.reason.value, "text": _text(outcome.text)}
            for level, outcome in one.at.items()
        },
    }


def answer_as_json(answer: Answer) -> Any:
    """An answer as JSON has it: a level, null, or a list of levels."""
    return list(answer) if isinstance(answer, tuple) else answer


def _text(text: Text | None) -> dict[str, str] | None:
    return None if text is None else {"nl": text.nl, "en": text.en}


def alternatives_as_json(
    grading: Grading, demands: tuple[Demand, ...], others: tuple[Alternative, ...]
) -> dict[str, Any]:
    """The level, what stands between it and the next, and the level by each single other answer."""
    return {
        "level": grading.level,
        "next_level": None if grading.level in (None, 1) else grading.level - 1,
        "between": [
            {"criterion": one.criterion, "level": one.level, "text": _text(one.text)} for one in demands
        ],
        "alternatives": [
            {"criterion": one.criterion, "answer": answer_as_json(one.answer), "level": one.level}
            for one in others
        ],
    }
