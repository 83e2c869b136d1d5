"""A condition that was read: its tree, and whether it holds for the values of a run. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Numbers = Mapping[str, float]
Texts = Mapping[str, str]
Literal_ = float | str


class NoValue(Exception):  # a condition that cannot be judged, not a mistake
    """This run gave no value of the name that a condition asks for."""


@dataclass(frozen=True, slots=True)
class Name:
    """A value's name, with the key of a family (`json["state"]`: json, state) or None."""

    stem: str
    key: str | None = None

    def __str__(self) -> str:
        return self.stem if self.key is None else metric_name(self.stem, self.key)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`name sign value`; `value` is a tuple for `in`. `test` says whether it holds for one number or text.

    `full` is the name as it is measured; `is_text`: whether texts are compared, else numbers.
    """

    name: Name
    sign: str
    value: Literal_ | tuple[Literal_, ...]
    test: Callable[[Any], bool]
    full: str
    is_text: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """`missing(name)`."""

    name: Name


@dataclass(frozen=True, slots=True)
class Joined:
    """`and`, `or`, and `not` (with one part)."""

    word: Literal["and", "or", "not"]
    parts: tuple[Node, ...]


Node = Comparison | Missing | Joined


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was read. `source` is what was written."""

    source: str
    node: Node

    def holds(self, numbers: Numbers, texts: Texts) -> bool:
        """Whether it holds for these values.

        Raises: NoValue where it depends on a value that is not there.
        """
        return _holds(self.node, numbers, texts)

    def names(self) -> tuple[Name, ...]:
        """The names it asks for, in order."""
        return tuple(part.name for part in leaves(self.node))

    def told(self, numbers: Numbers, texts: Texts) -> str:
        """The condition with the values it found: `status != 200 (status 503)`."""
        found = [
            f"{name} {value}"
            for name in dict.fromkeys(self.names())
            if (value := _shown(name, numbers, texts))
        ]
        return f"{self.source} ({', '.join(found)})" if found else self.source


def metric_name(stem: str, key: str) -> str:
    """The name under which one of a family is measured: `disk_used_ratio[/var]`."""
    return f"{stem}[{key}]"


def leaves(node: Node) -> tuple[Comparison | Missing, ...]:
    if isinstance(node, Joined):
        return tuple(leaf for part in node.parts for leaf in leaves(part))
    return (node,)


def _holds(node: Node, numbers: Numbers, texts: Texts) -> bool:
    if isinstance(node, Comparison):
        return _compare(node, numbers, texts)
    if isinstance(node, Missing):
        return not _found(node.name, numbers) and not _found(node.name, texts)
    if node.word == "not":
        return not _holds(node.parts[0], numbers, texts)
    return _join(node, numbers, texts)


def _join(node: Joined, numbers: Numbers, texts: Texts) -> bool:
    """`and` and `or`; a part without a value matters only where the other parts do not decide."""
    decides = node.word == "or"
    absent: NoValue | None = None
    for part in node.parts:
        try:
            if _holds(part, numbers, texts) is decides:
                return decides
        except NoValue as error:
            absent = absent or error
    if absent is not None:
        raise absent
    return not decides


def _compare(node: Comparison, numbers: Numbers, texts: Texts) -> bool:
    plain: Literal_ | None = texts.get(node.full) if node.is_text else numbers.get(node.full)
    if plain is not None:
        return node.test(plain)
    found = _found(node.name, texts if node.is_text else numbers)
    if not found:
        other = _found(node.name, numbers if node.is_text else texts)
        what = f"is no {'text' if node.is_text else 'number'}" if other else "has no value"
        raise NoValue(f"'{node.name}' {what}")
    return any(map(node.test, found))


def _found(name: Name, values: Mapping[str, float] | Mapping[str, str]) -> list[Literal_]:
    full = str(name)
    if full in values:
        return [values[full]]
    if name.key is not None:
        return []
    return [value for key, value in values.items() if key.startswith(f"{name.stem}[")]


def _shown(name: Name, numbers: Numbers, texts: Texts) -> str:
    if name.key is None and (members := [key for key in numbers if key.startswith(f"{name.stem}[")]):
        return ", ".join(f"{key[len(name.stem) :]} {numbers[key]:.6g}" for key in members[:5])
    if str(name) in numbers:
        return f"{numbers[str(name)]:.6g}"
    text = texts.get(str(name), "")
    return "" if len(text) > 80 or "\n" in text else f"“{text}”" if text else ""
