"""Calendars, agreements with their norms, and planned windows in configuration as code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Literal

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from beheer.catalogue.models import Customer, Service
from beheer.lib.calendar_files import read_calendar
from beheer.lib.configuration import After, Entry, Finding, Section, one_way, unknown
from beheer.lib.durations import SECOND, format_duration, parse_duration
from beheer.lib.errors import DocumentError, InputError
from beheer.permissions.rules import Actor
from beheer.service_levels.actions.agreements import (
    AgreementDraft,
    NormDraft,
    retire_norm,
    save_agreement,
    save_norm,
)
from beheer.service_levels.actions.calendars import save_calendar
from beheer.service_levels.actions.windows import WindowDraft, change_window, plan_window
from beheer.service_levels.actions.work_targets import WorkTarget, save_work_targets, work_targets_of
from beheer.service_levels.models import Agreement, Calendar, Norm, PlannedWindow, State
from beheer.service_levels.models.deviations import LONGEST_UID
from beheer.service_levels.norm_texts import only_changed

Key = Field(min_length=1, max_length=50, pattern=r"^[-a-zA-Z0-9_]+$")
_AS_SENT = {"starts_at": "start", "ends_at": "end", "announced_at": "announced"}
_STRICT = ConfigDict(extra="forbid", frozen=True)


CALENDAR_FIELDS = ("timezone", "holidays", "versions", "closed", "open")


class CalendarEntry(Entry):
    """One calendar: `source` is its text, `24x7` or YAML; or the fields of that YAML stand here themselves."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"example": {"key": "always", "name": "Always", "source": "24x7"}},
    )
    key: str = Key
    name: str = Field(min_length=1, max_length=150)
    source: str
    simulated: bool = False

    @model_validator(mode="before")
    @classmethod
    def _written_out(cls, value: Any) -> Any:
        """Fields of the calendar that stand here themselves become its text."""
        if not isinstance(value, dict) or "source" in value:
            return value
        parts = {name: value[name] for name in CALENDAR_FIELDS if name in value}
        if not parts:
            return value
        rest = {name: given for name, given in value.items() if name not in CALENDAR_FIELDS}
        return {**rest, "source": yaml.safe_dump(parts, sort_keys=False, allow_unicode=True)}

    @field_validator("source")
    @classmethod
    def _readable(cls, source: str) -> str:
        try:
            read_calendar(source)
        except DocumentError as error:
            raise ValueError(str(error).replace("\n", " ")) from error
        return source


class NormEntry(BaseModel):
    """One norm of an agreement. `services` empty: all of the agreement. `rules`: only what differs from the default.

    `key` is the indicator's name where it is left out, `name` the key.
    """

    model_config = _STRICT
    key: str = Key
    name: str = Field(min_length=1, max_length=150)
    indicator: str = "availability"
    target: float
    period: str = "month"
    services: list[str] = []
    settings: dict[str, Any] = {}
    rules: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        """A norm that is the only one of its indicator need not be given a name."""
        if not isinstance(value, dict):
            return value
        key = value.get("key", value.get("indicator", "availability"))
        return {"name": str(key).replace("_", " ").capitalize(), **value, "key": key}

    @field_validator("rules")
    @classmethod
    def _plain_rules(cls, rules: dict[str, Any]) -> dict[str, Any]:
        """Only what differs from the defaults, each value written one way."""
        try:
            return only_changed(rules)
        except InputError as error:
            raise ValueError(str(error).replace("\n", " ")) from error


class ReportEntry(BaseModel):
    """How often an agreement is reported on (empty: never), how many days after, to whom, in which language."""

    model_config = _STRICT
    each: Literal["", "week", "month", "quarter", "year"] = "month"
    delay_days: int = Field(default=5, ge=0, le=90)
    language: Literal["nl", "en"] = "nl"
    recipients: list[str] = []


class WorkTargetEntry(BaseModel):
    """How long a clock of a kind of work may take on the agreement's services; no `priority`: whatever it is."""

    model_config = _STRICT
    kind: str
    clock: str
    priority: int | None = Field(default=None, ge=1, le=5)
    within: str = Field(examples=["4h", "2d"])

    @field_validator("within", mode="before")
    @classmethod
    def _one_way(cls, within: Any) -> str:
        """Every length of time written one way."""
        return one_way(within)


class AgreementEntry(Entry):
    """One agreement with all its norms: a norm that is not named any more is no longer judged from that day on."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "example": {
                "key": "arts-2027",
                "name": "Services for Arts 2027",
                "customer": "arts",
                "services": ["learning", "mail"],
                "calendar": "always",
                "starts_on": "2027-01-01",
                "norms": [
                    {
                        "key": "availability",
                        "name": "Available",
                        "target": 0.995,
                        "rules": {"planned_notice": "2d"},
                    }
                ],
            }
        },
    )
    unordered = ("services", "norms", "work_targets")
    key: str = Key
    name: str = Field(min_length=1, max_length=150)
    customer: str
    services: list[str] = Field(min_length=1)
    calendar: str
    timezone: str = "Europe/Amsterdam"
    starts_on: date
    ends_on: date | None = None
    status: Literal["draft", "active", "ended"] = "active"
    report: ReportEntry = ReportEntry()
    norms: list[NormEntry] = []
    work_targets: list[WorkTargetEntry] = []
    simulated: bool = False


class WindowEntry(Entry):
    """One planned window; `key` is its UID in iCalendar."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "example": {
                "key": "disks-2027",
                "services": ["learning"],
                "start": "2027-03-01T22:00:00+01:00",
                "end": "2027-03-02T02:00:00+01:00",
                "reason": "New disks",
                "announced": "2027-02-20T12:00:00+01:00",
            }
        },
    )
    unordered = ("services", "notified", "left_out")
    key: str = Field(min_length=1, max_length=LONGEST_UID)
    services: list[str] = Field(min_length=1)
    start: AwareDatetime
    end: AwareDatetime
    reason: str = Field(min_length=1, max_length=300)
    announced: AwareDatetime
    timezone: str = "Europe/Amsterdam"
    recurrence: str = ""
    left_out: list[AwareDatetime] = []
    notified: list[str] = []
    simulated: bool = False

    @field_validator("start", "end", "announced")
    @classmethod
    def _universal(cls, instant: datetime) -> datetime:
        """Every instant written one way."""
        return instant.astimezone(UTC)

    @field_validator("left_out")
    @classmethod
    def _in_order(cls, instants: list[datetime]) -> list[datetime]:
        return sorted(instant.astimezone(UTC) for instant in instants)


def current_calendars() -> dict[str, CalendarEntry]:
    """All calendars, by key."""
    rows = Calendar.objects.order_by("key")
    return {
        row.key: CalendarEntry(key=row.key, name=row.name, source=row.source, simulated=row.is_simulated)
        for row in rows
    }


def put_calendar(*, actor: Actor, entry: CalendarEntry, now: datetime) -> Calendar:
    """Make or change a calendar."""
    return save_calendar(
        actor=actor,
        key=entry.key,
        name=entry.name,
        source=entry.source,
        now=now,
        is_simulated=entry.simulated,
    )


def current_agreements(keys: Sequence[str] | None = None) -> dict[str, AgreementEntry]:
    """All agreements, or those with these keys, by key, with the norms that are judged."""
    rows = Agreement.objects.order_by("key").select_related("customer", "calendar")
    if keys is not None:
        rows = rows.filter(key__in=keys)
    return {row.key: _agreement_entry(row) for row in rows.prefetch_related("services", "norms__services")}


def _agreement_entry(row: Agreement) -> AgreementEntry:
    norms = [norm_entry(norm) for norm in sorted(row.norms.all(), key=_norm_key) if norm.retired_on is None]
    return AgreementEntry.model_validate(
        {
            "key": row.key,
            "name": row.name,
            "customer": row.customer.key,
            "services": sorted(service.key for service in row.services.all()),
            "calendar": row.calendar.key,
            "timezone": row.timezone,
            "starts_on": row.starts_on,
            "ends_on": row.ends_on,
            "status": row.status,
            "report": {
                "each": row.report_period,
                "delay_days": row.report_delay_days,
                "language": row.report_language,
                "recipients": row.report_recipients.split(),
            },
            "norms": norms,
            "work_targets": [
                {
                    "kind": one.kind,
                    "clock": one.clock,
                    "priority": one.priority,
                    "within": format_duration(one.within_s * SECOND),
                }
                for one in work_targets_of(row)
            ],
            "simulated": row.is_simulated,
        }
    )


def _norm_key(norm: Norm) -> str:
    return norm.key


def norm_entry(norm: Norm) -> NormEntry:
    """A norm as a file has it."""
    return NormEntry(
        key=norm.key,
        name=norm.name,
        indicator=norm.indicator,
        target=norm.target,
        period=norm.period,
        services=sorted(service.key for service in norm.services.all()),
        settings=norm.settings,
        rules=norm.rules,
    )


def put_agreement(*, actor: Actor, entry: AgreementEntry, now: datetime) -> Agreement:
    """Make or change an agreement and its norms. Raises: InputError naming the field, "norms.0.target" of a norm."""
    draft = AgreementDraft(
        key=entry.key,
        name=entry.name,
        customer=Customer.objects.get(key=entry.customer),
        services=_services(entry.services),
        calendar=Calendar.objects.get(key=entry.calendar),
        starts_on=entry.starts_on,
        ends_on=entry.ends_on,
        timezone=entry.timezone,
        status=entry.status,
        report_period=entry.report.each,
        report_delay_days=entry.report.delay_days,
        report_language=entry.report.language,
        report_recipients="\n".join(entry.report.recipients),
        is_simulated=entry.simulated,
    )
    found = Agreement.objects.filter(key=entry.key).first()
    agreement = save_agreement(actor=actor, draft=draft, now=now, agreement=found)
    _put_norms(actor, agreement, entry.norms, now)
    try:
        save_work_targets(
            actor=actor, agreement=agreement, targets=[_target(one) for one in entry.work_targets], now=now
        )
    except InputError as error:
        raise _inside(error, "work_targets") from error
    return agreement


def _target(entry: WorkTargetEntry) -> WorkTarget:
    return WorkTarget(entry.kind, entry.clock, parse_duration(entry.within) // SECOND, entry.priority)


def _put_norms(actor: Actor, agreement: Agreement, entries: Sequence[NormEntry], now: datetime) -> None:
    wanted = {entry.key for entry in entries}
    for place, entry in enumerate(entries):
        try:
            put_norm(actor=actor, agreement=agreement, entry=entry, now=now)
        except InputError as error:
            raise _inside(error, f"norms.{place}") from error
    for norm in agreement.norms.filter(retired_on=None).exclude(key__in=wanted):
        retire_norm(actor=actor, norm=norm, on=now.date(), now=now)


def put_norm(*, actor: Actor, agreement: Agreement, entry: NormEntry, now: datetime) -> Norm:
    """Make or change one norm of an agreement."""
    draft = NormDraft(
        key=entry.key,
        name=entry.name,
        target=entry.target,
        indicator=entry.indicator,
        services=_services(entry.services),
        settings=dict(entry.settings),
        period=entry.period,
        rules=entry.rules,
    )
    held = agreement.norms.filter(key=entry.key).first()
    return save_norm(actor=actor, agreement=agreement, draft=draft, now=now, norm=held)


def _inside(error: InputError, path: str) -> InputError:
    """The same problems at their place in the entry."""
    return InputError(
        [
            type(one)(one.message, f"{path}.{one.field}".rstrip("."), one.remedy, one.line, one.file)
            for one in error.problems
        ]
    )


def _services(keys: Sequence[str]) -> list[Service]:
    return list(Service.objects.filter(key__in=keys).order_by("key"))


def agreement_problems(after: After) -> Iterator[Finding]:
    """References that lead nowhere, and a norm that stands twice."""
    for key, entry in after["agreements"].items():
        yield from unknown(after, "customers", entry.customer, entry=key, path=("customer",))
        yield from unknown(after, "calendars", entry.calendar, entry=key, path=("calendar",))
        for place, service in enumerate(entry.services):
            yield from unknown(after, "services", service, entry=key, path=("services", place))
        seen: set[str] = set()
        for place, norm in enumerate(entry.norms):
            if norm.key in seen:
                path = ("norms", place, "key")
                yield Finding(key, path, f"Norm '{norm.key}' stands here twice.", "Keep one of them.")
            seen.add(norm.key)
            for inner, service in enumerate(norm.services):
                path_to = ("norms", place, "services", inner)
                yield from unknown(after, "services", service, entry=key, path=path_to)


def current_windows() -> dict[str, WindowEntry]:
    """The planned windows that hold, by UID."""
    rows = PlannedWindow.objects.filter(ended_at=None, state=State.APPROVED).order_by("uid")
    return {row.uid: window_entry(row) for row in rows.prefetch_related("services", "notified")}


def window_entry(row: PlannedWindow) -> WindowEntry:
    """A window as a file has it."""
    return WindowEntry(
        key=row.uid,
        services=sorted(service.key for service in row.services.all()),
        start=row.starts_at,
        end=row.ends_at,
        reason=row.reason,
        announced=row.announced_at,
        timezone=row.timezone,
        recurrence=row.recurrence,
        left_out=[datetime.fromisoformat(text) for text in row.left_out],
        notified=sorted(customer.key for customer in row.notified.all()),
        simulated=row.is_simulated,
    )


def put_window(*, actor: Actor, entry: WindowEntry, now: datetime) -> PlannedWindow:
    """Plan a window, or let it take the place of the one with this key."""
    held = PlannedWindow.objects.filter(uid=entry.key, ended_at=None).first()
    draft = WindowDraft(
        services=_services(entry.services),
        starts_at=entry.start,
        ends_at=entry.end,
        reason=entry.reason,
        announced_at=entry.announced,
        timezone=entry.timezone,
        recurrence=entry.recurrence,
        left_out=entry.left_out,
        notified=list(Customer.objects.filter(key__in=entry.notified)),
        uid=entry.key,
        is_simulated=entry.simulated,
    )
    with as_sent():
        if held is None:
            return plan_window(actor=actor, draft=draft, now=now)
        if window_entry(held) == entry:
            return held
        return change_window(actor=actor, window=held, draft=draft, now=now)


@contextmanager
def as_sent() -> Iterator[None]:
    """Call the fields of what is wrong as files and the API call them. Raises: InputError."""
    try:
        yield
    except InputError as error:
        raise InputError(
            [replace(one, field=_AS_SENT.get(one.field, one.field)) for one in error.problems]
        ) from error


def window_problems(after: After) -> Iterator[Finding]:
    """Windows of services and customers that are not there."""
    for key, entry in after["windows"].items():
        for place, service in enumerate(entry.services):
            yield from unknown(after, "services", service, entry=key, path=("services", place))
        for place, customer in enumerate(entry.notified):
            yield from unknown(after, "customers", customer, entry=key, path=("notified", place))


SECTIONS: tuple[Section[Any], ...] = (
    Section("calendars", CalendarEntry, current_calendars, put_calendar),
    Section("agreements", AgreementEntry, current_agreements, put_agreement, problems=agreement_problems),
    Section("windows", WindowEntry, current_windows, put_window, problems=window_problems),
)
