"""Planned windows: listed, drawn, entered, changed, cancelled, decided about, taken over and given."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beheer.lib.errors import InputError, NotAllowed
from beheer.permissions.rules import allowed, allowed_somewhere, require_somewhere
from beheer.service_levels.actions.window_files import Imported, import_windows
from beheer.service_levels.actions.windows import cancel_window, change_window, decide_window, plan_window
from beheer.service_levels.forms.deviations import DecisionForm, WindowForm, WindowImportForm
from beheer.service_levels.models import PlannedWindow, State
from beheer.service_levels.queries.effects import effect_of_window, sealed_reports
from beheer.service_levels.queries.windows import (
    DAYS_SHOWN,
    changed_of,
    coming,
    exported,
    months_from,
    series_with,
    windows_listed,
    windows_with,
)
from beheer.service_levels.views.gate import actor_of, staff
from beheer.ui.forms import add_problems
from beheer.ui.lists import Choice, Column, ListPage

CELLS = "service_levels/cells/"
MOST_NAMED = 10


@staff
def window_list(request: HttpRequest) -> HttpResponseBase:
    """All windows, the newest first."""
    now = timezone.now()
    page = ListPage(
        request,
        windows_listed(),
        columns=[
            Column(
                "reason",
                gettext_lazy("What is done"),
                sort="reason",
                link=lambda row: reverse("service_levels:window", args=[row.pk]),
            ),
            Column(
                "services",
                gettext_lazy("Services"),
                lambda row: ", ".join(s.name for s in row.services.all()),
            ),
            Column("starts_at", gettext_lazy("Starts"), sort="-starts_at"),
            Column("ends_at", gettext_lazy("Ends"), sort="ends_at"),
            Column("recurrence", gettext_lazy("Recurs"), cell=f"{CELLS}recurrence.html"),
            Column("announced_at", gettext_lazy("Announced"), sort="announced_at", is_shown=False),
            Column(
                "state", gettext_lazy("State"), "get_state_display", sort="state", cell=f"{CELLS}state.html"
            ),
        ],
        filters=[
            Choice("state", gettext_lazy("State"), State.choices),
            Choice(
                "when",
                gettext_lazy("When"),
                [("coming", gettext_lazy("running or still to come")), ("past", gettext_lazy("past"))],
                queries={
                    "coming": Q(ends_at__gt=now) | ~Q(recurrence=""),
                    "past": Q(ends_at__lte=now, recurrence=""),
                },
            ),
        ],
        search=windows_with,
        name="windows",
        label=_("Planned windows"),
        nothing_yet=_("No windows yet"),
        nothing_yet_hint=_("Plan maintenance before it starts, and it counts as the norms say."),
        action_url=reverse("service_levels:window_new"),
        action_text=_("Plan a window"),
    )
    may_plan = allowed_somewhere(actor_of(request), "service_levels.plan_window")
    return page.response("service_levels/window_list.html", {"may_plan": may_plan})


@staff
def window_calendar(request: HttpRequest) -> HttpResponseBase:
    """The windows of six weeks, a day a line."""
    first, days = months_from(request.GET.get("from", ""), timezone.localdate())
    context = {
        "days": days,
        "today": timezone.localdate(),
        "earlier": first - timedelta(days=DAYS_SHOWN),
        "later": first + timedelta(days=DAYS_SHOWN),
    }
    return render(request, "service_levels/window_calendar.html", context)


@staff
def window(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One window: when, for what, what it changes, and who decided."""
    found = get_object_or_404(PlannedWindow.objects.prefetch_related("services", "notified"), pk=pk)
    now, actor = timezone.now(), actor_of(request)
    services = list(found.services.all())
    waits = found.state == State.PROPOSED
    may_decide = waits and (found.is_simulated or found.author_id != actor.pk)
    may_decide = may_decide and all(
        allowed(actor, "service_levels.approve_correction", team_id=one.team_id, service_id=one.pk)
        for one in services
    )
    context = {
        "window": found,
        "services": services,
        "coming": coming(found, now),
        "left_out": changed_of(found),
        "series": series_with(found),
        "effects": effect_of_window(found, now) if waits else [],
        "sealed": sealed_reports(services, found.starts_at, found.ends_at) if waits else [],
        "may_decide": may_decide,
        "may_plan": found.ended_at is None and allowed_somewhere(actor, "service_levels.plan_window"),
        "form": DecisionForm(),
    }
    return render(request, "service_levels/window.html", context)


@staff
def window_new(request: HttpRequest) -> HttpResponseBase:
    """Plan a window."""
    return _window_form(request, None)


@staff
def window_edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Let another window take the place of this one."""
    return _window_form(request, get_object_or_404(PlannedWindow, pk=pk))


def _window_form(request: HttpRequest, found: PlannedWindow | None) -> HttpResponseBase:
    require_somewhere(actor_of(request), "service_levels.plan_window")
    form = WindowForm(request.POST or None, window=found)
    if request.method == "POST" and form.is_valid():
        actor, now = actor_of(request), timezone.now()
        try:
            if found is None:
                saved = plan_window(actor=actor, draft=form.draft(), now=now)
            else:
                saved = change_window(actor=actor, window=found, draft=form.draft(), now=now)
        except InputError as error:
            add_problems(form, error)
        except NotAllowed:
            form.add_error("services", _("Your role does not reach all of these. Choose those of your team."))
        else:
            late = _("It began already: it counts once a second person approved it.")
            messages.success(request, late if saved.state == State.PROPOSED else _("Planned."))
            return redirect("service_levels:window", pk=saved.pk)
    return render(request, "service_levels/window_form.html", {"form": form, "window": found})


@staff
def window_cancel(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Let a window not happen."""
    found = get_object_or_404(PlannedWindow, pk=pk)
    if request.method == "POST":
        cancel_window(actor=actor_of(request), window=found, now=timezone.now())
        messages.success(request, _("Cancelled."))
    return redirect("service_levels:window", pk=pk)


@staff
def window_decide(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Approve or refuse a window that was entered after it began."""
    found = get_object_or_404(PlannedWindow, pk=pk)
    if request.method == "POST":
        is_approved = "approve" in request.POST
        decide_window(
            actor=actor_of(request),
            window=found,
            approve=is_approved,
            decision=request.POST.get("decision", ""),
            now=timezone.now(),
        )
        messages.success(request, _("Approved.") if is_approved else _("Refused."))
    return redirect("service_levels:window", pk=pk)


@staff
def window_import(request: HttpRequest) -> HttpResponseBase:
    """Take windows over from an iCalendar file."""
    form = WindowImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            done = import_windows(
                actor=actor_of(request),
                data=file.read(),
                services=list(form.cleaned_data["services"]),
                timezone=form.cleaned_data["timezone"],
                now=timezone.now(),
                name=file.name,
            )
        except InputError as error:
            add_problems(form, error)
        except NotAllowed:
            form.add_error("file", _("Your role does not reach all of these. Choose those of your team."))
        else:
            _tell(request, done)
            return redirect("service_levels:window_list")
    return render(request, "service_levels/window_import.html", {"form": form})


def _tell(request: HttpRequest, done: Imported) -> None:
    """What a file did, and what of it was left as it is."""
    if not (done.added or done.changed or done.cancelled or done.passed_over):
        messages.info(request, _("The file says what is here already; nothing changed."))
        return
    counts = {"added": done.added, "changed": done.changed, "cancelled": done.cancelled}
    messages.success(
        request, _("Windows added: %(added)s, changed: %(changed)s, cancelled: %(cancelled)s.") % counts
    )
    if done.passed_over:
        names = ", ".join(done.passed_over[:MOST_NAMED]) + (
            " …" if len(done.passed_over) > MOST_NAMED else ""
        )
        text = _(
            "Not taken over, because tentative, older than what is here, cancelled, or of work: %(names)s."
        )
        messages.warning(request, text % {"names": names})


@staff
def window_export(request: HttpRequest) -> HttpResponseBase:
    """All windows that hold, as iCalendar."""
    answer = HttpResponse(exported(timezone.now()), content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="windows.ics"'
    return answer
