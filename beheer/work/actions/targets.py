"""Targets of clocks: set and taken away, by hand or by an agreement; running items follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from beheer.audit.actions import record
from beheer.catalogue.models import Customer, Service
from beheer.lib.calendar_files import read_calendar
from beheer.lib.durations import SECOND, format_duration
from beheer.lib.errors import Conflict, DocumentError, InputError, Problem
from beheer.permissions.rules import SYSTEM, Actor, require
from beheer.work.clocks import keep_calendar, targets_of
from beheer.work.definitions import current_kinds, table, table_before, table_path
from beheer.work.models import Item, Renewal, Target
from beheer.work.models.timeline import Verb
from beheer.work.recording import begin
from beheer.work.rules.priorities import Table, read_table

RIGHT = "work.change_target"
AGREED = "agreement:"  # how the source of a target begins that an agreement made
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class TargetDraft:
    """A target as somebody wants it. `target_s` None: none holds there. `calendar`: a name of the table, `24x7` or
    a calendar's YAML; empty: the one of the table."""

    kind: str
    clock: str
    target_s: int | None
    priority: int | None = None
    service: Service | None = None
    customer: Customer | None = None
    calendar: str = ""

    def place(self) -> dict[str, Any]:
        """For what it holds: of this there is one target."""
        return {
            "kind": self.kind,
            "clock": self.clock,
            "priority": self.priority,
            "service": self.service,
            "customer": self.customer,
        }


@transaction.atomic
def save_target(*, actor: Actor, draft: TargetDraft, now: datetime) -> Target:
    """Set a target by hand, or change it. Saving what is there already changes nothing.

    Raises: NotAllowed; InputError by field; Conflict where an agreement set it.
    """
    require(actor, RIGHT)
    check_target(draft)
    found = Target.objects.filter(**draft.place()).first()
    if found is not None and found.source.startswith(AGREED):
        raise Conflict(f"{_name(found)} follows from {found.source}: change it in the agreement.")
    row, changes = _put(draft, found, source="")
    if changes:
        _renew(row, now)
        record(actor=actor, verb="work.save_target", subject=f"target:{_name(row)}", changes=changes, now=now)
    return row


@transaction.atomic
def remove_target(*, actor: Actor, target: Target, now: datetime) -> None:
    """Take a target away that was set by hand: the next less specific one holds again.

    Raises: NotAllowed; Conflict where an agreement set it.
    """
    require(actor, RIGHT)
    if target.source.startswith(AGREED):
        raise Conflict(f"{_name(target)} follows from {target.source}: change it in the agreement.")
    name = _name(target)
    _renew(target, now)
    target.delete()
    record(actor=actor, verb="work.remove_target", subject=f"target:{name}", changes={}, now=now)


@transaction.atomic
def take_over_agreed(*, actor: Actor, source: str, drafts: Sequence[TargetDraft], now: datetime) -> int:
    """Make the targets of an agreement so: those in `drafts` and no others. Gives how many changed.

    Where somebody had set one by hand for the same customer and service, the agreement takes its place.
    """
    require(actor, RIGHT)
    held = {_place(row): row for row in Target.objects.filter(source=source)}
    touched = 0
    for draft in drafts:
        key = (
            draft.kind, draft.clock, draft.priority, draft.service and draft.service.pk,
            draft.customer and draft.customer.pk,
        )  # fmt: skip
        found = held.pop(key, None) or Target.objects.filter(**draft.place()).first()
        row, changes = _put(draft, found, source=source)
        if changes:
            _renew(row, now)
            touched += 1
    for row in held.values():
        _renew(row, now)
        row.delete()
        touched += 1
    if touched:
        record(
            actor=actor, verb="work.take_over_targets", subject=source, changes={"changed": touched}, now=now
        )
    return touched


@transaction.atomic
def take_over_table(*, actor: Actor, now: datetime) -> bool:
    """Keep the table of priorities in force, to hold on to while a next one is wrong. Gives whether it was another.

    Running items follow where it says other targets than the one before; the priorities that they have stay.
    Raises: NotAllowed.
    """
    require(actor, RIGHT)
    path, kept = table_path(), table_before()
    text = path.read_text(encoding="utf-8")
    known = kept.read_text(encoding="utf-8") if kept.exists() else None
    if known == text:
        return False
    if known is not None:
        kinds = _renew_by_table(_table_in(known), table(), now)
        record(
            actor=actor,
            verb="work.take_over_table",
            subject=f"table:{path.name}",
            changes={"kinds": kinds},
            now=now,
        )
    kept.parent.mkdir(parents=True, exist_ok=True)
    aside = kept.with_suffix(".part")
    aside.write_text(text, encoding="utf-8")
    aside.replace(kept)
    return known is not None


def _table_in(text: str) -> Table | None:
    """The table that was kept; None where this version of Beheer reads it no more."""
    try:
        return read_table(text, "priorities.yaml")
    except InputError:
        return None


def _renew_by_table(old: Table | None, new: Table, now: datetime) -> list[str]:
    """Have running items told of the kinds for which two tables say different targets. Gives those kinds."""
    kinds = [
        kind for kind in current_kinds() if old is None or old.targets_for(kind) != new.targets_for(kind)
    ]
    for kind in kinds:
        Renewal.objects.get_or_create(
            kind=kind, service=None, customer=None, position=0, defaults={"made_at": now}
        )
    return kinds


def check_target(draft: TargetDraft) -> None:
    """See that kind, clock, priority, calendar and target are possible.

    Raises: InputError naming each field.
    """
    problems = []
    kind = current_kinds().get(draft.kind)
    if kind is None:
        remedy = f"There are: {', '.join(current_kinds())}."
        problems.append(Problem(f"There is no kind of work '{draft.kind}'.", "kind", remedy))
    elif draft.clock not in kind.clocks:
        remedy = f"It has: {', '.join(kind.clocks) or 'none'}."
        problems.append(Problem(f"{kind.name.en} has no clock '{draft.clock}'.", "clock", remedy))
    if draft.priority is not None and not 1 <= draft.priority <= 5:
        problems.append(Problem("A priority is 1 to 5.", "priority", "Leave it out for all priorities."))
    if draft.target_s is not None and not 0 < draft.target_s <= 10 * 366 * 86_400:
        problems.append(
            Problem(
                "A target is longer than nothing and not longer than ten years.", "within", "Write 4h or 2d."
            )
        )
    if draft.calendar and draft.calendar not in table().calendars and not draft.calendar.startswith("text:"):
        try:
            read_calendar(draft.calendar)
        except DocumentError as error:
            remedy = f"Name one of {', '.join(table().calendars)}, or give a calendar's text."
            problems.append(Problem(f"This is no calendar: {error.problems[0].message}", "calendar", remedy))
    if problems:
        raise InputError(problems)


def _put(draft: TargetDraft, found: Target | None, *, source: str) -> tuple[Target, dict[str, Any]]:
    calendar = draft.calendar
    if ":" in calendar and not calendar.startswith("text:"):
        calendar = keep_calendar(calendar)
    row = found or Target(**draft.place())
    changes = {}
    for name, value in (("target_s", draft.target_s), ("calendar", calendar), ("source", source)):
        if row.pk is None or getattr(row, name) != value:
            changes[name] = [getattr(row, name) if row.pk else None, value]
            setattr(row, name, value)
    if changes:
        row.full_clean(validate_constraints=False)
        row.save()
    return row, changes


def _place(row: Target) -> tuple[Any, ...]:
    return (row.kind, row.clock, row.priority, row.service_id, row.customer_id)


def _name(row: Target) -> str:
    parts = [row.kind, row.clock, str(row.priority or ""), row.service.key if row.service else ""]
    parts.append(row.customer.key if row.customer else "")
    return ".".join(part for part in parts if part)


def _renew(row: Target, now: datetime) -> None:
    """Have running items told of a change here. Those without customer too: the strictest holds for them."""
    Renewal.objects.get_or_create(
        kind=row.kind, service=row.service, customer=None if row.service else row.customer, position=0,
        defaults={"made_at": now},
    )  # fmt: skip


def renew_some(now: datetime) -> int:
    """Let some running items have the targets that hold now. Gives how many were looked at; 0: all is done."""
    row = Renewal.objects.order_by("pk").first()
    if row is None:
        return 0
    rows = Item.objects.filter(kind=row.kind, phase__in=("open", "waiting"), pk__gt=row.position)
    if row.service_id is not None:
        rows = rows.filter(service=row.service_id)
    if row.customer_id is not None:
        rows = rows.filter(customer=row.customer_id)
    items = list(rows.order_by("pk")[:AT_ONCE])
    for item in items:
        renew_item(actor=SYSTEM, item=item, now=now)
    if len(items) < AT_ONCE:
        row.delete()
    else:
        Renewal.objects.filter(pk=row.pk).update(position=items[-1].pk)
    return max(1, len(items))


@transaction.atomic
def renew_item(*, actor: Actor, item: Item, now: datetime) -> bool:
    """Let an item that is not ended have the targets that hold now. What has elapsed, and every pause, stays.

    Gives whether anything was different.
    """
    require(actor, RIGHT)
    under_way = begin(actor=actor, item=item, version=None, now=now)
    fresh = under_way.item
    if fresh.phase not in ("open", "waiting"):
        return False
    given = fresh.events.filter(data__has_key="targets").order_by("-position").first()
    before = given.data["targets"] if given is not None else {}
    after = targets_of(fresh, under_way.kind)
    changed = {key: value for key, value in after.items() if [*before.get(key, [None]), ""][:2] != value[:2]}
    gone = {key: [None, value[1], ""] for key, value in before.items() if key not in after and value[0]}
    if not changed and not gone:
        return False
    under_way.event(Verb.TARGETS, data={"targets": {**after, **gone}})
    under_way.save(is_edit=False)
    under_way.audit("renew_targets", {key: _text(value) for key, value in {**changed, **gone}.items()})
    return True


def _text(value: list[Any]) -> str:
    seconds, _calendar, source = value
    text = "none" if seconds is None else format_duration(round(seconds * SECOND))
    return f"{text} ({source})" if source else text
