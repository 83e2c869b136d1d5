"""What is done with planned windows. A window is never edited: a changed one replaces it, so that reports rerun."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from beheer.audit.actions import record
from beheer.catalogue.models import Customer, Service
from beheer.lib.calendar_files import zone_problem
from beheer.lib.errors import Conflict, InputError, NotAllowed, Problem
from beheer.lib.intervals import format_instant, to_us
from beheer.permissions.rules import Actor, require
from beheer.service_levels.actions.authors import person
from beheer.service_levels.actions.staleness import facts_changed
from beheer.service_levels.models import PlannedWindow, State
from beheer.service_levels.models.deviations import LONGEST_REASON, LONGEST_RECURRENCE, LONGEST_UID
from beheer.service_levels.recurrence import check_recurrence


@dataclass(frozen=True, slots=True)
class WindowDraft:
    """A planned window as somebody wants it. `announced_at` None: it is announced by entering it.

    `sequence`: of iCalendar; None: one more than that of the window it replaces.
    """

    services: Sequence[Service]
    starts_at: datetime
    ends_at: datetime
    reason: str
    announced_at: datetime | None = None
    timezone: str = "Europe/Amsterdam"
    recurrence: str = ""
    left_out: Sequence[datetime] = ()
    notified: Sequence[Customer] = ()
    uid: str = ""
    is_simulated: bool = False
    sequence: int | None = None


@transaction.atomic
def plan_window(*, actor: Actor, draft: WindowDraft, now: datetime) -> PlannedWindow:
    """Plan maintenance. In advance it holds at once; entered after it began it waits for a second person.

    Raises: NotAllowed; InputError where it ends before it starts, the rule cannot be read, or it has no services.
    """
    _require_each(actor, "service_levels.plan_window", draft.services)
    _check(draft, now)
    window = _save(actor, draft, now, replaces=None)
    _counted_anew(window)
    changes = {
        "services": sorted(service.key for service in draft.services),
        "starts_at": window.starts_at,
        "ends_at": window.ends_at,
        "recurrence": window.recurrence,
        "state": window.state,
    }
    record(
        actor=actor,
        verb="service_levels.plan_window",
        subject=f"window:{window.pk}",
        changes=changes,
        now=now,
    )
    return window


@transaction.atomic
def change_window(*, actor: Actor, window: PlannedWindow, draft: WindowDraft, now: datetime) -> PlannedWindow:
    """Let another window take the place of this one; earlier reports still find the old one.

    Raises: NotAllowed; Conflict where it has ended already; InputError as `plan_window`.
    """
    _require_each(actor, "service_levels.plan_window", [*window.services.all(), *draft.services])
    _check(draft, now)
    if window.ended_at is not None:
        raise Conflict("This window was cancelled, refused or replaced already. Open the one that holds now.")
    _end(window, now)
    changed = _save(actor, replace(draft, uid=window.uid), now, replaces=window)
    _counted_anew(window)
    _counted_anew(changed)
    changes = {"replaces": window.pk, "starts_at": changed.starts_at, "ends_at": changed.ends_at}
    record(
        actor=actor,
        verb="service_levels.change_window",
        subject=f"window:{changed.pk}",
        changes=changes,
        now=now,
    )
    return changed


@transaction.atomic
def cancel_window(*, actor: Actor, window: PlannedWindow, now: datetime) -> PlannedWindow:
    """Let a window not happen. Cancelling twice is cancelling once."""
    _require_each(actor, "service_levels.plan_window", window.services.all())
    if window.ended_at is not None:
        return window
    window.state = State.WITHDRAWN
    _end(window, now)
    _counted_anew(window)
    record(actor=actor, verb="service_levels.cancel_window", subject=f"window:{window.pk}", now=now)
    return window


@transaction.atomic
def decide_window(
    *, actor: Actor, window: PlannedWindow, approve: bool, decision: str, now: datetime
) -> PlannedWindow:
    """Approve or refuse a window that was entered after it began; the author may not.

    Raises: NotAllowed; Conflict where it was decided already.
    """
    _require_each(actor, "service_levels.approve_correction", window.services.all())
    if window.state != State.PROPOSED:
        raise Conflict("This window was decided already.")
    require_second_person(actor, window.author_id, window.is_simulated)
    window.state = State.APPROVED if approve else State.REFUSED
    window.decided_by, window.decision = person(actor), decision
    window.approved_at, window.ended_at = (now, None) if approve else (None, now)
    window.full_clean()
    window.save()
    _counted_anew(window)
    changes = {"state": window.state, "decision": decision}
    record(
        actor=actor,
        verb="service_levels.decide_window",
        subject=f"window:{window.pk}",
        changes=changes,
        now=now,
    )
    return window


@transaction.atomic
def leave_out(*, actor: Actor, window: PlannedWindow, starts_at: datetime, now: datetime) -> PlannedWindow:
    """Let one occurrence of a recurring window not happen."""
    draft = draft_of(window, left_out=[*window.left_out, format_instant(to_us(starts_at))])
    return change_window(actor=actor, window=window, draft=draft, now=now)


def draft_of(window: PlannedWindow, *, left_out: Sequence[str] | None = None) -> WindowDraft:
    """A window as a draft, to change something of it; it stays announced when it was."""
    return WindowDraft(
        services=list(window.services.all()),
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        reason=window.reason,
        announced_at=window.announced_at,
        timezone=window.timezone,
        recurrence=window.recurrence,
        left_out=[
            datetime.fromisoformat(text) for text in (window.left_out if left_out is None else left_out)
        ],
        notified=list(window.notified.all()),
        is_simulated=window.is_simulated,
    )


def require_second_person(actor: Actor, author_id: int | None, is_simulated: bool) -> None:
    """A decision is taken by a person, and by another one than the author. Raises: NotAllowed."""
    if is_simulated:
        return
    if actor.actor_id is None:
        raise NotAllowed("A person decides about this. Sign in and decide on the page, or use a token.")
    if actor.actor_id == author_id:
        raise NotAllowed("You proposed this yourself. A second person decides about it.")


def _require_each(actor: Actor, right: str, services: Iterable[Service]) -> None:
    for service in services:
        require(actor, right, team_id=service.team_id, service_id=service.pk)


def _check(draft: WindowDraft, now: datetime) -> None:
    """Raises: InputError with everything that is wrong with the draft."""
    problems = []
    if not draft.services:
        problems.append(Problem("A window needs a service.", "services", "Choose at least one."))
    if draft.ends_at <= draft.starts_at:
        problems.append(Problem("The window ends before it starts.", "ends_at", "Choose a later end."))
    if draft.announced_at is not None and draft.announced_at > now:
        problems.append(
            Problem("It cannot have been announced in the future.", "announced_at", "Leave it empty: now.")
        )
    if remedy := zone_problem(draft.timezone):
        problems.append(Problem(f"There is no time zone '{draft.timezone}'.", "timezone", remedy))
    if not draft.reason.strip():
        problems.append(Problem("Say what is done in this window.", "reason", "A few words suffice."))
    for name, longest in (
        ("reason", LONGEST_REASON),
        ("uid", LONGEST_UID),
        ("recurrence", LONGEST_RECURRENCE),
    ):
        if len(getattr(draft, name)) > longest:
            problems.append(Problem(f"This is longer than {longest} characters.", name, "Shorten it."))
    if problems:
        raise InputError(problems)
    check_recurrence(draft.recurrence, draft.starts_at, draft.timezone)


def _save(actor: Actor, draft: WindowDraft, now: datetime, replaces: PlannedWindow | None) -> PlannedWindow:
    is_late = draft.starts_at < now and not draft.is_simulated and _brings_time_past(draft, now, replaces)
    window = PlannedWindow(
        uid=draft.uid or f"{uuid.uuid4()}@beheer",
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        timezone=draft.timezone,
        recurrence=draft.recurrence,
        left_out=sorted(format_instant(to_us(start)) for start in draft.left_out),
        announced_at=draft.announced_at or now,
        reason=draft.reason,
        state=State.PROPOSED if is_late else State.APPROVED,
        author=person(actor),
        recorded_at=now,
        approved_at=None if is_late else now,
        replaces=replaces,
        is_simulated=draft.is_simulated,
        sequence=_sequence(draft, replaces),
    )
    window.full_clean()
    window.save()
    window.services.set(draft.services)
    window.notified.set(draft.notified)
    return window


def _sequence(draft: WindowDraft, replaces: PlannedWindow | None) -> int:
    if draft.sequence is not None:
        return draft.sequence
    return replaces.sequence + 1 if replaces is not None else 0


def _brings_time_past(draft: WindowDraft, now: datetime, replaces: PlannedWindow | None) -> bool:
    """Whether the draft would make past time planned that was not planned before."""
    if replaces is None or replaces.state != State.APPROVED:
        return True
    same_start = replaces.starts_at <= draft.starts_at and replaces.recurrence == draft.recurrence
    same_services = {service.pk for service in draft.services} <= {
        service.pk for service in replaces.services.all()
    }
    return not (same_start and same_services and min(draft.ends_at, now) <= replaces.ends_at)


def _end(window: PlannedWindow, now: datetime) -> None:
    window.ended_at = now
    window.save(update_fields=["ended_at", "state"])


def _counted_anew(window: PlannedWindow) -> None:
    until = None if window.recurrence else window.ends_at
    facts_changed(window.services.values_list("pk", flat=True), window.starts_at, until)
