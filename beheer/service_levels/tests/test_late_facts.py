"""Sealed periods are held against later facts: all at once, and only those that a fact can touch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from beheer.catalogue.models import Service
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.corrections import (
    approve_correction,
    propose_correction,
    refuse_correction,
)
from beheer.service_levels.actions.findings import write_finding
from beheer.service_levels.actions.reports import renew_due, seal_report
from beheer.service_levels.actions.windows import WindowDraft, cancel_window, plan_window
from beheer.service_levels.models import Agreement, Correction, Report
from beheer.service_levels.queries.late_facts import reports_with_news
from beheer.service_levels.tests.conftest import START, MakeNorm, MakePerson, MakeState

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK = 7 * DAY
FIRST = datetime(2026, 9, 28, tzinfo=UTC)  # a Monday
SEALED = FIRST + 40 * WEEK
pytestmark = pytest.mark.django_db


@pytest.fixture
def weekly(agreement: Agreement, web: Service, norm: MakeNorm, state: MakeState) -> Agreement:
    """An agreement that is reported on each week."""
    norm(period="week")
    state(web, "up", START)
    Agreement.objects.filter(pk=agreement.pk).update(report_period="week")
    return Agreement.objects.get(pk=agreement.pk)


def seal(agreement: Agreement, weeks: range) -> None:
    for number in weeks:
        seal_report(actor=SYSTEM, agreement=agreement, starts_at=FIRST + number * WEEK, now=SEALED)


def asked(now: datetime, made: int = 0) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert renew_due(now) == made
    return len(queries)


def correction(web: Service, person: MakePerson, week: int, now: datetime) -> Correction:
    start = FIRST + week * WEEK + DAY
    author = person(f"alice{week}", "lead")
    return propose_correction(
        actor=author,
        service=web,
        starts_at=start,
        ends_at=start + HOUR,
        makes="down",
        reason="Seen.",
        now=now,
    )


def news() -> list[datetime]:
    return sorted(report.starts_at for report in reports_with_news())


def test_thirty_sealed_periods_cost_as_many_queries_as_one(
    weekly: Agreement, web: Service, person: MakePerson
) -> None:
    seal(weekly, range(1, 2))
    renew_due(SEALED)
    idle = asked(SEALED + HOUR)
    approve_correction(
        actor=person("bob", "lead"), correction=correction(web, person, 1, SEALED), now=SEALED + 2 * HOUR
    )
    busy = asked(SEALED + 3 * HOUR, made=1)
    seal(weekly, range(2, 31))
    assert Report.objects.values("starts_at").distinct().count() == 30
    assert asked(SEALED + DAY) == idle
    approve_correction(
        actor=person("carol", "lead"), correction=correction(web, person, 9, SEALED), now=SEALED + 2 * DAY
    )
    assert asked(SEALED + 3 * DAY, made=1) == busy
    assert idle <= 8


def test_only_the_periods_that_a_fact_touches_have_news(
    weekly: Agreement, web: Service, state: MakeState, person: MakePerson
) -> None:
    seal(weekly, range(1, 6))
    renew_due(SEALED)
    assert news() == []
    one = correction(web, person, 3, SEALED + HOUR)
    assert news() == []
    approve_correction(actor=person("bob", "lead"), correction=one, now=SEALED + 2 * HOUR)
    assert news() == [FIRST + 3 * WEEK]
    renew_due(SEALED + 3 * HOUR)
    assert news() == []
    state(web, "down", FIRST + 4 * WEEK, recorded=SEALED + 4 * HOUR)
    assert news() == [FIRST + 4 * WEEK, FIRST + 5 * WEEK]  # it lasts
    renew_due(SEALED + 5 * HOUR)
    write_finding(
        actor=SYSTEM,
        agreement=weekly,
        starts_at=FIRST + 2 * WEEK,
        kind="finding",
        text="Full.",
        now=SEALED + DAY,
    )
    assert news() == [FIRST + 2 * WEEK]


def test_a_correction_that_was_refused_is_no_news(
    weekly: Agreement, web: Service, person: MakePerson
) -> None:
    seal(weekly, range(1, 4))
    one = correction(web, person, 2, SEALED + HOUR)
    refuse_correction(actor=person("bob", "lead"), correction=one, decision="No.", now=SEALED + 2 * HOUR)
    assert news() == []


def test_a_window_that_is_cancelled_later_is_news_of_the_weeks_it_touched(
    weekly: Agreement, web: Service
) -> None:
    def plan(recurrence: str) -> object:
        start = FIRST + 2 * WEEK + DAY
        draft = WindowDraft(
            services=[web], starts_at=start, ends_at=start + HOUR, reason="Disks", recurrence=recurrence
        )
        return plan_window(actor=SYSTEM, draft=draft, now=FIRST)

    once, weekly_one = plan(""), plan("FREQ=WEEKLY")
    seal(weekly, range(1, 5))
    cancel_window(actor=SYSTEM, window=once, now=SEALED + HOUR)  # type: ignore[arg-type]
    assert news() == [FIRST + 2 * WEEK]
    renew_due(SEALED + 2 * HOUR)
    cancel_window(actor=SYSTEM, window=weekly_one, now=SEALED + 3 * HOUR)  # type: ignore[arg-type]
    assert news() == [FIRST + week * WEEK for week in (2, 3, 4)]


def test_what_was_not_finished_is_looked_at_again(
    weekly: Agreement, web: Service, person: MakePerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal(weekly, range(1, 3))
    renew_due(SEALED)
    approve_correction(
        actor=person("bob", "lead"), correction=correction(web, person, 1, SEALED), now=SEALED + DAY
    )

    def fail(**_given: object) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("beheer.service_levels.actions.reports.renew_report", fail)
        with pytest.raises(RuntimeError):
            renew_due(SEALED + 2 * DAY)
    assert renew_due(SEALED + 3 * DAY) == 1
