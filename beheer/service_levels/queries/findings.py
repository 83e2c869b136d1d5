"""What people found about a period of an agreement, and how the measures that follow from it stand now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from beheer.service_levels.models import Agreement, Finding, Measure
from beheer.work.models import Item


@dataclass(frozen=True, slots=True)
class MeasureNow:
    """A measure with its work item as it stands now; None where it has none here."""

    measure: Measure
    item: Item | None


@dataclass(frozen=True, slots=True)
class FindingNow:
    """A finding that holds, with its measures."""

    finding: Finding
    measures: list[MeasureNow]


def findings_now(agreement: Agreement, starts_at: datetime) -> list[FindingNow]:
    """The findings about a period that nobody withdrew, in the order in which they were written."""
    rows = Finding.objects.filter(agreement=agreement, starts_at=starts_at, withdrawn_at=None)
    found = list(rows.select_related("author"))
    measures = measures_now(found)
    return [FindingNow(finding, measures[finding.pk]) for finding in found]


def measures_now(findings: Sequence[Finding]) -> dict[int, list[MeasureNow]]:
    """The measures of findings by the finding's id, each with its work item as it stands now."""
    rows = list(Measure.objects.filter(finding__in=findings).select_related("owner").order_by("pk"))
    items = Item.objects.filter(number__in={row.work_item for row in rows} - {""})
    by_number = {item.number: item for item in items.select_related("definition", "assignee", "team")}
    found: dict[int, list[MeasureNow]] = {finding.pk: [] for finding in findings}
    for row in rows:
        found[row.finding_id].append(MeasureNow(row, by_number.get(row.work_item)))
    return found
