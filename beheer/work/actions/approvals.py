"""Deciding: approve or refuse, for oneself or as a deputy. Four eyes always."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from beheer.audit.actions import record
from beheer.lib.errors import Conflict, InputError, NotAllowed, Problem
from beheer.people.models import User
from beheer.permissions.rules import Actor, allowed
from beheer.ui.formats import instant_text
from beheer.work.actions.effects import after_change
from beheer.work.actions.steps import walk
from beheer.work.approvers import asked_now, deciders, persons_for, votes_of
from beheer.work.fields import plain_values
from beheer.work.kinds.schema import ApprovalSpec
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
    _require_asked(under_way, live, spec)
    if not is_approved and not reason.strip():
        raise InputError(
            Problem(_("A refusal needs a reason."), "reason", _("Say what should be otherwise."))
        )
    if live.decisions.filter(user_id=actor.actor_id or 0).exists():
        raise Conflict(_("You decided on this already. Nobody decides twice in one approval."))
    members = deciders(under_way.item, spec, live)
    votes = votes_of(live)
    out = {live.asked_by_id, under_way.item.assignee_id}
    before = asked_now(live, now)
    person, group = _place(actor, members, votes, open_groups(spec, members, votes), out, now)
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
    under_way.asked |= asked_now(Approval.objects.select_related("item").get(pk=live.pk), now) - before
    under_way.save()
    under_way.finish("decide", {"approval": live.key, "approved": is_approved, "reason": reason.strip()})
    return live


def _require_asked(under_way: Change, live: Approval, spec: ApprovalSpec) -> None:
    """The approval is still asked, and what was asked is what is there.

    Raises: Conflict.
    """
    words = {"number": under_way.item.number, "state": live.get_state_display()}
    if live.state != ApprovalState.ASKED:
        last = live.decisions.select_related("user").last()
        if last is None or live.state == ApprovalState.LAPSED:
            raise Conflict(_("This approval of %(number)s is %(state)s already.") % words)
        words |= {"by": str(last.user), "when": instant_text(last.decided_at)}
        message = _("This approval of %(number)s is %(state)s already: %(by)s decided last, %(when)s.")
        raise Conflict(message % words)
    if digest(plain_values(under_way.item, under_way.kind, spec.binds)) != live.digest:
        raise Conflict(_("What was asked of %(number)s has changed since. Look at it again.") % words)


def _place(
    actor: Actor,
    members: list[frozenset[int]],
    votes: list[Vote],
    groups: list[int],
    out: set[int | None],
    now: datetime,
) -> tuple[int, int]:
    """For whom and in which group this actor decides: for themselves if they can, else as a deputy.

    Raises: NotAllowed, Conflict.
    """
    if actor.actor_id is None:
        raise NotAllowed(_("A machine approves nothing: sign in as a person."))
    if actor.actor_id in out:
        raise NotAllowed(_("Four eyes: who asked for it or does the work does not decide on it."))
    persons = persons_for(actor.actor_id, now)
    voted = {(vote.group, vote.person) for vote in votes}
    for person in persons:
        for group in groups:
            if person in members[group] and (group, person) not in voted:
                return person, group
    if any(person in group for person in persons for group in members):
        raise Conflict(_("It is not your turn, or your part was decided already."))
    raise NotAllowed(_("You may not decide on this: others are named for it."))


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
        note = {"code": result, "about": {"approval": approval.key}}
        after_change(under_way, "step", walk(under_way, key, step, {}, note=note))


@transaction.atomic
def set_deputy(
    *, actor: Actor, person: User, deputy: User, starts_at: datetime, ends_at: datetime, now: datetime
) -> Deputy:
    """Let somebody decide for a person in a stretch of time: one's own deputy, or one of who is in a team one leads.

    Raises: NotAllowed; InputError naming what is wrong with the persons or the time.
    """
    _require_for(actor, person)
    row = Deputy(person=person, deputy=deputy, starts_at=starts_at, ends_at=ends_at)
    _check_deputy(row, now)
    row.save()
    changes = {"deputy": deputy.username, "from": starts_at, "until": ends_at}
    record(actor=actor, verb="work.set_deputy", subject=f"user:{person.username}", changes=changes, now=now)
    return row


def _require_for(actor: Actor, person: User) -> None:
    if actor.actor_id == person.pk:
        return
    teams = list(person.teams.values_list("pk", flat=True))
    if not any(allowed(actor, "work.set_deputy", team_id=team) for team in [None, *teams]):
        raise NotAllowed(_("You name your own deputy; that of another is named by who leads the team."))


def _check_deputy(row: Deputy, now: datetime) -> None:
    problems = []
    if row.person_id == row.deputy_id:
        problems.append(Problem(_("Nobody is their own deputy."), "deputy", _("Choose somebody else.")))
    if not row.deputy.is_active:
        problems.append(Problem(_("This account may not sign in."), "deputy", _("Choose somebody else.")))
    if row.ends_at <= row.starts_at:
        problems.append(Problem(_("It ends before it starts."), "ends_at", _("Choose a later end.")))
    elif row.ends_at <= now:
        problems.append(Problem(_("This time has passed."), "ends_at", _("Choose an end that is to come.")))
    if problems:
        raise InputError(problems)
    row.full_clean()


@transaction.atomic
def end_deputy(*, actor: Actor, row: Deputy, now: datetime) -> None:
    """Let a deputy decide no more from now on; what was decided stays. Raises: NotAllowed."""
    _require_for(actor, row.person)
    changes = {"deputy": row.deputy.username, "until": [row.ends_at, now]}
    if row.starts_at >= now:
        row.delete()
    elif row.ends_at > now:
        row.ends_at = now
        row.save(update_fields=["ends_at"])
    subject = f"user:{row.person.username}"
    record(actor=actor, verb="work.end_deputy", subject=subject, changes=changes, now=now)
