"""A small part of JSON path: `$.queue.items[0]["due date"]`, `[-1]` from the end, `.length()` at the end."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_STEP = re.compile(
    r"""\.(?P<length>length\(\))$ | \.(?P<name>[^\s.\[\]()'"]+)
      | \[(?P<index>-?\d+)\] | \[(?P<key>'[^']*'|"[^"]*")\]""",
    re.VERBOSE,
)
Steps = tuple[str | int, ...]
LENGTH = "length()"


@lru_cache(maxsize=4096)
def steps(path: str) -> Steps:
    """The steps of a path.

    Raises: ValueError saying where it stops making sense.
    """
    if not path.startswith("$"):
        raise ValueError("a JSON path starts with $, such as $.status")
    found: list[str | int] = []
    place = 1
    while place < len(path):
        match = _STEP.match(path, place)
        if match is None:
            raise ValueError(
                f"'{path[place:]}' is no step: write .name, [0], ['a name'] or .length() at the end"
            )
        found.append(_step(match))
        place = match.end()
    return tuple(found)


def _step(match: re.Match[str]) -> str | int:
    if match["index"] is not None:
        return int(match["index"])
    return "\x00" + LENGTH if match["length"] else match["name"] or match["key"][1:-1]


def pick(value: Any, path: str) -> Any:
    """The value at `path`.

    Raises: LookupError where there is none; ValueError where the path is wrong.
    """
    for step in steps(path):
        if step == "\x00" + LENGTH and isinstance(value, (list, dict, str)):
            value = len(value)
        elif isinstance(value, list if isinstance(step, int) else dict):
            value = value[step]  # type: ignore[index]  # a list has a whole number here, a dict a text
        else:
            raise LookupError(path)
    return value
