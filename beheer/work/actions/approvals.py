"""Deciding: approve or refuse, for oneself or as a deputy. Four eyes always."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from beheer.audit.actions import record
from beheer.lib.errors import Conflict, InputError, NotAllowed, Problem
from beheer.people.models import User
from beheer.permissions.rules import Actor
from beheer.work.actions.steps import walk
from beheer.work.approvers import deciders, persons_for, votes_of
from beheer.work.fields import plain_values
from beheer.work.models import Approval, Decision, Deputy
from beheer.work.models.approvals import ApprovalState
from beheer.work.models.timeline import Verb
from beheer.work.recording import Change, begin
from beheer.work.rules.approvals import Vote, digest, open_groups, outcome


@transaction.atomic
def decide(
    *, actor: Actor, approval: Approval, is_approved: bool, now: datetime, reason: str = ""
) -> Approval:
    """Approve or refuse what was laid before one. When that settles it, the item takes the step that follows.

    Raises: NotAllowed for who may not decide, or asked for it, or does the work; Conflict where it was settled, has
    lapsed, or it is not this person's turn; InputError for a refusal without a reason.
    """
    under_way = begin(actor=actor, item=approval.item, version=None, now=now)
    live = Approval.objects.select_for_update().get(pk=approval.pk)
    spec = under_way.kind.approvals[live.key]
    if live.state != ApprovalState.ASKED:
        raise Conflict(f"This approval of {under_way.item.number} is {live.get_state_display()} already.")
    if digest(plain_values(under_way.item, under_way.kind, spec.binds)) != live.digest:
        raise Conflict(f"What was asked of {under_way.item.number} has changed since. Look at it again.")
    if not is_approved and not reason.strip():
        raise InputError(Problem("A refusal needs a reason.", "reason", "Say what should be otherwise."))
    members = deciders(under_way.item, spec, live)
    votes = votes_of(live)
    out = {live.asked_by_id, under_way.item.assignee_id}
    person, group = _place(actor, members, open_groups(spec, members, votes), out, now)
    decision = Decision(
        approval=live,
        group=group,
        user_id=actor.actor_id or 0,
        for_user_id=person if person != actor.actor_id else None,
        is_approved=is_approved,
        reason=reason.strip(),
        decided_at=now,
    )
    decision.full_clean()
    decision.save()
    verb = Verb.APPROVED if is_approved else Verb.REFUSED
    under_way.event(verb, data={"approval": live.key, "reason": reason.strip()})
    _settle(under_way, live, outcome(spec, members, [*votes, Vote(group, person, is_approved)]))
    under_way.save()
    under_way.audit("decide", {"approval": live.key, "approved": is_approved, "reason": reason.strip()})
    return live


def _place(
    actor: Actor, members: list[frozenset[int]], groups: list[int], out: set[int | None], now: datetime
) -> tuple[int, int]:
    """For whom and in which group this actor decides: for themselves if they can, else as a deputy.

    Raises: NotAllowed, Conflict.
    """
    if actor.actor_id is None:
        raise NotAllowed("A machine approves nothing: sign in as a person.")
    if actor.actor_id in out:
        raise NotAllowed("Four eyes: who asked for it or does the work does not decide on it.")
    persons = persons_for(actor.actor_id, now)
    for person in persons:
        for group in groups:
            if person in members[group]:
                return person, group
    if any(person in group for person in persons for group in members):
        raise Conflict("It is not your turn, or your part was decided already.")
    raise NotAllowed("You may not decide on this: others are named for it.")


def _settle(under_way: Change, approval: Approval, result: str) -> None:
    if result == "asked":
        return
    spec = under_way.kind.approvals[approval.key]
    approval.state = ApprovalState.GRANTED if result == "granted" else ApprovalState.REFUSED
    approval.ended_at = under_way.now
    approval.save(update_fields=["state", "ended_at"])
    key = spec.granted if result == "granted" else spec.refused
    step = under_way.kind.steps[key]
    if under_way.item.state in under_way.kind.sources(step):
        walk(under_way, key, step, {}, note=f"{approval.key}: {result}")


@transaction.atomic
def set_deputy(
    *, actor: Actor, person: User, deputy: User, starts_at: datetime, ends_at: datetime, now: datetime
) -> Deputy:
    """Let somebody decide for a person in a stretch of time: one's own deputy only.

    Raises: NotAllowed; ValidationError of Django where the stretch ends before it starts.
    """
    if actor.actor_id != person.pk:
        raise NotAllowed("You name your own deputy only.")
    row = Deputy(person=person, deputy=deputy, starts_at=starts_at, ends_at=ends_at)
    row.full_clean()
    row.save()
    changes = {"deputy": deputy.username, "from": starts_at, "until": ends_at}
    record(actor=actor, verb="work.set_deputy", subject=f"user:{person.username}", changes=changes, now=now)
    return row
