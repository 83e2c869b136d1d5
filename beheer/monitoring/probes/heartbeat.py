"""Heartbeat: a job calls a URL when it starts, succeeds or fails; silence for too long is down.

The server judges.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field

from beheer.monitoring.contract import Kind, Observation, Settings, Value


class HeartbeatSettings(Settings):
    """How often the job must say that it succeeded."""

    period_s: float = Field(
        86_400, gt=0, description="The job must report success at least this often, in seconds."
    )
    grace_s: float = Field(3_600, ge=0, description="How much later than that is still in order, in seconds.")
    max_run_s: float | None = Field(
        None,
        gt=0,
        description="A run that started must report its end within these seconds; empty: any time.",
    )


@dataclass(frozen=True, slots=True)
class Calls:
    """When the job last called, by what it said; None: never. Instants are aware UTC."""

    started_at: datetime | None = None
    succeeded_at: datetime | None = None
    failed_at: datetime | None = None


def observe_calls(
    settings: HeartbeatSettings, calls: Calls, *, watched_since: datetime, now: datetime
) -> Observation:
    """What the calls say at `now`, to be judged by the check's conditions.

    `watched_since`: when the check was made or enabled; a job that never called is late from then. Pure.
    """
    since = calls.succeeded_at or watched_since
    age_s = max((now - since).total_seconds(), 0.0)
    late_s = max(age_s - settings.period_s - settings.grace_s, 0.0)
    failed = calls.failed_at is not None and (
        calls.succeeded_at is None or calls.failed_at > calls.succeeded_at
    )
    metrics = {"age_s": age_s, "late_s": late_s, "failed": float(failed), **_run(settings, calls, now)}
    if calls.succeeded_at is None and not failed and not late_s:
        return Observation(metrics=metrics, not_measured="waiting for the first call")
    return Observation(_message(calls, failed, late_s), metrics)


def due_at(settings: HeartbeatSettings, calls: Calls, *, watched_since: datetime) -> datetime:
    """The instant from which silence is down."""
    return (calls.succeeded_at or watched_since) + timedelta(seconds=settings.period_s + settings.grace_s)


def _run(settings: HeartbeatSettings, calls: Calls, now: datetime) -> dict[str, float]:
    """How long the present run lasts and by how much it is too long; or how long the last one took."""
    if calls.started_at is None:
        return {"overrun_s": 0.0}
    ended = max((at for at in (calls.succeeded_at, calls.failed_at) if at is not None), default=None)
    if ended is not None and ended >= calls.started_at:
        return {"run_s": (ended - calls.started_at).total_seconds(), "overrun_s": 0.0}
    lasts_s = max((now - calls.started_at).total_seconds(), 0.0)
    over_s = max(lasts_s - settings.max_run_s, 0.0) if settings.max_run_s is not None else 0.0
    return {"run_s": lasts_s, "overrun_s": over_s}


def _message(calls: Calls, failed: bool, late_s: float) -> str:
    if failed:
        return "the job reported failure"
    last = (
        f"last success {calls.succeeded_at:%Y-%m-%d %H:%M:%S} UTC"
        if calls.succeeded_at
        else "the job never called"
    )
    return f"{last}, {late_s:.0f} s too late" if late_s else last


KIND = Kind(
    key="heartbeat",
    title="Heartbeat",
    summary="A job calls a URL when it starts, succeeds or fails; silence is noticed.",
    settings=HeartbeatSettings,
    values=(
        Value("age_s", "s", "Time since the last success"),
        Value("late_s", "s", "How much later than period and grace allow"),
        Value("failed", "", "1 when the last run reported failure, else 0"),
        Value("run_s", "s", "How long the present run lasts, or the last one took"),
        Value("overrun_s", "s", "How much longer than max_run_s the present run lasts"),
    ),
    conditions={"down": ("failed == 1", "late_s > 0"), "degraded": ("overrun_s > 0",)},
)
