"""What was agreed against planned work: agreed time outside agreed windows, and notice that is too short.

`work` stands below and asks who registered (`work.planning.register`); this room answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from beheer.catalogue.models import Service
from beheer.lib.durations import SECOND, parse_duration
from beheer.lib.errors import BeheerError
from beheer.lib.intervals import Spans, from_us, spans, to_us
from beheer.service_levels.models import Agreement, AgreementStatus, PlannedWindow
from beheer.service_levels.queries.facts import occurrences_of, windows_touching
from beheer.service_levels.queries.questions import service_time
from beheer.ui.formats import duration_text, instant_text
from beheer.work.planning import register
from beheer.work.rules.conflicts import Plan

WEEKS_AHEAD_US = 6 * 7 * 86_400 * SECOND
OF_WORK = "work:"  # how windows that follow from work are called; they allow nothing by themselves


@dataclass(frozen=True, slots=True)
class _Window:
    row: PlannedWindow
    services: frozenset[int]


@register
def objections(plans: Sequence[Plan]) -> dict[str, list[str]]:
    """What agreements have against plans that interrupt services, by the plan's key, in sentences."""
    asked = [plan for plan in plans if plan.interrupts and plan.services]
    if not asked:
        return {}
    touched = {service for plan in asked for service in plan.services}
    agreements = list(
        Agreement.objects.filter(status=AgreementStatus.ACTIVE, services__in=touched)
        .distinct()
        .select_related("calendar")
        .prefetch_related("services", "norms__services")
    )
    names = dict(Service.objects.filter(pk__in=touched).values_list("pk", "name"))
    windows = _windows(asked)
    now = timezone.now()
    return {plan.key: list(_against(plan, agreements, windows, names, now)) for plan in asked}


def _windows(plans: Sequence[Plan]) -> list[_Window]:
    start = to_us(min(plan.start for plan in plans))
    end = to_us(max(plan.end for plan in plans))
    rows = [row for row in windows_touching(start, end + WEEKS_AHEAD_US) if not row.uid.startswith(OF_WORK)]
    pairs = PlannedWindow.services.through.objects.filter(plannedwindow__in=rows)
    services: dict[int, set[int]] = {}
    for window, service in pairs.values_list("plannedwindow_id", "service_id"):
        services.setdefault(window, set()).add(service)
    return [_Window(row, frozenset(services.get(row.pk, ()))) for row in rows]


def _against(
    plan: Plan, agreements: Iterable[Agreement], windows: list[_Window], names: dict[int, str], now: datetime
) -> Iterable[str]:
    start, end = to_us(plan.start), to_us(plan.end)
    for agreement in agreements:
        services = plan.services & {service.pk for service in agreement.services.all()}
        day = timezone.localtime(plan.start).date()
        if not services or day < agreement.starts_on or (agreement.ends_on and day > agreement.ends_on):
            continue
        agreed = service_time(agreement.calendar.source).agreed(start, end)
        for service in sorted(services, key=lambda one: names[one]):
            left = agreed - _covered(service, windows, start, end)
            if left.total_us:
                yield _hit(agreement, names[service], left, _next_window(service, windows, plan))
        yield from _short_notice(agreement, services, plan, now)


def _covered(service: int, windows: Iterable[_Window], start: int, end: int) -> Spans:
    """The time in [start, end) that agreed windows of a service take."""
    mine = [one.row for one in windows if service in one.services]
    return spans(pair for row in mine for pair in occurrences_of(row, start, end)).clip(start, end)


def _next_window(service: int, windows: Iterable[_Window], plan: Plan) -> tuple[datetime, datetime] | None:
    """The first agreed window of a service, from a day before the plan, in which it would fit; None: there is none."""
    since = to_us(plan.start) - 86_400 * SECOND
    length = to_us(plan.end) - to_us(plan.start)
    mine = [one.row for one in windows if service in one.services]
    times = sorted(pair for row in mine for pair in occurrences_of(row, since, since + WEEKS_AHEAD_US))
    fitting = [pair for pair in times if pair[1] - pair[0] >= length]
    return (from_us(fitting[0][0]), from_us(fitting[0][1])) if fitting else None


def _hit(agreement: Agreement, service: str, left: Spans, fits: tuple[datetime, datetime] | None) -> str:
    words = {"time": duration_text(left.total_us / SECOND), "service": service, "agreement": agreement.name}
    text = _("%(time)s falls in the agreed time of %(service)s (%(agreement)s)") % words
    if fits is None:
        return text
    start, end = instant_text(fits[0]), instant_text(fits[1])
    return text + _("; it would fit in the agreed window %(start)s – %(end)s") % {"start": start, "end": end}


def _short_notice(agreement: Agreement, services: frozenset[int], plan: Plan, now: datetime) -> Iterable[str]:
    """Whether the plan comes sooner than was agreed to announce: then it would not count as planned."""
    longest = 0
    for norm in agreement.norms.all():
        named = {service.pk for service in norm.services.all()}
        if norm.retired_on is None and (not named or named & services):
            longest = max(longest, _notice(norm.rules.get("planned_notice")))
    ahead = to_us(plan.start) - to_us(now)
    if 0 <= ahead < longest:
        words = {"agreement": agreement.name, "notice": duration_text(longest / SECOND)}
        yield _("%(agreement)s asks to announce it %(notice)s before: it would not count as planned") % words


def _notice(text: object) -> int:
    try:
        return parse_duration(str(text)) if text else 0
    except BeheerError:
        return 0
