"""One agreement with its norms; how a service and a customer stand."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from beheer.catalogue.models import Customer, Service
from beheer.lib.errors import InputError, NotAllowed
from beheer.permissions.rules import require_somewhere
from beheer.service_levels.actions.agreements import retire_norm, save_agreement, save_norm
from beheer.service_levels.authority import may_for_all
from beheer.service_levels.forms.agreements import AgreementForm, NormForm
from beheer.service_levels.models import Agreement, Norm, Report
from beheer.service_levels.queries.standings import (
    agreement_by_key,
    agreements_of,
    lines_of,
    lines_of_service,
    norm_by_key,
    worst_verdict,
)
from beheer.service_levels.queries.work_targets import target_lines
from beheer.service_levels.report_documents import period_title
from beheer.service_levels.views.budgets import budgets_drawn
from beheer.service_levels.views.gate import actor_of, staff
from beheer.ui.forms import add_problems

RIGHT = "service_levels.change_agreement"
MOST_SHOWN = 60


@staff
def agreement(request: HttpRequest, key: str) -> HttpResponseBase:
    """One agreement: what is in it, how each norm stands, and its reports."""
    found = agreement_by_key(key)
    norms = list(found.norms.filter(retired_on=None).select_related("agreement"))
    lines = lines_of(norms)
    actor, services = actor_of(request), list(found.services.order_by("name"))
    context = {
        "agreement": found,
        "services": services[:MOST_SHOWN],
        "more_services": max(0, len(services) - MOST_SHOWN),
        "lines": lines,
        "work_targets": target_lines(found),
        "worst": worst_verdict(lines),
        "budgets": budgets_drawn(lines, timezone.now()),
        "retired": found.norms.exclude(retired_on=None),
        "reports": [(row, period_title(row, ZoneInfo(found.timezone))) for row in _newest_reports(found)],
        "may_change": may_for_all(actor, RIGHT, services),
        "may_seal": may_for_all(actor, "service_levels.seal_report", services),
    }
    return render(request, "service_levels/agreement.html", context)


def _newest_reports(agreement: Agreement) -> QuerySet[Report]:
    """The newest reports of an agreement, without their content."""
    rows = Report.objects.filter(agreement=agreement).select_related("agreement").defer("content")
    return rows.order_by("-starts_at", "-version")[:12]


@staff
def agreement_new(request: HttpRequest) -> HttpResponseBase:
    """Make an agreement."""
    return _agreement_form(request, None)


@staff
def agreement_edit(request: HttpRequest, key: str) -> HttpResponseBase:
    """Change an agreement."""
    return _agreement_form(request, agreement_by_key(key))


def _agreement_form(request: HttpRequest, found: Agreement | None) -> HttpResponseBase:
    require_somewhere(actor_of(request), RIGHT)
    form = AgreementForm(request.POST or None, agreement=found)
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_agreement(
                actor=actor_of(request), draft=form.draft(), now=timezone.now(), agreement=found
            )
        except InputError as error:
            add_problems(form, error)
        except NotAllowed:
            form.add_error("services", _("Your role does not reach all of these. Choose those of your team."))
        else:
            messages.success(request, _("Saved."))
            return redirect("service_levels:agreement", key=saved.key)
    return render(request, "service_levels/agreement_form.html", {"form": form, "agreement": found})


@staff
def norm_new(request: HttpRequest, key: str) -> HttpResponseBase:
    """Add a norm to an agreement."""
    return _norm_form(request, agreement_by_key(key), None)


@staff
def norm_edit(request: HttpRequest, key: str, norm_key: str) -> HttpResponseBase:
    """Change a norm."""
    return _norm_form(request, agreement_by_key(key), norm_by_key(key, norm_key))


def _norm_form(request: HttpRequest, found: Agreement, norm: Norm | None) -> HttpResponseBase:
    form = NormForm(request.POST or None, agreement=found, norm=norm)
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_norm(
                actor=actor_of(request), agreement=found, draft=form.draft(), now=timezone.now(), norm=norm
            )
        except InputError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("Saved. The figures follow within a minute."))
            return redirect("service_levels:norm", key=found.key, norm_key=saved.key)
    return render(request, "service_levels/norm_form.html", {"form": form, "agreement": found, "norm": norm})


@staff
def norm_retire(request: HttpRequest, key: str, norm_key: str) -> HttpResponseBase:
    """Let a norm no longer be judged from today on."""
    norm = norm_by_key(key, norm_key)
    if request.method == "POST":
        retire_norm(actor=actor_of(request), norm=norm, on=timezone.localdate(), now=timezone.now())
        messages.success(request, _("The norm is no longer judged."))
        return redirect("service_levels:agreement", key=key)
    return render(request, "service_levels/norm_retire.html", {"norm": norm})


@staff
def service(request: HttpRequest, key: str) -> HttpResponseBase:
    """How one service stands under every norm about it: a whole page, or the part where htmx asks."""
    found = get_object_or_404(Service, key=key)
    lines = lines_of_service(found, timezone.now())
    context: dict[str, object] = {"service": found, "lines": lines, "worst": worst_verdict(lines)}
    is_part = bool(getattr(request, "htmx", False))
    if not is_part:
        context["budgets"] = budgets_drawn(lines, timezone.now(), found)
    name = "service_levels/parts/service.html" if is_part else "service_levels/service.html"
    return render(request, name, context)


@staff
def customer(request: HttpRequest, key: str) -> HttpResponseBase:
    """How everything stands that was agreed with one customer."""
    found = get_object_or_404(Customer, key=key)
    agreements = list(agreements_of(found))
    norms = Norm.objects.filter(agreement__in=agreements, retired_on=None).select_related("agreement")
    lines = lines_of(norms.order_by("key"))
    groups = [(one, [line for line in lines if line.norm.agreement_id == one.pk]) for one in agreements]
    context = {
        "customer": found,
        "groups": groups,
        "worst": worst_verdict(lines),
        "budgets": budgets_drawn(lines, timezone.now()),
    }
    return render(request, "service_levels/customer.html", context)
