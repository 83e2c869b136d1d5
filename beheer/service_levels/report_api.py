"""Sealed reports and findings in the API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import AwareDatetime

from beheer.lib.errors import InputError, NotFound, Problem
from beheer.lib.intervals import from_us
from beheer.people.models import User
from beheer.people.sign_in import person
from beheer.permissions.rules import require_somewhere
from beheer.service_levels.actions.findings import (
    MeasureDraft,
    add_measure,
    start_measure,
    withdraw_finding,
    write_finding,
)
from beheer.service_levels.actions.reports import report_period, seal_report, verify_report
from beheer.service_levels.models import Finding, Report
from beheer.service_levels.queries.findings import MeasureNow, findings_now, measures_now
from beheer.service_levels.queries.standings import agreement_by_key
from beheer.service_levels.views.reports import KINDS, document

router = Router(tags=["service levels"])
SEE = "service_levels.see"
MOST = 1000


class SealIn(Schema):
    """Any instant in the period that is to be sealed."""

    within: AwareDatetime


class MeasureIn(Schema):
    """A measure that a finding starts: in words, or by the number of a work item that is there."""

    text: str = ""
    work_item: str = ""
    owner: str = ""
    due_on: date | None = None


class StartIn(Schema):
    """A measure that becomes work. `values`: fields of the item; the finding fills in what is not said."""

    kind: str = "improvement"
    values: dict[str, Any] = {}
    due_on: date | None = None


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
    require_somewhere(person(request), SEE)
    rows = (
        Report.objects.select_related("agreement").defer("content").order_by("-starts_at", "-version", "-pk")
    )
    return [_report(row) for row in (rows.filter(agreement__key=agreement) if agreement else rows)[:MOST]]


@router.get("/reports/{int:pk}", summary="Show a sealed report")
def get_report(request: HttpRequest, pk: int) -> dict[str, Any]:
    """With its whole content. The exact bytes that were sealed are those of `/reports/{id}/file/json`."""
    require_somewhere(person(request), SEE)
    row = _report_by_id(pk)
    return {**_report(row), "content": json.loads(row.content)}


@router.get("/reports/{int:pk}/file/{kind}", summary="A sealed report as a file")
def get_report_file(request: HttpRequest, pk: int, kind: str, language: str = "en") -> HttpResponse:
    """`kind` is pdf, xlsx, csv or json."""
    require_somewhere(person(request), SEE)
    if kind not in KINDS:
        raise NotFound(f"A report comes as {', '.join(KINDS)}.")
    return HttpResponse(document(_report_by_id(pk), kind, language), content_type=KINDS[kind])


@router.get("/reports/{int:pk}/verification", summary="Verify a sealed report")
def verify(request: HttpRequest, pk: int) -> dict[str, Any]:
    """Compare its bytes with its hash, and with what computing it again gives."""
    require_somewhere(person(request), SEE)
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


@router.get("/agreements/{key}/findings", summary="List findings about a period")
def list_findings(request: HttpRequest, key: str, within: AwareDatetime) -> list[dict[str, Any]]:
    """Those about the report period in which `within` lies, with their measures and how their work stands now."""
    require_somewhere(person(request), SEE)
    agreement = agreement_by_key(key)
    start, _end = report_period(agreement, within)
    return [_finding(one.finding, one.measures) for one in findings_now(agreement, from_us(start))]


@router.post("/agreements/{key}/findings", response={201: dict[str, Any]}, summary="Write a finding")
def post_finding(request: HttpRequest, key: str, body: FindingIn) -> Status[dict[str, Any]]:
    """A finding or conclusion about the report period in which `within` lies."""
    finding = write_finding(
        actor=person(request),
        agreement=agreement_by_key(key),
        starts_at=body.within,
        kind=body.kind,
        text=body.text,
        measures=[_draft(one) for one in body.measures],
        now=timezone.now(),
    )
    return Status(201, _finding(finding, measures_now([finding])[finding.pk]))


@router.delete("/findings/{int:pk}", response={204: None}, summary="Withdraw a finding")
def delete_finding(request: HttpRequest, pk: int) -> Status[None]:
    """Reports that hold it keep it; the next version does not have it."""
    withdraw_finding(actor=person(request), finding=_finding_by_id(pk), now=timezone.now())
    return Status(204, None)


@router.post("/findings/{int:pk}/measures", response={201: dict[str, Any]}, summary="Add a measure")
def post_measure(request: HttpRequest, pk: int, body: MeasureIn) -> Status[dict[str, Any]]:
    """In words, or by the number of a work item that is there."""
    finding = _finding_by_id(pk)
    add_measure(actor=person(request), finding=finding, draft=_draft(body), now=timezone.now())
    return Status(201, _finding(finding, measures_now([finding])[finding.pk]))


@router.post("/findings/{int:pk}/start", response={201: dict[str, Any]}, summary="Start a measure as work")
def post_start(request: HttpRequest, pk: int, body: StartIn) -> Status[dict[str, Any]]:
    """Opens a work item, filled in from the finding, and refers to it as the finding's measure."""
    finding = _finding_by_id(pk)
    start_measure(
        actor=person(request),
        finding=finding,
        kind=body.kind,
        values=body.values,
        due_on=body.due_on,
        now=timezone.now(),
    )
    return Status(201, _finding(finding, measures_now([finding])[finding.pk]))


def _draft(body: MeasureIn) -> MeasureDraft:
    owner = User.objects.filter(username=body.owner).first() if body.owner else None
    if body.owner and owner is None:
        raise InputError(
            Problem(
                f"There is no account '{body.owner}'.", "owner", "Give the user name of one that is there."
            )
        )
    return MeasureDraft(body.text, owner, body.due_on, body.work_item)


def _finding_by_id(pk: int) -> Finding:
    found = Finding.objects.select_related("agreement__customer").filter(pk=pk).first()
    if found is None:
        raise NotFound(f"There is no finding {pk}.")
    return found


def _finding(row: Finding, measures: Sequence[MeasureNow]) -> dict[str, Any]:
    return {
        "id": row.pk,
        "from": row.starts_at,
        "kind": row.kind,
        "text": row.text,
        "author": row.author.username if row.author else None,
        "measures": [_measure(one) for one in measures],
    }


def _measure(one: MeasureNow) -> dict[str, Any]:
    row, item = one.measure, one.item
    owner = row.owner or (item.assignee if item is not None else None)
    return {
        "text": row.text,
        "owner": owner.username if owner else None,
        "due_on": row.due_on,
        "work_item": row.work_item or None,
        "state": item.state if item is not None else None,
        "phase": item.phase if item is not None else None,
    }
