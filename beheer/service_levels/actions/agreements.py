"""What is done with agreements and their norms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q

from beheer.audit.actions import record
from beheer.catalogue.models import Customer, Service
from beheer.lib.calendar_files import zone_problem
from beheer.lib.errors import InputError, Problem
from beheer.permissions.rules import Actor
from beheer.service_levels.actions.staleness import norm_changed
from beheer.service_levels.authority import require_for_all
from beheer.service_levels.indicators import INDICATORS
from beheer.service_levels.models import Agreement, AgreementStatus, Calendar, Norm
from beheer.service_levels.rules import parse_period, read_rules


@dataclass(frozen=True, slots=True)
class AgreementDraft:
    """An agreement as somebody wants it. `ends_on` None: no end is agreed."""

    key: str
    name: str
    customer: Customer
    services: Sequence[Service]
    calendar: Calendar
    starts_on: date
    ends_on: date | None = None
    timezone: str = "Europe/Amsterdam"
    status: str = AgreementStatus.ACTIVE.value
    report_period: str = "month"
    report_delay_days: int = 5
    report_recipients: str = ""
    report_language: str = "nl"
    is_simulated: bool = False


@dataclass(frozen=True, slots=True)
class NormDraft:
    """A norm as somebody wants it. `services` empty: all of the agreement."""

    key: str
    name: str
    target: float
    indicator: str = "availability"
    services: Sequence[Service] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    period: str = "month"
    rules: dict[str, Any] = field(default_factory=dict)


RIGHT = "service_levels.change_agreement"
_FIELDS = (
    "key", "name", "customer", "calendar", "starts_on", "ends_on", "timezone", "status", "report_period",
    "report_delay_days", "report_recipients", "report_language", "is_simulated",
)  # fmt: skip


@transaction.atomic
def save_agreement(
    *, actor: Actor, draft: AgreementDraft, now: datetime, agreement: Agreement | None = None
) -> Agreement:
    """Make an agreement, or change the given one. Saving what is there already changes nothing.

    Raises: NotAllowed; InputError where it ends before it begins or overlaps another of the same customer and service.
    """
    held = list(agreement.services.all()) if agreement is not None and agreement.pk else []
    require_for_all(actor, RIGHT, [*held, *draft.services])
    agreement = agreement or Agreement()
    _check_agreement(draft, agreement)
    old = {name: getattr(agreement, name, None) for name in _FIELDS} if agreement.pk else {}
    old_services = set(held)
    changes: dict[str, Any] = {}
    for name in _FIELDS:
        value = getattr(draft, name)
        if old.get(name) != value:
            changes[name] = [_plain(old.get(name)), _plain(value)]
            setattr(agreement, name, value)
    if old_services != set(draft.services):
        changes["services"] = [sorted(s.key for s in old_services), sorted(s.key for s in draft.services)]
    if not changes:
        return agreement
    agreement.full_clean()
    agreement.save()
    agreement.services.set(draft.services)
    norm_changed(agreement.norms.values_list("pk", flat=True))
    record(
        actor=actor,
        verb="service_levels.save_agreement",
        subject=f"agreement:{agreement.key}",
        changes=changes,
        now=now,
    )
    return agreement


@transaction.atomic
def save_norm(
    *, actor: Actor, agreement: Agreement, draft: NormDraft, now: datetime, norm: Norm | None = None
) -> Norm:
    """Add a norm to an agreement, or change the given one. Saving what is there already changes nothing.

    Raises: NotAllowed; InputError where the target, period, rules or settings are wrong.
    """
    require_for_all(actor, RIGHT, agreement.services.all())
    norm = norm or Norm(agreement=agreement)
    _check_norm(draft, agreement)
    old_services = set(norm.services.all()) if norm.pk else set()
    changes: dict[str, Any] = {}
    for name in ("key", "name", "indicator", "settings", "target", "period", "rules"):
        value = getattr(draft, name)
        if norm.pk is None or getattr(norm, name) != value:
            changes[name] = [getattr(norm, name) if norm.pk else None, value]
            setattr(norm, name, value)
    if old_services != set(draft.services):
        changes["services"] = [sorted(s.key for s in old_services), sorted(s.key for s in draft.services)]
    if not changes:
        return norm
    norm.full_clean()
    norm.save()
    norm.services.set(draft.services)
    norm_changed([norm.pk])
    subject = f"norm:{agreement.key}.{norm.key}"
    record(actor=actor, verb="service_levels.save_norm", subject=subject, changes=changes, now=now)
    return norm


@transaction.atomic
def retire_norm(*, actor: Actor, norm: Norm, on: date, now: datetime) -> Norm:
    """Let a norm no longer be judged from a day on; what was judged stays."""
    require_for_all(actor, RIGHT, norm.agreement.services.all())
    norm.retired_on = on
    norm.save(update_fields=["retired_on"])
    norm_changed([norm.pk])
    subject = f"norm:{norm.agreement.key}.{norm.key}"
    record(actor=actor, verb="service_levels.retire_norm", subject=subject, changes={"on": on}, now=now)
    return norm


def _plain(value: object) -> object:
    return value.key if isinstance(value, (Customer, Calendar)) else value


def _check_agreement(draft: AgreementDraft, agreement: Agreement) -> None:
    problems = []
    if draft.ends_on is not None and draft.ends_on < draft.starts_on:
        text = f"The agreement ends on {draft.ends_on}, before it begins on {draft.starts_on}."
        problems.append(Problem(text, "ends_on", "Choose a later last day, or leave it empty."))
    if not draft.services:
        problems.append(Problem("An agreement is about services.", "services", "Choose at least one."))
    if remedy := zone_problem(draft.timezone):
        problems.append(Problem(f"There is no time zone '{draft.timezone}'.", "timezone", remedy))
    for line in draft.report_recipients.split():
        try:
            validate_email(line)
        except ValidationError:
            problems.append(
                Problem(f"'{line}' is no e-mail address.", "report_recipients", "Write one a line.")
            )
    other = None if problems or draft.status == AgreementStatus.DRAFT else _overlapping(draft, agreement)
    if other is not None:
        problems.append(
            Problem(
                f"'{other}' already holds with this customer about a service of this one in this time.",
                "starts_on",
                "Let one end before the other begins, choose other services, or save it as a draft.",
            )
        )
    if problems:
        raise InputError(problems)


def _overlapping(draft: AgreementDraft, agreement: Agreement) -> Agreement | None:
    """Another agreement with the same customer about the same service at the same time, if there is one."""
    others = Agreement.objects.exclude(pk=agreement.pk).exclude(status=AgreementStatus.DRAFT)
    others = others.filter(customer=draft.customer, services__in=list(draft.services))
    others = others.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=draft.starts_on))
    if draft.ends_on is not None:
        others = others.filter(starts_on__lte=draft.ends_on)
    return others.first()


def _check_norm(draft: NormDraft, agreement: Agreement) -> None:
    problems: list[Problem] = []
    indicator = INDICATORS.get(draft.indicator)
    if indicator is None:
        remedy = f"Choose one of {', '.join(sorted(INDICATORS))}."
        raise InputError(Problem(f"There is no indicator '{draft.indicator}'.", "indicator", remedy))
    checks: tuple[Callable[[], object], ...] = (
        lambda: indicator.check_target(draft.target),
        lambda: indicator.check_settings(draft.settings),
        lambda: parse_period(draft.period),
        lambda: read_rules(draft.rules),
    )
    for check in checks:
        try:
            check()
        except InputError as error:
            problems.extend(error.problems)
    foreign = {service.key for service in draft.services} - {
        service.key for service in agreement.services.all()
    }
    if foreign:
        text = f"The agreement is not about {', '.join(sorted(foreign))}."
        problems.append(Problem(text, "services", "Choose services of the agreement, or add them there."))
    if problems:
        raise InputError(problems)
