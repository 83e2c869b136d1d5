"""Writes the made-up states and measurements of the demonstration institution."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pyarrow as pa

from beheer.catalogue.models import Service
from beheer.catalogue.queries import dependency_graph
from beheer.demo.rules import DAYS, Character, OwnOutage, Stretch, own_outages, response_s, timelines
from beheer.measurements.schema import SCHEMA, STATE, STATE_VALUES
from beheer.measurements.store import append_table
from beheer.monitoring.actions.checks import create_check
from beheer.monitoring.deriving import in_order
from beheer.monitoring.models import Check, CheckState, ServiceState, StateChange
from beheer.permissions.rules import Actor

# Own outages a year, usual length in minutes, usual response in seconds (0: no check of its own).
CHARACTERS: dict[str, tuple[float, float, float]] = {
    "leeromgeving": (5, 25, 0.42), "studentinformatie": (4, 30, 0.65), "toetsen": (3, 18, 0.35),
    "roosters": (4, 35, 0.55), "website": (3, 12, 0.18), "mail": (2, 25, 0.22), "bestandsopslag": (2, 40, 0.09),
    "onderzoeksdata": (3, 60, 0.12), "rekencluster": (6, 90, 0.3), "catalogus": (4, 45, 0.5),
    "afdrukken": (7, 50, 0.25), "thuiswerkplek": (5, 30, 0.7), "personeel": (3, 40, 0.8), "financien": (2, 35, 0.6),
    "videocolleges": (5, 45, 0.4), "flexplekken": (5, 60, 0.45), "aanmelden": (1.2, 14, 0.15),
    "identiteiten": (2, 30, 0.2), "integratieplatform": (4, 35, 0.3), "databaseplatform": (0.8, 22, 0.02),
    "virtualisatie": (0.7, 30, 0.05), "opslagplatform": (0.5, 35, 0.01), "campusnetwerk": (0.9, 20, 0.004),
    "draadloos": (5, 40, 0.03), "dns": (0.6, 10, 0.006), "backup": (6, 120, 0.1),
    "web-1": (4, 40, 0), "web-2": (4, 40, 0), "web-3": (4, 40, 0), "aanmeld-1": (3, 30, 0), "aanmeld-2": (3, 30, 0),
    "db-1": (2, 45, 0), "db-2": (2, 45, 0),
}  # fmt: skip
STILL_DOWN = {"afdrukken": "down", "roosters": "degraded", "web-2": "down"}
CONFIRMED_AFTER = timedelta(seconds=90)
BUSIEST_DAYS = 21  # of so many days there is a figure every ten minutes, of the time before one an hour


def write_states(services: Mapping[str, Service], *, now: datetime, seed: int) -> list[OwnOutage]:
    """Write every state change of fourteen months, claimed already, and how things stand now. Gives what went wrong."""
    graph = dependency_graph()
    characters = {
        services[key].pk: Character(yearly, length) for key, (yearly, length, _s) in CHARACTERS.items()
    }
    still_down = {services[key].pk: state for key, state in STILL_DOWN.items()}
    outages = own_outages(characters, now=now, seed=seed, still_down=still_down)
    order = in_order(list(characters), graph)
    found = timelines(order, graph, outages, since=now - timedelta(days=DAYS), now=now)
    rows = [row for service_id, steps in found.items() for row in _rows(service_id, steps)]
    StateChange.objects.bulk_create(sorted(rows, key=lambda row: row.recorded_at), batch_size=500)
    ServiceState.objects.bulk_create(
        ServiceState(
            service_id=service_id,
            state=steps[-1].state,
            since_at=steps[-1].at,
            reason=steps[-1].reason,
            cause_service_id=steps[-1].cause_id,
        )
        for service_id, steps in found.items()
    )
    return outages


def _rows(service_id: int, steps: Sequence[Stretch]) -> list[StateChange]:
    rows = []
    before = "unknown"
    for step in steps:
        confirmed = step.at + CONFIRMED_AFTER
        rows.append(
            StateChange(
                service_id=service_id,
                state=step.state,
                previous_state=before,
                first_bad_at=step.at,
                last_good_at=step.at - timedelta(seconds=60),
                confirmed_at=confirmed,
                recorded_at=confirmed,
                reason=step.reason,
                cause_service_id=step.cause_id,
                is_simulated=True,
                claimed_by_work_at=confirmed,
            )
        )
        before = step.state
    return rows


def write_checks(services: Mapping[str, Service], *, actor: Actor, now: datetime) -> dict[str, Check]:
    """Make a simulated check for each service that has a usual response time. No agent runs these."""
    checks = {}
    for key, (_yearly, _length, usual_s) in CHARACTERS.items():
        if usual_s:
            checks[key] = create_check(
                actor=actor,
                values={
                    "key": f"{key}-bereikbaar",
                    "name": f"{services[key].name}: bereikbaar",
                    "kind": "http",
                    "settings": {"url": f"https://{key}.voorbeeld-universiteit.example/"},
                    "conditions": {"down": ["status != 200"], "degraded": ["total_s > 2"]},
                    "service": services[key],
                    "is_simulated": True,
                },
                now=now,
            )
    return checks


def write_check_states(checks: Mapping[str, Check], outages: Sequence[OwnOutage], *, now: datetime) -> None:
    """Write the state changes of the simulated checks, and how they stand now."""
    since = now - timedelta(days=DAYS)
    rows: list[StateChange] = []
    for check in checks.values():
        steps = _own_steps(check.service_id, outages, since, now)
        for row in _rows(check.service_id, steps):
            row.component = check
            row.cause_check = check if row.state != "up" else None
            rows.append(row)
        CheckState.objects.filter(component=check).update(
            state=steps[-1].state,
            since_at=steps[-1].at,
            is_pending=False,
            last_outcome=steps[-1].state,
            last_message=steps[-1].reason or "HTTP 200",
            last_measured_at=now,
            received_at=now,
            stale_at=None,
        )
    StateChange.objects.bulk_create(sorted(rows, key=lambda row: row.recorded_at), batch_size=500)


def _own_steps(
    service_id: int, outages: Sequence[OwnOutage], since: datetime, now: datetime
) -> list[Stretch]:
    steps = [Stretch(since, "up", "", None)]
    for outage in outages:
        if outage.service_id == service_id:
            steps.append(Stretch(outage.start, outage.state, outage.reason, service_id))
            if outage.end <= now:
                steps.append(Stretch(outage.end, "up", "", None))
    return steps


def write_measurements(
    checks: Mapping[str, Check], outages: Sequence[OwnOutage], *, now: datetime, seed: int
) -> int:
    """Store made-up figures of every simulated check. Gives how many."""
    chance = random.Random(seed)  # noqa: S311  # not for secrets
    instants = _instants(now)
    columns: tuple[list[int], list[str], list[datetime], list[float | None], list[str | None]] = (
        [],
        [],
        [],
        [],
        [],
    )
    for key, check in checks.items():
        mine = [outage for outage in outages if outage.service_id == check.service_id]
        usual_s = CHARACTERS[key][2]
        place = 0
        for at in instants:
            while place < len(mine) and mine[place].end <= at:
                place += 1
            is_bad = place < len(mine) and mine[place].start <= at
            state = mine[place].state if is_bad else "up"
            text = mine[place].reason if is_bad else "HTTP 200"
            _put(columns, check.pk, STATE, at, STATE_VALUES[state], text)
            total_s = response_s(chance, usual_s, at, state)
            if total_s is not None:
                _put(columns, check.pk, "total_s", at, total_s, None)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return append_table(f"demo-{uuid.UUID(int=seed).hex}", pa.Table.from_arrays(arrays, schema=SCHEMA))


def _put(
    columns: tuple[list[int], list[str], list[datetime], list[float | None], list[str | None]],
    check_id: int,
    metric: str,
    at: datetime,
    value: float,
    text: str | None,
) -> None:
    for column, cell in zip(columns, (check_id, metric, at, value, text), strict=True):
        column.append(cell)  # type: ignore[attr-defined]  # five columns of five types


def _instants(now: datetime) -> list[datetime]:
    since = (now - timedelta(days=DAYS)).replace(minute=0, second=0, microsecond=0)
    busy = now - timedelta(days=BUSIEST_DAYS)
    found = []
    at = since
    while at <= now:
        found.append(at)
        at += timedelta(hours=1) if at < busy else timedelta(minutes=10)
    return found
