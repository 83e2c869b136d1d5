"""Sealing reports, and making new versions where facts came later."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from beheer.audit.actions import record
from beheer.lib.errors import Conflict
from beheer.lib.intervals import from_us, to_us
from beheer.permissions.rules import SYSTEM, Actor
from beheer.service_levels.actions.authors import person
from beheer.service_levels.authority import require_for_all
from beheer.service_levels.models import (
    Agreement,
    AgreementStatus,
    Report,
    ReportDelivery,
)
from beheer.service_levels.queries.late_facts import reports_with_news
from beheer.service_levels.queries.report_content import build, definitions_of, rerun
from beheer.service_levels.report_rules import Content, canonical, differences, sha256
from beheer.service_levels.rules import parse_period, period_at, periods_between

SEALED_AT_ONCE = 20
OLDEST_SEALED = timedelta(days=460)


@transaction.atomic
def seal_report(*, actor: Actor, agreement: Agreement, starts_at: datetime, now: datetime) -> Report:
    """Seal the report over the period in which `starts_at` lies; sealing it again gives what was sealed.

    Raises: NotAllowed; Conflict where the period is not over, or the agreement asks for no report.
    """
    require_for_all(actor, "service_levels.seal_report", agreement.services.all())
    start, end = report_period(agreement, starts_at)
    if to_us(now) < end:
        text = (
            f"This period runs until {from_us(end).astimezone(ZoneInfo(agreement.timezone)):%Y-%m-%d %H:%M}."
        )
        raise Conflict(f"{text} A report is sealed when its period is over.")
    sealed = _newest(agreement, from_us(start))
    if sealed is not None:
        return sealed
    content = build(definitions_of(agreement), start, end, now)
    return _keep(actor, agreement, content, [], 1, now)


def report_period(agreement: Agreement, moment: datetime) -> tuple[int, int]:
    """The report period in which an instant lies, cut to the time in which the agreement holds; microseconds.

    Raises: Conflict where no report is agreed.
    """
    if not agreement.report_period:
        raise Conflict("This agreement asks for no report. Choose how often on its form.")
    zone = ZoneInfo(agreement.timezone)
    return period_at(parse_period(agreement.report_period), zone, to_us(moment))


def _newest(agreement: Agreement, starts_at: datetime) -> Report | None:
    return Report.objects.filter(agreement=agreement, starts_at=starts_at).order_by("-version").first()


def _keep(
    actor: Actor,
    agreement: Agreement,
    content: Content,
    changed: Sequence[Content],
    version: int,
    now: datetime,
) -> Report:
    text = canonical(content)
    report = Report.objects.create(
        agreement=agreement,
        starts_at=datetime.fromisoformat(content["period"]["from"]),
        ends_at=datetime.fromisoformat(content["period"]["until"]),
        version=version,
        cut_off=now,
        content=text,
        sha256=sha256(text),
        differences=list(changed),
        sealed_at=now,
        sealed_by=person(actor),
        checked_at=now,
        is_simulated=agreement.is_simulated,
    )
    for recipient in {} if agreement.is_simulated else dict.fromkeys(agreement.report_recipients.split()):
        ReportDelivery.objects.create(report=report, recipient=recipient, next_attempt_at=now)
    changes = {"version": version, "sha256": report.sha256, "from": report.starts_at, "until": report.ends_at}
    subject = f"report:{report.pk}"
    record(actor=actor, verb="service_levels.seal_report", subject=subject, changes=changes, now=now)
    return report


@transaction.atomic
def renew_report(*, actor: Actor, report: Report, now: datetime) -> Report:
    """Make a new version where facts that were recorded since the cut-off change what the report says.

    Gives the report itself where nothing changed. Definitions stay those that were agreed when it was sealed.
    """
    require_for_all(actor, "service_levels.seal_report", report.agreement.services.all())
    newest = _newest(report.agreement, report.starts_at)
    assert newest is not None
    old = json.loads(newest.content)
    definitions = {key: old[key] for key in ("agreement", "calendar", "definitions")}
    fresh = build(definitions, to_us(newest.starts_at), to_us(newest.ends_at), now)
    Report.objects.filter(pk=newest.pk).update(checked_at=now)
    if canonical({**fresh, "cut_off": ""}) == canonical({**old, "cut_off": ""}):
        return newest
    return _keep(actor, newest.agreement, fresh, differences(old, fresh), newest.version + 1, now)


def seal_due(now: datetime) -> int:
    """Seal the reports whose period ended at least the agreed delay ago. Gives how many."""
    done = 0
    for agreement in Agreement.objects.filter(status=AgreementStatus.ACTIVE).exclude(report_period=""):
        for start, _end in _due(agreement, now):
            if done >= SEALED_AT_ONCE:
                return done
            seal_report(actor=SYSTEM, agreement=agreement, starts_at=from_us(start), now=now)
            done += 1
    return done


def _due(agreement: Agreement, now: datetime) -> list[tuple[int, int]]:
    """The report periods that are over, delay included, and not sealed; the oldest first."""
    zone = ZoneInfo(agreement.timezone)
    unit = parse_period(agreement.report_period).unit
    assert unit is not None
    first = datetime.combine(agreement.starts_on, datetime.min.time(), zone)
    since = max(to_us(first), to_us(now - OLDEST_SEALED))
    last = now - timedelta(days=agreement.report_delay_days)
    if agreement.ends_on is not None:
        ends = datetime.combine(agreement.ends_on + timedelta(days=1), datetime.min.time(), zone)
        last = min(last, ends + timedelta(days=366))
    sealed = {to_us(start) for start in agreement.reports.values_list("starts_at", flat=True)}
    found = periods_between(unit, zone, since, to_us(last)) if to_us(last) > since else []
    if agreement.ends_on is not None:
        found = [period for period in found if period[0] < to_us(ends)]
    return [period for period in found if period[1] <= to_us(last) and period[0] not in sealed]


def renew_due(now: datetime) -> int:
    """Look at sealed reports about which something was recorded since; make new versions. Gives how many were made."""
    made = 0
    for report in reports_with_news():
        made += renew_report(actor=SYSTEM, report=report, now=now).pk != report.pk
    Agreement.objects.filter(reports__isnull=False).update(reports_looked_at=now)
    return made


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of verifying a report. `is_intact`: the bytes have the hash they had when they were sealed; None: it
    was not sealed here. `is_same`: computing it again gives the same bytes; `differs` names the parts that do not.
    """

    sha256: str
    is_intact: bool | None
    is_same: bool
    differs: tuple[str, ...]


def verify_content(text: str, content: Content, sealed_sha256: str | None) -> Verification:
    """Compare a report with what was sealed, and with what computing it again gives."""
    found = sha256(text)
    again = rerun(content)
    fresh = canonical(again)
    plain = json.loads(fresh)
    parts = tuple(key for key in sorted({*content, *plain}) if content.get(key) != plain.get(key))
    is_intact = None if sealed_sha256 is None else found == sealed_sha256
    return Verification(found, is_intact, fresh == text, parts)


def verify_report(report: Report) -> Verification:
    """Verify a report in the store."""
    return verify_content(report.content, json.loads(report.content), report.sha256)


def sealed_as(content: Content) -> str | None:
    """The hash under which the report that a file says it is was sealed here; None where none was."""
    key, span = content["agreement"]["key"], content["period"]
    rows = Report.objects.filter(
        agreement__key=key,
        starts_at=datetime.fromisoformat(span["from"]),
        ends_at=datetime.fromisoformat(span["until"]),
        cut_off=datetime.fromisoformat(content["cut_off"]),
    )
    return rows.values_list("sha256", flat=True).first()
