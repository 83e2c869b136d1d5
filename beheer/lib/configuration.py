"""What a room says about itself for configuration as code: one `Section` for each list in the file.

`beheer apply` and `beheer export` (in `beheer/configuration/`) do the rest: reading, lines, differences, the plan,
the transaction. A room writes `configuration.py` with `SECTIONS: tuple[Section[Any], ...]`; nothing else registers it.

An entry is a pydantic model with `extra="forbid"` whose fields are plain values and keys of other entries. A field
that is left out has its default: an entry says everything about its thing. What is not in the file stays.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import pydantic

from beheer.lib.documents import Path
from beheer.lib.durations import format_duration, parse_duration
from beheer.lib.errors import InputError

# What the store will hold once the file is applied: section name → key → entry.
After = Mapping[str, Mapping[str, Any]]


class Entry(pydantic.BaseModel):
    """One thing in a section. Its `key` is how files, addresses and the API call it."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)
    unordered: ClassVar[tuple[str, ...]] = ()  # fields that are lists in which order means nothing


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with an entry that its model alone cannot see. `path` goes from the entry to the value."""

    key: str
    path: Path
    message: str
    remedy: str = ""
    shown_once: bool = False  # the same message for several entries is one problem (a cycle)


def _key(entry: Any) -> str:
    return str(entry.key)


def _nothing_wrong(after: After) -> Iterable[Finding]:
    return ()


@dataclass(frozen=True)
class Section(Generic[E]):
    """One list in the file.

    name      the list's name in the file, also how other sections refer to it ("services")
    entry     the model of one entry
    current   what the store holds, by key, as entries: this is the export
    save      save(actor=…, entry=…, now=…): make or change it, by the room's actions. All entries of all sections are
              saved, in order, before any is linked
    link      link(actor=…, entries=…, now=…): lay the ties of all its new and changed entries to what may come later in
              the file; None: it has none
    problems  what is wrong with the whole as it would be afterwards (references, cycles)
    key       how an entry is known; its field `key` unless said
    """

    name: str
    entry: type[E]
    current: Callable[[], dict[str, E]]
    save: Callable[..., object]
    link: Callable[..., object] | None = None
    problems: Callable[[After], Iterable[Finding]] = _nothing_wrong
    key: Callable[[E], str] = _key


def unknown(after: After, section: str, key: str | None, *, entry: str, path: Path) -> list[Finding]:
    """A Finding where `key` (None: nothing is referred to) is not in `section`; an empty list where it is."""
    names = after.get(section, {})
    if key is None or key in names:
        return []
    close = difflib.get_close_matches(key, list(names), n=1)
    remedy = f"Did you mean '{close[0]}'?" if close else f"Add it under '{section}', or take it out here."
    return [Finding(entry, path, f"There is no '{key}' in {section}.", remedy)]


def one_way(length: Any) -> str:
    """A length of time ("240m", "4h") written one way, for validators of entries. Raises: ValueError."""
    try:
        return format_duration(parse_duration(length))
    except InputError as error:
        raise ValueError(str(error).replace("\n", " ")) from error
