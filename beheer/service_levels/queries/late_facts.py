"""Which sealed periods something was recorded about since they were looked at; asked for all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, Q

from beheer.monitoring.models import StateChange
from beheer.service_levels.models import Agreement, Correction, Finding, PlannedWindow, Report

LOOKS_BACK = timedelta(hours=1)  # what is recorded now may be in the store a little later


@dataclass(frozen=True, slots=True)
class LateFact:
    """Something recorded about a service from an instant until another; None: it lasts."""

    service_id: int
    recorded_at: datetime
    starts_at: datetime
    ends_at: datetime | None

    def touches(self, report: Report) -> bool:
        """Whether it came after the report was looked at, and is about its time."""
        is_later = self.recorded_at > (report.checked_at or report.cut_off)
        begins = self.starts_at < report.ends_at
        return is_later and begins and (self.ends_at is None or self.ends_at > report.starts_at)


def reports_with_news() -> list[Report]:
    """The newest version of each sealed period about which something was recorded since it was looked at.

    As many queries for many periods as for one; of facts only those recorded since the last look are read.
    """
    looked_at = _looked_at()
    if looked_at is None:
        return []
    since = looked_at - LOOKS_BACK
    facts = [*_states(since), *_corrections(since), *_windows(since)]
    written = _findings(since)
    if not facts and not written:
        return []
    newest = _newest(facts, written)
    services = _services({report.agreement_id for report in newest})
    by_service: dict[int, list[LateFact]] = {}
    for fact in facts:
        by_service.setdefault(fact.service_id, []).append(fact)
    return [
        report
        for report in newest
        if _is_written_about(report, written)
        or any(
            fact.touches(report)
            for service in services.get(report.agreement_id, ())
            for fact in by_service.get(service, ())
        )
    ]


def _looked_at() -> datetime | None:
    """When the reports of the agreement that was looked at longest ago were; None: there are no reports."""
    rows = Agreement.objects.filter(reports__isnull=False).annotate(first=Min("reports__cut_off"))
    return min(
        (looked or first for looked, first in rows.values_list("reports_looked_at", "first")), default=None
    )


def _newest(facts: Sequence[LateFact], written: Iterable[tuple[int, datetime, datetime]]) -> list[Report]:
    """The newest versions of periods that these can be about, without their content."""
    touched = Q(agreement_id__in={agreement for agreement, _start, _recorded in written})
    if facts:
        touched |= Q(ends_at__gt=min(fact.starts_at for fact in facts))
    rows = Report.objects.filter(touched).order_by("version").defer("content", "differences")
    newest = {(row.agreement_id, row.starts_at): row for row in rows.select_related("agreement")}
    return list(newest.values())


def _services(agreements: Iterable[int]) -> dict[int, list[int]]:
    pairs = Agreement.services.through.objects.filter(agreement_id__in=set(agreements))
    found: dict[int, list[int]] = {}
    for agreement, service in pairs.values_list("agreement_id", "service_id"):
        found.setdefault(agreement, []).append(service)
    return found


def _states(since: datetime) -> list[LateFact]:
    rows = StateChange.objects.filter(component=None, service__isnull=False, recorded_at__gt=since)
    columns = rows.values_list("service_id", "recorded_at", "first_bad_at")
    return [LateFact(service, recorded, start, None) for service, recorded, start in columns]


def _corrections(since: datetime) -> list[LateFact]:
    rows = Correction.objects.filter(_decided(since))
    columns = rows.values_list("service_id", "approved_at", "ended_at", "starts_at", "ends_at")
    return [_decided_fact(*row) for row in columns]


def _windows(since: datetime) -> list[LateFact]:
    rows = PlannedWindow.objects.filter(_decided(since), services__isnull=False)
    columns = ("services", "approved_at", "ended_at", "starts_at", "ends_at", "recurrence")
    return [
        _decided_fact(service, approved, ended, start, None if recurrence else end)
        for service, approved, ended, start, end, recurrence in rows.values_list(*columns)
    ]


def _decided(since: datetime) -> Q:
    """What was approved, or taken back after it was, since an instant."""
    return Q(approved_at__gt=since) | Q(approved_at__isnull=False, ended_at__gt=since)


def _decided_fact(service: Any, approved: Any, ended: Any, start: Any, end: Any) -> LateFact:
    return LateFact(service, max(approved, ended or approved), start, end)


def _findings(since: datetime) -> list[tuple[int, datetime, datetime]]:
    """Agreement, begin of the period, and when something was written about it or taken back."""
    rows = Finding.objects.filter(
        Q(recorded_at__gt=since) | Q(withdrawn_at__gt=since) | Q(measures__recorded_at__gt=since)
    )
    columns = ("agreement_id", "starts_at", "recorded_at", "withdrawn_at", "measures__recorded_at")
    return [
        (agreement, start, max(moment for moment in moments if moment is not None))
        for agreement, start, *moments in rows.values_list(*columns)
    ]


def _is_written_about(report: Report, written: Iterable[tuple[int, datetime, datetime]]) -> bool:
    since = report.checked_at or report.cut_off
    return any(
        (agreement, start) == (report.agreement_id, report.starts_at) and recorded > since
        for agreement, start, recorded in written
    )
