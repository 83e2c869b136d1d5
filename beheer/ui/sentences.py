"""Sentences that a program wrote down, told in the reader's language when they are read.

What agents and the judging write down is kept as English text: it comes from other machines, is kept for years, and is
sealed in reports. The wording of a sentence is its code: `"connection refused: %(place)s"` finds its arguments again in
`"connection refused: db:5432"`, and tells them in the words of the reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache, cached_property

import polib
from django.utils.translation import get_language, gettext, pgettext

from beheer.lib.errors import BeheerError, InputError, Problem
from beheer.ui.translations import PROBLEM, ROOMS

_ARGUMENT = re.compile(r"%\((\w+)\)s")


class Sentences:
    """The sentences that a room's programs write, in English, as they stand in its translations."""

    def __init__(self, wordings: Iterable[str], *, between: str = "; ", context: str = "") -> None:
        """`between`: what stands between two sentences in one text. `context`: theirs in the translations."""
        self.wordings = tuple(wordings)
        self._between = between
        self._context = context

    def told(self, text: str) -> str:
        """A text in the reader's language; parts that are none of these sentences stay as they are."""
        if not text or (get_language() or "en").startswith("en"):
            return text
        return self._between.join(self._part(part) for part in text.split(self._between))

    def _part(self, text: str) -> str:
        if text in self._plain:
            return self._translated(text)
        for pattern, wording in self._patterns:
            found = pattern.fullmatch(text)
            if found is not None:
                values = {name: self._argument(value) for name, value in found.groupdict().items()}
                return self._translated(wording) % values
        return text

    def _argument(self, value: str) -> str:
        """What is filled in: a sentence or a name that is known here, else as it is."""
        told = self._part(value)
        if told != value or self._context != PROBLEM:
            return told
        return next((name for of in _names if (name := of(value))), value)

    def _translated(self, wording: str) -> str:
        return pgettext(self._context, wording) if self._context else gettext(wording)

    @cached_property
    def _plain(self) -> frozenset[str]:
        return frozenset(one for one in self.wordings if not _ARGUMENT.search(one))

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        """The sentences with arguments; the one with most words of its own first."""
        wordings = [one for one in self.wordings if _ARGUMENT.search(one)]
        wordings.sort(key=lambda one: -len(_ARGUMENT.sub("", one)))
        return [(_pattern(one), one) for one in wordings]


_names: list[Callable[[str], str]] = []


def know_names(names: Callable[[str], str]) -> None:
    """Let a room tell names that stand in sentences. `names`: English → the reader's language, "" for none."""
    _names.append(names)


@cache
def _problems() -> Sentences:
    """All that is said of wrong input, as it stands in the translations of the rooms."""
    found = {
        entry.msgid
        for path in sorted(ROOMS.glob("*/locale/*/LC_MESSAGES/django.mo"))
        for entry in polib.mofile(str(path))
        if entry.msgctxt == PROBLEM
    }
    return Sentences(sorted(found), between="\x00", context=PROBLEM)


def problem_told(text: str) -> str:
    """What is said of wrong input, in the reader's language."""
    return _problems().told(text)


def told(error: InputError) -> list[Problem]:
    """The problems of an error in the reader's language."""
    return [
        replace(one, message=problem_told(one.message), remedy=problem_told(one.remedy))
        for one in error.problems
    ]


def problems_told(error: BeheerError) -> list[str]:
    """All that is wrong, each with its remedy, in the reader's language."""
    if not isinstance(error, InputError):
        return [problem_told(str(error))]
    return [f"{one.message} {one.remedy}".strip() for one in told(error)]


def _pattern(wording: str) -> re.Pattern[str]:
    parts = _ARGUMENT.split(wording)
    return re.compile(
        "".join(
            f"(?P<{part}>.+?)" if place % 2 else re.escape(part.replace("%%", "%"))
            for place, part in enumerate(parts)
        ),
        re.DOTALL,
    )
