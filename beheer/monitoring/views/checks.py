"""Pages of checks: the list, the whole story of one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beheer.measurements.queries import results
from beheer.monitoring.actions.checks import change_check, remove_check, shown_settings
from beheer.monitoring.actions.heartbeats import renew_address, token_of
from beheer.monitoring.graphs import graphs_of, strip_of
from beheer.monitoring.models import Check, State
from beheer.monitoring.probes import KINDS
from beheer.monitoring.queries import check_by_key, check_timeline, checks
from beheer.people.sign_in import person
from beheer.permissions.rules import allowed, allowed_somewhere, require
from beheer.ui.lists import Choice, Column, ListPage
from beheer.ui.ranges import chosen_range

NEWEST = 12


@require_safe
def check_list(request: HttpRequest) -> HttpResponseBase:
    """All checks."""
    actor = person(request)
    require(actor, "monitoring.see")
    may_add = allowed_somewhere(actor, "monitoring.change_check")
    page = ListPage(
        request,
        checks().order_by("name", "pk"),
        columns=[
            Column("state", _("State"), "state.state", sort="state__state", cell="monitoring/cells/state.html"),
            Column("name", _("Check"), sort="name", cell="monitoring/cells/check.html"),
            Column("service", _("Service"), "service.name", sort="service__name", link=_service_url),
            Column("kind", _("Kind"), _kind, sort="kind"),
            Column("message", _("Last result"), "state.last_message", cell="monitoring/cells/message.html"),
            Column("since", _("Since"), "state.since_at", "-state__since_at", "monitoring/cells/ago.html"),
            Column(
                "measured", _("Measured"), "state.last_measured_at", "-state__last_measured_at",
                "monitoring/cells/ago.html",
            ),
        ],
        filters=[
            Choice("state", _("State"), _states(), "state__state"),
            Choice("kind", _("Kind"), [(kind.key, _(kind.title)) for kind in KINDS.values()]),
            Choice("is_enabled", _("Runs"), [("true", _("yes")), ("false", _("no"))]),
        ],
        search_fields=("name", "key", "service__name"),
        name="checks",
        label=_("Checks"),
        nothing_yet=_("No checks yet"),
        nothing_yet_hint=_("A check measures one thing again and again: a page, a port, a certificate, a job."),
        action_url=reverse("monitoring:check_new") if may_add else "",
        action_text=_("New check"),
    )  # fmt: skip
    return page.response("monitoring/check_list.html", {"may_add": may_add})


def _states() -> list[tuple[str, str]]:
    return [(value, str(label)) for value, label in State.choices if value != "off"]


def _kind(check: Check) -> str:
    return _(KINDS[check.kind].title) if check.kind in KINDS else check.kind


def _service_url(check: Check) -> str:
    return reverse("catalogue:service_detail", args=[check.service.key])


@require_safe
def check_detail(request: HttpRequest, key: str) -> HttpResponse:
    """The whole story of one check: how it is, what it expects, what it measured, what changed."""
    actor = person(request)
    check = check_by_key(key)
    scope = {"team_id": check.service.team_id, "service_id": check.service_id}
    require(actor, "monitoring.see", **scope)
    now = timezone.now()
    span = chosen_range(request, now, "6h")
    changes = check_timeline(check, span.since, span.until)
    kind = KINDS.get(check.kind)
    is_live = request.headers.get("HX-Target") == "check-now"  # only that part is shown: no graphs
    graphs, steady = ([], []) if is_live else graphs_of(check, span.since, span.until)
    context = {
        "check": check,
        "kind": kind,
        "kind_title": _kind(check),
        "state": check.state,
        "range": span,
        "strip": strip_of(changes, span.since, span.until, now, _("States"), "states"),
        "graphs": graphs,
        "steady": steady,
        "outcomes": [] if is_live else results(check.pk, span.since, span.until, NEWEST),
        "changes": list(reversed([row for row in changes if row.state != row.previous_state]))[:NEWEST],
        "settings": shown_settings(check) if kind else check.settings,
        "conditions": _conditions(check),
        "address": _address(request, check),
        "may_change": allowed(actor, "monitoring.change_check", **scope),
        "here": request.get_full_path(),
    }
    return render(request, "monitoring/check_detail.html", context)


def _conditions(check: Check) -> list[tuple[str, list[str]]]:
    """Outcome → conditions, those of the kind where the check has none of its own."""
    kind = KINDS.get(check.kind)
    found = []
    for outcome in ("down", "degraded", "unknown"):
        own = check.conditions.get(outcome)
        lines = (kind.conditions.get(outcome, ()) if kind else ()) if own is None else own
        if lines:
            found.append((outcome, list(lines)))
    return found


def _address(request: HttpRequest, check: Check) -> str:
    """The address that the job of a heartbeat calls; "" for other kinds."""
    if not hasattr(check, "heartbeat"):
        return ""
    return request.build_absolute_uri(reverse("ping", args=[token_of(check.heartbeat)]))


@require_http_methods(["GET", "HEAD", "POST"])
def check_remove(request: HttpRequest, key: str) -> HttpResponse:
    """Ask whether a check must go, and let it go."""
    actor = person(request)
    check = check_by_key(key)
    if request.method == "POST":
        remove_check(actor=actor, check=check, now=timezone.now())
        messages.success(request, _("%(name)s was removed; its history stays.") % {"name": check.name})
        return redirect("monitoring:check_list")
    require(actor, "monitoring.change_check", team_id=check.service.team_id, service_id=check.service_id)
    return render(request, "monitoring/check_remove.html", {"check": check})


@require_POST
def check_switch(request: HttpRequest, key: str) -> HttpResponse:
    """Let a check run, or no longer."""
    check = check_by_key(key)
    change_check(
        actor=person(request),
        check=check,
        values={"is_enabled": not check.is_enabled},
        now=timezone.now(),
    )
    messages.success(request, _("It runs again.") if check.is_enabled else _("It does not run any more."))
    return redirect("monitoring:check_detail", key)


@require_POST
def address_renew(request: HttpRequest, key: str) -> HttpResponse:
    """Give a heartbeat a new address."""
    renew_address(actor=person(request), check=check_by_key(key), now=timezone.now())
    messages.success(request, _("The address is new; the old one does not work any more."))
    return redirect("monitoring:check_detail", key)
