"""Performance data of Nagios plugins: `'label'=value[unit];[warn];[crit];[min];[max]`, with ranges.

Source: Nagios Plugins Development Guidelines, "Performance data" and "Threshold and Ranges".
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_ITEM = re.compile(
    r"""\s*(?:'(?P<quoted>(?:[^']|'')+)'|(?P<bare>[^\s'=]+))=
        (?P<value>[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?|U)
        (?P<unit>[^\s;\d][^\s;]*)?
        (?P<rest>(?:;[^\s;]*)*)""",
    re.VERBOSE,
)
FACTORS: dict[str, tuple[float, str]] = {
    "s": (1, "s"), "ms": (1e-3, "s"), "us": (1e-6, "s"), "µs": (1e-6, "s"), "ns": (1e-9, "s"), "%": (0.01, "ratio"),
    "B": (1, "bytes"), "KB": (1024, "bytes"), "MB": (1024**2, "bytes"), "GB": (1024**3, "bytes"),
    "TB": (1024**4, "bytes"), "PB": (1024**5, "bytes"), "KiB": (1024, "bytes"), "MiB": (1024**2, "bytes"),
    "GiB": (1024**3, "bytes"), "TiB": (1024**4, "bytes"), "c": (1, "count"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Range:
    """A threshold: it alerts outside `[low, high]`, or inside where `is_inside`. In the unit of its value."""

    low: float
    high: float
    is_inside: bool = False

    def alerts(self, value: float) -> bool:
        """Whether this value is one to be warned about."""
        return (self.low <= value <= self.high) is self.is_inside


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a plugin. `value` None: the plugin could not measure it (`U`). All in base units."""

    label: str
    value: float | None
    unit: str
    warning: Range | None = None
    critical: Range | None = None
    least: float | None = None
    most: float | None = None


def figures(text: str) -> list[Figure]:
    """The figures in a plugin's performance data, in order; what cannot be read is passed over."""
    found: list[Figure] = []
    place = 0
    while place < len(text):
        match = _ITEM.match(text, place)
        if match is None:
            place = _next_item(text, place)
            continue
        found.append(_figure(match))
        place = match.end()
    return found


def _next_item(text: str, place: int) -> int:
    """Where the next item may begin: behind the next white space."""
    step = re.compile(r"\s*\S+").match(text, place)
    return step.end() if step is not None else len(text)


def _figure(match: re.Match[str]) -> Figure:
    factor, unit = FACTORS.get(match["unit"] or "", (1.0, match["unit"] or ""))
    parts = [*match["rest"].split(";")[1:], "", "", "", ""]
    value = None if match["value"] == "U" else _number(match["value"])
    return Figure(
        label=(match["quoted"] or match["bare"]).replace("''", "'"),
        value=None if value is None else value * factor,
        unit=unit,
        warning=_scaled(parse_range(parts[0]), factor),
        critical=_scaled(parse_range(parts[1]), factor),
        least=None if (low := _number(parts[2])) is None else low * factor,
        most=None if (high := _number(parts[3])) is None else high * factor,
    )


def parse_range(text: str) -> Range | None:
    """A threshold such as `10`, `10:`, `~:10`, `10:20` or `@10:20`; None where there is none or it cannot be read."""
    text = text.strip()
    inside = text.startswith("@")
    body = text[inside:]
    if not body:
        return None
    low_text, colon, high_text = body.rpartition(":")
    low = -math.inf if low_text == "~" else _number(low_text) if low_text else 0.0
    high = math.inf if not high_text and colon else _number(high_text)
    if low is None or high is None or low > high:
        return None
    return Range(low, high, inside)


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _scaled(limit: Range | None, factor: float) -> Range | None:
    return None if limit is None else Range(limit.low * factor, limit.high * factor, limit.is_inside)
