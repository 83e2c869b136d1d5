"""Sources of alerts, checks and their groups in configuration as code. Agents are not in the file: they have tokens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pydantic import Field

from beheer.catalogue.models import ConfigurationItem, Service
from beheer.lib.configuration import After, Entry, Finding, Section, unknown
from beheer.lib.errors import InputError
from beheer.monitoring.actions.alerts import change_source, register_source
from beheer.monitoring.actions.checks import KEPT, change_check, create_check, shown_settings
from beheer.monitoring.actions.groups import change_group, create_group
from beheer.monitoring.models import Agent, AlertSource, Check, CheckGroup
from beheer.monitoring.probes import KINDS, read_check, secret_fields
from beheer.permissions.rules import Actor

Key = Field(min_length=1, max_length=80, pattern=r"^[-a-zA-Z0-9_]+$")
CONFIRM_AFTER = 3
CONFIRM_AFTER_CALL = 1  # of kinds that others call


class GroupEntry(Entry):
    """Checks of one service that stand in for each other; `needed` of them suffice. Checks name the group."""

    service: str
    name: str = Field(min_length=1, max_length=80)
    needed: int = Field(default=1, ge=1)

    @property
    def key(self) -> str:
        """What tells it from other groups."""
        return f"{self.service} {self.name}"


class CheckEntry(Entry):
    """One check. A secret setting is exported as `********`, which means: keep the present one."""

    key: str = Key
    name: str = Field(min_length=1, max_length=150)
    kind: str
    service: str
    item: str | None = None
    group: str | None = None
    agent: str | None = None
    settings: dict[str, Any] = {}
    conditions: dict[str, list[str]] = {}
    interval_s: int = Field(default=60, ge=1)
    timeout_s: float = Field(default=10, gt=0)
    confirm_after: int | None = Field(default=None, ge=1, le=20)
    recover_after: int = Field(default=1, ge=1, le=20)
    enabled: bool = True
    description: str = ""
    simulated: bool = False


class SourceEntry(Entry):
    """One Alertmanager that tells of alerts. Its secret is not in the file: it is given on the page."""

    key: str = Key
    name: str = Field(min_length=1, max_length=100)
    enabled: bool = True


def current_sources() -> dict[str, SourceEntry]:
    """All sources of alerts, by key."""
    rows = AlertSource.objects.order_by("key")
    return {row.key: SourceEntry(key=row.key, name=row.name, enabled=row.is_enabled) for row in rows}


def save_source(*, actor: Actor, entry: SourceEntry, now: datetime) -> None:
    """Make or change a source of alerts."""
    found = AlertSource.objects.filter(key=entry.key).first()
    if found is None:
        found, _secret = register_source(actor=actor, key=entry.key, name=entry.name, now=now)
    values = {"name": entry.name, "is_enabled": entry.enabled}
    change_source(actor=actor, source=found, values=values, now=now)


def current_groups() -> dict[str, GroupEntry]:
    """All groups of checks, by service and name."""
    rows = CheckGroup.objects.select_related("service").order_by("service__key", "name")
    found = [GroupEntry(service=row.service.key, name=row.name, needed=row.needed) for row in rows]
    return {entry.key: entry for entry in found}


def save_group(*, actor: Actor, entry: GroupEntry, now: datetime) -> None:
    """Make or change a group."""
    service = Service.objects.get(key=entry.service)
    found = CheckGroup.objects.filter(service=service, name=entry.name).select_related("service").first()
    if found is None:
        create_group(actor=actor, service=service, name=entry.name, needed=entry.needed, now=now)
    else:
        change_group(actor=actor, group=found, needed=entry.needed, now=now)


def group_problems(after: After) -> Iterator[Finding]:
    """Groups of services that are not there."""
    for key, entry in after["check_groups"].items():
        yield from unknown(after, "services", entry.service, entry=key, path=("service",))


def current_checks() -> dict[str, CheckEntry]:
    """All checks that are not removed, by key."""
    rows = Check.objects.filter(removed_at=None).select_related("service", "item", "group", "agent")
    return {row.key: _entry(row) for row in rows.order_by("key")}


def _entry(row: Check) -> CheckEntry:
    return CheckEntry(
        key=row.key,
        name=row.name,
        kind=row.kind,
        service=row.service.key,
        item=row.item.key if row.item else None,
        group=row.group.name if row.group else None,
        agent=row.agent.key if row.agent else None,
        settings=shown_settings(row) if row.kind in KINDS else row.settings,
        conditions=row.conditions,
        interval_s=row.interval_s,
        timeout_s=row.timeout_s,
        confirm_after=None if row.confirm_after == _usual(row.kind) else row.confirm_after,
        recover_after=row.recover_after,
        enabled=row.is_enabled,
        description=row.description,
        simulated=row.is_simulated,
    )


def _usual(kind: str) -> int:
    """After how many results a check of this kind confirms, unless it says otherwise."""
    is_called = kind in KINDS and KINDS[kind].is_passive
    return CONFIRM_AFTER_CALL if is_called else CONFIRM_AFTER


def save_check(*, actor: Actor, entry: CheckEntry, now: datetime) -> None:
    """Make or change a check."""
    service = Service.objects.get(key=entry.service)
    values: dict[str, Any] = {
        "name": entry.name,
        "kind": entry.kind,
        "service": service,
        "item": ConfigurationItem.objects.get(key=entry.item) if entry.item else None,
        "group": CheckGroup.objects.get(service=service, name=entry.group) if entry.group else None,
        "agent": Agent.objects.get(key=entry.agent) if entry.agent else None,
        "settings": entry.settings,
        "conditions": entry.conditions,
        "interval_s": entry.interval_s,
        "timeout_s": entry.timeout_s,
        "confirm_after": entry.confirm_after or _usual(entry.kind),
        "recover_after": entry.recover_after,
        "is_enabled": entry.enabled,
        "description": entry.description,
        "is_simulated": entry.simulated,
    }
    found = Check.objects.filter(key=entry.key, removed_at=None).select_related("service").first()
    if found is None:
        create_check(actor=actor, values={"key": entry.key, **values}, now=now)
    else:
        change_check(actor=actor, check=found, values=values, now=now)


def check_problems(after: After) -> Iterator[Finding]:
    """References that lead nowhere, settings and conditions that the kind does not take, secrets that are not there."""
    agents = set(Agent.objects.values_list("key", flat=True))
    known = {row.key: row for row in Check.objects.filter(removed_at=None)}
    for key, entry in after["checks"].items():
        yield from unknown(after, "services", entry.service, entry=key, path=("service",))
        yield from unknown(after, "items", entry.item, entry=key, path=("item",))
        if entry.group and f"{entry.service} {entry.group}" not in after["check_groups"]:
            message = f"The service '{entry.service}' has no group of checks '{entry.group}'."
            yield Finding(key, ("group",), message, "Add it under 'check_groups'.")
        if entry.agent and entry.agent not in agents:
            yield Finding(
                key,
                ("agent",),
                f"There is no agent '{entry.agent}'.",
                "Make it known first, or leave it out.",
            )
        yield from _of_its_kind(after, key, entry, known.get(key))


def _of_its_kind(after: After, key: str, entry: CheckEntry, known: Check | None) -> Iterator[Finding]:
    try:
        read_check(entry.kind, entry.settings, entry.conditions)
    except InputError as error:
        for problem in error.problems:
            path = tuple(int(part) if part.isdigit() else part for part in problem.field.split("."))
            yield Finding(key, path, problem.message, problem.remedy)
        return
    if entry.kind == "alerts":
        yield from unknown(
            after, "alert_sources", entry.settings["source"], entry=key, path=("settings", "source")
        )
    for field in sorted(secret_fields(KINDS[entry.kind])):
        if entry.settings.get(field) == KEPT and (known is None or field not in known.settings):
            yield Finding(
                key, ("settings", field), "There is no secret here yet that could be kept.", "Fill it in."
            )


SECTIONS: tuple[Section[Any], ...] = (
    Section("alert_sources", SourceEntry, current_sources, save_source),
    Section("check_groups", GroupEntry, current_groups, save_group, problems=group_problems),
    Section("checks", CheckEntry, current_checks, save_check, problems=check_problems),
)
