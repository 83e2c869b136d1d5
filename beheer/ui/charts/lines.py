"""Values over time as lines, with gaps where nothing is known, a band from least to most, and thresholds."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from beheer.ui.charts.drawing import (
    INK,
    figure,
    ink,
    joined,
    legend,
    numbers,
    pct,
    plot,
    time_marks,
    value_marks,
)
from beheer.ui.charts.scales import Axis, Tick, time_ticks, value_axis
from beheer.ui.formats import NO_VALUE, instant_text, number_text

Point = tuple[dt.datetime, float | None]


@dataclass(frozen=True, slots=True)
class Series:
    """One line: aware instants in order with values; None is a gap. `low` and `high` are a band as long as `points`."""

    name: str
    points: Sequence[Point]
    unit: str = ""
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()


@dataclass(frozen=True, slots=True)
class Threshold:
    """A value that matters, drawn across. Tones: warn, bad, info."""

    value: float
    label: str
    tone: str = "bad"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time to be marked behind the lines. Tones: planned, bad, warn, muted."""

    since: dt.datetime
    until: dt.datetime
    label: str
    tone: str = "planned"


@dataclass(frozen=True, slots=True)
class Frame:
    """What the plot shows: a range of time and of values."""

    since: dt.datetime
    until: dt.datetime
    values: Axis

    def x(self, instant: dt.datetime) -> float:
        """Share of the width at which an instant stands, cut to the plot."""
        length = (self.until - self.since).total_seconds()
        return min(max((instant - self.since).total_seconds() / length, 0.0), 1.0) if length > 0 else 0.0

    def xy(self, instant: dt.datetime, value: float) -> str:
        """A point in the stretched drawing."""
        return f"{self.x(instant) * INK:.1f} {(1 - self.values.share(value)) * INK:.1f}"


def line_chart(
    *,
    series: Sequence[Series],
    title: str,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    thresholds: Sequence[Threshold] = (),
    spans: Sequence[Span] = (),
    from_zero: bool = True,
    gap_s: float | None = None,
    key: str = "",
    zoom: bool = True,
) -> SafeString:
    """Lines over time.

    `since` and `until` default to the first and last point. Two points further apart than `gap_s` are not joined
    (None: only None values break a line). `zoom`: dragging leads to the same page with ?from=&until=.
    """
    instants = [instant for line in series for instant, _value in line.points]
    if not instants and (since is None or until is None):
        return figure(
            title,
            joined([f'<p class="no-data">{escape(_("No measurements in this span of time"))}</p>']),
            key=key,
        )
    start, end = since or min(instants), until or max(instants)
    axis, marks = value_axis(_all_values(series, thresholds), from_zero)
    frame = Frame(start, end, axis)
    unit = series[0].unit if series else ""
    content = joined(
        [
            _spans(frame, spans),
            value_marks([Tick(axis.share(mark), number_text(mark, unit)) for mark in marks]),
            time_marks(time_ticks(start, end)),
            ink("".join(_paths(frame, series, gap_s))),
            _thresholds(frame, thresholds),
            ""
            if instants
            else f'<text class="no-data" x="50%" y="50%">{escape(_("No measurements in this span of time"))}</text>',
        ]
    )
    attributes = f' data-zoom data-since="{start.isoformat()}" data-until="{end.isoformat()}"' if zoom else ""
    return figure(
        title,
        plot(content, _summary(title, series), "lines"),
        key=key,
        attributes=attributes,
        beside=_legend(series),
        after=_numbers(series),
    )


def _all_values(series: Sequence[Series], thresholds: Sequence[Threshold]) -> list[float]:
    """Every finite value that must fit."""
    values = [value for line in series for _when, value in line.points]
    values += [value for line in series for value in (*line.low, *line.high)]
    values += [threshold.value for threshold in thresholds]
    return [value for value in values if value is not None and math.isfinite(value)]


def _stretches(line: Series, gap_s: float | None) -> Iterator[list[int]]:
    """Runs of points without a gap, as indices."""
    run: list[int] = []
    for index, (instant, value) in enumerate(line.points):
        known = value is not None and math.isfinite(value)
        too_far = bool(run and gap_s and (instant - line.points[run[-1]][0]).total_seconds() > gap_s)
        if run and (not known or too_far):
            yield run
            run = []
        if known:
            run.append(index)
    if run:
        yield run


def _paths(frame: Frame, series: Sequence[Series], gap_s: float | None) -> Iterator[str]:
    """Bands first, lines over them."""
    for number, line in enumerate(series):
        if line.low and line.high:
            for run in _stretches(line, gap_s):
                yield _band(frame, line, run, number)
    for number, line in enumerate(series):
        parts = []
        for run in _stretches(line, gap_s):
            points = [frame.xy(line.points[index][0], line.points[index][1] or 0.0) for index in run]
            parts.append("M" + "L".join(points) + ("h0" if len(points) == 1 else ""))
        if parts:
            yield f'<path class="line s{number % 6}" d="{"".join(parts)}"/>'


def _band(frame: Frame, line: Series, run: list[int], number: int) -> str:
    """The area between least and most of a run."""
    known = [index for index in run if line.low[index] is not None and line.high[index] is not None]
    if len(known) < 2:
        return ""
    upper = [frame.xy(line.points[index][0], line.high[index] or 0.0) for index in known]
    lower = [frame.xy(line.points[index][0], line.low[index] or 0.0) for index in reversed(known)]
    return f'<path class="band s{number % 6}" d="M{"L".join(upper + lower)}Z"/>'


def _thresholds(frame: Frame, thresholds: Sequence[Threshold]) -> str:
    """Lines across, each with its name at the right."""
    return "".join(
        f'<g class="threshold {escape(threshold.tone)}"><line x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        f'<text x="100%" dx="-4" y="{y}" dy="-5">{escape(threshold.label)}</text></g>'
        for threshold in thresholds
        for y in [pct(1 - frame.values.share(threshold.value))]
    )


def _spans(frame: Frame, spans: Sequence[Span]) -> str:
    """Marked stretches of time behind everything."""
    return "".join(
        f'<rect class="span {escape(span.tone)}" x="{pct(left)}" width="{pct(max(right - left, 0.001))}" y="0"'
        ' height="100%">'
        f"<title>{escape(span.label)}: {instant_text(span.since)} – {instant_text(span.until)}</title></rect>"
        for span in spans
        if span.until > frame.since and span.since < frame.until
        for left, right in [(frame.x(span.since), frame.x(span.until))]
    )


def _legend(series: Sequence[Series]) -> SafeString:
    """Only needed for more than one line, or a band."""
    banded = any(line.low for line in series)
    if len(series) < 2 and not banded:
        return joined([])
    entries = (
        [(f"line s{number % 6}", line.name) for number, line in enumerate(series)] if len(series) > 1 else []
    )
    return legend([*entries, ("band-key", _("least to most"))] if banded else entries)


def _summary(title: str, series: Sequence[Series]) -> str:
    """What the chart says in a sentence: for each line the last value, least and most."""
    parts = []
    for line in series:
        values = [value for _when, value in line.points if value is not None and math.isfinite(value)]
        if values:
            words = _("%(name)s: last %(last)s, least %(least)s, most %(most)s")
            figures = {"last": values[-1], "least": min(values), "most": max(values)}
            shown = {word: number_text(value, line.unit) for word, value in figures.items()}
            parts.append(words % {"name": line.name, **shown})
    return f"{title}. " + ("; ".join(parts) or _("No measurements in this span of time"))


def _numbers(series: Sequence[Series]) -> SafeString:
    """The same numbers as a table: a row for each instant, a column for each line, and for its band."""
    if not any(line.points for line in series):
        return joined([])
    heads, columns = [_("Time")], []
    for line in series:
        heads.append(line.name)
        columns.append({when: number_text(value, line.unit) for when, value in line.points})
        for name, edge in ((_("least"), line.low), (_("most"), line.high)):
            if edge:
                heads.append(f"{line.name}, {name}")
                pairs = zip(line.points, edge, strict=False)
                columns.append({when: number_text(value, line.unit) for (when, _value), value in pairs})
    instants = sorted({when for line in series for when, _value in line.points})
    rows = (
        [instant_text(when, seconds=True), *(column.get(when, NO_VALUE) for column in columns)]
        for when in instants
    )
    return numbers(heads, rows)
