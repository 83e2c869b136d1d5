"""Targets of work in agreements: how long items of its services may take, counted in the agreement's calendar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from beheer.audit.actions import record
from beheer.lib.errors import InputError, Problem
from beheer.permissions.rules import SYSTEM, Actor
from beheer.service_levels.authority import require_for_all
from beheer.service_levels.models import Agreement, AgreementStatus
from beheer.work.actions.targets import AGREED, TargetDraft, check_target, take_over_agreed
from beheer.work.models import Target


@dataclass(frozen=True, slots=True)
class WorkTarget:
    """A clock of a kind of work may take so long; `priority` None: whatever the priority."""

    kind: str
    clock: str
    within_s: int
    priority: int | None = None

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {"kind": self.kind, "clock": self.clock, "priority": self.priority, "within_s": self.within_s}


def work_targets_of(agreement: Agreement) -> list[WorkTarget]:
    """The targets in an agreement, in order."""
    return [WorkTarget(**one) for one in agreement.work_targets]


@transaction.atomic
def save_work_targets(
    *, actor: Actor, agreement: Agreement, targets: Sequence[WorkTarget], now: datetime
) -> Agreement:
    """Say how long work on the services of an agreement may take. Saving what is there already changes nothing.

    They become the deadlines of items within half a minute, while the agreement is in force; running items keep what
    has elapsed. Raises: NotAllowed; InputError with the place of each target that is wrong, such as "1.clock".
    """
    require_for_all(actor, "service_levels.change_agreement", agreement.services.all())
    _check(targets)
    wanted = [one.as_json() for one in sorted(targets, key=_order)]
    if wanted == agreement.work_targets:
        return agreement
    before, agreement.work_targets = agreement.work_targets, wanted
    agreement.save(update_fields=["work_targets"])
    record(
        actor=actor,
        verb="service_levels.save_work_targets",
        subject=f"agreement:{agreement.key}",
        changes={"work_targets": [before, wanted]},
        now=now,
    )
    return agreement


def _order(one: WorkTarget) -> tuple[str, str, int]:
    return (one.kind, one.clock, one.priority or 0)


def _check(targets: Sequence[WorkTarget]) -> None:
    problems: list[Problem] = []
    seen: set[tuple[str, str, int]] = set()
    for place, one in enumerate(targets):
        try:
            check_target(TargetDraft(one.kind, one.clock, one.within_s, one.priority))
        except InputError as error:
            problems += [Problem(p.message, f"{place}.{p.field}", p.remedy) for p in error.problems]
        if _order(one) in seen:
            text = f"The clock {one.clock} of {one.kind} stands here twice for the same priority."
            problems.append(Problem(text, f"{place}.clock", "Keep one of them."))
        seen.add(_order(one))
    if problems:
        raise InputError(problems)


def take_over(now: datetime) -> int:
    """Make the targets of work what the agreements in force say. Gives how many changed."""
    done, sources = 0, set()
    rows = Agreement.objects.exclude(work_targets=[]).select_related("customer", "calendar")
    for agreement in rows.prefetch_related("services"):
        sources.add(source := AGREED + agreement.key)
        drafts = list(_drafts(agreement)) if is_in_force(agreement, now) else []
        done += take_over_agreed(actor=SYSTEM, source=source, drafts=drafts, now=now)
    held = Target.objects.filter(source__startswith=AGREED).values_list("source", flat=True).distinct()
    for source in set(held) - sources:
        done += take_over_agreed(actor=SYSTEM, source=source, drafts=[], now=now)
    return done


def is_in_force(agreement: Agreement, now: datetime) -> bool:
    """Whether an agreement holds today, by the day in its own zone."""
    today = now.astimezone(ZoneInfo(agreement.timezone)).date()
    return (
        agreement.status == AgreementStatus.ACTIVE
        and agreement.starts_on <= today
        and (agreement.ends_on is None or today <= agreement.ends_on)
    )


def _drafts(agreement: Agreement) -> Iterator[TargetDraft]:
    for service in agreement.services.all():
        for one in work_targets_of(agreement):
            yield TargetDraft(
                kind=one.kind,
                clock=one.clock,
                target_s=one.within_s,
                priority=one.priority,
                service=service,
                customer=agreement.customer,
                calendar=agreement.calendar.source,
            )
