"""Questions about checks, states and state changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import Q, QuerySet

from beheer.lib.errors import NotFound
from beheer.monitoring.models import Agent, AlertSource, Check, CheckGroup, ServiceState, StateChange
from beheer.monitoring.rules.timelines import in_force


def timelines(
    service_ids: Collection[int],
    since: datetime,
    until: datetime,
    *,
    recorded_by: datetime | None = None,
) -> dict[int, list[StateChange]]:
    """The services' own state changes that are in force in `[since, until)`, by service, in order of `first_bad_at`.

    Each list begins with the last change before `since`, if there is one: the state that held there. A service of which
    nothing was known yet is missing. `recorded_by`: as it was known then.
    """
    found = StateChange.objects.filter(component=None, service__in=service_ids, first_bad_at__lt=until)
    if recorded_by is not None:
        found = found.filter(recorded_at__lte=recorded_by)
    by_service: dict[int, list[StateChange]] = {}
    for row in found.order_by("pk"):
        by_service.setdefault(row.service_id, []).append(row)
    return {
        service: _from(in_force(rows, lambda row: row.first_bad_at), since)
        for service, rows in by_service.items()
    }


def check_timeline(check: Check, since: datetime, until: datetime) -> list[StateChange]:
    """The changes of one check that are in force in `[since, until)`, with the one that held at `since`."""
    rows = StateChange.objects.filter(component=check, first_bad_at__lt=until).order_by("pk")
    return _from(in_force(rows, lambda row: row.first_bad_at), since)


def _from(rows: list[StateChange], since: datetime) -> list[StateChange]:
    before = [place for place, row in enumerate(rows) if row.first_bad_at <= since]
    return rows[before[-1] :] if before else rows


def source_by_key(key: str) -> AlertSource:
    """The source of alerts with this key. Raises: NotFound."""
    found = AlertSource.objects.filter(key=key).first()
    if found is None:
        raise NotFound(f"There is no source of alerts '{key}'. Make it known under Alerts.")
    return found


def checks() -> QuerySet[Check]:
    """Checks that are not removed, with what a list shows of them."""
    return Check.objects.filter(removed_at=None).select_related("service", "state", "agent")


def check_by_key(key: str) -> Check:
    """The check with this key. Raises: NotFound."""
    found = checks().select_related("item", "group").filter(key=key).first()
    if found is None:
        raise NotFound(f"There is no check '{key}'.")
    return found


def agent_by_key(key: str) -> Agent:
    """The agent with this key. Raises: NotFound."""
    found = Agent.objects.filter(key=key).first()
    if found is None:
        raise NotFound(f"There is no agent '{key}'.")
    return found


def orders_of(agent: Agent, *, with_disabled: bool = False) -> QuerySet[Check]:
    """The checks that this agent must run: its own, and for the local one those without an agent of their own."""
    whose = Q(agent=agent) | Q(agent=None) if agent.is_local else Q(agent=agent)
    found = Check.objects.filter(whose, removed_at=None, is_simulated=False)
    return found if with_disabled else found.filter(is_enabled=True)


def group_by_name(service_id: int, name: str) -> CheckGroup:
    """The group of checks with this name in a service. Raises: NotFound."""
    found = CheckGroup.objects.filter(service=service_id, name=name).first()
    if found is None:
        raise NotFound(f"There is no group of checks '{name}' in this service.")
    return found


def states_of_services(ids: Collection[int] | None = None) -> Mapping[int, str]:
    """The state of every service that has one, or of those with these ids, by id; the others are unknown."""
    rows = ServiceState.objects.all()
    if ids is not None:
        rows = rows.filter(service__in=list(ids))
    return dict(rows.values_list("service_id", "state"))
