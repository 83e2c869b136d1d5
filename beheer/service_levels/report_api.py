"""Sealed reports and findings in the API."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import AwareDatetime

from beheer.lib.errors import NotFound
from beheer.people.sign_in import person
from beheer.permissions.rules import require
from beheer.service_levels.actions.reports import MeasureDraft, seal_report, verify_report, write_finding
from beheer.service_levels.models import Report
from beheer.service_levels.queries.standings import agreement_by_key
from beheer.service_levels.views.reports import KINDS, document

router = Router(tags=["service levels"])
SEE = "service_levels.see"
MOST = 1000


class SealIn(Schema):
    """Any instant in the period that is to be sealed."""

    within: AwareDatetime


class MeasureIn(Schema):
    """A measure that a finding starts."""

    text: str
    work_item: str = ""


class FindingIn(Schema):
    """A finding or conclusion about a period of an agreement."""

    within: AwareDatetime
    kind: str = "finding"
    text: str
    measures: list[MeasureIn] = []


def _report(row: Report) -> dict[str, Any]:
    return {
        "id": row.pk,
        "agreement": row.agreement.key,
        "from": row.starts_at,
        "until": row.ends_at,
        "version": row.version,
        "cut_off": row.cut_off,
        "sealed_at": row.sealed_at,
        "sha256": row.sha256,
        "differences": row.differences,
    }


def _report_by_id(pk: int) -> Report:
    found = Report.objects.select_related("agreement").filter(pk=pk).first()
    if found is None:
        raise NotFound(f"There is no report {pk}.")
    return found


@router.get("/reports", summary="List sealed reports")
def list_reports(request: HttpRequest, agreement: str = "") -> list[dict[str, Any]]:
    """The newest first, at most a thousand."""
    require(person(request), SEE)
    rows = (
        Report.objects.select_related("agreement").defer("content").order_by("-starts_at", "-version", "-pk")
    )
    return [_report(row) for row in (rows.filter(agreement__key=agreement) if agreement else rows)[:MOST]]


@router.get("/reports/{int:pk}", summary="Show a sealed report")
def get_report(request: HttpRequest, pk: int) -> dict[str, Any]:
    """With its whole content. The exact bytes that were sealed are those of `/reports/{id}/file/json`."""
    require(person(request), SEE)
    row = _report_by_id(pk)
    return {**_report(row), "content": json.loads(row.content)}


@router.get("/reports/{int:pk}/file/{kind}", summary="A sealed report as a file")
def get_report_file(request: HttpRequest, pk: int, kind: str, language: str = "en") -> HttpResponse:
    """`kind` is pdf, xlsx, csv or json."""
    require(person(request), SEE)
    if kind not in KINDS:
        raise NotFound(f"A report comes as {', '.join(KINDS)}.")
    return HttpResponse(document(_report_by_id(pk), kind, language), content_type=KINDS[kind])


@router.get("/reports/{int:pk}/verification", summary="Verify a sealed report")
def verify(request: HttpRequest, pk: int) -> dict[str, Any]:
    """Compare its bytes with its hash, and with what computing it again gives."""
    require(person(request), SEE)
    found = verify_report(_report_by_id(pk))
    return {
        "sha256": found.sha256,
        "is_intact": found.is_intact,
        "is_same": found.is_same,
        "differs": list(found.differs),
    }


@router.post("/agreements/{key}/reports", summary="Seal a report")
def post_report(request: HttpRequest, key: str, body: SealIn) -> dict[str, Any]:
    """Over the period in which `within` lies; refused (409) while it runs."""
    actor = person(request)
    return _report(
        seal_report(actor=actor, agreement=agreement_by_key(key), starts_at=body.within, now=timezone.now())
    )


@router.post("/agreements/{key}/findings", response={201: dict[str, Any]}, summary="Write a finding")
def post_finding(request: HttpRequest, key: str, body: FindingIn) -> Status[dict[str, Any]]:
    """A finding or conclusion about the report period in which `within` lies."""
    finding = write_finding(
        actor=person(request),
        agreement=agreement_by_key(key),
        starts_at=body.within,
        kind=body.kind,
        text=body.text,
        measures=[MeasureDraft(one.text, work_item=one.work_item) for one in body.measures],
        now=timezone.now(),
    )
    found = {"id": finding.pk, "from": finding.starts_at, "kind": finding.kind, "text": finding.text}
    return Status(201, found)
