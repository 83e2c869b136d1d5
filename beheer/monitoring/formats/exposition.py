"""Reads the Prometheus text format (0.0.4 and what OpenMetrics shares with it): one sample a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_SAMPLE = re.compile(
    r"""^\s*(?P<name>[A-Za-z_:][A-Za-z0-9_:]*)\s*
        (?:\{(?P<labels>(?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?\s*
        (?P<value>[^\s#]+)(?:\s+[-+0-9.eE]+)?\s*(?:\#.*)?$""",
    re.VERBOSE,
)
_LABEL = re.compile(r'\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)')
_ESCAPES = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample: a metric's name, its labels, its value (may be NaN or infinite)."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples(text: str, names: frozenset[str]) -> Iterator[Sample]:
    """The samples of the metrics in `names`, in order. Other lines are passed over unread.

    Raises: ValueError naming the line where a line of such a metric cannot be read.
    """
    for number, line in enumerate(text.splitlines(), 1):
        head = line.lstrip()
        if not head or head[0] == "#" or re.split(r"[{\s]", head, maxsplit=1)[0] not in names:
            continue
        match = _SAMPLE.match(head)
        if match is None:
            raise ValueError(f"line {number} is no sample: {head[:60]}")
        try:
            yield Sample(match["name"], _labels(match["labels"] or ""), float(match["value"]))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error


def _labels(text: str) -> dict[str, str]:
    labels: dict[str, str] = {}
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _LABEL.match(text, place)
        if match is None:
            raise ValueError(f"the labels cannot be read: {text[place : place + 40]}")
        labels[match[1]] = re.sub(r'\\[\\"n]', lambda found: _ESCAPES[found[0]], match[2])
        place = match.end()
    return labels
