"""Taking steps, and ticking off tasks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from beheer.lib.errors import Conflict, InputError, Problem
from beheer.people.models import User
from beheer.permissions.rules import Actor
from beheer.work.actions.conversation import say
from beheer.work.actions.effects import after_change, entered
from beheer.work.actions.items import change_fields
from beheer.work.actions.repeating import repeat_after
from beheer.work.fields import plain_values
from beheer.work.kinds.schema import StepSpec
from beheer.work.levels import require_capable, require_level
from beheer.work.models import Item, Task
from beheer.work.models.approvals import ApprovalState
from beheer.work.models.items import Phase
from beheer.work.models.timeline import Verb
from beheer.work.recording import Change, begin
from beheer.work.rules.steps import missing_fields, require_step
from beheer.work.standing import require_on, standing


@transaction.atomic
def take_step(
    *,
    actor: Actor,
    item: Item,
    step: str,
    version: int | None,
    now: datetime,
    values: Mapping[str, Any] | None = None,
    happened_at: datetime | None = None,
    note: str = "",
) -> Item:
    """Take a step of the item's kind. `values` may hold fields and "comment" and "reply". Gives the item.

    Raises: NotAllowed; Conflict where somebody was first, or the step does not leave this state; InputError naming
    what the step or the new state still needs.
    """
    require_on(actor, "work.step", item, or_requester=True)
    under_way = begin(actor=actor, item=item, version=version, now=now)
    spec = require_step(
        under_way.kind, under_way.item.state, step, standing(actor, under_way.item), item.number
    )
    require_level(actor, spec, now)
    changed = walk(under_way, step, spec, dict(values or {}), happened_at=happened_at, note=note)
    under_way.save()
    repeat_after(under_way, step)
    after_change(under_way, _told(under_way, under_way.item.phase), changed)
    under_way.finish("step", {"step": step, "state": under_way.item.state})
    return under_way.item


def walk(
    under_way: Change,
    key: str,
    spec: StepSpec,
    values: dict[str, Any],
    *,
    happened_at: datetime | None = None,
    note: str | Mapping[str, Any] = "",
) -> dict[str, list[Any]]:
    """Take a step within a change that is under way: fields, state, events, tasks, approvals. Does not save.

    `note` is why: words, or {"code": …, "about": …} of `wording.REASONS`. Gives the fields that changed: [old, new].
    """
    item, kind = under_way.item, under_way.kind
    comment, reply = str(values.pop("comment", "") or ""), str(values.pop("reply", "") or "")
    _require_ready(under_way, spec)
    given = {**_set_by(under_way, spec), **values}
    changed = change_fields(under_way, given, (*spec.asks, *spec.sets), spec.to)
    filled = {**plain_values(item, kind), "comment": comment or note, "reply": reply}
    if problems := missing_fields(kind, spec.to, spec, filled):
        raise InputError(problems)
    if "assignee" in changed:
        require_capable(item.assignee, item, under_way.now)
    before = item.state
    _stand_in(item, spec.to, kind.states[spec.to].phase, happened_at or under_way.now)
    if kind.states[spec.to].line:
        item.line = str(kind.states[spec.to].line)
    data: dict[str, Any] = {"changes": changed} if changed else {}
    if note:
        data["reason" if isinstance(note, str) else "note"] = note
    under_way.event(Verb.STEP, step=key, from_state=before, data=data, happened_at=happened_at)
    if comment:
        say(under_way, "note", comment)
    if reply:
        say(under_way, "reply", reply)
    for due in entered(under_way, spec.to):
        walk(under_way, due, kind.steps[due], {}, note={"code": "not_needed"})
    return changed


def _set_by(under_way: Change, spec: StepSpec) -> dict[str, Any]:
    """What the step itself sets."""
    words: dict[str, Any] = {"nobody": None, "none": None, "now": under_way.now}
    if under_way.actor.actor_id is not None:
        words["actor"] = User.objects.filter(pk=under_way.actor.actor_id).first()
    return {
        name: words.get(value, value)
        for name, value in spec.sets.items()
        if value != "actor" or "actor" in words  # the machine takes nothing in hand
    }


def _require_ready(under_way: Change, spec: StepSpec) -> None:
    """The approvals that the step needs are given, and the tasks done."""
    item = under_way.item
    for key in spec.needs:
        if not item.approvals.filter(key=key, state=ApprovalState.GRANTED).exists():
            name = under_way.kind.approvals[key].name.en
            raise Conflict(f"{item.number} needs the approval '{name}' before '{spec.name.en}'.")
    if spec.tasks_done:
        left = item.tasks.filter(is_required=True, done_at=None)
        if left:
            names = "; ".join(task.title for task in left)
            raise InputError(Problem(f"Not everything is done: {names}.", "tasks", "Tick off what is done."))


def _stand_in(item: Item, state: str, phase: str, at: datetime) -> None:
    """Put the item in a state; instants of solving and closing follow the phase."""
    if item.state != state:
        item.state_since = at
    item.state, item.phase = state, phase
    ended = phase in (Phase.SOLVED, Phase.CLOSED)
    item.solved_at = (item.solved_at or at) if ended else None
    item.closed_at = (item.closed_at or at) if phase == Phase.CLOSED else None
    if ended:
        item.is_service_back = False


def _told(under_way: Change, phase: str) -> str:
    """The word by which others hear of a step."""
    before = under_way.item.events.filter(position__lt=_last_step(under_way)).order_by("-position").first()
    was_ended = before is not None and before.phase in (Phase.SOLVED, Phase.CLOSED)
    if phase == Phase.SOLVED:
        return "resolved"
    if phase == Phase.CLOSED:
        return "closed"
    return "reopened" if was_ended else "step"


def _last_step(under_way: Change) -> int:
    events = under_way.item.events.filter(verb=Verb.STEP).order_by("-position")
    return events.values_list("position", flat=True).first() or 0


@transaction.atomic
def do_task(*, actor: Actor, item: Item, task: Task, is_done: bool, now: datetime) -> Task:
    """Tick a task off, or open it again. Gives the task.

    Raises: NotAllowed; Conflict where the item is closed.
    """
    require_on(actor, "work.change", item)
    under_way = begin(actor=actor, item=item, version=None, now=now)
    if under_way.item.phase == Phase.CLOSED:
        raise Conflict(f"{item.number} is closed.")
    found = under_way.item.tasks.get(pk=task.pk)
    found.done_at, found.done_by = (now, actor.actor_name) if is_done else (None, "")
    found.full_clean()
    found.save()
    under_way.event(Verb.TASK, data={"task": found.title, "done": is_done})
    under_way.save(is_edit=False)
    under_way.finish("task", {"task": found.title, "done": is_done})
    return found
