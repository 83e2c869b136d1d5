"""Calendars: the week drawn, versions, holidays of the year, and their texts."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beheer.lib.errors import InputError
from beheer.permissions.rules import allowed
from beheer.service_levels.actions.calendars import add_calendar_version, save_calendar
from beheer.service_levels.forms.deviations import CalendarForm, VersionForm
from beheer.service_levels.models import Calendar
from beheer.service_levels.queries.calendars import calendar_facts
from beheer.service_levels.views.gate import actor_of, staff
from beheer.ui.forms import add_problems
from beheer.ui.lists import Column, ListPage

RIGHT = "service_levels.change_agreement"


@staff
def calendar_list(request: HttpRequest) -> HttpResponseBase:
    """All calendars."""
    page = ListPage(
        request,
        Calendar.objects.order_by("name"),
        columns=[
            Column(
                "name",
                gettext_lazy("Calendar"),
                sort="name",
                link=lambda row: reverse("service_levels:calendar", args=[row.key]),
            ),
            Column("key", gettext_lazy("Key"), sort="key"),
            Column(
                "agreements", gettext_lazy("Agreements"), lambda row: row.agreements.count(), numeric=True
            ),
        ],
        search_fields=("name", "key"),
        name="calendars",
        label=_("Calendars"),
        nothing_yet=_("No calendars yet"),
        nothing_yet_hint=_("A calendar says in which hours services are due."),
        action_url=reverse("service_levels:calendar_new"),
        action_text=_("New calendar"),
    )
    return page.response(
        "service_levels/calendar_list.html", {"may_change": allowed(actor_of(request), RIGHT)}
    )


@staff
def calendar(request: HttpRequest, key: str) -> HttpResponseBase:
    """One calendar: its week now, its versions, its holidays this year and next, and every text it has had."""
    found = get_object_or_404(Calendar, key=key)
    context = {
        "calendar": found,
        "facts": calendar_facts(found, timezone.now()),
        "revisions": found.revisions.select_related("author").order_by("-number"),
        "agreements": found.agreements.order_by("name"),
        "may_change": allowed(actor_of(request), RIGHT),
    }
    return render(request, "service_levels/calendar.html", context)


@staff
def calendar_new(request: HttpRequest) -> HttpResponseBase:
    """Make a calendar."""
    return _calendar_form(request, None)


@staff
def calendar_edit(request: HttpRequest, key: str) -> HttpResponseBase:
    """Change a calendar's text; time past keeps what it was."""
    return _calendar_form(request, get_object_or_404(Calendar, key=key))


def _calendar_form(request: HttpRequest, found: Calendar | None) -> HttpResponseBase:
    form = CalendarForm(request.POST or None, calendar=found)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            saved = save_calendar(
                actor=actor_of(request),
                key=values["key"],
                name=values["name"],
                source=values["source"].replace("\r\n", "\n"),
                reason=values["reason"],
                now=timezone.now(),
            )
        except InputError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("service_levels:calendar", key=saved.key)
    return render(request, "service_levels/calendar_form.html", {"form": form, "calendar": found})


@staff
def calendar_version(request: HttpRequest, key: str) -> HttpResponseBase:
    """Let other weekly hours hold from a day on."""
    found = get_object_or_404(Calendar, key=key)
    form = VersionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_calendar_version(
                actor=actor_of(request), calendar=found, now=timezone.now(), **form.cleaned_data
            )
        except InputError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("service_levels:calendar", key=key)
    return render(request, "service_levels/calendar_version.html", {"form": form, "calendar": found})
