"""States over time as a strip: the worse, the taller, so that it reads without colour too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from beheer.ui.charts.drawing import figure, joined, legend, numbers, pct, plot, time_marks
from beheer.ui.charts.scales import time_ticks
from beheer.ui.formats import duration_text, instant_text
from beheer.ui.words import CLASSES

HEIGHTS = {
    "up": 0.45,
    "degraded": 0.75,
    "down": 1.0,
    "unknown": 0.3,
    "no_data": 0.3,
    "excluded": 0.2,
    "outside": 0.12,
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time in one state or class; `label` is added to what it says."""

    since: dt.datetime
    until: dt.datetime
    state: str
    label: str = ""


def word_of(state: str) -> str:
    """What a state or class is called."""
    return str(_("Unknown") if state == "unknown" else CLASSES.get(state, state))


def state_strip(
    segments: Sequence[Segment],
    *,
    title: str,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    key: str = "",
    zoom: bool = True,
) -> SafeString:
    """A strip of states from `since` to `until` (default: first to last segment); time without segment stays empty."""
    if not segments and (since is None or until is None):
        return figure(
            title, joined([f'<p class="no-data">{escape(_("No states in this span of time"))}</p>']), key=key
        )
    start = since or min(segment.since for segment in segments)
    end = until or max(segment.until for segment in segments)
    shown = [segment for segment in segments if segment.until > start and segment.since < end]
    length = max((end - start).total_seconds(), 1.0)
    content = joined(
        [*(_block(segment, start, length) for segment in shown), time_marks(time_ticks(start, end))]
    )
    attributes = f' data-zoom data-since="{start.isoformat()}" data-until="{end.isoformat()}"' if zoom else ""
    present = [name for name in HEIGHTS if any(segment.state == name for segment in shown)]
    return figure(
        title,
        plot(content, _summary(title, shown), "strip"),
        key=key,
        attributes=attributes,
        beside=legend([(f"block {name}", word_of(name)) for name in present]),
        after=_numbers(shown),
    )


def _block(segment: Segment, start: dt.datetime, length: float) -> str:
    left = max((segment.since - start).total_seconds() / length, 0.0)
    right = min((segment.until - start).total_seconds() / length, 1.0)
    height = HEIGHTS.get(segment.state, 0.3)
    when = f"{instant_text(segment.since)} – {instant_text(segment.until)}"
    said = escape(f"{word_of(segment.state)}: {when} {segment.label}".strip())
    return (
        f'<rect class="block {escape(segment.state)}" x="{pct(left)}" width="{pct(max(right - left, 0.0012))}"'
        f' y="{pct(1 - height)}" height="{pct(height)}"><title>{said}</title></rect>'
    )


def _summary(title: str, segments: Sequence[Segment]) -> str:
    """How long each state lasted in all."""
    totals: dict[str, float] = {}
    for segment in segments:
        totals[segment.state] = (
            totals.get(segment.state, 0.0) + (segment.until - segment.since).total_seconds()
        )
    return f"{title}. " + "; ".join(
        f"{word_of(state)} {duration_text(total)}" for state, total in totals.items()
    )


def _numbers(segments: Sequence[Segment]) -> SafeString:
    heads = [_("From"), _("Until"), _("State"), _("Length"), _("Note")]
    rows = (
        [
            instant_text(segment.since, seconds=True),
            instant_text(segment.until, seconds=True),
            word_of(segment.state),
            duration_text((segment.until - segment.since).total_seconds()),
            segment.label,
        ]
        for segment in segments
    )
    return numbers(heads, rows) if segments else joined([])
