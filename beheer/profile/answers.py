"""Reads answers on a profile's criteria, and refuses what the profile has no place for, listing what it
has.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict

from beheer.lib.documents import Document, check, load
from beheer.lib.errors import DocumentError, NotFound, Problem
from beheer.profile.choices import PLACEMENT
from beheer.profile.rules import (
    AREAS_AT_THE_CORE,
    Answer,
    Answers,
    answerable,
    areas_that_decide,
    effective_choices,
    offered_choices,
)
from beheer.profile.schema import Criterion, Profile


class AnswersFile(BaseModel):
    """The fields of an answers file. Their values are held against the profile that the file names."""

    model_config = ConfigDict(extra="forbid")

    profile: Any
    applies: Any
    areas: Any = None
    answers: Any = None
    choices: Any = None


def read_answers(text: str, name: str, find: Callable[[str], Profile]) -> tuple[Profile, Answers]:
    """Read the text of an answers file; `find` gives the profile with a code (or raises NotFound).

    Raises: DocumentError with every fault, its line, and what is allowed there.
    """
    document = load(text, name)
    return check_answers(document, find)


def check_answers(document: Document, find: Callable[[str], Profile]) -> tuple[Profile, Answers]:
    """Hold a document of answers against the profile it names.

    Raises: DocumentError with every fault, its line, and what is allowed there.
    """
    if not isinstance(document.value, dict):
        remedy = "It begins with `profile:`, `applies:`, `areas:` and `answers:`."
        raise DocumentError(Problem("These are no answers.", remedy=remedy, line=1, file=document.name))
    raw = check(document, AnswersFile)
    profile = _profile(document, raw.profile, find)
    problems: list[Problem] = []
    applies = _applies(document, raw.applies, problems)
    areas = _areas(document, profile, raw.areas, applies, problems)
    choices = _choices(document, profile, raw.choices, problems)
    placement = effective_choices(profile, choices)[PLACEMENT]
    answers = _answers(document, profile, raw.answers, placement, problems)
    if problems:
        raise DocumentError(problems)
    return profile, Answers(profile.code, applies, areas, answers, choices)


def _profile(document: Document, value: Any, find: Callable[[str], Profile]) -> Profile:
    if not isinstance(value, str):
        raise DocumentError(
            document.problem(
                ("profile",), f"{_shown(value)} is no code of a profile.", 'Write it in quotes: "0403".'
            )
        )
    try:
        return find(value)
    except NotFound as error:
        raise DocumentError(document.problem(("profile",), str(error))) from error


def _applies(document: Document, value: Any, problems: list[Problem]) -> bool:
    if isinstance(value, bool):
        return value
    problems.append(
        document.problem(("applies",), f"{_shown(value)} is no answer here.", "Allowed: true, false.")
    )
    return False


def _areas(
    document: Document, profile: Profile, value: Any, applies: bool, problems: list[Problem]
) -> tuple[int, ...] | None:
    if value is None:
        return None
    known = [area.id for area in profile.result_areas]
    allowed = f"Allowed: a list of {_listed(known)}."
    if not isinstance(value, list):
        problems.append(document.problem(("areas",), f"{_shown(value)} is no list of result areas.", allowed))
        return None
    wrong = [(place, one) for place, one in enumerate(value) if not _is_level(one) or one not in known]
    for place, one in wrong:
        message = f"The profile has no result area {_shown(one)}."
        problems.append(document.problem(("areas", place), message, allowed))
    if wrong:
        return None
    core = [area for area in AREAS_AT_THE_CORE if area in known]
    if applies and core and not areas_that_decide(value):
        message = "The profile is said to apply, yet none of the areas at its core is carried."
        remedy = f"Add at least one of areas {_listed(core)}, or say `applies: false`."
        problems.append(document.problem(("areas",), message, remedy))
    return tuple(sorted(set(value)))


def _choices(document: Document, profile: Profile, value: Any, problems: list[Problem]) -> dict[str, str]:
    offered = offered_choices(profile)
    if value is None:
        return {}
    if not isinstance(value, dict):
        remedy = f"Allowed: a mapping of {_listed(offered)}."
        problems.append(document.problem(("choices",), f"{_shown(value)} is no mapping of choices.", remedy))
        return {}
    found = {}
    for name, chosen in value.items():
        if name not in offered:
            remedy = f"{_nearest(name, offered)}Allowed: {_listed(offered)}."
            problems.append(document.problem(("choices", name), "The profile leaves no such choice.", remedy))
        elif not isinstance(chosen, str) or chosen not in offered[name]:
            message = f"{_shown(chosen)} is no value of this choice."
            problems.append(
                document.problem(("choices", name), message, f"Allowed: {_listed(offered[name])}.")
            )
        else:
            found[name] = chosen
    return found


def _answers(
    document: Document, profile: Profile, value: Any, placement: str, problems: list[Problem]
) -> dict[str, Answer]:
    known = [criterion.id for criterion in profile.criteria]
    if value is None:
        return {}
    if not isinstance(value, dict):
        remedy = f"Allowed: a mapping of {_listed(known)}."
        problems.append(document.problem(("answers",), f"{_shown(value)} is no mapping of answers.", remedy))
        return {}
    found: dict[str, Answer] = {}
    for name, answer in value.items():
        criterion = profile.criterion(name) if isinstance(name, str) else None
        if criterion is None:
            remedy = f"{_nearest(name, known)}Allowed: {_listed(known)}."
            problems.append(document.problem(("answers", name), "The profile has no such criterion.", remedy))
            continue
        wrong = wrong_in(criterion, answer, placement)
        if wrong is None:
            found[name] = as_answer(answer)
        else:
            problems.append(document.problem(("answers", name), wrong, allowed_answers(criterion, placement)))
    return found


def unanswered(profile: Profile, answers: Answers) -> tuple[str, ...]:
    """The criteria that were not answered: they count as if none of their texts described the post, and are told."""
    if not answers.applies:
        return ()
    return tuple(criterion.id for criterion in profile.criteria if criterion.id not in answers.answers)


def wrong_in(criterion: Criterion, answer: Any, placement: str) -> str | None:
    """What is wrong with an answer on a criterion; None if nothing is."""
    if answer is None:
        return None
    levels = answer if isinstance(answer, (list, tuple)) else [answer]
    if criterion.scale and levels is answer:
        return "The texts of this criterion form a scale: it takes one level, not a list."
    allowed = answerable(criterion, placement)
    for level in levels:
        if not _is_level(level) or level not in criterion.levels:
            return f"{_shown(level)} is no level of this criterion."
        if level not in allowed:
            return f"This criterion has no text at level {level}, so none that can describe the post."
    return None


def as_answer(answer: Any) -> Answer:
    """A right answer as a value, in the form it was given: a level, None, or a tuple of levels."""
    return tuple(answer) if isinstance(answer, (list, tuple)) else answer


def allowed_answers(criterion: Criterion, placement: str) -> str:
    """ "Allowed: 1, 2, or null." for a scale, "Allowed: a list of 1, 2, …" for others."""
    levels = _listed(sorted(answerable(criterion, placement)))
    if criterion.scale:
        return f"Allowed: {levels}, or null where none describes the post."
    return f"Allowed: one of {levels}, a list of them, or null where none describes the post."


def _is_level(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _listed(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values)


def _nearest(name: object, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(name), list(known), n=1)
    return f"Did you mean '{close[0]}'? " if close else ""


def _shown(value: object) -> str:
    """A value as it would stand in the file, cut to a readable length."""
    words = {True: "true", False: "false"}
    text = "null" if value is None else words[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
