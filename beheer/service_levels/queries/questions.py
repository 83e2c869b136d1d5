"""From a norm in the store to the question an indicator answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from beheer.catalogue.models import Service
from beheer.lib.calendar_files import read_calendar
from beheer.lib.calendars import day_start
from beheer.lib.intervals import ENDLESS
from beheer.lib.service_time import ServiceTime
from beheer.service_levels.indicators import INDICATORS, Indicator, Question
from beheer.service_levels.models import Norm
from beheer.service_levels.rules import Period, Rules, parse_period, period_at, read_rules


@lru_cache(maxsize=256)
def service_time(source: str) -> ServiceTime:
    """A calendar's text, compiled; compiled once for as long as the program runs."""
    return ServiceTime(read_calendar(source))


@dataclass(frozen=True)
class Definition:
    """What a norm says, apart from the store: so that a sealed report can judge by what was agreed then.

    `valid` is the time in which agreement and norm hold, as [from, until) in microseconds.
    """

    indicator: Indicator
    target: float
    period: Period
    rules: Rules
    settings: dict[str, Any]
    zone: ZoneInfo
    time: ServiceTime
    valid: tuple[int, int]

    def period_around(self, now_us: int) -> tuple[int, int]:
        """The period that runs at an instant, cut to the time in which the norm holds."""
        start, end = period_at(self.period, self.zone, now_us)
        return max(start, self.valid[0]), min(end, self.valid[1])

    def question(
        self,
        service_ids: Sequence[int],
        period: tuple[int, int],
        now_us: int,
        *,
        weights: Sequence[Fraction] = (),
        as_of: datetime | None = None,
    ) -> Question:
        """What is asked of these services in [start, end) at `now`."""
        start, end = period
        return Question(
            service_ids=service_ids,
            start=start,
            until=max(start, min(now_us, end)),
            end=end,
            target=self.target,
            rules=self.rules,
            settings=self.settings,
            time=self.time,
            zone=self.zone,
            period=self.period,
            weights=weights,
            as_of=as_of,
        )


def definition_of(norm: Norm) -> Definition:
    """What a norm says now."""
    agreement = norm.agreement
    zone = ZoneInfo(agreement.timezone)
    last = min((day for day in (agreement.ends_on, norm.retired_on) if day is not None), default=None)
    return Definition(
        indicator=INDICATORS[norm.indicator],
        target=norm.target,
        period=parse_period(norm.period),
        rules=read_rules(norm.rules),
        settings=norm.settings,
        zone=zone,
        time=service_time(agreement.calendar.source),
        valid=(day_start(agreement.starts_on, zone), validity_end(last, zone)),
    )


def validity_end(last: date | None, zone: ZoneInfo) -> int:
    """The instant after the last day on which something holds; ENDLESS when it has none."""
    return ENDLESS if last is None else day_start(last + timedelta(days=1), zone)


def services_of(norm: Norm) -> list[Service]:
    """The services a norm is about: its own, or all of its agreement; in the order of their keys."""
    return list(services_about(norm).order_by("key"))


def services_about(norm: Norm) -> QuerySet[Service]:
    """The same, as a question still to be put."""
    return norm.services.all() if norm.services.exists() else norm.agreement.services.all()


def weights_of(norm_settings: dict[str, Any], services: Sequence[Service]) -> list[Fraction]:
    """How much each service counts under `aggregate: weighted`: as the norm says, else by the users it serves."""
    given = norm_settings.get("weights", {})
    return [Fraction(str(given.get(service.key, service.users_served or 1))) for service in services]
