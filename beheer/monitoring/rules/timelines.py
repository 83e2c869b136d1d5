"""What holds when, read from rows that were recorded one after the other. Pure.

A row says how things are from its instant on, and replaces what earlier rows said of that time. So at any instant the
row counts that was recorded last of those that begin at or before it; and with only the rows recorded until some
moment one sees what was known then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

Row = TypeVar("Row")


def in_force(rows: Iterable[Row], begins: Callable[[Row], datetime]) -> list[Row]:
    """The rows that still count, in order of the instants at which they begin.

    `rows`: of one subject, in the order in which they were recorded.
    """
    found: list[Row] = []
    for row in rows:
        start = begins(row)
        while found and begins(found[-1]) >= start:
            found.pop()
        found.append(row)
    return found
