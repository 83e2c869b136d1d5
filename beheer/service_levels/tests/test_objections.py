"""What was agreed against planned work: agreed time outside agreed windows, and notice that is too short."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from beheer.catalogue.models import Customer, Service
from beheer.service_levels.models import Agreement, Calendar, Norm, PlannedWindow
from beheer.service_levels.objections import objections
from beheer.work.planning import made_plan
from beheer.work.rules.conflicts import Plan

pytestmark = pytest.mark.django_db
OFFICE = """
timezone: Europe/Amsterdam
versions:
  - valid_from: 2020-01-01
    hours: {mon-fri: ["08:00-18:00"]}
"""


@pytest.fixture
def service(db: None) -> Service:
    row = Service.objects.create(key="web", name="Website")
    calendar = Calendar.objects.create(key="office", name="Office hours", source=OFFICE)
    customer = Customer.objects.create(key="arts", name="Arts")
    agreement = Agreement.objects.create(
        key="arts", name="SLA Arts", customer=customer, calendar=calendar, starts_on="2020-01-01"
    )
    agreement.services.set([row])
    Norm.objects.create(agreement=agreement, key="up", name="Up", target=0.99, rules={"planned_notice": "5d"})
    return row


def monday() -> datetime:
    """10:00 UTC on a Monday more than two weeks ahead: in office hours in Amsterdam."""
    start = timezone.now().astimezone(UTC).replace(hour=10, minute=0, second=0, microsecond=0)
    return start + timedelta(days=21 - start.weekday())


def said(plans: list[Plan]) -> dict[str, list[str]]:
    """The objections, with plain spaces."""
    return {key: [line.replace("\xa0", " ") for line in lines] for key, lines in objections(plans).items()}


def plan(service: Service, start: datetime, hours: int = 2, interrupts: bool = True) -> Plan:
    return made_plan(
        key="-", start=start, end=start + timedelta(hours=hours), services=[service.pk], things=[],
        interrupts=interrupts,
    )  # fmt: skip


def test_agreed_time_is_in_the_way_of_work_that_interrupts(service: Service) -> None:
    (line,) = said([plan(service, monday())])["-"]
    assert line == "2 h falls in the agreed time of Website (SLA Arts)"


def test_work_that_interrupts_nothing_or_falls_outside_agreed_time_is_fine(service: Service) -> None:
    assert said([plan(service, monday(), interrupts=False)]) == {}
    assert said([plan(service, monday() + timedelta(hours=10))]) == {"-": []}


def test_inside_an_agreed_window_it_is_fine_and_outside_the_next_one_is_named(service: Service) -> None:
    start = monday()
    window = PlannedWindow.objects.create(
        uid="patch", starts_at=start, ends_at=start + timedelta(hours=3), recurrence="FREQ=WEEKLY",
        announced_at=start - timedelta(days=30), reason="Patch time", approved_at=timezone.now(),
        recorded_at=timezone.now(),
    )  # fmt: skip
    window.services.set([service])
    assert said([plan(service, start + timedelta(days=7))]) == {"-": []}
    (line,) = said([plan(service, start + timedelta(days=8))])["-"]
    assert line.startswith(
        "2 h falls in the agreed time of Website (SLA Arts); it would fit in the agreed window"
    )
    (part,) = said([plan(service, start + timedelta(hours=2))])["-"]
    assert part.startswith("1 h falls in the agreed time")


def test_a_window_that_follows_from_work_allows_nothing(service: Service) -> None:
    start = monday()
    window = PlannedWindow.objects.create(
        uid="work:CHG-2026-00001", starts_at=start, ends_at=start + timedelta(hours=3),
        announced_at=start - timedelta(days=30), reason="x", approved_at=timezone.now(),
        recorded_at=timezone.now(),
    )  # fmt: skip
    window.services.set([service])
    assert len(said([plan(service, start)])["-"]) == 1


def test_notice_that_is_too_short_is_named(service: Service) -> None:
    lines = said([plan(service, timezone.now() + timedelta(days=2), hours=1)])["-"]
    assert "SLA Arts asks to announce it 5 d before: it would not count as planned" in lines


def test_an_agreement_that_ended_or_is_a_draft_is_in_nobodys_way(service: Service) -> None:
    Agreement.objects.update(status="draft")
    assert said([plan(service, monday())]) == {"-": []}
    Agreement.objects.update(status="active", ends_on="2020-12-31")
    assert said([plan(service, monday())]) == {"-": []}
