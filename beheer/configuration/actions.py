"""Applying a file: everything is checked first, then all of it is done, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from beheer.audit.actions import record
from beheer.configuration.rules import Change, Plan, plan
from beheer.configuration.sections import file_model, sections
from beheer.lib.configuration import Entry
from beheer.lib.documents import Document, check, load
from beheer.lib.errors import DocumentError, InputError, Problem
from beheer.permissions.rules import Actor, require

Entries = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a file says: section → key → entry, and where each entry stands in its list."""

    document: Document
    entries: dict[str, dict[str, Entry]]
    places: dict[tuple[str, str], int]

    def problem(self, section: str, key: str, path: tuple[Any, ...], message: str, remedy: str) -> Problem:
        """A Problem at the entry's line; the key stands in the message, since a number tells a reader little."""
        place = self.places.get((section, key))
        if place is None:
            return Problem(f"{key}: {message}" if key else message, section, remedy, file=self.document.name)
        found = self.document.problem((section, place, *path), message, remedy)
        field = ".".join([f"{section}[{key}]", *(str(part) for part in path)])
        return Problem(found.message, field, found.remedy, found.line, found.file)


@transaction.atomic
def apply_configuration(
    *, actor: Actor, text: str, name: str, now: datetime, only_plan: bool = False
) -> Plan:
    """Make the store say what the file says. Applying the same file again changes nothing; nothing is ever removed.

    With `only_plan` everything is tried, so that the plan is one that will work, and then taken back.
    Raises: DocumentError with all that is wrong, by line; NotAllowed where the actor lacks a right for any of it.
    """
    require(actor, "configuration.apply")
    wanted = _read(text, name)
    held = {section.name: section.current() for section in sections()}
    _find_problems(wanted, held)
    result = plan(wanted.entries.items(), held)
    point = transaction.savepoint()
    _carry_out(wanted, result.changes, actor=actor, now=now)
    if only_plan:
        transaction.savepoint_rollback(point)
        return result
    transaction.savepoint_commit(point)
    if result.changes:
        counts = {"created": result.created, "changed": result.changed}
        record(actor=actor, verb="configuration.apply", subject=f"file:{name}"[:200], changes=counts, now=now)
    return result


def _read(text: str, name: str) -> _Wanted:
    document = load(text, name)
    if document.value is not None and not isinstance(document.value, dict):
        known = ", ".join(section.name for section in sections())
        raise DocumentError(
            Problem("This file is not a list of sections.", "", f"Begin with one of: {known}.", 1, name)
        )
    parsed = check(document, file_model())
    wanted = _Wanted(document, {}, {})
    problems: list[Problem] = []
    for section in sections():
        entries = wanted.entries.setdefault(section.name, {})
        for place, entry in enumerate(getattr(parsed, section.name)):
            key = section.key(entry)
            if key in entries:
                problems.append(
                    document.problem(
                        (section.name, place), f"'{key}' stands here twice.", "Keep one of them."
                    )
                )
            entries[key] = entry
            wanted.places[section.name, key] = place
    if problems:
        raise DocumentError(problems)
    return wanted


def _find_problems(wanted: _Wanted, held: Mapping[str, Entries]) -> None:
    """Raise what is wrong with the whole as it would be afterwards.

    What was wrong in the store before and stands in nothing this file names is not this file's fault.
    """
    after = {name: {**entries, **wanted.entries[name]} for name, entries in held.items()}
    problems: dict[str, Problem] = {}
    for section in sections():
        for found in section.problems(after):
            if found.key in wanted.entries[section.name]:
                problem = wanted.problem(section.name, found.key, found.path, found.message, found.remedy)
                told = found.message if found.shown_once else str(problem)
                problems.setdefault(told, problem)
    if problems:
        raise DocumentError(problems.values())


def _carry_out(wanted: _Wanted, changes: Iterable[Change], *, actor: Actor, now: datetime) -> None:
    """Save all, then link all. Collects what the store refuses, so that one run shows everything."""
    by_section: dict[str, list[Change]] = {}
    for change in changes:
        by_section.setdefault(change.section, []).append(change)
    busy = [section for section in sections() if section.name in by_section]
    problems: list[Problem] = []
    for section in busy:
        for change in by_section[section.name]:
            save = partial(section.save, actor=actor, entry=change.after, now=now)
            problems += _attempt(wanted, section.name, change.key, save)
    if not problems:
        for section in busy:
            if section.link is not None:
                entries = [change.after for change in by_section[section.name]]
                link = partial(section.link, actor=actor, entries=entries, now=now)
                problems += _attempt(wanted, section.name, "", link)
    if problems:
        raise DocumentError(problems)


def _attempt(wanted: _Wanted, section: str, key: str, deed: Callable[[], object]) -> list[Problem]:
    """Do it in a savepoint of its own. Gives what the store or a rule had against it."""
    try:
        with transaction.atomic():
            deed()
    except ValidationError as error:
        found = [Problem(message, field) for field, message in _messages(error)]
    except InputError as error:
        found = list(error.problems)
    else:
        return []
    return [
        wanted.problem(section, key, (one.field,) if one.field else (), one.message, one.remedy)
        for one in found
    ]


def _messages(error: ValidationError) -> Iterator[tuple[str, str]]:
    if not hasattr(error, "error_dict"):
        yield from (("", message) for message in error.messages)
        return
    for field, messages in error.message_dict.items():
        yield from (("" if field == "__all__" else field, message) for message in messages)
