"""What follows from a change: tasks and approvals of a state, approvals that lapse, and who is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from beheer.work.approvers import asked_now
from beheer.work.fields import plain_values
from beheer.work.kinds.schema import ApprovalSpec
from beheer.work.models import Approval, Item, Task
from beheer.work.models.approvals import ApprovalState
from beheer.work.models.timeline import Verb
from beheer.work.recording import Change
from beheer.work.rules.approvals import digest
from beheer.work.telling import tell


def entered(under_way: Change, state: str) -> list[str]:
    """Make the tasks and ask the approvals of a state that the item has come to stand in.

    Gives the steps that are due at once, of approvals that this item does not need.
    """
    item, kind = under_way.item, under_way.kind
    _make_tasks(under_way, state)
    steps = []
    for key, spec in kind.approvals.items():
        if spec.state != state:
            continue
        if _is_needed(under_way, spec):
            ask(under_way, key, spec)
        else:
            _grant(item, key, under_way.now)
            steps.append(spec.granted)
    return steps


def _make_tasks(under_way: Change, state: str) -> None:
    for position, (key, spec) in enumerate(under_way.kind.tasks.items()):
        if spec.state == state:
            defaults = {"title": spec.name.nl, "position": position, "is_required": spec.required}
            Task.objects.get_or_create(item=under_way.item, key=key, defaults=defaults)


def _is_needed(under_way: Change, spec: ApprovalSpec) -> bool:
    values = plain_values(under_way.item, under_way.kind, spec.when)
    return all(str(values[name]) in wanted for name, wanted in spec.when.items())


def _grant(item: Item, key: str, now: datetime) -> None:
    Approval.objects.create(
        item=item, key=key, state=ApprovalState.GRANTED, digest="", asked_at=now, ended_at=now, bound={}
    )


def ask(under_way: Change, key: str, spec: ApprovalSpec) -> Approval:
    """Lay the item before those who decide. An approval that was still asked is asked anew."""
    item = under_way.item
    end_approvals(under_way, [key])
    bound = plain_values(item, under_way.kind, spec.binds)
    approval = Approval.objects.create(
        item=item,
        key=key,
        digest=digest(bound),
        bound=bound,
        asked_at=under_way.now,
        asked_by_id=under_way.actor.actor_id,
    )
    under_way.event(Verb.APPROVAL_ASKED, data={"approval": key})
    under_way.asked |= asked_now(approval, under_way.now)
    return approval


def end_approvals(under_way: Change, keys: Iterable[str]) -> None:
    """Let approvals lapse that were asked or given."""
    live = (ApprovalState.ASKED, ApprovalState.GRANTED)
    for approval in under_way.item.approvals.filter(key__in=list(keys), state__in=live):
        approval.state, approval.ended_at = ApprovalState.LAPSED, under_way.now
        approval.save(update_fields=["state", "ended_at"])
        under_way.event(Verb.APPROVAL_LAPSED, data={"approval": approval.key})


def after_change(under_way: Change, word: str, changed: dict[str, Any] | None = None) -> None:
    """Tell who subscribes. Approvals bound to what changed lapse, and are asked again where the item still waits.

    `word` is what others hear: opened, reopened, resolved, closed, step, assigned, handed_over, changed, said.
    """
    item, kind = under_way.item, under_way.kind
    if kind.monitoring is not None:
        tell(item, word, under_way.now)
    names = set(changed or ())
    for key, spec in kind.approvals.items():
        if not names & {*spec.binds, *spec.when} or not _is_stale(under_way, key, spec):
            continue
        if item.state == spec.state:
            ask(under_way, key, spec)
        else:
            end_approvals(under_way, [key])


def _is_stale(under_way: Change, key: str, spec: ApprovalSpec) -> bool:
    """Whether something else was laid before the deciders than the item is now, or nothing while it must be by now."""
    live = (ApprovalState.ASKED, ApprovalState.GRANTED)
    held = set(under_way.item.approvals.filter(key=key, state__in=live).values_list("digest", flat=True))
    if held == {""}:
        return _is_needed(under_way, spec)
    return bool(held) and digest(plain_values(under_way.item, under_way.kind, spec.binds)) not in held
