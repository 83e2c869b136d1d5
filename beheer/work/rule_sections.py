"""Own kinds of work, targets set by hand, and rules for outages of services, in configuration as code."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator

from beheer.catalogue.models import Customer, Service
from beheer.lib.configuration import After, Entry, Finding, Section, one_way, unknown
from beheer.lib.documents import load
from beheer.lib.durations import SECOND, format_duration, parse_duration
from beheer.lib.errors import DocumentError
from beheer.people.models import Team
from beheer.permissions.rules import Actor
from beheer.work.actions.kinds import publish_kind
from beheer.work.actions.service_rules import ServiceRuleDraft, draft_of, save_service_rule
from beheer.work.actions.targets import AGREED, TargetDraft, save_target
from beheer.work.clocks import TEXT
from beheer.work.definitions import known_activities
from beheer.work.kinds.checks import read_kind
from beheer.work.models import CalendarText, KindVersion, ServiceRule, Target


class KindEntry(Entry):
    """One kind of an institution's own, or its own version of a built-in one: the whole file as text."""

    key: str
    text: str

    @field_validator("text")
    @classmethod
    def _whole(cls, text: str) -> str:
        """Lines end one way, and the last line ends."""
        return text.replace("\r\n", "\n").rstrip("\n") + "\n"


class TargetEntry(Entry):
    """How long a clock may take: for a priority, a service, a customer, or all of them. `within` none: no target."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "example": {"kind": "incident", "clock": "resolution", "priority": 1, "within": "4h"}
        },
    )
    kind: str
    clock: str
    priority: int | None = Field(default=None, ge=1, le=5)
    service: str | None = None
    customer: str | None = None
    within: str = Field(examples=["4h", "none"])
    calendar: str = ""

    @field_validator("within", mode="before")
    @classmethod
    def _one_way(cls, within: Any) -> str:
        if str(within).strip() == "none":
            return "none"
        return one_way(within)


class ServiceRuleEntry(Entry):
    """How outages of the service `key` are answered, where that differs from the kind."""

    key: str
    opens_incidents: bool = True
    when_back: Literal["", "resolve", "ask"] = ""
    reopen_within: str | None = None
    team: str | None = None

    @field_validator("reopen_within", mode="before")
    @classmethod
    def _one_way(cls, within: Any) -> str | None:
        if within is None:
            return None
        return one_way(within)


def current_own_kinds() -> dict[str, KindEntry]:
    """The kinds that do not come with Beheer, in the version that new items get."""
    rows = KindVersion.objects.filter(is_current=True, is_built_in=False).order_by("key")
    return {row.key: KindEntry(key=row.key, text=row.text) for row in rows}


def save_kind(*, actor: Actor, entry: KindEntry, now: datetime) -> None:
    """Publish a kind's file."""
    publish_kind(actor=actor, text=entry.text, name=f"{entry.key}.yaml", now=now)


def kind_problems(after: After) -> Iterator[Finding]:
    """A file that is wrong, each thing with the line of the kind's own text."""
    for key, entry in after["work_kinds"].items():
        try:
            kind = read_kind(load(entry.text, f"{key}.yaml"), known_activities())
        except DocumentError as error:
            for problem in error.problems:
                yield Finding(key, ("text",), f"line {problem.line}: {problem.message}", problem.remedy)
            continue
        if kind.kind != key:
            yield Finding(key, ("key",), f"The text is of the kind '{kind.kind}'.", "Give both one name.")


def target_key(entry: TargetEntry) -> str:
    """What a target is called: for what it holds."""
    priority = str(entry.priority or "")
    return ".".join(
        part for part in (entry.kind, entry.clock, priority, entry.service, entry.customer) if part
    )


def current_targets() -> dict[str, TargetEntry]:
    """The targets that were set by hand; those of agreements stand with the agreements."""
    rows = Target.objects.exclude(source__startswith=AGREED).select_related("service", "customer")
    found = [target_entry(row) for row in rows.order_by("kind", "clock", "priority", "pk")]
    return {target_key(one): one for one in found}


def target_entry(row: Target) -> TargetEntry:
    """A target as a file has it."""
    calendar = row.calendar
    if calendar.startswith(TEXT):
        calendar = CalendarText.objects.get(digest=calendar.removeprefix(TEXT)).text
    return TargetEntry(
        kind=row.kind,
        clock=row.clock,
        priority=row.priority,
        service=row.service.key if row.service else None,
        customer=row.customer.key if row.customer else None,
        within="none" if row.target_s is None else format_duration(row.target_s * SECOND),
        calendar=calendar,
    )


def draft_of_target(entry: TargetEntry) -> TargetDraft:
    """A target as the actions take it. Its service and customer must be there."""
    return TargetDraft(
        kind=entry.kind,
        clock=entry.clock,
        priority=entry.priority,
        service=Service.objects.get(key=entry.service) if entry.service else None,
        customer=Customer.objects.get(key=entry.customer) if entry.customer else None,
        target_s=None if entry.within == "none" else parse_duration(entry.within) // SECOND,
        calendar=entry.calendar,
    )


def put_target(*, actor: Actor, entry: TargetEntry, now: datetime) -> None:
    """Set a target."""
    save_target(actor=actor, draft=draft_of_target(entry), now=now)


def target_problems(after: After) -> Iterator[Finding]:
    """Kinds, clocks, services and customers that are not there."""
    for key, entry in after["work_targets"].items():
        yield from unknown(after, "services", entry.service, entry=key, path=("service",))
        yield from unknown(after, "customers", entry.customer, entry=key, path=("customer",))


def current_service_rules() -> dict[str, ServiceRuleEntry]:
    """The rules, by their service."""
    rows = ServiceRule.objects.select_related("service", "team").order_by("service__key")
    return {row.service.key: _rule_entry(row) for row in rows}


def _rule_entry(row: ServiceRule) -> ServiceRuleEntry:
    draft = draft_of(row)
    within = draft.reopen_within_s
    return ServiceRuleEntry.model_validate(
        {
            "key": row.service.key,
            "opens_incidents": draft.opens_incidents,
            "when_back": draft.when_back,
            "reopen_within": None if within is None else format_duration(within * SECOND),
            "team": draft.team.key if draft.team else None,
        }
    )


def put_service_rule(*, actor: Actor, entry: ServiceRuleEntry, now: datetime) -> None:
    """Say how outages of a service are answered."""
    draft = ServiceRuleDraft(
        entry.opens_incidents,
        entry.when_back,
        None if entry.reopen_within is None else parse_duration(entry.reopen_within) // SECOND,
        Team.objects.get(key=entry.team) if entry.team else None,
    )
    save_service_rule(actor=actor, service=Service.objects.get(key=entry.key), draft=draft, now=now)


def service_rule_problems(after: After) -> Iterator[Finding]:
    """Services and teams that are not there."""
    for key, entry in after["outage_rules"].items():
        yield from unknown(after, "services", key, entry=key, path=("key",))
        yield from unknown(after, "teams", entry.team, entry=key, path=("team",))


OWN_KINDS: Section[Any] = Section(
    "work_kinds", KindEntry, current_own_kinds, save_kind, problems=kind_problems
)
RULES: tuple[Section[Any], ...] = (
    Section(
        "work_targets", TargetEntry, current_targets, put_target, problems=target_problems, key=target_key
    ),
    Section(
        "outage_rules",
        ServiceRuleEntry,
        current_service_rules,
        put_service_rule,
        problems=service_rule_problems,
    ),
)
