"""A service with states, and an agreement about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from beheer.catalogue.models import Customer, Service
from beheer.monitoring.models import StateChange
from beheer.people.actions import create_user, grant_role
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.agreements import AgreementDraft, NormDraft, save_agreement, save_norm
from beheer.service_levels.actions.calendars import save_calendar
from beheer.service_levels.models import Agreement, Norm

START = datetime(2026, 10, 1, tzinfo=UTC)

MakeState = Callable[..., StateChange]
MakeNorm = Callable[..., Norm]
MakePerson = Callable[[str, str], User]


@pytest.fixture
def web() -> Service:
    return Service.objects.create(key="web", name="Web")


@pytest.fixture
def mail() -> Service:
    return Service.objects.create(key="mail", name="Mail", users_served=3)


@pytest.fixture
def state() -> MakeState:
    """A state of a service from an instant on, recorded three minutes later unless said otherwise."""

    def make(service: Service, name: str, at: datetime, recorded: datetime | None = None) -> StateChange:
        return StateChange.objects.create(
            service=service,
            state=name,
            previous_state="unknown",
            first_bad_at=at,
            last_good_at=at - timedelta(minutes=1),
            confirmed_at=at + timedelta(minutes=2),
            recorded_at=recorded or at + timedelta(minutes=3),
        )

    return make


@pytest.fixture
def agreement(web: Service) -> Agreement:
    calendar = save_calendar(actor=SYSTEM, key="always", name="Always", source="24x7", now=START)
    draft = AgreementDraft(
        key="sla",
        name="SLA Web",
        customer=Customer.objects.create(key="faculty", name="Faculty"),
        services=[web],
        calendar=calendar,
        starts_on=date(2026, 1, 1),
        timezone="UTC",
    )
    return save_agreement(actor=SYSTEM, draft=draft, now=START)


@pytest.fixture
def norm(agreement: Agreement) -> MakeNorm:
    def make(**values: object) -> Norm:
        given: dict[str, object] = {"key": "availability", "name": "Availability", "target": 0.99, **values}
        return save_norm(actor=SYSTEM, agreement=agreement, draft=NormDraft(**given), now=START)  # type: ignore[arg-type]

    return make


@pytest.fixture
def person() -> MakePerson:
    def make(name: str, role: str) -> User:
        user, _ = create_user(actor=SYSTEM, username=name, email=f"{name}@example.org", now=START)
        User.objects.filter(pk=user.pk).update(must_change_password=False)
        grant_role(actor=SYSTEM, user=user, role=role, now=START)
        return User.objects.get(pk=user.pk)

    return make
