"""Chooses rows of a foreign file: `impact != maintenance`, `kind = outage`, `impact in major, critical`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from beheer.lib.errors import InputError, Problem

_CONDITION = re.compile(r"\s*(?P<column>.+?)\s*(?P<sign>!=|==|=|\s+in\b)\s*(?P<value>.*?)\s*", re.DOTALL)
_REMEDY = "Write column = value, column != value, or column in value, value."


@dataclass(frozen=True)
class Condition:
    """Keeps rows whose `column` is one of `values`; with `is_not`, rows whose column is none of them."""

    column: str
    values: frozenset[str]
    is_not: bool = False

    def keeps(self, value: str) -> bool:
        """Whether a row with this value is kept."""
        return (value in self.values) is not self.is_not


def parse_condition(text: str) -> Condition:
    """The condition in a text. Raises: InputError when it is none."""
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise InputError(Problem(f"'{text}' is not a condition.", "--where", _REMEDY))
    sign, value = match["sign"].strip(), match["value"]
    if sign != "in":
        return Condition(match["column"], frozenset([_bare(value)]), sign == "!=")
    inside = value[1:-1] if value[:1] in ("(", "[") and value[-1:] in (")", "]") else value
    values = frozenset(_bare(one) for one in inside.split(",") if one.strip())
    if not values:
        raise InputError(Problem(f"'{text}' names no value.", "--where", _REMEDY))
    return Condition(match["column"], values)


def _bare(value: str) -> str:
    """A value without the quotes around it."""
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value
