"""The files of an institution's own folder, kinds and the table of priorities, and whether each is in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from beheer.lib.errors import DocumentError, InputError, Problem
from beheer.work.definitions import PRIORITIES, checked, fingerprint, own_folder
from beheer.work.models import KindVersion
from beheer.work.rules.priorities import read_table

State = Literal["in_force", "new", "overtaken", "wrong"]
ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class OwnFile:
    """One file: its name, its text, whether it is in force, and else why not.

    `new`: the worker takes it up at its next turn. `overtaken`: another version was published after it was written.
    """

    name: str
    text: str
    state: State
    problems: tuple[Problem, ...] = ()


def own_files() -> list[OwnFile]:
    """Every file of the folder, by name. None is changed, and nothing is published."""
    folder = own_folder()
    if not folder.is_dir():
        return []
    return [_standing(path) for path in sorted(folder.iterdir()) if path.is_file()]


def not_in_force() -> list[OwnFile]:
    """The files that somebody has to do something about."""
    return [file for file in own_files() if file.problems]


def _standing(path: Path) -> OwnFile:
    if path.suffix not in ENDINGS or path.name == "priorities.yml":
        remedy = "Name it KIND.yaml, or priorities.yaml for the table of priorities."
        problem = Problem("This is not read: its name says no kind of work.", "", remedy, None, path.name)
        return OwnFile(path.name, "", "wrong", (problem,))
    text = ""
    try:
        text = _text(path)
        if path.name == PRIORITIES:
            read_table(text, path.name)
            return OwnFile(path.name, text, "in_force")
        return _kind_standing(path, text)
    except InputError as error:
        return OwnFile(path.name, text, "wrong", error.problems)


def _text(path: Path) -> str:
    """What the file says. Raises: DocumentError where that cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problem = Problem("This is not UTF-8.", "", "Save it as UTF-8.", line, path.name)
        raise DocumentError(problem) from error
    except OSError as error:
        problem = Problem("This file cannot be read.", "", "Let Beheer's account read it.", None, path.name)
        raise DocumentError(problem) from error


def _kind_standing(path: Path, text: str) -> OwnFile:
    """Raises: InputError where the kind is wrong."""
    own = KindVersion.objects.filter(digest=fingerprint(text), is_built_in=False)
    if own.filter(is_current=True).exists():
        return OwnFile(path.name, text, "in_force")
    kind = checked(text, path.name)
    current = KindVersion.objects.filter(key=kind.kind, is_current=True).first()
    written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    if current is None or not own.exists() or written_at > current.published_at:
        return OwnFile(path.name, text, "new")
    message = (
        f"Version {current.version} of '{kind.kind}' was published by {current.published_by} after this file."
    )
    remedy = "Save the file again to put it in force, or take it out of the folder."
    return OwnFile(path.name, text, "overtaken", (Problem(message, "", remedy, None, path.name),))
