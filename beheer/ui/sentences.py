"""Sentences that a program wrote down, told in the reader's language when they are read.

What agents and the judging write down is kept as English text: it comes from other machines, is kept for years, and is
sealed in reports. The wording of a sentence is its code: `"connection refused: %(place)s"` finds its arguments again in
`"connection refused: db:5432"`, and tells them in the words of the reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from django.utils.translation import get_language, gettext

_ARGUMENT = re.compile(r"%\((\w+)\)s")


class Sentences:
    """The sentences that a room's programs write, in English, as they stand in its translations."""

    def __init__(self, wordings: Iterable[str], *, between: str = "; ") -> None:
        self.wordings = tuple(wordings)
        self._between = between

    def told(self, text: str) -> str:
        """A text in the reader's language; parts that are none of these sentences stay as they are."""
        if not text or (get_language() or "en").startswith("en"):
            return text
        return self._between.join(self._part(part) for part in text.split(self._between))

    def _part(self, text: str) -> str:
        if text in self._plain:
            return gettext(text)
        for pattern, wording in self._patterns:
            found = pattern.fullmatch(text)
            if found is not None:
                values = {name: self._part(value) for name, value in found.groupdict().items()}
                return gettext(wording) % values
        return text

    @cached_property
    def _plain(self) -> frozenset[str]:
        return frozenset(one for one in self.wordings if not _ARGUMENT.search(one))

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        """The sentences with arguments; the one with most words of its own first."""
        wordings = [one for one in self.wordings if _ARGUMENT.search(one)]
        wordings.sort(key=lambda one: -len(_ARGUMENT.sub("", one)))
        return [(_pattern(one), one) for one in wordings]


_problems: list[Sentences] = []


def know_problems(sentences: Sentences) -> None:
    """Let what a room says of wrong input be told in the reader's language. Called once, when Django is ready."""
    if sentences not in _problems:
        _problems.append(sentences)


def problem_told(text: str) -> str:
    """What is said of wrong input, in the reader's language where its room named it."""
    for sentences in _problems:
        told = sentences.told(text)
        if told != text:
            return told
    return text


def _pattern(wording: str) -> re.Pattern[str]:
    parts = _ARGUMENT.split(wording)
    return re.compile(
        "".join(f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts)),
        re.DOTALL,
    )
