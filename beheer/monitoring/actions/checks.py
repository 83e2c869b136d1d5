"""What is done with checks: made, changed, removed, tried."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from beheer.audit.actions import record
from beheer.audit.changes import assign
from beheer.catalogue.models import Service
from beheer.lib.errors import Conflict, InputError, Problem
from beheer.monitoring.actions.heartbeats import forget_heartbeat, watch_heartbeat
from beheer.monitoring.contract import Result
from beheer.monitoring.deriving import derive
from beheer.monitoring.models import AlertSource, Check, CheckState, StateChange
from beheer.monitoring.probes import kind_of, read_check, secret_fields
from beheer.monitoring.probes.alerts import AlertSettings
from beheer.monitoring.running import run_check
from beheer.monitoring.storing import take_turn, write_changes
from beheer.monitoring.surroundings import here
from beheer.permissions.rules import Actor, require

KEPT = "********"  # stands in forms and files for a secret that stays as it is
FETCHED_WITHIN = timedelta(seconds=60)  # an agent has a new check by then
TAKEN_KEYS = frozenset({"new"})
MEASURING = frozenset({"kind", "settings", "conditions"})


@transaction.atomic
def create_check(*, actor: Actor, values: Mapping[str, Any], now: datetime) -> Check:
    """Make a check. `values` are fields of Check; settings and conditions are held to its kind.

    Raises: NotAllowed; InputError naming the field; ValidationError of Django.
    """
    check = Check(**values, created_at=now, changed_at=now)
    _require_change(actor, check.service)
    if kind_of(check.kind).is_passive and "confirm_after" not in values:
        check.confirm_after = 1
    if check.key in TAKEN_KEYS:
        raise InputError(Problem(f"'{check.key}' is taken by a page.", "key", "Choose another key."))
    _hold_to_its_kind(check)
    check.full_clean()
    check.save()
    CheckState.objects.create(component=check, since_at=now, stale_at=_first_due(check, now))
    _listen(check, now)
    changes = {"name": check.name, "kind": check.kind, "service": check.service.key}
    record(
        actor=actor, verb="monitoring.create_check", subject=f"check:{check.key}", changes=changes, now=now
    )
    return check


@transaction.atomic
def change_check(*, actor: Actor, check: Check, values: Mapping[str, Any], now: datetime) -> Check:
    """Change a check: its version rises, so that agents see it. The past keeps what was found by the old settings.

    Raises: NotAllowed (for the new service too); InputError naming the field; ValidationError of Django; Conflict.
    """
    take_turn()
    _require_change(actor, check.service)
    if check.removed_at is not None:
        raise Conflict("This check was removed.")
    old_service, was_counted, old_group = check.service, check.is_counted, check.group_id
    wanted = dict(values)
    if "settings" in wanted:
        wanted["settings"] = with_kept_secrets(check, wanted.get("kind", check.kind), wanted["settings"])
    changes = assign(check, wanted)
    if not changes:
        return check
    _require_change(actor, check.service)
    _hold_to_its_kind(check)
    check.version += 1
    check.changed_at = now
    check.full_clean()
    check.save()
    _begin_anew(check, now, is_measured_otherwise=bool(MEASURING & set(changes)))
    _tell_services(check, old_service, was_counted, old_group != check.group_id, now)
    record(
        actor=actor,
        verb="monitoring.change_check",
        subject=f"check:{check.key}",
        changes=_without_secrets(check, changes),
        now=now,
    )
    return check


@transaction.atomic
def remove_check(*, actor: Actor, check: Check, now: datetime) -> None:
    """Remove a check. Its history stays; from now on it has no say.

    Raises: NotAllowed; Conflict where it was removed already.
    """
    take_turn()
    _require_change(actor, check.service)
    if check.removed_at is not None:
        raise Conflict("This check was removed already.")
    was_counted = check.is_counted
    check.removed_at = check.changed_at = now
    check.version += 1
    check.save(update_fields=["removed_at", "changed_at", "version"])
    forget_heartbeat(check)
    CheckState.objects.filter(component=check).update(stale_at=None)
    if was_counted:
        write_changes([_switched_off(check, check.service, now)], now)
    record(actor=actor, verb="monitoring.remove_check", subject=f"check:{check.key}", now=now)


def try_check(
    *,
    actor: Actor,
    service: Service,
    kind: str,
    settings: Mapping[str, Any],
    conditions: Mapping[str, Any],
    timeout_s: float,
    now: datetime,
    check: Check | None = None,
) -> Result:
    """Run a check once, now and on this machine, without keeping the result. `check`: whose kept secrets to use.

    Not one transaction: the store stays free while the probe waits.
    Raises: NotAllowed; InputError naming the field.
    """
    require(actor, "monitoring.run_check", team_id=service.team_id, service_id=service.pk)
    told = with_kept_secrets(check, kind, settings)
    ready = read_check(kind, told, conditions)
    if ready.kind.is_passive:
        raise InputError(
            Problem("Others tell of this check; it cannot be tried.", "kind", "Save it, and let them tell.")
        )
    result = run_check(ready, min(max(timeout_s, 0.1), 30.0), here())
    changes = {"kind": kind, "outcome": result.outcome, "message": result.message}
    record(
        actor=actor, verb="monitoring.try_check", subject=f"service:{service.key}", changes=changes, now=now
    )
    return result


def with_kept_secrets(check: Check | None, kind: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """`settings` with the secrets of `check` where they say that it keeps its own.

    Raises: InputError where there is none to keep.
    """
    told = dict(settings)
    for field in secret_fields(kind_of(kind)):
        if told.get(field) != KEPT:
            continue
        if check is None or check.kind != kind or field not in check.settings:
            raise InputError(
                Problem("There is no secret yet that could be kept.", f"settings.{field}", "Fill it in.")
            )
        told[field] = check.settings[field]
    return told


def shown_settings(check: Check) -> dict[str, Any]:
    """The settings of a check as they may be shown and exported: secrets are covered."""
    hidden = secret_fields(kind_of(check.kind))
    return {field: KEPT if field in hidden and value else value for field, value in check.settings.items()}


def _require_change(actor: Actor, service: Service) -> None:
    require(actor, "monitoring.change_check", team_id=service.team_id, service_id=service.pk)


def _hold_to_its_kind(check: Check) -> None:
    """Hold settings, conditions and times to the kind. Raises: InputError."""
    if not isinstance(check.settings, dict) or not isinstance(check.conditions, dict):
        raise InputError(Problem("Settings and conditions are lists of names and values.", "settings"))
    ready = read_check(check.kind, check.settings, check.conditions)
    problems = []
    if isinstance(ready.settings, AlertSettings) and not _is_source(ready.settings.source):
        message = f"There is no source of alerts '{ready.settings.source}'."
        problems.append(Problem(message, "settings.source", "Make it known first, under Alerts."))
    if check.timeout_s > check.interval_s and not kind_of(check.kind).is_passive:
        problems.append(
            Problem(
                f"The timeout ({check.timeout_s:g} s) is longer than the interval ({check.interval_s} s).",
                "timeout_s",
                "Make the timeout shorter, or the interval longer.",
            )
        )
    if check.group is not None and check.group.service_id != check.service_id:
        problems.append(Problem("This group is of another service.", "group", "Choose one of its own."))
    if problems:
        raise InputError(problems)


def _is_source(key: str) -> bool:
    return AlertSource.objects.filter(key=key).exists()


def _first_due(check: Check, now: datetime) -> datetime | None:
    if not check.is_counted or check.is_simulated:
        return None
    return now + FETCHED_WITHIN + timedelta(seconds=check.allowance_s)


def _begin_anew(check: Check, now: datetime, *, is_measured_otherwise: bool) -> None:
    """After a change: what was on the way to be confirmed is dropped where it was measured otherwise."""
    state = CheckState.objects.select_for_update().get(component=check)
    if is_measured_otherwise or not check.is_counted:
        state.waiting, state.recent, state.is_flapping = [], "", False
    if not check.is_counted:
        state.state, state.is_pending, state.since_at = "unknown", True, now
    state.stale_at = _first_due(check, now)
    state.save()
    _listen(check, now)


def _listen(check: Check, now: datetime) -> None:
    """Give a check that a job calls its address; others have none."""
    if check.kind == "heartbeat":
        watch_heartbeat(check, now)
    else:
        forget_heartbeat(check)


def _tell_services(
    check: Check, old_service: Service, was_counted: bool, is_regrouped: bool, now: datetime
) -> None:
    """Work out what the change means for the states of the services concerned."""
    has_moved = old_service.pk != check.service_id
    rows = []
    if was_counted and (has_moved or not check.is_counted):
        rows.append(_switched_off(check, old_service, now))
    state = CheckState.objects.get(component=check)
    if has_moved and check.is_counted and not state.is_pending:
        rows.append(_moved_in(check, state, now))
    write_changes(rows, now)
    if is_regrouped and not rows:
        derive({check.service_id}, now, now)


def _switched_off(check: Check, service: Service, now: datetime) -> StateChange:
    """The row that takes a check out of a service's state."""
    last = StateChange.objects.filter(component=check, service=service).order_by("pk").last()
    return StateChange(
        service=service,
        component=check,
        state="off",
        previous_state=last.state if last else "unknown",
        first_bad_at=now,
        confirmed_at=now,
        recorded_at=now,
    )


def _moved_in(check: Check, state: CheckState, now: datetime) -> StateChange:
    is_bad = state.state in ("down", "degraded")
    return StateChange(
        service=check.service,
        component=check,
        state=state.state,
        previous_state="unknown",
        first_bad_at=now,
        confirmed_at=now,
        recorded_at=now,
        reason=state.last_message,
        cause_service=check.service if is_bad else None,
        cause_check=check if is_bad else None,
        is_flapping=state.is_flapping,
    )


def _without_secrets(check: Check, changes: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """What the audit trail may know of a change."""
    hidden = secret_fields(kind_of(check.kind))
    shown = dict(changes)
    if "settings" in shown:
        shown["settings"] = [
            {field: KEPT if field in hidden else value for field, value in side.items()}
            for side in shown["settings"]
        ]
        if shown["settings"][0] == shown["settings"][1]:
            shown["settings"].append("a secret changed")
    if "kind" in shown:  # the old kind may have had other secrets
        shown.pop("settings", None)
    return shown
