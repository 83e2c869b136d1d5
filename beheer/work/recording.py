"""The heart of every change to an item: lock it, see that nobody was first, write the event, read the clocks anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from beheer.audit.actions import record
from beheer.lib.errors import Conflict, InputError, NotFound, Problem
from beheer.permissions.rules import Actor
from beheer.work import search
from beheer.work.clocks import read_clocks, targets_of
from beheer.work.definitions import definition
from beheer.work.kinds.schema import Kind
from beheer.work.models import Event, Item
from beheer.work.models.timeline import Verb
from beheer.work.telling_people import tell_people

_REFERENCES = (
    "definition",
    "request_model",
    "shared_with",
    "service",
    "customer",
    "requester",
    "team",
    "assignee",
)
TARGET_FIELDS = frozenset({"priority", "service", "customer", "impact", "urgency"})


@dataclass
class Change:
    """One change of one item under way: who, what, when."""

    actor: Actor
    item: Item
    kind: Kind
    now: datetime
    phase_before: str = ""
    events: list[Event] = field(default_factory=list)
    mentioned: set[int] = field(default_factory=set)  # ids of who is named in what was said
    asked: set[int] = field(default_factory=set)  # ids of those whose decision is asked

    def event(
        self,
        verb: Verb,
        *,
        step: str = "",
        from_state: str = "",
        data: Mapping[str, Any] | None = None,
        happened_at: datetime | None = None,
    ) -> Event:
        """Write down what happened; state, line, team and person are the item's present ones.

        An event is never earlier than the one before it: clocks and order of events agree.
        """
        item = self.item
        newest = item.events.order_by("-position").values_list("position", "happened_at").first()
        at = happened_at or self.now
        held = dict(data or {})
        if verb == Verb.CREATED or TARGET_FIELDS & set(held.get("changes", ())):
            held["targets"] = targets_of(item, self.kind)
        row = Event.objects.create(
            item=item,
            position=newest[0] + 1 if newest else 1,
            happened_at=max(at, newest[1]) if newest else at,
            recorded_at=self.now,
            verb=verb,
            actor_id=self.actor.actor_id,
            actor_name=self.actor.actor_name,
            step=step,
            from_state=from_state,
            state=item.state,
            phase=item.phase,
            line=item.line,
            team=item.team,
            assignee=item.assignee,
            priority=item.priority,
            data=held,
        )
        self.events.append(row)
        return row

    def save(self, *, is_edit: bool = True) -> None:
        """Read the clocks anew and save. `is_edit` False (something was said) leaves the version as it is."""
        item = self.item
        read_clocks(item, self.kind, self.now)
        item.changed_at = self.now
        item.is_counted = False
        if is_edit:
            item.version += 1
        checked(item)
        item.save()
        search.index(item)

    def finish(self, verb: str, changes: dict[str, Any] | None = None) -> None:
        """Tell the persons whom it concerns, and write the audit line: last."""
        tell_people(self)
        self.audit(verb, changes)

    def audit(self, verb: str, changes: dict[str, Any] | None = None) -> None:
        """The audit line alone, where nobody is told."""
        record(
            actor=self.actor,
            verb=f"work.{verb}",
            subject=f"work:{self.item.number}",
            changes=changes,
            now=self.now,
        )


def begin(*, actor: Actor, item: Item, version: int | None, now: datetime) -> Change:
    """Lock the item and see that it is still as the actor saw it. `version` None: whatever it is now.

    Raises: Conflict naming who changed it, when and what; NotFound.
    """
    fresh = (
        Item.objects.select_for_update(of=("self",))
        .select_related("definition", "service", "request_model")
        .filter(pk=item.pk)
    )
    found = fresh.first()
    if found is None:
        raise NotFound(f"{item.number} is not there any more.")
    if version is not None and found.version != version:
        raise Conflict(_what_changed(found, version))
    return Change(actor, found, definition(found), now, found.phase)


def _what_changed(item: Item, version: int) -> str:
    """What to tell somebody whose picture of the item is `version`, and who comes second."""
    behind = max(1, item.version - version)
    said = (Verb.NOTE, Verb.REPLY, Verb.MESSAGE, Verb.LINKED, Verb.UNLINKED, Verb.ATTACHED)
    events = list(item.events.exclude(verb__in=said).order_by("-position")[:behind])
    last = events[0] if events else None
    fields = sorted({name for event in events for name in event.data.get("changes", {})})
    who = f" by {last.actor_name} at {last.happened_at:%Y-%m-%d %H:%M:%S} UTC" if last else ""
    what = f" ({', '.join(fields)})" if fields else ""
    return (
        f"{item.number} was changed{who}{what} after you opened it. Nothing of yours was saved. "
        "Open it again, see what changed, and do it once more if it is still needed."
    )


def checked(item: Item) -> None:
    """Django's own checks of the item, as problems by field.

    Raises: InputError.
    """
    if item.planned_start and item.planned_end and item.planned_end <= item.planned_start:
        raise InputError(Problem("The plan ends before it starts.", "planned_end", "Choose a later end."))
    try:  # references were looked up when they were taken, and the store holds the constraints
        item.full_clean(exclude=_REFERENCES, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        problems = [
            Problem(str(message), "" if name == "__all__" else name)
            for name, messages in error.message_dict.items()
            for message in messages
        ]
        raise InputError(problems) from error
