"""What a file would change: plain values in, a plan out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from beheer.lib.configuration import Entry


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that applying would make or change. `before` is None where it is new.

    `fields` is {field: (old, new)}, for a new thing only what it says itself, with None as the old value.
    """

    section: str
    key: str
    before: Entry | None
    after: Entry
    fields: dict[str, tuple[Any, Any]]

    @property
    def is_new(self) -> bool:
        """Whether it is not there yet."""
        return self.before is None


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying would do: `changes` in order; `same` things stand in the file and in the store alike.

    `kept` things stand only in the store and stay as they are: applying removes nothing.
    """

    changes: tuple[Change, ...]
    same: int
    kept: int

    @property
    def created(self) -> int:
        """How many things would be new."""
        return sum(change.is_new for change in self.changes)

    @property
    def changed(self) -> int:
        """How many things would change."""
        return len(self.changes) - self.created


def differences(before: Entry | None, after: Entry) -> dict[str, tuple[Any, Any]]:
    """Field → (old, new) where they differ; for something new, its fields that are not at their default."""
    if before is None:
        said = after.model_dump(mode="json", exclude_defaults=True)
        return {field: (None, value) for field, value in said.items()}
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return {
        field: (old.get(field), value)
        for field, value in new.items()
        if old.get(field) != value
        and not (field in after.unordered and _sorted(old.get(field)) == _sorted(value))
    }


def _sorted(value: Any) -> Any:
    """`value` with every list in it in one order, for comparing lists in which order means nothing."""
    if isinstance(value, list):
        return sorted((_sorted(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, dict):
        return {key: _sorted(item) for key, item in value.items()}
    return value


def plan(
    wanted: Iterable[tuple[str, Mapping[str, Entry]]],
    held: Mapping[str, Mapping[str, Entry]],
) -> Plan:
    """Compare what a file wants with what the store holds: section → key → entry, both."""
    changes: list[Change] = []
    same = kept = 0
    for section, entries in wanted:
        there = held[section]
        kept += sum(key not in entries for key in there)
        for key, entry in entries.items():
            fields = differences(there.get(key), entry)
            if key in there and not fields:
                same += 1
            else:
                changes.append(Change(section, key, there.get(key), entry, fields))
    return Plan(tuple(changes), same, kept)
