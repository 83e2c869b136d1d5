"""From the alerts of a source to results of the checks that take them up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from beheer.monitoring.judging import judge
from beheer.monitoring.models import Alert, AlertSource, Check
from beheer.monitoring.probes import ReadyCheck, read_check
from beheer.monitoring.probes.alerts import AlertSettings, Heard, edges, observe_alerts
from beheer.monitoring.storing import Run

KIND = "alerts"
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class AlertCheck:
    """A check that takes up alerts, ready to be judged."""

    check: Check
    ready: ReadyCheck
    settings: AlertSettings


def alert_checks(*sources: str) -> list[AlertCheck]:
    """The checks that take up alerts of these sources, or of all, with their states."""
    rows = Check.objects.filter(kind=KIND, removed_at=None, is_enabled=True, is_simulated=False)
    if sources:
        rows = rows.filter(settings__source__in=sources)
    found = []
    for row in rows.select_related("service", "state").order_by("pk"):
        ready = read_check(row.kind, row.settings, row.conditions)
        assert isinstance(ready.settings, AlertSettings)
        found.append(AlertCheck(row, ready, ready.settings))
    return found


def takers(checks: Sequence[AlertCheck], alert: Alert) -> list[AlertCheck]:
    """The checks that take up an alert."""
    return [one for one in checks if one.settings.takes(alert.source.key, alert.labels)]


def runs_of_source(source: AlertSource, checks: Sequence[AlertCheck], now: datetime) -> list[Run]:
    """What the alerts of a source mean at `now` for these checks of it, as runs in order."""
    since = min((_since(one.check) for one in checks), default=now)
    rows = list(
        Alert.objects.filter(Q(ends_at=None) | Q(ends_at__gt=since), source=source).select_related("source")
    )
    runs: list[Run] = []
    for one in checks:
        heard = [_heard(row) for row in rows if one.settings.takes(source.key, row.labels)]
        runs += _runs(one, heard, source.heard_at, now)
    return runs


def _since(check: Check) -> datetime:
    """From when on alerts can change what is known of a check: its last change of state, or of what it is told."""
    return max(check.state.since_at, check.changed_at)


def remap_alerts() -> None:
    """Note anew which alerts a check takes up, and which none does."""
    checks = alert_checks()
    changed = []
    for row in Alert.objects.select_related("source"):
        is_mapped = bool(takers(checks, row))
        if is_mapped != row.is_mapped:
            row.is_mapped = is_mapped
            changed.append(row)
    Alert.objects.bulk_update(changed, ["is_mapped"], batch_size=500)


def _heard(row: Alert) -> Heard:
    return Heard(row.name, row.labels.get("severity", ""), row.starts_at, row.ends_at, row.heard_at)


def _runs(
    one: AlertCheck, alerts: Sequence[Heard], heard_at: datetime | None, now: datetime
) -> Iterator[Run]:
    """The present result, and before it those of changes that were heard of late, each with when it began.

    All are measured now, for only now it is known. A check that wants several results in a row gets the present one
    only: what was heard of late cannot confirm it.
    """
    known, began = one.check.state.last_outcome, None
    late: list[Run] = []
    for at in edges(alerts, _since(one.check), now):
        run = _run(one, alerts, heard_at, at)._replace(began_at=at)
        if run.outcome != known:
            known, began = run.outcome, at
            late.append(run)
    if one.check.confirm_after == one.check.recover_after == 1:
        for place, run in enumerate(late):
            yield run._replace(measured_at=now - (len(late) - place) * TICK)
    yield _run(one, alerts, heard_at, now)._replace(began_at=began)


def _run(one: AlertCheck, alerts: Sequence[Heard], heard_at: datetime | None, at: datetime) -> Run:
    seen = observe_alerts(one.settings, alerts, heard_at=heard_at, now=at)
    result = judge(one.ready.verdicts, seen, measured_at=at, duration_s=0.0)
    return Run(one.check.pk, result.outcome, result.message, result.detail, result.metrics, at, 0.0)
