"""What a report shows beside its figures, as it had been recorded at the cut-off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from beheer.lib.intervals import ENDLESS, format_instant, from_us, to_us
from beheer.monitoring.models import StateChange
from beheer.service_levels.models import Correction, Finding, Measure, PlannedWindow
from beheer.service_levels.queries.facts import facts_as_of, held, occurrences_of, windows_touching
from beheer.service_levels.queries.questions import service_time
from beheer.service_levels.rules import outages, read_rules
from beheer.work.definitions import definition
from beheer.work.models import Event, Item, Outage

Content = dict[str, Any]
Span = tuple[int, int]


def outages_as_of(
    ids: Mapping[str, int], definitions: Mapping[str, Any], span: Span, cut_off: datetime
) -> list[Content]:
    """Every outage in the report's period, by the rules of the first norm on states about its service."""
    found: list[Content] = []
    time = service_time(definitions["calendar"]["source"])
    for key, service_id in sorted(ids.items()):
        rules = next(
            (read_rules(row["rules"]) for row in definitions["definitions"] if key in row["services"]),
            read_rules({}),
        )
        facts = facts_as_of([service_id], *span, cut_off)
        for one in outages(facts, time, rules, start=span[0], end=span[1]):
            found.append(
                {
                    "service": key,
                    "from": format_instant(one.start),
                    "until": format_instant(one.end) if one.end is not None and one.end < ENDLESS else None,
                    "down_us": one.down,
                    "is_short": one.is_short,
                    "cause": _cause(service_id, one.start, cut_off),
                    "work": _work(service_id, one.start, one.end or span[1], cut_off),
                }
            )
    return sorted(found, key=lambda row: (row["from"], row["service"]))


def _cause(service_id: int, start: int, cut_off: datetime) -> Content | None:
    """What monitoring recorded as the reason of the state that began there."""
    rows = StateChange.objects.filter(
        component=None, service_id=service_id, state="down", recorded_at__lte=cut_off
    )
    near = rows.filter(last_good_at__lte=from_us(start)) | rows.filter(first_bad_at__lte=from_us(start))
    row = near.select_related("cause_service", "cause_check").order_by("-first_bad_at", "-pk").first()
    if row is None:
        return None
    return {
        "reason": row.reason,
        "service": row.cause_service.key if row.cause_service else None,
        "check": row.cause_check.key if row.cause_check else None,
    }


def _work(service_id: int, start: int, end: int, cut_off: datetime) -> list[Content]:
    """The work items that stand for an outage, as they were at the cut-off: from their events."""
    rows = Outage.objects.filter(service_id=service_id, started_at__lt=from_us(end)).exclude(
        ended_at__lte=from_us(start)
    )
    items = Item.objects.filter(outages__in=rows).distinct().order_by("number")
    return [found for item in items if (found := _item_as_of(item, cut_off)) is not None]


def _item_as_of(item: Item, cut_off: datetime) -> Content | None:
    """An item as its events until the cut-off add up to; None where it was not there yet."""
    events = list(
        item.events.filter(recorded_at__lte=cut_off).select_related("assignee", "team").order_by("position")
    )
    if not events:
        return None
    last = events[-1]
    later = item.events.filter(recorded_at__gt=cut_off).order_by("position")
    return {
        "number": item.number,
        "title": _as_it_was("title", item.title, later),
        "state": last.state,
        "owner": last.assignee.username if last.assignee else (last.team.key if last.team else None),
        "cause": _as_it_was("cause", item.values.get("cause"), later),
        "measure": _as_it_was("solution", item.values.get("solution"), later),
    }


def _as_it_was(field: str, value: Any, later: Any) -> Any:
    """A field before what later events changed of it."""
    for event in later:
        assert isinstance(event, Event)
        changes = event.data.get("changes", {})
        if field in changes:
            return changes[field][0]
    return value


def windows_as_of(ids: list[int], keys: Mapping[str, int], span: Span, cut_off: datetime) -> list[Content]:
    """The planned windows that touched the period, each time they did."""
    by_id = {service_id: key for key, service_id in keys.items()}
    about = PlannedWindow.services.through.objects.filter(service_id__in=ids)
    services: dict[int, list[str]] = {}
    for window_id, service_id in about.values_list("plannedwindow_id", "service_id"):
        services.setdefault(window_id, []).append(by_id[service_id])
    return [
        {
            "id": f"{window.pk}@{format_instant(start)}",
            "from": format_instant(start),
            "until": format_instant(end),
            "services": sorted(services[window.pk]),
            "announced": format_instant(to_us(window.announced_at)),
            "reason": window.reason,
        }
        for window in windows_touching(*span, cut_off)
        if window.pk in services
        for start, end in occurrences_of(window, *span)
    ]


def corrections_as_of(keys: Mapping[str, int], span: Span, cut_off: datetime) -> list[Content]:
    """The approved corrections that touch the period, with who proposed and who approved."""
    by_id = {service_id: key for key, service_id in keys.items()}
    rows = Correction.objects.filter(
        held(cut_off),
        service_id__in=list(by_id),
        ends_at__gt=from_us(span[0]),
        starts_at__lt=from_us(span[1]),
    )
    return [
        {
            "id": row.pk,
            "service": by_id[row.service_id],
            "from": format_instant(to_us(row.starts_at)),
            "until": format_instant(to_us(row.ends_at)),
            "makes": row.makes,
            "reason": row.reason,
            "author": row.author.username if row.author else None,
            "approved_by": row.decided_by.username if row.decided_by else None,
        }
        for row in rows.select_related("author", "decided_by").order_by("starts_at", "pk")
    ]


def findings_as_of(agreement_key: str, start: int, cut_off: datetime) -> list[Content]:
    """What people found and concluded about this period by the cut-off, with the measures that it starts."""
    rows = Finding.objects.filter(
        agreement__key=agreement_key, starts_at=from_us(start), recorded_at__lte=cut_off
    ).exclude(withdrawn_at__lte=cut_off)
    return [
        {
            "id": row.pk,
            "kind": row.kind,
            "text": row.text,
            "author": row.author.username if row.author else None,
            "recorded": format_instant(to_us(row.recorded_at)),
            "measures": [
                _measure(measure, cut_off)
                for measure in row.measures.all()
                if measure.recorded_at is None or measure.recorded_at <= cut_off
            ],
        }
        for row in rows.select_related("author")
        .prefetch_related("measures__owner")
        .order_by("recorded_at", "pk")
    ]


def _measure(measure: Measure, cut_off: datetime) -> Content:
    """A measure; with its work item as it stood at the cut-off, where it is one that is kept here."""
    found: Content = {
        "text": measure.text,
        "owner": measure.owner.username if measure.owner else None,
        "due_on": measure.due_on.isoformat() if measure.due_on else None,
        "work_item": measure.work_item or None,
    }
    if measure.recorded_at is not None and measure.work_item:
        item = Item.objects.select_related("definition").filter(number=measure.work_item).first()
        said = _item_as_of(item, cut_off) if item is not None else None
        if item is not None and said is not None:
            found["item"] = {
                "number": said["number"],
                "title": said["title"],
                "kind": item.kind,
                "state": said["state"],
                "state_name": definition(item).states[said["state"]].name.model_dump(),
                "owner": said["owner"],
            }
    return found
