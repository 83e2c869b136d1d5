"""What must always hold, held by the database itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from beheer.catalogue.models import Customer, Service
from beheer.people.models import User
from beheer.service_levels.models import Agreement, Calendar, Correction, Norm, PlannedWindow, Report, State

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def agreement() -> Agreement:
    return Agreement.objects.create(
        key="sla",
        name="SLA",
        customer=Customer.objects.create(key="faculty", name="Faculty"),
        calendar=Calendar.objects.create(key="always", name="Always", source="24x7"),
        starts_on=date(2026, 1, 1),
    )


@pytest.fixture
def alice() -> User:
    return User.objects.create(username="alice", email="alice@example.org")


def refused(name: str) -> pytest.RaisesExc[IntegrityError]:
    """The database refuses, naming the rule (SQLite names only check constraints)."""
    return pytest.raises(IntegrityError, match=name)


def test_an_agreement_does_not_end_before_it_begins(agreement: Agreement) -> None:
    agreement.ends_on = date(2025, 12, 31)
    with refused("an_agreement_does_not_end_before_it_begins"), transaction.atomic():
        agreement.save()


def test_a_window_ends_after_it_starts() -> None:
    window = PlannedWindow(
        uid="1", starts_at=NOW, ends_at=NOW - HOUR, announced_at=NOW, recorded_at=NOW, reason="x"
    )
    with refused("a_window_ends_after_it_starts"), transaction.atomic():
        window.save()


def test_nobody_decides_about_a_correction_of_their_own(alice: User) -> None:
    correction = Correction(
        service=Service.objects.create(key="web", name="Web"),
        starts_at=NOW,
        ends_at=NOW + HOUR,
        makes="up",
        reason="The probe was wrong.",
        author=alice,
        decided_by=alice,
        state=State.APPROVED,
        approved_at=NOW,
        recorded_at=NOW,
    )
    with refused("a_correction_is_decided_by_another_person"), transaction.atomic():
        correction.save()


def test_a_norm_has_one_key_in_its_agreement(agreement: Agreement) -> None:
    Norm.objects.create(agreement=agreement, key="a", name="A", target=0.99)
    with pytest.raises(IntegrityError), transaction.atomic():
        Norm.objects.create(agreement=agreement, key="a", name="B", target=0.9)


def test_a_report_is_not_cut_off_before_its_period_ended(agreement: Agreement) -> None:
    report = Report(
        agreement=agreement,
        starts_at=NOW - HOUR,
        ends_at=NOW,
        cut_off=NOW - HOUR,
        sealed_at=NOW,
        content="{}",
        sha256="0" * 64,
    )
    with refused("a_report_is_cut_off_after_its_period"), transaction.atomic():
        report.save()
