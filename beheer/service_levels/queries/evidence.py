"""What lies behind a stretch of time of a service: state changes, results of checks, windows and corrections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from beheer.catalogue.models import Service
from beheer.lib.intervals import from_us, to_us
from beheer.measurements.queries import Outcome, results
from beheer.monitoring.models import Check, StateChange
from beheer.monitoring.queries import check_timeline, timelines
from beheer.permissions.rules import Actor
from beheer.service_levels.models import Correction, PlannedWindow
from beheer.service_levels.queries.facts import held, occurrences_of, windows_touching
from beheer.work.models import Item
from beheer.work.sight import in_sight

AROUND = timedelta(minutes=10)
LONGEST_LOOK = timedelta(hours=6)
MOST_RESULTS = 40
MOST_CHECKS = 20


@dataclass(frozen=True)
class Evidence:
    """What was recorded of a service around a stretch of time. Windows come with when they touch it."""

    own: list[StateChange]
    of_checks: list[StateChange]
    results: list[tuple[Check, list[Outcome]]]
    windows: list[tuple[PlannedWindow, datetime, datetime]]
    corrections: list[Correction]
    work: list[Item]


def evidence(actor: Actor, service: Service, since: datetime, until: datetime) -> Evidence:
    """Everything that is known about why a service was as it was in [since, until); of work what the actor may see.

    Results are those around the begin of the stretch: what changed the state.
    """
    checks = list(Check.objects.filter(service=service).order_by("name")[:MOST_CHECKS])
    of_checks = [row for check in checks for row in check_timeline(check, since - AROUND, until)]
    return Evidence(
        own=timelines([service.pk], since, until).get(service.pk, []),
        of_checks=sorted(of_checks, key=lambda row: row.first_bad_at),
        results=_results(checks, since, until),
        windows=_windows(service, since, until),
        corrections=list(
            Correction.objects.filter(service=service, ends_at__gt=since, starts_at__lt=until).order_by("pk")
        ),
        work=work_of(actor, service, since, until),
    )


def work_of(actor: Actor, service: Service, since: datetime, until: datetime) -> list[Item]:
    """Work items in sight of the actor that stand for an outage of the service in this time."""
    ended = Q(outages__ended_at__isnull=True) | Q(outages__ended_at__gt=since)
    found = Item.objects.filter(
        in_sight(actor), ended, outages__service=service, outages__started_at__lt=until
    )
    return list(found.distinct().order_by("opened_at"))


def _results(checks: list[Check], since: datetime, until: datetime) -> list[tuple[Check, list[Outcome]]]:
    last = min(until, since + LONGEST_LOOK)
    found = [(check, results(check.pk, since - AROUND, last, MOST_RESULTS)) for check in checks]
    return [(check, rows) for check, rows in found if rows]


def _windows(
    service: Service, since: datetime, until: datetime
) -> list[tuple[PlannedWindow, datetime, datetime]]:
    ids = set(PlannedWindow.objects.filter(held(None), services=service).values_list("pk", flat=True))
    span = to_us(since), to_us(until)
    return [
        (window, from_us(start), from_us(end))
        for window in windows_touching(*span)
        if window.pk in ids
        for start, end in occurrences_of(window, *span)
    ]
