"""What is done with corrections: proposed by one person, approved or refused by another."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from beheer.audit.actions import record
from beheer.catalogue.models import Service
from beheer.lib.errors import Conflict, InputError, NotAllowed, Problem
from beheer.permissions.rules import Actor, allowed, require
from beheer.service_levels.actions.authors import person
from beheer.service_levels.actions.staleness import facts_changed
from beheer.service_levels.actions.windows import require_second_person
from beheer.service_levels.models import Correction, Makes, State


@transaction.atomic
def propose_correction(
    *,
    actor: Actor,
    service: Service,
    starts_at: datetime,
    ends_at: datetime,
    makes: str,
    reason: str,
    now: datetime,
    is_simulated: bool = False,
) -> Correction:
    """Propose that an interval of a service counts otherwise. It counts once another person approved it.

    Raises: NotAllowed; InputError where it ends before it starts or lies in the future, or says no reason.
    """
    require(actor, "service_levels.propose_correction", team_id=service.team_id, service_id=service.pk)
    _check(starts_at, ends_at, makes, reason, now)
    correction = Correction(
        service=service,
        starts_at=starts_at,
        ends_at=ends_at,
        makes=makes,
        reason=reason,
        author=person(actor),
        recorded_at=now,
        is_simulated=is_simulated,
    )
    correction.full_clean()
    correction.save()
    changes = {
        "service": service.key,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "makes": makes,
        "reason": reason,
    }
    _record(actor, "propose_correction", correction, now, changes)
    return correction


@transaction.atomic
def approve_correction(
    *, actor: Actor, correction: Correction, now: datetime, decision: str = ""
) -> Correction:
    """Let a correction hold from now on. A sealed report over its time gets a new version by the worker.

    Raises: NotAllowed, also for the author; Conflict where it was decided already.
    """
    correction = _decide(actor, correction, State.APPROVED, decision, now)
    facts_changed([correction.service_id], correction.starts_at, correction.ends_at)
    return correction


@transaction.atomic
def refuse_correction(*, actor: Actor, correction: Correction, decision: str, now: datetime) -> Correction:
    """Refuse a correction, saying why.

    Raises: NotAllowed, also for the author; InputError without a reason; Conflict where it was decided already.
    """
    if not decision.strip():
        raise InputError(Problem("A refusal says why.", "decision", "A few words suffice."))
    return _decide(actor, correction, State.REFUSED, decision, now)


@transaction.atomic
def withdraw_correction(*, actor: Actor, correction: Correction, now: datetime) -> Correction:
    """Take a correction back: the author a proposal, whoever may approve also an approved one.

    Raises: NotAllowed; Conflict where it was refused or withdrawn already.
    """
    correction = Correction.objects.select_for_update().get(pk=correction.pk)
    is_own_proposal = correction.state == State.PROPOSED and actor.actor_id == correction.author_id
    service = correction.service
    if not is_own_proposal:
        right = "service_levels.approve_correction"
        require(actor, right, team_id=service.team_id, service_id=service.pk)
    if correction.state not in (State.PROPOSED, State.APPROVED):
        raise Conflict("This correction was refused or withdrawn already.")
    old, correction.state, correction.ended_at = correction.state, State.WITHDRAWN, now
    correction.full_clean()
    correction.save()
    facts_changed([service.pk], correction.starts_at, correction.ends_at)
    _record(actor, "withdraw_correction", correction, now, {"state": [old, State.WITHDRAWN]})
    return correction


def may_decide(actor: Actor, correction: Correction) -> bool:
    """Whether this actor is a second person who may approve or refuse."""
    service = correction.service
    try:
        require_second_person(actor, correction.author_id, correction.is_simulated)
    except NotAllowed:
        return False
    return allowed(actor, "service_levels.approve_correction", team_id=service.team_id, service_id=service.pk)


def _check(starts_at: datetime, ends_at: datetime, makes: str, reason: str, now: datetime) -> None:
    problems = []
    if ends_at <= starts_at:
        problems.append(Problem("The correction ends before it starts.", "ends_at", "Choose a later end."))
    if starts_at > now:
        remedy = "Plan a window for what is still to come."
        problems.append(Problem("A correction is about what happened.", "starts_at", remedy))
    if makes not in Makes.values:
        problems.append(
            Problem(f"'{makes}' is not known.", "makes", f"Choose one of {', '.join(Makes.values)}.")
        )
    if not reason.strip():
        problems.append(
            Problem("A correction says why.", "reason", "Name the evidence, such as a log or a ticket.")
        )
    if problems:
        raise InputError(problems)


def _decide(actor: Actor, correction: Correction, state: State, decision: str, now: datetime) -> Correction:
    correction = Correction.objects.select_for_update().get(pk=correction.pk)
    service = correction.service
    require(actor, "service_levels.approve_correction", team_id=service.team_id, service_id=service.pk)
    require_second_person(actor, correction.author_id, correction.is_simulated)
    if correction.state != State.PROPOSED:
        raise Conflict("This correction was decided already.")
    correction.state, correction.decided_by, correction.decision = state, person(actor), decision
    if state == State.APPROVED:
        correction.approved_at = now
    else:
        correction.ended_at = now
    correction.full_clean()
    correction.save()
    _record(actor, f"{state.value}_correction", correction, now, {"state": [State.PROPOSED, state]})
    return correction


def _record(
    actor: Actor, verb: str, correction: Correction, now: datetime, changes: dict[str, object]
) -> None:
    subject = f"correction:{correction.pk}"
    record(actor=actor, verb=f"service_levels.{verb}", subject=subject, changes=changes, now=now)
