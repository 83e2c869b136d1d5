"""However late and in whatever order changes come in, each service is what its components make of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beheer.catalogue.models import Dependency, Service
from beheer.monitoring.deriving import derive
from beheer.monitoring.models import Check, ServiceState, StateChange
from beheer.monitoring.queries import timelines

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
MINUTES = 12
RANK = ["up", "degraded", "unknown", "down"]
pytestmark = pytest.mark.django_db

# (check 0–2, state, minute it begins); recorded in this order. Checks 0 and 1 are of `web`, 2 of `database`.
changes = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["up", "degraded", "down", "unknown", "off"]),
        st.integers(0, MINUTES - 1),
    ),
    max_size=12,
)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def component(told: list[tuple[int, str, int]], check: int, minute: int) -> str | None:
    """The state of a check at a minute: by the row recorded last of those that begin by then."""
    found = [state for one, state, begins in told if one == check and begins <= minute]
    return None if not found or found[-1] == "off" else found[-1]


def worst(states: list[str | None]) -> str:
    known = [state for state in states if state is not None]
    return max(known, key=RANK.index) if known else "unknown"


def expected(told: list[tuple[int, str, int]], minute: int) -> tuple[str, str]:
    """The states of web (which needs the database) and of the database."""
    database = worst([component(told, 2, minute)])
    own = [component(told, 0, minute), component(told, 1, minute)]
    if own == [None, None]:
        return ("down" if database == "down" else database), database
    return worst([*own, "down" if database == "down" else "up"]), database


def shown(service: Service, minute: int) -> str:
    rows = timelines([service.pk], at(minute), at(minute + 1)).get(service.pk, [])
    begun = [row for row in rows if row.first_bad_at <= at(minute)]
    return begun[-1].state if begun else "unknown"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes)
def test_each_service_is_what_its_components_make_of_it(told: list[tuple[int, str, int]]) -> None:
    with transaction.atomic():
        database = Service.objects.create(key="database", name="database")
        web = Service.objects.create(key="web", name="web")
        Dependency.objects.create(service=web, needs=database)
        checks = [
            Check.objects.create(
                key=str(n), name=str(n), kind="tcp", service=of, created_at=NOON, changed_at=NOON
            )
            for n, of in enumerate((web, web, database))
        ]
        for place, (number, state, minute) in enumerate(told):
            check = checks[number]
            StateChange.objects.create(
                service=check.service, component=check, state=state, previous_state="unknown",
                first_bad_at=at(minute), confirmed_at=at(minute), recorded_at=at(100 + place),
            )  # fmt: skip
            derive([check.service_id], at(minute), at(100 + place))
            for moment in range(MINUTES):
                got = (shown(web, moment), shown(database, moment))
                assert got == expected(told[: place + 1], moment), (place, moment)
        for service, now in zip((web, database), expected(told, MINUTES), strict=True):
            kept = ServiceState.objects.filter(service=service).first()
            assert (kept.state if kept else "unknown") == now
        transaction.set_rollback(True)
