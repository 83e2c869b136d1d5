"""What the worker does for monitoring."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction

from beheer.catalogue.models import MapVersion
from beheer.catalogue.queries import dependency_graph
from beheer.monitoring.actions.alerts import KEEP_RESOLVED, judge_source
from beheer.monitoring.actions.heartbeats import run_of
from beheer.monitoring.alert_judging import alert_checks, remap_alerts
from beheer.monitoring.deriving import derive
from beheer.monitoring.models import Alert, AlertSource, Batch, Check, CheckState, Heartbeat, ServiceState
from beheer.monitoring.storing import judge_runs, keep_measurements, silence, take_turn

AT_ONCE = 2_000
DELIVERING = timedelta(seconds=30)  # what came in so lately is still being delivered
FIRST_S = 60.0  # agents deliver what they kept while the server was away, before silence is judged
KEEP_BATCHES = timedelta(days=60)
_started = time.monotonic()
_map_seen: dict[str, int] = {}
_alerts_seen: dict[str, str] = {}


def sweep_stale(now: datetime) -> int:
    """Say of checks that were not heard of for too long that nothing is known. Gives the number of changes."""
    if time.monotonic() - _started < FIRST_S:
        return 0
    return sweep(now)


def sweep(now: datetime) -> int:
    """As `sweep_stale`, without waiting for agents after a start."""
    changed = 0
    while True:
        with transaction.atomic():
            take_turn()
            found = CheckState.objects.select_for_update(of=("self",)).filter(stale_at__lte=now)
            found = found.exclude(received_at__gt=now - DELIVERING).order_by("stale_at")
            states = list(found[:AT_ONCE])
            if not states:
                return changed
            checks = Check.objects.in_bulk([state.component_id for state in states])
            changed += silence(states, checks, now)


def judge_heartbeats(now: datetime) -> int:
    """Look at the jobs whose turn it is: silence gives results too. Gives the number of heartbeats looked at."""
    watched = Heartbeat.objects.filter(component__is_enabled=True, component__removed_at=None)
    watched = watched.filter(component__is_simulated=False).select_related(
        "component__service", "component__state"
    )
    due = [heartbeat for heartbeat in watched if _is_due(heartbeat.component, now)]
    if not due:
        return 0
    runs = [run_of(heartbeat, now) for heartbeat in due]
    keep_measurements(uuid4(), runs)
    with transaction.atomic():
        take_turn()
        judge_runs(runs, {heartbeat.component_id: heartbeat.component for heartbeat in due}, now)
    return len(due)


def judge_alerts(now: datetime) -> int:
    """Look at the checks that take up alerts and whose turn it is: silence says something too. Gives their number."""
    checks = alert_checks()
    told = str([(one.check.pk, one.check.version) for one in checks])
    if _alerts_seen.get("checks") != told:
        remap_alerts()
        _alerts_seen["checks"] = told
    due = [one for one in checks if _is_due(one.check, now)]
    for source in AlertSource.objects.filter(key__in={one.settings.source for one in due}):
        judge_source(source, [one for one in due if one.settings.source == source.key], now)
    return len(due)


def forget_alerts(now: datetime) -> int:
    """Delete alerts that ended so long ago that nobody looks at them any more. Gives their number."""
    return Alert.objects.filter(ends_at__lt=now - KEEP_RESOLVED).delete()[0]


def _is_due(check: Check, now: datetime) -> bool:
    last = check.state.last_measured_at
    return last is None or now - last >= timedelta(seconds=check.interval_s)


def follow_map(now: datetime) -> int:
    """Work out all services anew after the dependency map changed. Gives the number of state changes."""
    version = MapVersion.objects.filter(pk=1).values_list("number", flat=True).first() or 0
    if _map_seen.get("version") == version:
        return 0
    with transaction.atomic():
        take_turn()
        services = {*ServiceState.objects.values_list("pk", flat=True), *dependency_graph().needs}
        changed = derive(services, now, now)
    _map_seen["version"] = version
    return changed


def forget_batches(now: datetime) -> int:
    """Delete the names of batches so old that no agent keeps them any more. Gives their number."""
    return Batch.objects.filter(received_at__lt=now - KEEP_BATCHES).delete()[0]
