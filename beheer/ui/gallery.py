"""What the gallery shows: every component with made-up figures that show its edges."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beheer.lib.errors import InputError, Problem
from beheer.ui.charts import (
    Bar,
    Segment,
    Series,
    Span,
    Threshold,
    bars,
    budget_chart,
    line_chart,
    sparkline,
    state_strip,
)
from beheer.ui.forms import DateTimeInput, add_problems
from beheer.ui.icons import ICONS
from beheer.ui.ranges import chosen_range


class ExampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=gettext_lazy("Name"), help_text=gettext_lazy("As people call it."))
    interval = forms.CharField(
        label=gettext_lazy("Interval"), initial="60", help_text=gettext_lazy("Like 30s or 5m.")
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[("http", "HTTP"), ("tcp", "TCP")], widget=forms.RadioSelect
    )
    since = forms.DateTimeField(label=gettext_lazy("From"), required=False, widget=DateTimeInput())
    note = forms.CharField(label=gettext_lazy("Note"), required=False, widget=forms.Textarea)
    enabled = forms.BooleanField(label=gettext_lazy("Enabled"), required=False)

    field_groups = [(gettext_lazy("What"), ["name", "kind"]), (gettext_lazy("When"), ["interval", "since"])]


def examples(request: HttpRequest, now: dt.datetime) -> dict[str, Any]:
    """The context of the gallery."""
    wrong = ExampleForm({"name": "web", "interval": "often", "kind": "http"}, auto_id="wrong_%s")
    problem = Problem(_("“often” is no length of time."), "interval", _("Write it like 30s or 5m."))
    add_problems(wrong, InputError(problem))
    return {
        "states": ("up", "degraded", "down", "unknown"),
        "verdicts": ("met", "at_risk", "breached", "no_data", None),
        "tones": ("info", "good", "warn", "bad", "muted"),
        "icons": sorted(ICONS),
        "now": now,
        "moment": now - dt.timedelta(minutes=3),
        "example_form": ExampleForm(),
        "wrong_form": wrong,
        "range": chosen_range(request, now),
        "charts": charts(now),
        "sparkline": sparkline([3, 4, 3.5, None, 6, 8, 5], unit="ms", label=_("Response time")),
    }


def charts(now: dt.datetime) -> list[SafeString]:
    """One chart of each kind."""
    since = now - dt.timedelta(hours=24)
    return [_lines(since, now), _strip(since, now), _budget(now), _bars()]


def _lines(since: dt.datetime, until: dt.datetime) -> SafeString:
    instants = [since + dt.timedelta(minutes=10 * index) for index in range(145)]
    waves = [0.12 + 0.05 * math.sin(index / 9) + (0.11 if index == 100 else 0) for index in range(145)]
    values = [None if 40 <= index < 52 else wave for index, wave in enumerate(waves)]
    low = [value and value * 0.7 for value in values]
    high = [value and value * 1.4 for value in values]
    other = [value and value * 0.6 + 0.02 for value in values]
    series = [
        Series(_("Response time"), list(zip(instants, values, strict=True)), "s", low, high),
        Series(_("First byte"), list(zip(instants, other, strict=True)), "s"),
    ]
    window = Span(since + dt.timedelta(hours=15), since + dt.timedelta(hours=17), _("Planned"))
    limit = Threshold(0.3, _("limit"), "warn")
    return line_chart(
        series=series,
        title=_("Response time"),
        since=since,
        until=until,
        thresholds=[limit],
        spans=[window],
        key="lines",
    )


def _strip(since: dt.datetime, until: dt.datetime) -> SafeString:
    hours = [0, 5, 5.5, 9, 11, 14, 14.4, 20, 24]
    names = ["up", "down", "up", "degraded", "up", "no_data", "up", "excluded"]
    edges = [since + dt.timedelta(hours=hour) for hour in hours]
    segments = [Segment(a, b, name) for a, b, name in zip(edges, edges[1:], names, strict=False)]
    return state_strip(segments, title=_("States"), since=since, until=until, key="strip")


def _budget(now: dt.datetime) -> SafeString:
    since, until = now - dt.timedelta(days=18), now + dt.timedelta(days=12)
    used = [(0, 0), (3, 0), (3.02, 900), (11, 900), (11.03, 1900), (18, 1900)]
    points = [(since + dt.timedelta(days=day), float(seconds)) for day, seconds in used]
    return budget_chart(
        allowed_s=2592.0,
        points=points,
        since=since,
        until=until,
        now=now,
        title=_("Budget of the month"),
        key="budget",
    )


def _bars() -> SafeString:
    items = [Bar(_("Resolved in time"), 41, "good"), Bar(_("Late"), 7, "warn"), Bar(_("Not known"), None)]
    return bars(items, title=_("Incidents"), key="bars")
