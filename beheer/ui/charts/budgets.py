"""How much of a period's budget of lost time is used, against an even use."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

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
from beheer.ui.charts.lines import Frame
from beheer.ui.charts.scales import Tick, time_ticks, value_axis
from beheer.ui.formats import duration_text, instant_text, percent_text


def budget_chart(
    *,
    allowed_s: float,
    points: Sequence[tuple[dt.datetime, float]],
    since: dt.datetime,
    until: dt.datetime,
    now: dt.datetime,
    title: str,
    key: str = "",
    projected_s: float | None = None,
) -> SafeString:
    """Consumed budget in seconds over the period [since, until), up to `now`, with the allowed amount across.

    `points` are instants in order with what was consumed by then; between them it grew evenly. `projected_s`: what
    will be consumed at the end if the present rate goes on; None: not drawn.
    """
    ahead = [] if projected_s is None or not since < now < until else [projected_s]
    unit_s, suffix = _unit(max([allowed_s, *ahead, *(value for _when, value in points)]))
    axis, marks = value_axis(
        [0.0, *(value / unit_s for value in [allowed_s, *ahead, *(v for _when, v in points)])]
    )
    frame = Frame(since, until, axis)
    shown = [(when, value / unit_s) for when, value in points]
    content = joined(
        [
            value_marks([Tick(axis.share(mark), f"{mark:g}\u00a0{suffix}") for mark in marks]),
            time_marks(time_ticks(since, until)),
            ink(
                _ink(frame, shown, allowed_s / unit_s)
                + _ahead(frame, shown, [value / unit_s for value in ahead])
            ),
            _allowed(frame, allowed_s, unit_s),
            _now(frame, now),
        ]
    )
    consumed = points[-1][1] if points else 0.0
    share = percent_text(consumed / allowed_s, 0, worse="higher") if allowed_s > 0 else "–"
    words = _("%(consumed)s of %(allowed)s used (%(share)s)")
    summary = words % {
        "consumed": duration_text(consumed),
        "allowed": duration_text(allowed_s),
        "share": share,
    }
    rows = ([instant_text(when), duration_text(value)] for when, value in points)
    entries = [("line s0", _("used")), ("even", _("even use")), ("line-limit", _("allowed"))]
    if ahead:
        entries.append(("ahead", _("if it goes on like this")))
    return figure(
        title,
        plot(content, f"{title}. {summary}", "lines budget"),
        key=key,
        beside=joined([f'<span class="chart-note">{escape(summary)}</span>', legend(entries)]),
        after=numbers([_("Time"), _("Used")], rows) if points else "",
    )


def _unit(most_s: float) -> tuple[float, str]:
    """The unit in which the axis has handy numbers, and its sign."""
    for size, sign in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if most_s >= 2 * size:
            return size, duration_text(size).split("\u00a0")[-1] if sign else sign
    return 1.0, "s"


def _ink(frame: Frame, points: Sequence[tuple[dt.datetime, float]], allowed: float) -> str:
    """The even use, and what was used as a filled line."""
    even = f'<path class="even" d="M{frame.xy(frame.since, 0)}L{frame.xy(frame.until, allowed)}"/>'
    if not points:
        return even
    line = "L".join(frame.xy(when, value) for when, value in points)
    first, last = frame.x(points[0][0]) * INK, frame.x(points[-1][0]) * INK
    over = " over" if points[-1][1] > allowed else ""
    floor = (1 - frame.values.share(0)) * INK
    return (
        even
        + f'<path class="area{over}" d="M{first:.1f} {floor:.1f}L{line}L{last:.1f} {floor:.1f}Z"/>'
        + f'<path class="line s0{over}" d="M{line}"/>'
    )


def _ahead(frame: Frame, points: Sequence[tuple[dt.datetime, float]], ahead: Sequence[float]) -> str:
    """From where it is now to where it ends at the present rate."""
    if not ahead or not points:
        return ""
    return f'<path class="ahead" d="M{frame.xy(*points[-1])}L{frame.xy(frame.until, ahead[0])}"/>'


def _allowed(frame: Frame, allowed_s: float, unit_s: float) -> str:
    y = pct(1 - frame.values.share(allowed_s / unit_s))
    text = escape(_("allowed %(time)s") % {"time": duration_text(allowed_s)})
    return (
        f'<g class="threshold bad limit"><line x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        f'<text x="100%" dx="-4" y="{y}" dy="-5">{text}</text></g>'
    )


def _now(frame: Frame, now: dt.datetime) -> str:
    if not frame.since < now < frame.until:
        return ""
    x = pct(frame.x(now))
    return f'<line class="now" x1="{x}" x2="{x}" y1="0" y2="100%"/>'
