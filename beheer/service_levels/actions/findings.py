"""What people find and conclude about a period, and the measures that they start: each an item of work."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from beheer.audit.actions import record
from beheer.lib.errors import Conflict, InputError, NotFound, Problem
from beheer.lib.intervals import from_us
from beheer.people.models import User
from beheer.permissions.rules import Actor
from beheer.service_levels.actions.authors import person
from beheer.service_levels.actions.reports import report_period
from beheer.service_levels.authority import require_for_some
from beheer.service_levels.models import Agreement, Finding, Measure
from beheer.service_levels.report_documents import period_name
from beheer.work.actions import create
from beheer.work.actions.links import add_article
from beheer.work.queries import item_by_number

RIGHT = "service_levels.write_findings"
OWN_NUMBER = re.compile(r"[A-Z]{1,6}-\d{4}-\d{5}", re.IGNORECASE)
"""What the numbers of work items here look like; any other text is a number of another system."""


@dataclass(frozen=True, slots=True)
class MeasureDraft:
    """A measure as somebody wants it."""

    text: str
    owner: User | None = None
    due_on: date | None = None
    work_item: str = ""


@transaction.atomic
def write_finding(
    *,
    actor: Actor,
    agreement: Agreement,
    starts_at: datetime,
    kind: str,
    text: str,
    now: datetime,
    measures: Sequence[MeasureDraft] = (),
) -> Finding:
    """Write down what was found or concluded about a period, and the measures that it starts.

    Where its report was sealed already, the worker makes a new version of it.
    Raises: NotAllowed; InputError where it says nothing, the kind is not known, or a work item is not there.
    """
    require_for_some(actor, RIGHT, agreement.services.all())
    if not text.strip():
        raise InputError(Problem("Say what was found.", "text", "A sentence or two suffice."))
    if kind not in Finding.Kind.values:
        raise InputError(
            Problem(f"'{kind}' is not known.", "kind", f"Choose {' or '.join(Finding.Kind.values)}.")
        )
    start, _end = report_period(agreement, starts_at)
    finding = Finding(
        agreement=agreement,
        starts_at=from_us(start),
        kind=kind,
        text=text,
        author=person(actor),
        recorded_at=now,
    )
    finding.full_clean()
    finding.save()
    for draft in measures:
        _keep(finding, draft, now)
    changes = {"kind": kind, "text": text, "measures": [draft.text for draft in measures]}
    subject = f"finding:{finding.pk}"
    record(actor=actor, verb="service_levels.write_finding", subject=subject, changes=changes, now=now)
    return finding


@transaction.atomic
def withdraw_finding(*, actor: Actor, finding: Finding, now: datetime) -> Finding:
    """Take a finding back; reports that hold it keep it, a new version does not."""
    require_for_some(actor, RIGHT, finding.agreement.services.all())
    if finding.withdrawn_at is None:
        finding.withdrawn_at = now
        finding.save(update_fields=["withdrawn_at"])
        subject = f"finding:{finding.pk}"
        record(actor=actor, verb="service_levels.withdraw_finding", subject=subject, now=now)
    return finding


@transaction.atomic
def add_measure(*, actor: Actor, finding: Finding, draft: MeasureDraft, now: datetime) -> Measure:
    """Add a measure to a finding: in words, or by the number of a work item that is there already.

    Raises: NotAllowed; Conflict where the finding was withdrawn; InputError without words, or for an item not there.
    """
    require_for_some(actor, RIGHT, finding.agreement.services.all())
    _require_standing(finding)
    measure = _keep(finding, draft, now)
    _record(actor, measure, now)
    return measure


@transaction.atomic
def start_measure(
    *,
    actor: Actor,
    finding: Finding,
    kind: str,
    values: Mapping[str, Any],
    now: datetime,
    due_on: date | None = None,
) -> Measure:
    """Open a work item of a kind as the measure of a finding, with the finding and its report to go back to.

    `values` are the fields of the item; what is not said comes from the finding: title, description, customer.
    Raises: NotAllowed; NotFound for an unknown kind; Conflict where the finding was withdrawn; InputError by field.
    """
    require_for_some(actor, RIGHT, finding.agreement.services.all())
    _require_standing(finding)
    said = {name: value for name, value in values.items() if value not in (None, "")}
    item = create(actor=actor, kind=kind, values={**prefilled(finding), **said}, now=now)
    page = reverse("service_levels:report_of", args=[finding.agreement.key])
    day = f"{finding.starts_at.isoformat()[:16]}Z"
    with suppress(InputError):  # an address without a dot in its host is none that an item may refer to
        add_article(
            actor=actor,
            item=item,
            title=_report_name(finding),
            url=f"{settings.BASE_URL}{page}?within={day}",
            now=now,
        )
    draft = MeasureDraft(item.title, item.assignee, due_on, item.number)
    measure = _keep(finding, draft, now)
    _record(actor, measure, now)
    return measure


def prefilled(finding: Finding) -> dict[str, Any]:
    """The fields of a work item that a finding fills in; the service only where the agreement is about one."""
    text = finding.text.strip()
    services = list(finding.agreement.services.all()[:2])
    return {
        "title": re.split(r"(?<=[.!?])\s|\n", text)[0].rstrip(".")[:120],
        "description": f"{text}\n\n{_report_name(finding)}",
        "customer": finding.agreement.customer,
        "urgency": "medium",
        "service": services[0] if len(services) == 1 else None,
    }


def _report_name(finding: Finding) -> str:
    return f"{finding.agreement.name}, {period_name(finding.agreement, finding.starts_at)}"


def _require_standing(finding: Finding) -> None:
    if finding.withdrawn_at is not None:
        raise Conflict("This finding was withdrawn. Write it again before it starts a measure.")


def _keep(finding: Finding, draft: MeasureDraft, now: datetime) -> Measure:
    """Raises: InputError naming the field."""
    number = draft.work_item.strip()
    owner, text = draft.owner, draft.text.strip()
    if OWN_NUMBER.fullmatch(number):
        try:
            item = item_by_number(number)
        except NotFound as error:
            remedy = "Look it up in the list of work, or leave this empty."
            raise InputError(Problem(f"There is no work item '{number}'.", "work_item", remedy)) from error
        number, owner, text = item.number, owner or item.assignee, text or item.title
    if not text:
        raise InputError(Problem("Say what is done.", "text", "Or give the number of a work item."))
    if len(text) > 300:
        raise InputError(Problem("This measure is too long.", "text", "Keep it under 300 characters."))
    return Measure.objects.create(
        finding=finding, text=text, owner=owner, due_on=draft.due_on, work_item=number, recorded_at=now
    )


def _record(actor: Actor, measure: Measure, now: datetime) -> None:
    changes = {"measure": measure.text, "work_item": measure.work_item}
    subject = f"finding:{measure.finding_id}"
    record(actor=actor, verb="service_levels.add_measure", subject=subject, changes=changes, now=now)
