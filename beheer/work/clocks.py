"""The clocks of items: their targets, their readings, and the cached row of each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from beheer.lib.clocks import Clock, ClockReading, ClockState
from beheer.lib.durations import SECOND, parse_duration
from beheer.lib.intervals import from_us, to_us
from beheer.work.definitions import definition, spec_in, table
from beheer.work.kinds.schema import Kind
from beheer.work.models import ClockRow, Event, Item, Target
from beheer.work.rules.clocks import Happening, clocks_of

_CACHED = (
    "state", "started_at", "stopped_at", "due_at", "target_s", "elapsed_s", "remaining_s", "is_breached", "is_fixed",
    "read_at",
)  # fmt: skip


def targets_of(item: Item, kind: Kind) -> dict[str, list[Any]]:
    """The targets that hold for an item now: clock → [seconds or None, calendar].

    What the catalogue item of a request promises goes first; then a row made by hand or by an agreement, the most
    specific first; then the table.
    """
    rows = Target.objects.filter(
        Q(priority=item.priority) | Q(priority=None),
        Q(service=item.service_id) | Q(service=None),
        Q(customer=item.customer_id) | Q(customer=None),
        kind=item.kind,
    )
    best: dict[str, Target] = {}
    for row in sorted(rows, key=_weight):
        best[row.clock] = row
    standards = table()
    found: dict[str, list[Any]] = {}
    for key, spec in kind.clocks.items():
        standard = standards.target(item.kind, spec.target or key, item.priority)
        calendar = standard.calendar if standard else "24x7"
        if key in best:
            found[key] = [best[key].target_s, best[key].calendar or calendar]
        elif standard is not None:
            found[key] = [standard.target_s, calendar]
        if key in (promised := _promised(item)):
            found[key] = [promised[key], calendar]
    return found


def _promised(item: Item) -> dict[str, float]:
    """Clock → seconds, as the catalogue item of a request says."""
    if item.request_model is None:
        return {}
    targets = spec_in(item.request_model.text).targets
    return {clock: parse_duration(text) / SECOND for clock, text in targets.items()}


def _weight(row: Target) -> tuple[bool, bool, bool]:
    return (row.service_id is not None, row.customer_id is not None, row.priority is not None)


def happening(event: Event) -> Happening:
    """An event as the rules of clocks read it."""
    fixed = event.data.get("deadline")
    deadline = None
    if fixed is not None:
        until = fixed["until"]
        deadline = (fixed["clock"], None if until is None else datetime.fromisoformat(until))
    return Happening(
        verb=event.verb,
        at=event.happened_at,
        state=event.state,
        phase=event.phase,
        line=event.line,
        step=event.step,
        targets={key: (value[0], value[1]) for key, value in event.data.get("targets", {}).items()},
        deadline=deadline,
    )


def clocks_on(item: Item, kind: Kind | None = None, language: str = "en") -> dict[str, Clock]:
    """The clocks of an item, from its events."""
    kind = kind or definition(item)
    events = item.events.order_by("position")
    names = {key: state.name.text(language) for key, state in kind.states.items()}
    return clocks_of(
        kind,
        [happening(event) for event in events],
        table().service_time,
        lambda state: names.get(state, state),
    )


def read_clocks(item: Item, kind: Kind, now: datetime) -> None:
    """Read every clock of the item, keep the readings as rows, and set the item's nearest due instant (unsaved)."""
    rows = []
    due: list[datetime] = []
    for key, clock in clocks_on(item, kind).items():
        last = max((to_us(event.at) for event in clock.events), default=0)
        reading = clock.at(max(now, from_us(last)))
        rows.append(_row(item, key, reading, now))
        if reading.state in (ClockState.RUNNING, ClockState.PAUSED) and reading.due is not None:
            due.append(reading.due)
    ClockRow.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["item", "key"], update_fields=list(_CACHED)
    )
    item.due_at = min(due, default=None)


def _row(item: Item, key: str, reading: ClockReading, now: datetime) -> ClockRow:
    return ClockRow(
        item=item,
        key=key,
        state=str(reading.state),
        started_at=reading.started,
        stopped_at=reading.stopped,
        due_at=reading.due,
        target_s=_seconds(reading.target_us),
        elapsed_s=reading.elapsed_us / SECOND,
        remaining_s=_seconds(reading.remaining_us),
        is_breached=reading.is_breached,
        is_fixed=reading.is_fixed,
        read_at=now,
    )


def _seconds(value_us: int | None) -> float | None:
    return None if value_us is None else value_us / SECOND
