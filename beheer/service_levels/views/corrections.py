"""Corrections: proposed, with their effect shown, approved by another person, refused, withdrawn."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beheer.catalogue.models import Service
from beheer.lib.errors import InputError, NotAllowed
from beheer.permissions.rules import allowed, allowed_somewhere, require_somewhere
from beheer.service_levels.actions.corrections import (
    approve_correction,
    may_decide,
    propose_correction,
    refuse_correction,
    withdraw_correction,
)
from beheer.service_levels.forms.deviations import CorrectionForm, DecisionForm
from beheer.service_levels.models import Correction, Makes, State
from beheer.service_levels.queries.effects import effect_of_correction, sealed_reports
from beheer.service_levels.views.gate import actor_of, staff
from beheer.ui.forms import add_problems
from beheer.ui.lists import Choice, Column, ListPage

CELLS = "service_levels/cells/"


@staff
def correction_list(request: HttpRequest) -> HttpResponseBase:
    """All corrections, the newest first."""
    page = ListPage(
        request,
        Correction.objects.select_related("service", "author", "decided_by").order_by("-recorded_at", "-pk"),
        columns=[
            Column(
                "service",
                gettext_lazy("Service"),
                "service.name",
                sort="service__name",
                link=lambda row: reverse("service_levels:correction", args=[row.pk]),
            ),
            Column("starts_at", gettext_lazy("From"), sort="-starts_at"),
            Column("ends_at", gettext_lazy("Until"), sort="ends_at"),
            Column("makes", gettext_lazy("Counts as"), "get_makes_display", sort="makes"),
            Column("reason", gettext_lazy("Reason")),
            Column("author", gettext_lazy("Author"), "author"),
            Column(
                "state", gettext_lazy("State"), "get_state_display", sort="state", cell=f"{CELLS}state.html"
            ),
        ],
        filters=[
            Choice("state", gettext_lazy("State"), State.choices),
            Choice("makes", gettext_lazy("Counts as"), Makes.choices),
        ],
        search_fields=("service__name", "reason"),
        name="corrections",
        label=_("Corrections"),
        nothing_yet=_("No corrections yet"),
        nothing_yet_hint=_(
            "Nobody edits what was measured. A correction says what counts otherwise, and why."
        ),
        action_url=reverse("service_levels:correction_new"),
        action_text=_("Propose a correction"),
    )
    may_propose = allowed_somewhere(actor_of(request), "service_levels.propose_correction")
    return page.response("service_levels/correction_list.html", {"may_propose": may_propose})


@staff
def correction_new(request: HttpRequest) -> HttpResponseBase:
    """Propose a correction; the address may fill in service and time."""
    require_somewhere(actor_of(request), "service_levels.propose_correction")
    form = CorrectionForm(request.POST or None, initial=_given(request))
    if request.method == "POST" and form.is_valid():
        try:
            saved = propose_correction(actor=actor_of(request), now=timezone.now(), **form.cleaned_data)
        except InputError as error:
            add_problems(form, error)
        except NotAllowed:
            form.add_error("service", _("Your role does not reach this service. Choose one of your team."))
        else:
            messages.success(request, _("Proposed. It counts once a second person approved it."))
            return redirect("service_levels:correction", pk=saved.pk)
    return render(request, "service_levels/correction_form.html", {"form": form})


def _given(request: HttpRequest) -> dict[str, object]:
    """What the address says already: a link from a stretch brings service and time."""
    service = Service.objects.filter(key=request.GET.get("service", "")).first()
    found: dict[str, object] = {"service": service} if service else {}
    for field, name in (("starts_at", "from"), ("ends_at", "until")):
        try:
            value = parse_datetime(request.GET.get(name, ""))
        except ValueError:
            value = None
        if value is not None:
            found[field] = value
    return found


@staff
def correction(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One correction: what it says, what it changes, and who decided."""
    found = get_object_or_404(Correction.objects.select_related("service", "author", "decided_by"), pk=pk)
    return _page(request, found, DecisionForm())


def _page(request: HttpRequest, found: Correction, form: DecisionForm) -> HttpResponseBase:
    actor = actor_of(request)
    is_open = found.state == State.PROPOSED
    is_own = is_open and found.author_id == actor.pk
    service = found.service
    may_approve = allowed(
        actor, "service_levels.approve_correction", team_id=service.team_id, service_id=service.pk
    )
    may_withdraw = is_own or (may_approve and found.state in (State.PROPOSED, State.APPROVED))
    context = {
        "correction": found,
        "effects": effect_of_correction(found, timezone.now()) if is_open else [],
        "sealed": sealed_reports([service], found.starts_at, found.ends_at),
        "may_decide": is_open and may_decide(actor, found),
        "may_withdraw": may_withdraw,
        "is_own": is_own,
        "form": form,
    }
    return render(request, "service_levels/correction.html", context)


@staff
def correction_decide(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Approve, refuse or withdraw."""
    found = get_object_or_404(Correction, pk=pk)
    form = DecisionForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return redirect("service_levels:correction", pk=pk)
    actor, now, decision = actor_of(request), timezone.now(), form.cleaned_data["decision"]
    try:
        if "approve" in request.POST:
            approve_correction(actor=actor, correction=found, decision=decision, now=now)
            messages.success(request, _("Approved. Figures and reports follow within a minute."))
        elif "withdraw" in request.POST:
            withdraw_correction(actor=actor, correction=found, now=now)
            messages.success(request, _("Withdrawn."))
        else:
            refuse_correction(actor=actor, correction=found, decision=decision, now=now)
            messages.success(request, _("Refused."))
    except InputError as error:
        add_problems(form, error)
        return _page(request, found, form)
    return redirect("service_levels:correction", pk=pk)
