"""Sealed reports: listed, read, taken along as files, verified; findings written for them."""

from __future__ import annotations

import json
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from beheer.lib.errors import Conflict, InputError, NotFound, Problem
from beheer.service_levels.actions.reports import seal_report, verify_report
from beheer.service_levels.forms.reports import FindingForm
from beheer.service_levels.models import Report
from beheer.service_levels.queries.standings import agreement_by_key
from beheer.service_levels.report_differences import difference_rows
from beheer.service_levels.report_documents import as_csv, as_pdf, as_xlsx, presented
from beheer.service_levels.views.findings import finding_context, wrote
from beheer.service_levels.views.gate import actor_of, staff
from beheer.service_levels.views.overview import customer_choices
from beheer.ui.lists import Choice, Column, ListPage
from beheer.ui.sentences import problems_told

KINDS = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}


@staff
def report_list(request: HttpRequest) -> HttpResponseBase:
    """All sealed reports, the newest first."""
    page = ListPage(
        request,
        Report.objects.select_related("agreement__customer")
        .defer("content")
        .order_by("-starts_at", "-version", "-pk"),
        columns=[
            Column(
                "agreement",
                gettext_lazy("Agreement"),
                "agreement.name",
                sort="agreement__name",
                link=lambda row: reverse("service_levels:report", args=[row.pk]),
            ),
            Column("customer", gettext_lazy("Customer"), "agreement.customer.name"),
            Column("starts_at", gettext_lazy("From"), sort="-starts_at"),
            Column("ends_at", gettext_lazy("Until"), sort="-ends_at"),
            Column("version", gettext_lazy("Version"), sort="-version", numeric=True),
            Column("sealed_at", gettext_lazy("Sealed"), sort="-sealed_at"),
        ],
        filters=[Choice("customer", gettext_lazy("Customer"), customer_choices, "agreement__customer__key")],
        search_fields=("agreement__name", "sha256"),
        name="reports",
        label=_("Reports"),
        nothing_yet=_("No reports yet"),
        nothing_yet_hint=_("A report is sealed when its period and the agreed delay are over."),
    )
    return page.response("service_levels/report_list.html")


@staff
def report(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One sealed report; a POST writes a finding about its period."""
    found = get_object_or_404(Report.objects.select_related("agreement__customer"), pk=pk)
    form = FindingForm(request.POST or None)
    if request.method == "POST":
        done = wrote(request, found.agreement, found.starts_at, form)
        if done is not None:
            return done
    return _page(request, found, form)


def _page(request: HttpRequest, found: Report, form: FindingForm) -> HttpResponseBase:
    content = json.loads(found.content)
    versions = Report.objects.filter(
        agreement=found.agreement, starts_at=found.starts_at, ends_at=found.ends_at
    )
    versions = versions.defer("content").order_by("-version")
    newest = versions.first()
    with timezone.override(ZoneInfo(content["agreement"]["timezone"])):
        context = {
            **presented(found, content),
            "kinds": list(KINDS),
            "versions": versions,
            "newer": newest if newest is not None and newest.version > found.version else None,
            "differences": difference_rows(found.differences, content),
            "deliveries": found.deliveries.all(),
            "verification": verify_report(found) if request.GET.get("verify") else None,
            **finding_context(request, found.agreement, found.starts_at, form),
        }
        return render(request, "service_levels/report.html", context)


@staff
def report_file(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """A sealed report as a file; in the page's language where it has one."""
    found = get_object_or_404(Report.objects.select_related("agreement"), pk=pk)
    if kind not in KINDS:
        raise NotFound(_("A report comes as: %(kinds)s.") % {"kinds": ", ".join(KINDS)})
    language = request.GET.get("language") or get_language() or "en"
    answer = HttpResponse(document(found, kind, language), content_type=KINDS[kind])
    name = f"{found.agreement.key}-{found.starts_at:%Y-%m-%d}-v{found.version}.{kind}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def document(found: Report, kind: str, language: str) -> bytes:
    """A report as a file of one of KINDS."""
    content = json.loads(found.content)
    if kind == "pdf":
        return as_pdf(found, content, language)
    if kind == "xlsx":
        return as_xlsx(content, language)
    return as_csv(content) if kind == "csv" else found.content.encode("utf-8")


@staff
def report_seal(request: HttpRequest, key: str) -> HttpResponseBase:
    """Seal the report of an agreement over the period with a given day in it."""
    agreement = agreement_by_key(key)
    if request.method != "POST":
        return redirect("service_levels:agreement", key=key)
    text = request.POST.get("day", "")
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        remedy = _("Write year, month and day, such as 2026-10-01.")
        raise InputError(Problem(_("“%(text)s” is no day.") % {"text": text}, "day", remedy))
    moment = datetime.combine(day, time(12), ZoneInfo(agreement.timezone))
    try:
        sealed = seal_report(
            actor=actor_of(request), agreement=agreement, starts_at=moment, now=timezone.now()
        )
    except Conflict as error:
        messages.error(request, problems_told(error)[0])
        return redirect("service_levels:agreement", key=key)
    messages.success(request, _("Sealed."))
    return redirect("service_levels:report", pk=sealed.pk)
