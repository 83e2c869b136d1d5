"""Statistics of work: volumes, times and shares as charts and tables; every figure leads to its items."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from beheer.catalogue.models import Customer, Service
from beheer.people.models import Team
from beheer.ui import exports
from beheer.ui.charts import Bar, Series, bars, line_chart
from beheer.ui.formats import duration_text, plain_value
from beheer.ui.lists import Column, ListPage
from beheer.work import cells
from beheer.work.definitions import current_kinds
from beheer.work.gate import staff
from beheer.work.models.items import Line
from beheer.work.sight import sees_all
from beheer.work.statistics import figures, tables
from beheer.work.statistics.behind import age_title, behind, figure_titles
from beheer.work.statistics.counting import not_counted
from beheer.work.statistics.selection import Selection, local_midnight, lone_teams, read_selection
from beheer.work.views.lists import RELATED
from beheer.work.wording import item_state_name, kind_name

SPANS = (30, 91, 182, 365)
DRAWN_GROUPS = 15
TILES = (
    "opened", "ended", "backlog", "median_s", "ninth_s", "response", "resolution", "reopened", "handed_over",
    "ping_pong", "waited_user",
)  # fmt: skip


@require_safe
def statistics(request: HttpRequest) -> HttpResponseBase:
    """The figures of a selection, or one of its tables as a file (`?export=csv&table=groups`)."""
    user = staff(request)
    today = timezone.localdate()
    asked = read_selection(request.GET.dict(), today, user)
    if kind := request.GET.get("export", ""):
        return _file(kind, request.GET.get("table", "volumes"), asked, today)
    steps = figures.volumes(asked)
    total = figures.totals(asked)
    groups = tables.named(asked.group, figures.by_group(asked)) if asked.group else []
    context = {
        "asked": asked,
        "last_day": asked.until - timedelta(days=1),
        "total": total,
        "cells": _cells(asked, total),
        "tiles": [cell for cell in _cells(asked, total) if cell["key"] in TILES],
        "volume_chart": _volume_chart(steps),
        "backlog_chart": _backlog_chart(steps),
        "age_chart": _age_chart(asked, today),
        "line_chart": _line_chart(total),
        "state_chart": _state_chart(asked),
        "groups": [(one, _group_cells(asked, one)) for one in groups],
        "group_chart": _group_chart(asked, groups),
        "group_name": tables.group_names().get(asked.group, ""),
        "parameters": asked.parameters(),
        "to_count": not_counted(),
        "is_part": not sees_all(user),
        **_choices(asked, today),
    }
    return render(request, "work/statistics.html", context)


def _choices(asked: Selection, today: date) -> dict[str, Any]:
    """What can be chosen above the figures."""
    alone = lone_teams()
    spans = [
        (
            _("%(n)s days") % {"n": days},
            "?" + asked.parameters(since=today - timedelta(days=days - 1), until=today + timedelta(days=1)),
            (asked.until - asked.since).days == days and asked.until == today + timedelta(days=1),
        )
        for days in SPANS
    ]
    return {
        "spans": spans,
        "kinds": [(key, kind_name(kind)) for key, kind in current_kinds().items()],
        "teams": [(row.key, row.name) for row in Team.objects.exclude(pk__in=alone)],
        "services": list(Service.objects.values_list("key", "name")[:500]),
        "customers": list(Customer.objects.values_list("key", "name")[:500]),
        "lines": Line.choices,
        "group_names": tables.group_names().items(),
    }


def _address(asked: Selection, figure: str) -> str:
    query = replace(asked, group="").parameters()
    return f"{reverse('work:statistics_items')}?figure={figure}&{query}"


def _cells(asked: Selection, sums: figures.Sums) -> list[dict[str, str]]:
    """The figures of all, each with the list behind it."""
    return [
        {
            "key": one.key,
            "title": one.title,
            "text": one.text,
            "url": _address(asked, one.figure) if one.figure else "",
        }
        for one in tables.columns(sums)
    ]


def _group_cells(asked: Selection, one: tables.Named) -> list[dict[str, str]]:
    if one.address is None:
        return [{"key": c.key, "title": c.title, "text": c.text, "url": ""} for c in tables.columns(one.sums)]
    value: Any = int(one.address) if asked.group == "priority" else one.address
    return _cells(replace(asked, **{asked.group: value}), one.sums)


def _at(day: date) -> datetime:
    return local_midnight(day)


def _volume_chart(steps: list[figures.Step]) -> SafeString:
    into = Series(_("came in"), [(_at(one.since), one.opened) for one in steps])
    out = Series(_("went out"), [(_at(one.since), one.ended) for one in steps])
    return line_chart(series=[into, out], title=_("What came in and went out"), key="volume", zoom=False)


def _backlog_chart(steps: list[figures.Step]) -> SafeString:
    rows = [(_at(one.until), one.backlog) for one in steps]
    return line_chart(series=[Series(_("open"), rows)], title=_("What was open"), key="backlog", zoom=False)


def _age_chart(asked: Selection, today: date) -> SafeString:
    items = [
        Bar(
            age_title(low, high),
            count,
            url=_address(asked, f"age_{low}") if count else "",
            text=plain_value(count),
            tone="warn" if low >= 30 else "",
        )
        for low, high, count in figures.ages(asked, today)
    ]
    return bars(items, title=_("Age of what is open now"), key="ages")


def _line_chart(total: figures.Sums) -> SafeString:
    names = dict(Line.choices)
    items = [
        Bar(str(names[line]), seconds / 3600, text=_mean(seconds, total.ended))
        for line, seconds in total.by_line_s.items()
    ]
    return bars(items, title=_("Time per line, mean of an item"), key="lines")


def _mean(seconds: float, items: int) -> str:
    return duration_text(seconds / items if items else None)


def _state_chart(asked: Selection) -> SafeString | str:
    """How long items stood in each state; only of one kind, since states are a kind's own."""
    if not asked.kind:
        return ""
    names = tables.state_names(asked.kind)
    items = [
        Bar(names.get(state, state), seconds / 3600, text=_mean(seconds, count))
        for state, seconds, count, _visits in figures.time_by_state(asked)
        if seconds
    ]
    return bars(items, title=_("Time per state, mean of the items that were in it"), key="states")


def _group_chart(asked: Selection, groups: list[tables.Named]) -> SafeString | str:
    if not groups:
        return ""
    items = [Bar(one.name, one.sums.ended, text=plain_value(one.sums.ended)) for one in groups[:DRAWN_GROUPS]]
    title = _("Went out, by %(group)s") % {"group": tables.group_names()[asked.group]}
    return bars(items, title=title, key="groups")


def _file(kind: str, table: str, asked: Selection, today: date) -> HttpResponseBase:
    """One table as a file."""
    if table == "groups" and asked.group:
        rows = tables.named(asked.group, figures.by_group(asked))
        heads = [str(tables.group_names()[asked.group]), *(c.title for c in tables.columns(figures.Sums()))]
        lines = [[one.name, *(c.value for c in tables.columns(one.sums))] for one in rows]
    elif table == "states" and asked.kind:
        names = tables.state_names(asked.kind)
        heads = [_("State"), _("seconds"), _("items"), _("times entered")]
        lines = [
            [names.get(state, state), seconds, items, visits]
            for state, seconds, items, visits in figures.time_by_state(asked)
        ]
    elif table == "ages":
        heads = [_("Age"), _("items")]
        lines = [[age_title(low, high), count] for low, high, count in figures.ages(asked, today)]
    else:
        heads = [_("From"), _("Came in"), _("Went out"), _("Open at the end")]
        lines = tables.volume_rows(figures.volumes(asked))
    return exports.file_response(kind, "statistics", heads, iter(lines))


@require_safe
def statistics_items(request: HttpRequest) -> HttpResponseBase:
    """The items behind one figure. Who did them is not among the columns."""
    user = staff(request)
    today = timezone.localdate()
    asked = read_selection(request.GET.dict(), today, user)
    figure = request.GET.get("figure", "")
    rows = behind(asked, figure, today).prefetch_related(*RELATED)
    page = ListPage(
        request,
        rows.order_by("-opened_at", "-pk"),
        columns=[
            Column("number", pgettext("work", "Number"), link=lambda row: cells.item_url(row.number)),
            Column("title", _("Title"), cell=cells.title, value="title"),
            Column("state", _("State"), value=item_state_name, cell=cells.state),
            Column("priority", _("Priority"), sort="priority", cell=cells.priority),
            Column("service", _("Service"), value="service.name"),
            Column("team", _("Team"), value="team.name"),
            Column("opened_at", pgettext("work", "Opened"), sort="-opened_at", cell=cells.instant),
            Column("solved_at", _("Solved"), sort="-solved_at", cell=cells.instant),
        ],
        search_fields=("title", "number"),
        name="items",
        label=_("Items"),
        nothing_yet=_("Nothing here"),
    )
    context = {
        "title": figure_titles()[figure],
        "span": tables.span_text(asked.since, asked.until),
        "parameters": asked.parameters(),
    }
    return page.response("work/statistics_items.html", context)
