"""Placeholders in texts to answer with: which there are, whether a text uses them rightly, and filling them in."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

# Every placeholder; `docs/how-to/reply-templates.md` says what each becomes.
PLACEHOLDERS = (
    "number", "title", "reporter", "service", "team", "assignee", "author", "state", "due", "planned_start",
    "planned_end", "solution", "link",
)  # fmt: skip
_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a text: a placeholder that is not there, or a brace that stands alone.

    `near` is the placeholder that was meant, perhaps, or empty; `line` counts from 1.
    """

    word: str
    line: int
    near: str = ""
    is_brace: bool = False


def faults(text: str) -> list[Fault]:
    """What is wrong with a text."""
    found = []
    for match in _BRACES.finditer(text):
        word = match.group(0)
        line = text.count("\n", 0, match.start()) + 1
        if word in ("{{", "}}"):
            continue
        if match.group(1) is None:
            found.append(Fault(word, line, is_brace=True))
        elif match.group(1) not in PLACEHOLDERS:
            near = difflib.get_close_matches(match.group(1).strip().lower(), PLACEHOLDERS, n=1)
            found.append(Fault(word, line, f"{{{near[0]}}}" if near else ""))
    return found


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled in, once: what comes in is not looked at again.

    A placeholder without value becomes "–"; one that is not known stays as it stands.
    """

    def put(found: re.Match[str]) -> str:
        word = found.group(0)
        if word in ("{{", "}}"):
            return word[0]
        name = found.group(1)
        return (values.get(name) or "–") if name in PLACEHOLDERS else word

    return _BRACES.sub(put, text)
