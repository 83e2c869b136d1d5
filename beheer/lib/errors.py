"""The errors that Beheer raises on purpose, drawn as a tree. Doors turn them into pages, JSON and exit codes.

BeheerError
├── InputError           what was given is wrong; `problems` says where, what, and the remedy
│   └── DocumentError    the same for a file, with its lines
├── NotAllowed           the actor may not do this
├── NotFound             it is not there, or the actor may not know that it is
└── Conflict             it changed in the meantime, or its state does not allow this step
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what was given.

    `field` is a dotted path ("norms.0.target"), empty for the whole. `line` counts from 1; None outside files.
    """

    message: str
    field: str = ""
    remedy: str = ""
    line: int | None = None
    file: str = ""

    def __str__(self) -> str:
        place = self.file
        if self.line is not None:
            place = f"{place or 'line'}:{self.line}" if self.file else f"line {self.line}"
        head = ": ".join(part for part in (place, self.field) if part)
        text = f"{head}: {self.message}" if head else self.message
        return f"{text} {self.remedy}".rstrip()


class BeheerError(Exception):
    """What every error that Beheer raises on purpose derives from."""


class InputError(BeheerError):
    """What was given is wrong. Carries one Problem or more; its text has one line for each."""

    def __init__(self, problems: Problem | str | Iterable[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        if isinstance(problems, Problem):
            problems = [problems]
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class DocumentError(InputError):
    """A file is wrong; its problems carry the file's name and, where known, the line."""


class NotAllowed(BeheerError):
    """The actor may not do this. The text says which right is missing and who can give it."""


class NotFound(BeheerError):
    """It is not there, or the actor may not know that it is."""


class Conflict(BeheerError):
    """It changed since it was read, or its state does not allow this."""
