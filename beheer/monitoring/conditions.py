"""The small language in which a check declares when it is down, degraded or unknown. Own parser; nothing is
executed.

status != 200            number against number: == != < <= > >=
days_left < 7
total_s > 500ms          units: ms s min h d, % and kB MB GB KiB MiB GiB
body !~ 'OK'             text holds no match of a regular expression (RE2); `~` holds one
body contains 'Welkom'   text holds these characters; also `not contains`
status in [301, 302]     one of these; also `not in`
json["state"] != 'ok'    one of a family
disk_used_ratio > 90%    any of a family: holds when it holds for at least one
missing(days_left)       this run gave no such value
a and (b or not c)
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, cast

from beheer.lib.errors import InputError, Problem
from beheer.monitoring.condition_tree import (
    Comparison,
    Condition,
    Joined,
    Literal_,
    Missing,
    Name,
    Node,
    NoValue,
    leaves,
)
from beheer.monitoring.patterns import finder

__all__ = ["Comparison", "Condition", "NoValue", "check_names", "parse"]


UNITS: dict[str, float] = {
    "ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400, "%": 0.01,
    "kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30,
}  # fmt: skip
MAX_LENGTH = 1_000
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?P<unit>%|[A-Za-z]+)?
    | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<name>[A-Za-z_][A-Za-z0-9_.]*)
    | (?P<sign>==|!=|<=|>=|!~|[<>~()\[\],])
    )""",
    re.VERBOSE,
)
_ORDER = frozenset({"<", "<=", ">", ">="})
_TESTS: dict[str, Callable[[Any], Callable[[Any], bool]]] = {
    "==": lambda value: lambda found: found == value,
    "!=": lambda value: lambda found: found != value,
    "<": lambda value: lambda found: found < value,
    "<=": lambda value: lambda found: found <= value,
    ">": lambda value: lambda found: found > value,
    ">=": lambda value: lambda found: found >= value,
    "in": lambda value: lambda found: found in value,
    "not in": lambda value: lambda found: found not in value,
    "contains": lambda value: lambda found: value in found,
    "not contains": lambda value: lambda found: value not in found,
}


class _Wrong(Exception):  # becomes an InputError at the border
    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


@lru_cache(maxsize=4096)
def parse(source: str) -> Condition:
    """Read one condition.

    Raises: InputError saying where it stops making sense.
    """
    try:
        if len(source) > MAX_LENGTH:
            raise _Wrong(f"A condition has at most {MAX_LENGTH} characters.", "Write several conditions.")
        reader = _Reader(_tokens(source))
        node = reader.either()
        if reader.ahead() is not None:
            raise _Wrong(f"'{reader.ahead()}' is too much here.", "Put 'and' or 'or' between two conditions.")
        return Condition(source.strip(), node)
    except _Wrong as error:
        raise InputError(Problem(f"In “{source[:200]}”: {error}", "", error.remedy)) from error


def check_names(
    condition: Condition, kinds: Mapping[str, str], families: Mapping[str, Collection[str] | None]
) -> None:
    """Hold the names of a condition to those a kind of probe yields.

    `kinds`: name → number, text or either. `families`: names that take a key → the keys known, or None for
    any.
    Raises: InputError naming the allowed ones.
    """
    for leaf in leaves(condition.node):
        try:
            _check_leaf(leaf, kinds, families)
        except _Wrong as error:
            raise InputError(Problem(f"In “{condition.source}”: {error}", "", error.remedy)) from error


def _check_leaf(
    leaf: Comparison | Missing, kinds: Mapping[str, str], families: Mapping[str, Collection[str] | None]
) -> None:
    name = leaf.name
    if name.stem not in kinds:
        raise _Wrong(f"this kind of check has no value '{name.stem}'.", _near(name.stem, kinds))
    if name.key is not None and name.stem not in families:
        raise _Wrong(f"'{name.stem}' takes no key.", f"Write '{name.stem}' alone.")
    known = families.get(name.stem)
    if name.key is not None and known is not None and name.key not in known:
        raise _Wrong(f"'{name.key}' is not declared in the settings.", _near(name.key, known))
    if isinstance(leaf, Comparison) and kinds[name.stem] != "either":
        _check_type(leaf, kinds[name.stem])


def _check_type(leaf: Comparison, kind: str) -> None:
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    wants_text = any(isinstance(value, str) for value in values)
    if kind == "number" and wants_text:
        raise _Wrong(f"'{leaf.name}' is a number.", "Compare it with a number, without quotes.")
    if kind == "text" and not all(isinstance(value, str) for value in values):
        raise _Wrong(f"'{leaf.name}' is a text.", "Put what it is compared with between quotes.")


def _near(word: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    start = f"Did you mean '{close[0]}'? " if close else ""
    return f"{start}Allowed: {', '.join(names) or 'nothing'}."


def _test_of(sign: str, value: Literal_ | tuple[Literal_, ...]) -> Callable[[Any], bool]:
    """What a sign and a value ask of one number or text.

    Raises: _Wrong where the value is no regular expression and must be one.
    """
    if sign in ("~", "!~"):
        finds = _finder(str(value))
        return finds if sign == "~" else lambda found: not finds(found)
    return _TESTS[sign](value)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Literal["number", "text", "name", "sign"]
    source: str
    value: Literal_

    def __str__(self) -> str:
        return self.source


def _tokens(source: str) -> list[_Token]:
    tokens: list[_Token] = []
    place, end = 0, len(source.rstrip())
    while place < end:
        match = _TOKEN.match(source, place)
        if match is None:
            raise _Wrong(f"'{source[place:].strip()[:20]}' cannot be read.", "Texts stand between quotes.")
        tokens.append(_token(match))
        place = match.end()
    if not tokens:
        raise _Wrong("a condition is empty.", "Write one such as: status != 200.")
    return tokens


def _token(match: re.Match[str]) -> _Token:
    kind = next(key for key in ("number", "text", "name", "sign") if match[key] is not None)
    source = match[0].strip()
    if kind == "number":
        unit = match["unit"]
        if unit and unit not in UNITS:
            raise _Wrong(f"'{unit}' is no unit.", f"Units: {', '.join(UNITS)}.")
        return _Token("number", source, float(match["number"]) * (UNITS[unit] if unit else 1))
    if kind == "text":
        return _Token("text", source, re.sub(r"\\(['\"\\])", r"\1", source[1:-1]))
    return _Token(cast(Literal["name", "sign"], kind), source, source)


class _Reader:
    """Reads tokens from left to right: either → both → negated → one."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    def ahead(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self, *sources: str) -> bool:
        token = self.ahead()
        if token is None or token.kind == "text" or token.source not in sources:
            return False
        self._next += 1
        return True

    def _token(self, wanted: str, *kinds: str) -> _Token:
        token = self.ahead()
        if token is None or token.kind not in kinds:
            raise _Wrong(f"{wanted} is wanted {f'instead of {token.source!r}' if token else 'at the end'}.")
        self._next += 1
        return token

    def either(self) -> Node:
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Joined("or", tuple(parts))

    def _both(self) -> Node:
        parts = [self._negated()]
        while self._take("and"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else Joined("and", tuple(parts))

    def _negated(self) -> Node:
        self._depth += 1
        if self._depth > 100:
            raise _Wrong("it is nested too deeply.", "Write several conditions.")
        try:
            return Joined("not", (self._negated(),)) if self._take("not") else self._one()
        finally:
            self._depth -= 1

    def _one(self) -> Node:
        if self._take("("):
            inner = self.either()
            if not self._take(")"):
                raise _Wrong("a ')' is missing.")
            return inner
        name = self._name()
        if name.stem == "missing" and name.key is None and self._take("("):
            asked = self._name()
            if not self._take(")"):
                raise _Wrong("a ')' is missing after missing(…")
            return Missing(asked)
        return self._comparison(name)

    def _name(self) -> Name:
        stem = self._token("a name", "name").source
        if not self._take("["):
            return Name(stem)
        key = str(self._token("a key between quotes", "text").value)
        if not self._take("]"):
            raise _Wrong("a ']' is missing.")
        return Name(stem, key)

    def _comparison(self, name: Name) -> Comparison:
        sign = self._sign(name)
        if sign in ("in", "not in"):
            return _comparison(name, sign, self._list())
        value = self._token("a number or a text between quotes", "number", "text").value
        if sign in _ORDER and isinstance(value, str):
            raise _Wrong(f"'{sign}' compares numbers, and '{value}' is a text.")
        if sign not in _ORDER and sign not in ("==", "!=") and not isinstance(value, str):
            raise _Wrong(f"'{sign}' compares texts.", "Put the text between quotes.")
        return _comparison(name, sign, value)

    def _sign(self, name: Name) -> str:
        words = ("==", "!=", "<", "<=", ">", ">=", "~", "!~", "in", "contains", "not")
        token = self.ahead()
        if token is None or token.source not in words:
            raise _Wrong(
                f"after '{name}' a comparison is wanted.", "One of == != < <= > >= ~ !~ in contains."
            )
        self._next += 1
        if token.source != "not":
            return token.source
        following = self.ahead()
        if following is None or not self._take("in", "contains"):
            raise _Wrong("after 'not' stands 'in' or 'contains'.")
        return f"not {following.source}"

    def _list(self) -> tuple[Literal_, ...]:
        if not self._take("["):
            raise _Wrong("after 'in' a list is wanted.", "Write it as [301, 302].")
        values = [self._token("a number or a text between quotes", "number", "text").value]
        while self._take(","):
            values.append(self._token("a number or a text between quotes", "number", "text").value)
        if not self._take("]"):
            raise _Wrong("a ']' is missing.")
        if len({type(value) for value in values}) > 1:
            raise _Wrong("a list holds numbers or texts, not both.")
        return tuple(values)


def _comparison(name: Name, sign: str, value: Literal_ | tuple[Literal_, ...]) -> Comparison:
    sample = value[0] if isinstance(value, tuple) else value
    return Comparison(name, sign, value, _test_of(sign, value), str(name), isinstance(sample, str))


def _finder(source: str) -> Callable[[str], bool]:
    try:
        return finder(source)
    except ValueError as error:
        raise _Wrong(f"{error}.") from error
