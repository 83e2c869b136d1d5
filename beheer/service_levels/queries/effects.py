"""What a correction or a late window would change, shown before anybody approves it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q

from beheer.catalogue.models import Service
from beheer.lib.intervals import from_us, to_us
from beheer.service_levels.indicators import Outcome
from beheer.service_levels.models import AgreementStatus, Correction, Norm, PlannedWindow, Report
from beheer.service_levels.queries.facts import MAKES, Mark, announced_us, occurrences_of
from beheer.service_levels.queries.questions import Definition, definition_of
from beheer.service_levels.rules import periods_between
from beheer.service_levels.words import value_text

MOST_PERIODS = 36


@dataclass(frozen=True, slots=True)
class Effect:
    """One norm of one service in one period, as it is and as it would be."""

    norm: Norm
    service: Service
    since: datetime
    until: datetime
    before: Outcome
    after: Outcome

    @property
    def before_text(self) -> str:
        """The figure as it is."""
        return value_text(self.norm, self.before.value)

    @property
    def after_text(self) -> str:
        """The figure as it would be."""
        return value_text(self.norm, self.after.value)


def effect_of_correction(correction: Correction, now: datetime) -> list[Effect]:
    """What this correction changes, for each norm about its service and each period it touches."""
    mark = to_us(correction.starts_at), to_us(correction.ends_at), int(MAKES[correction.makes])
    others = [(0, *mark)]
    return list(_effects(correction.service, mark[0], mark[1], now, corrections=others, windows=[]))


def effect_of_window(window: PlannedWindow, now: datetime) -> list[Effect]:
    """What this window changes; as if it were approved, where it waits for that."""
    start = to_us(window.starts_at)
    until = to_us(now) if window.recurrence else to_us(window.ends_at)
    announced = announced_us(window) if window.decided_by_id else -(2**62)
    times = occurrences_of(window, start, max(until, start + 1))
    found: list[Effect] = []
    for service in window.services.all():
        rows = [(0, low, high, announced) for low, high in times]
        found.extend(_effects(service, start, until, now, corrections=[], windows=rows))
    return found


def sealed_reports(services: Sequence[Service], since: datetime, until: datetime) -> list[Report]:
    """The newest version of each sealed report over this time that is about one of these services."""
    rows = Report.objects.filter(
        agreement__services__in=list(services), starts_at__lt=until, ends_at__gt=since
    )
    newest: dict[tuple[int, datetime], Report] = {}
    for row in rows.select_related("agreement").distinct().order_by("version"):
        newest[row.agreement_id, row.starts_at] = row
    return sorted(newest.values(), key=lambda row: row.starts_at)


def _effects(
    service: Service, since: int, until: int, now: datetime, *, corrections: list[Mark], windows: list[Mark]
) -> Iterator[Effect]:
    for norm in norms_about(service):
        definition = definition_of(norm)
        if not definition.indicator.is_of_states:
            continue
        for period in _periods(definition, since, min(until, to_us(now)), to_us(now)):
            question = definition.question([service.pk], period, to_us(now))
            before = definition.indicator.judge(question)[0]
            supposed = replace(question, supposed_corrections=corrections, supposed_windows=windows)
            after = definition.indicator.judge(supposed)[0]
            yield Effect(norm, service, from_us(period[0]), from_us(period[1]), before, after)


def norms_about(service: Service) -> list[Norm]:
    """The norms in force that are about a service: naming it, or naming none in an agreement about it."""
    named = Q(services=service) | Q(services__isnull=True, agreement__services=service)
    norms = Norm.objects.filter(named, agreement__status=AgreementStatus.ACTIVE).distinct()
    return list(norms.select_related("agreement__calendar").order_by("agreement__name", "key"))


def _periods(definition: Definition, since: int, until: int, now: int) -> list[tuple[int, int]]:
    """The periods that a stretch of time touches, cut to the time in which the norm holds."""
    if definition.period.unit is None:
        return [definition.period_around(now)] if until > now - definition.period.rolling_us else []
    found = periods_between(definition.period.unit, definition.zone, since, until)
    first, last = definition.valid
    cut = [(max(low, first), min(high, last)) for low, high in found]
    return [(low, high) for low, high in cut if low < high][:MOST_PERIODS]
