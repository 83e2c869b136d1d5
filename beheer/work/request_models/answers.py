"""Which questions of a form are asked, and what is wrong with the answers. Plain values in, problems out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import re2

from beheer.lib.errors import Problem
from beheer.work.request_models.schema import FormField

Fields = Mapping[str, FormField]
LONGEST = 20_000
MOST_FILES = 10


def shown(fields: Fields, answers: Mapping[str, Any]) -> list[str]:
    """The questions that are asked, given the answers so far, in the order of the form.

    A question waits for earlier ones only; one that hangs on a question that is not asked is not asked either.
    """
    found: list[str] = []
    for name, spec in fields.items():
        if all(
            other in found and is_answer(answers.get(other), wanted)
            for other, wanted in spec.shown_when.items()
        ):
            found.append(name)
    return found


def is_answer(answer: Any, wanted: list[Any]) -> bool:
    """Whether an answer, or one of several, is among the wanted ones. Yes and no are words and booleans alike."""
    given = answer if isinstance(answer, (list, tuple)) else [answer]
    return bool({_word(one) for one in given if one not in (None, "")} & {_word(one) for one in wanted})


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)


def problems(fields: Fields, answers: Mapping[str, Any], today: date) -> list[Problem]:
    """What is missing or beyond its limits among the questions that are asked. `answers`: plain values, as kept."""
    found: list[Problem] = []
    for name in shown(fields, answers):
        spec, answer = fields[name], answers.get(name)
        if answer in (None, "", []):
            if spec.required:
                found.append(
                    Problem("This is not filled in.", name, "It is needed to carry out the request.")
                )
            continue
        found += [replace(one, field=name) for one in _beyond(spec, answer, today)]
    return found


def _beyond(spec: FormField, answer: Any, today: date) -> list[Problem]:
    check = _LIMITS.get(spec.type)
    return [] if check is None else check(spec, answer, today)


def _number(spec: FormField, answer: Any, today: date) -> list[Problem]:
    if spec.least is not None and answer < spec.least:
        return [Problem(f"{answer} is too little.", remedy=f"Give {_word(spec.least)} or more.")]
    if spec.most is not None and answer > spec.most:
        return [Problem(f"{answer} is too much.", remedy=f"Give {_word(spec.most)} or less.")]
    return []


def _text(spec: FormField, answer: Any, today: date) -> list[Problem]:
    most = LONGEST if spec.most is None else int(spec.most)
    if len(answer) > most:
        return [Problem(f"This is longer than {most} characters.", remedy="Shorten it.")]
    if spec.least is not None and len(answer) < spec.least:
        return [Problem(f"This is shorter than {int(spec.least)} characters.", remedy="Say more.")]
    if spec.pattern and re2.fullmatch(spec.pattern, answer) is None:
        return [
            Problem(f"'{answer}' is not written as it should be.", remedy=f"It must match {spec.pattern}.")
        ]
    return []


def _count(spec: FormField, answer: Any, today: date) -> list[Problem]:
    most = spec.most if spec.most is not None else MOST_FILES if spec.type == "file" else None
    if spec.least is not None and len(answer) < spec.least:
        return [Problem(f"These are {len(answer)}.", remedy=f"Choose at least {int(spec.least)}.")]
    if most is not None and len(answer) > most:
        return [Problem(f"These are {len(answer)}.", remedy=f"Choose {int(most)} at most.")]
    return []


def _day(spec: FormField, answer: Any, today: date) -> list[Problem]:
    first, last = day_limits(spec, today)
    day = date.fromisoformat(answer)
    if first is not None and day < first:
        return [Problem(f"{answer} is too early.", remedy=f"Choose {first} or later.")]
    if last is not None and day > last:
        return [Problem(f"{answer} is too late.", remedy=f"Choose {last} or earlier.")]
    return []


def day_limits(spec: FormField, today: date) -> tuple[date | None, date | None]:
    """The first and the last day that may be chosen; None: no limit."""
    ends = (None if days is None else today.toordinal() + int(days) for days in (spec.least, spec.most))
    first, last = (None if end is None else date.fromordinal(end) for end in ends)
    return first, last


_LIMITS: dict[str, Callable[[FormField, Any, date], list[Problem]]] = {
    "number": _number,
    "text": _text,
    "long_text": _text,
    "several": _count,
    "file": _count,
    "day": _day,
}
