"""A report before it is sealed; findings about its period, and the measures that they start."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.html import format_html
from django.utils.translation import gettext as _

from beheer.lib.errors import InputError, Problem
from beheer.lib.intervals import from_us, to_us
from beheer.service_levels.actions.findings import (
    add_measure,
    start_measure,
    withdraw_finding,
    write_finding,
)
from beheer.service_levels.actions.reports import report_period
from beheer.service_levels.authority import may_for_all, may_for_some
from beheer.service_levels.forms.reports import FindingForm, PlainMeasureForm, WorkMeasureForm
from beheer.service_levels.models import Agreement, Finding, Report
from beheer.service_levels.queries.findings import findings_now
from beheer.service_levels.queries.report_content import draft_of_report
from beheer.service_levels.queries.standings import agreement_by_key
from beheer.service_levels.report_documents import presented
from beheer.service_levels.views.gate import actor_of, staff
from beheer.ui.forms import problems_on

WRITE = "service_levels.write_findings"


@staff
def report_of(request: HttpRequest, key: str) -> HttpResponseBase:
    """The report over the period with an instant or day in it: the sealed one, else as it would be sealed now."""
    agreement = agreement_by_key(key)
    start, end = report_period(agreement, _asked(request, agreement))
    starts_at, now = from_us(start), timezone.now()
    if (sealed := newest_report(agreement, starts_at)) is not None:
        return redirect("service_levels:report", pk=sealed.pk)
    form = FindingForm(request.POST or None)
    if request.method == "POST" and (done := wrote(request, agreement, starts_at, form)) is not None:
        return done
    report = Report(
        agreement=agreement, starts_at=starts_at, ends_at=from_us(end), version=1, sealed_at=now, cut_off=now
    )
    is_over = to_us(now) >= end
    with timezone.override(ZoneInfo(agreement.timezone)):
        context = {
            **presented(report, draft_of_report(agreement, start, end, now)),
            **finding_context(request, agreement, starts_at, form),
            "is_over": is_over,
            "may_seal": is_over
            and may_for_all(actor_of(request), "service_levels.seal_report", agreement.services.all()),
            "day": starts_at.astimezone(ZoneInfo(agreement.timezone)).date().isoformat(),
            "earlier": f"{from_us(start - 1):%Y-%m-%dT%H:%M:%SZ}",
        }
        return render(request, "service_levels/report_draft.html", context)


def _asked(request: HttpRequest, agreement: Agreement) -> datetime:
    """The instant that a page is asked for: `within` an instant or a day of the agreement; neither: now."""
    text = request.GET.get("within", "")
    if not text:
        return timezone.now()
    try:
        moment, day = parse_datetime(text), parse_date(text)
    except ValueError:
        moment = day = None
    zone = ZoneInfo(agreement.timezone)
    if day is not None:
        moment = datetime.combine(day, time(12))
    if moment is None:
        remedy = _("Write year, month and day, such as 2026-10-01.")
        raise InputError(Problem(_("“%(text)s” is no day.") % {"text": text}, "within", remedy))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def newest_report(agreement: Agreement, starts_at: datetime) -> Report | None:
    """The newest version of the sealed report over the period that begins then; None where none was sealed."""
    rows = Report.objects.filter(agreement=agreement, starts_at=starts_at).defer("content")
    return rows.order_by("-version").first()


def finding_context(
    request: HttpRequest, agreement: Agreement, starts_at: datetime, form: FindingForm
) -> dict[str, Any]:
    """What the card of findings shows: those about a period with their measures as they stand now, and the form."""
    return {
        "own": findings_now(agreement, starts_at),
        "may_write": may_for_some(actor_of(request), WRITE, agreement.services.all()),
        "form": form,
    }


def wrote(
    request: HttpRequest, agreement: Agreement, starts_at: datetime, form: FindingForm
) -> HttpResponseRedirect | None:
    """Write the finding that was sent, and say where to go; None where something is wrong with it."""
    if not form.is_valid():
        return None
    values = form.cleaned_data
    with problems_on(form):
        finding = write_finding(
            actor=actor_of(request),
            agreement=agreement,
            starts_at=starts_at,
            kind=values["kind"],
            text=values["text"],
            now=timezone.now(),
        )
        messages.success(request, _("Written down."))
        if values["starts_measure"]:
            return redirect("service_levels:measure_new", pk=finding.pk)
        return redirect(report_url(finding))
    return None


def report_url(finding: Finding) -> str:
    """Where the report about a finding's period is read: the newest that was sealed, or as it would be sealed now."""
    page = reverse("service_levels:report_of", args=[finding.agreement.key])
    return f"{page}?within={finding.starts_at:%Y-%m-%dT%H:%M:%SZ}"


@staff
def measure_new(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Start a measure for a finding: open a work item for it, or refer to one; two forms, of which one is sent."""
    finding = get_object_or_404(Finding.objects.select_related("agreement__customer"), pk=pk)
    sent = request.POST.get("what", "work") if request.method == "POST" else ""
    forms: dict[str, BaseForm] = {
        "work": WorkMeasureForm(request.POST if sent == "work" else None, finding=finding),
        "plain": PlainMeasureForm(request.POST if sent == "plain" else None),
    }
    form = forms.get(sent)
    if form is not None and form.is_valid():
        with problems_on(form):
            _start(request, finding, form)
            return redirect(report_url(finding))
    context = {
        "finding": finding,
        "forms": forms,
        "back": report_url(finding),
        "what_plain": format_html('<input type="hidden" name="what" value="{}">', "plain"),
    }
    return render(request, "service_levels/measure_form.html", context)


def _start(request: HttpRequest, finding: Finding, form: BaseForm) -> None:
    actor, now = actor_of(request), timezone.now()
    if isinstance(form, PlainMeasureForm):
        add_measure(actor=actor, finding=finding, draft=form.draft(), now=now)
        messages.success(request, _("Written down."))
        return
    assert isinstance(form, WorkMeasureForm)
    measure = start_measure(
        actor=actor,
        finding=finding,
        kind=form.cleaned_data["kind"],
        values=form.values(),
        due_on=form.cleaned_data["due_on"],
        now=now,
    )
    messages.success(request, _("%(number)s is open for this measure.") % {"number": measure.work_item})


@staff
def finding_withdraw(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take a finding back."""
    finding = get_object_or_404(Finding.objects.select_related("agreement"), pk=pk)
    if request.method == "POST":
        withdraw_finding(actor=actor_of(request), finding=finding, now=timezone.now())
        messages.success(request, _("Withdrawn."))
    return redirect(report_url(finding))
