"""Graphs of what a check measured, and strips of its states."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from beheer.lib.errors import InputError
from beheer.measurements.queries import Point, all_series
from beheer.measurements.schema import STATE
from beheer.monitoring.conditions import Comparison, parse
from beheer.monitoring.contract import Value
from beheer.monitoring.models import Check, StateChange
from beheer.monitoring.probes import KINDS
from beheer.ui.charts.lines import Series, Threshold, line_chart
from beheer.ui.charts.strips import Segment, state_strip

POINTS = 240
MOST_LINES = 6
MOST_GRAPHS = 40
UNITS = {"s": "s", "ratio": "ratio", "bytes": "B", "days": "d", "count": "", "": ""}
_FAMILY = re.compile(r"^([^\[]+)\[(.*)\]$")
FURTHER = Value("duration_s", "s", "Duration of the run")


@dataclass(frozen=True, slots=True)
class Graph:
    """One graph: of a figure, or of a family of figures (one line each)."""

    key: str
    title: str
    drawn: SafeString


@dataclass(frozen=True, slots=True)
class Steady:
    """A figure that had the same value all the time: a graph would say no more."""

    title: str
    value: float
    unit: str


def graphs_of(check: Check, since: datetime, until: datetime) -> tuple[list[Graph], list[Steady]]:
    """What a check measured in a span, in the order in which its kind tells of it: graphs, and what stayed the same."""
    found = all_series(check.pk, since, until, POINTS)
    found.pop(STATE, None)
    known = (
        {value.name: value for value in (*KINDS[check.kind].values, FURTHER)} if check.kind in KINDS else {}
    )
    families: dict[str, dict[str, list[Point]]] = {}
    for name, points in found.items():
        match = _FAMILY.match(name)
        stem, line = (match[1], match[2]) if match else (name, "")
        families.setdefault(stem, {})[line] = points
    order = {name: place for place, name in enumerate(known)}
    stems = sorted(families, key=lambda stem: (order.get(stem, len(order)), stem))
    gap_s = max(2.5 * check.interval_s, 2.5 * (until - since).total_seconds() / POINTS)
    marks = thresholds_of(check)
    graphs, steady = [], []
    for stem in stems[:MOST_GRAPHS]:
        value = known.get(stem)
        same = _same(families[stem]) if stem not in marks else None
        if same is not None:
            steady.append(Steady(_title(stem, value), same, _unit(stem, value)))
        else:
            graphs.append(_graph(stem, families[stem], value, marks.get(stem, ()), since, until, gap_s))
    return graphs, steady


def _same(lines: Mapping[str, Sequence[Point]]) -> float | None:
    """The only value that was measured; None where there was another, or more than one line."""
    values = {value for points in lines.values() for one in points for value in (one.minimum, one.maximum)}
    return values.pop() if len(lines) == 1 and len(values) == 1 else None


def _title(stem: str, value: Value | None) -> str:
    return _(value.meaning) if value else stem


def _unit(stem: str, value: Value | None) -> str:
    return UNITS.get(value.unit, "") if value else _unit_of(stem)


def _graph(
    stem: str,
    lines: Mapping[str, Sequence[Point]],
    value: Value | None,
    marks: Sequence[Threshold],
    since: datetime,
    until: datetime,
    gap_s: float,
) -> Graph:
    title, unit = _title(stem, value), _unit(stem, value)
    shown = sorted(lines.items(), key=lambda item: -max(point.maximum for point in item[1]))[:MOST_LINES]
    series = [
        Series(
            line or title,
            [(point.at, point.mean) for point in points],
            unit,
            [point.minimum for point in points],
            [point.maximum for point in points],
        )
        for line, points in sorted(shown)
    ]
    drawn = line_chart(
        series=series,
        title=title,
        since=since,
        until=until,
        thresholds=_near(marks, lines),
        gap_s=gap_s,
        key=f"graph-{re.sub(r'[^a-z0-9]+', '-', stem.lower())}",
    )
    return Graph(stem, title, drawn)


def _near(marks: Sequence[Threshold], lines: Mapping[str, Sequence[Point]]) -> list[Threshold]:
    """The thresholds that do not press the lines flat: at most three times as high as what was measured."""
    most = max((point.maximum for points in lines.values() for point in points), default=0.0)
    return [mark for mark in marks if mark.value <= 3 * most or mark.value <= 1]


def _unit_of(name: str) -> str:
    """The unit that the name of a figure ends in."""
    for ending, unit in (("_s", "s"), ("_ratio", "ratio"), ("_bytes", "B")):
        if name.endswith(ending):
            return unit
    return ""


def thresholds_of(check: Check) -> dict[str, list[Threshold]]:
    """The limits that a check's conditions set, by the name of the figure: only of plain comparisons with a number."""
    kind = KINDS.get(check.kind)
    words = {"down": (_("down"), "bad"), "degraded": (_("degraded"), "warn")}
    found: dict[str, list[Threshold]] = {}
    for outcome, (word, tone) in words.items():
        own = check.conditions.get(outcome)
        sources = (kind.conditions.get(outcome, ()) if kind else ()) if own is None else own
        for source in sources:
            try:
                node = parse(source).node
            except InputError:
                continue
            if isinstance(node, Comparison) and node.sign in ("<", "<=", ">", ">="):
                assert isinstance(node.value, (int, float))
                found.setdefault(node.name.stem, []).append(Threshold(float(node.value), word, tone))
    return found


def strip_of(
    changes: Sequence[StateChange], since: datetime, until: datetime, now: datetime, title: str, key: str
) -> SafeString:
    """States over time; `changes` in force, beginning with the one that holds at `since`."""
    end = min(until, now)
    segments = []
    for place, row in enumerate(changes):
        following = changes[place + 1].first_bad_at if place + 1 < len(changes) else end
        start = max(row.first_bad_at, since)
        if row.state != "off" and following > start:
            segments.append(Segment(start, min(following, end), row.state, row.reason))
    return state_strip(joined_up(segments), title=title, since=since, until=until, key=key)


def joined_up(segments: Sequence[Segment]) -> list[Segment]:
    """Neighbouring segments of the same state as one."""
    found: list[Segment] = []
    for segment in segments:
        last = found[-1] if found else None
        if last is not None and last.state == segment.state and last.until >= segment.since:
            found[-1] = Segment(last.since, segment.until, last.state, last.label)
        else:
            found.append(segment)
    return found
