"""Takes results in: first to the measurements, durably; then the states, their changes and what follows from them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from beheer.measurements import store
from beheer.measurements.schema import STATE, STATE_VALUES, Row, instant, microseconds
from beheer.monitoring.deriving import derive
from beheer.monitoring.models import Check, CheckState, StateChange
from beheer.monitoring.rules.confirming import Change, Memory, Policy, fall_silent, take

AHEAD = timedelta(
    seconds=60
)  # how far an agent's clock may be ahead before its word for the time is not taken
LOCK = 0x6265_6865_6572  # "beheer"
SILENT = "no result for longer than the check allows"


class Run(NamedTuple):
    """One run of one check, as it is stored. `measured_at` is aware.

    `began_at`: since when it is so, where whoever tells it knows; None: since it was measured.
    """

    check_id: int
    outcome: str
    message: str
    detail: str
    metrics: Mapping[str, float]
    measured_at: datetime
    duration_s: float
    began_at: datetime | None = None


def take_turn() -> None:
    """Judge one batch at a time: until this transaction ends others wait. (SQLite: they do so anyway.)"""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def not_ahead(run: Run, now: datetime) -> Run:
    """The run, or, where the agent's clock is ahead, the run as measured now."""
    return run._replace(measured_at=now) if run.measured_at > now + AHEAD else run


def keep_measurements(batch_id: UUID | str, runs: Sequence[Run]) -> None:
    """Store the figures of these runs durably; a batch that is stored already is not stored again.

    Raises: StoreFailed where the disk does not take it.
    """
    rows: list[Row] = []
    for run in runs:
        text = f"{run.message}\n{run.detail}" if run.detail else run.message
        rows.append(Row(run.check_id, STATE, run.measured_at, STATE_VALUES[run.outcome], text))
        rows += [Row(run.check_id, name, run.measured_at, value) for name, value in run.metrics.items()]
        if "total_s" not in run.metrics and "duration_s" not in run.metrics:
            rows.append(Row(run.check_id, "duration_s", run.measured_at, run.duration_s))
    store.append(batch_id, rows)


def judge_runs(runs: Sequence[Run], checks: Mapping[int, Check], now: datetime) -> int:
    """Take these runs into the states of their checks; inside a transaction. Gives the number of state changes.

    `checks`: by id; runs of checks that are not in it are passed over.
    """
    counted = {run.check_id for run in runs if run.check_id in checks and checks[run.check_id].is_counted}
    states = _states(counted)
    changes: list[StateChange] = []
    for run in sorted((run for run in runs if run.check_id in states), key=lambda run: run.measured_at):
        changes += _take_run(states[run.check_id], checks[run.check_id], run, now)
    save_states(states.values())
    return write_changes(changes, now)


def _take_run(state: CheckState, check: Check, run: Run, now: datetime) -> list[StateChange]:
    """Take one run into the state of its check; a silence before it that was too long is told first."""
    measured_us = microseconds(run.measured_at)
    memory = memory_of(state)
    if memory.measured_us is not None and measured_us <= memory.measured_us:
        return []
    told: list[tuple[Change | None, str]] = []
    if state.stale_at is not None and run.measured_at > state.stale_at:
        memory, silence_told = fall_silent(memory, microseconds(state.stale_at))
        told.append((silence_told, SILENT))
    policy = Policy(check.confirm_after, check.recover_after)
    memory, change = take(memory, measured_us, run.outcome, policy)
    told.append((_begun(change, run, state), run.message))
    keep_memory(state, memory)
    state.last_outcome, state.last_message = run.outcome, run.message
    state.last_duration_s, state.received_at = run.duration_s, now
    state.stale_at = run.measured_at + timedelta(seconds=check.allowance_s)
    rows = [row_of(one, check, reason, now) for one, reason in told if one is not None]
    for row in rows:
        state.since_at = row.first_bad_at if row.state != row.previous_state else state.since_at
    return rows


def _begun(change: Change | None, run: Run, state: CheckState) -> Change | None:
    """The change, begun when the run says it did: never before the change that came before it."""
    if change is None or run.began_at is None:
        return change
    first_us = max(microseconds(run.began_at), microseconds(state.since_at))
    if first_us >= change.first_us:
        return change
    good_us = change.last_good_us
    return replace(
        change, first_us=first_us, last_good_us=None if good_us is None else min(good_us, first_us)
    )


def _states(check_ids: Collection[int]) -> dict[int, CheckState]:
    """The states of these checks, locked."""
    wanted = sorted(check_ids)
    found: dict[int, CheckState] = {}
    for start in range(0, len(wanted), 5_000):
        rows = CheckState.objects.select_for_update().filter(component__in=wanted[start : start + 5_000])
        found.update((row.component_id, row) for row in rows)
    return found


def silence(states: Sequence[CheckState], checks: Mapping[int, Check], now: datetime) -> int:
    """These checks have not been heard of for too long: nothing is known of them. Gives the number of changes."""
    changes = []
    for state in states:
        check = checks[state.component_id]
        assert state.stale_at is not None
        memory, change = fall_silent(memory_of(state), microseconds(state.stale_at))
        keep_memory(state, memory)
        if change is not None:
            changes.append(row_of(change, check, SILENT, now))
            state.since_at = changes[-1].first_bad_at
        state.stale_at = None
    save_states(states)
    return write_changes(changes, now)


def memory_of(state: CheckState) -> Memory:
    """What a stored state remembers, for the rules."""
    return Memory(
        state=state.state,
        is_pending=state.is_pending,
        is_flapping=state.is_flapping,
        settled_us=microseconds(state.last_good_at) if state.last_good_at else None,
        measured_us=microseconds(state.last_measured_at) if state.last_measured_at else None,
        waiting=tuple((at, outcome) for at, outcome in state.waiting),
        recent=state.recent,
    )


def keep_memory(state: CheckState, memory: Memory) -> None:
    """Put what the rules remember on a stored state, without saving it."""
    state.state, state.is_pending, state.is_flapping = memory.state, memory.is_pending, memory.is_flapping
    state.last_good_at = instant(memory.settled_us) if memory.settled_us is not None else None
    state.last_measured_at = instant(memory.measured_us) if memory.measured_us is not None else None
    state.waiting = [list(one) for one in memory.waiting]
    state.recent = memory.recent


def row_of(change: Change, check: Check, reason: str, now: datetime) -> StateChange:
    """A change of a check as a row, not saved yet."""
    is_bad = change.state in ("down", "degraded")
    return StateChange(
        service_id=check.service_id,
        component=check,
        state=change.state,
        previous_state=change.previous,
        first_bad_at=instant(change.first_us),
        last_good_at=instant(change.last_good_us) if change.last_good_us is not None else None,
        confirmed_at=instant(change.confirmed_us),
        recorded_at=now,
        reason=reason,
        cause_service_id=check.service_id if is_bad else None,
        cause_check=check if is_bad else None,
        is_flapping=change.is_flapping,
    )


def write_changes(changes: Sequence[StateChange], now: datetime) -> int:
    """Add these rows, and those of the services that follow from them. Gives the number of the first."""
    if not changes:
        return 0
    StateChange.objects.bulk_create(changes, batch_size=500)
    derive({row.service_id for row in changes}, min(row.first_bad_at for row in changes), now)
    return len(changes)


FIELDS = (
    "state", "since_at", "is_pending", "is_flapping", "last_good_at", "last_measured_at", "last_outcome",
    "last_message", "last_duration_s", "received_at", "stale_at", "waiting", "recent",
)  # fmt: skip
INSTANTS = {"since_at", "last_good_at", "last_measured_at", "received_at", "stale_at"}


def save_states(states: Collection[CheckState]) -> None:
    """Save states that exist already, all with one prepared statement: thousands of them in a blink."""
    adapt = connection.ops.adapt_datetimefield_value
    rows = []
    for state in states:
        values = [
            adapt(value) if name in INSTANTS else json.dumps(value) if name == "waiting" else value
            for name in FIELDS
            for value in (getattr(state, name),)
        ]
        rows.append((*values, state.component_id))
    table = CheckState._meta.db_table
    columns = ", ".join(f"{name} = %s" for name in FIELDS)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET {columns} WHERE component_id = %s",  # noqa: S608  # our own names
            rows,
        )
