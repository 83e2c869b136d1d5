"""The clocks of items: their targets, their readings, and the cached row of each."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Q

from beheer.lib.calendar_files import read_calendar
from beheer.lib.clocks import Clock, ClockReading, ClockState
from beheer.lib.durations import SECOND, parse_duration
from beheer.lib.intervals import from_us, to_us
from beheer.lib.service_time import ServiceTime
from beheer.work.definitions import definition, spec_in, table
from beheer.work.kinds.schema import Kind
from beheer.work.models import CalendarText, ClockRow, Event, Item, Target
from beheer.work.rules.clocks import Happening, clocks_of

TEXT = "text:"
_CACHED = (
    "state", "started_at", "stopped_at", "due_at", "target_s", "elapsed_s", "remaining_s", "is_breached", "is_fixed",
    "read_at",
)  # fmt: skip


def targets_of(item: Item, kind: Kind) -> dict[str, list[Any]]:
    """The targets that hold for an item now: clock → [seconds or None, calendar, where it comes from].

    What the catalogue item of a request promises goes first; then a row made by hand or by an agreement, the most
    specific first; then the table. While it is not
    known whose an item is, the strictest of what was agreed with the customers of its service holds.
    """
    whose = Q(customer=None)
    if item.service_id is not None:
        whose |= Q(service=item.service_id) if item.customer_id is None else Q(customer=item.customer_id)
    rows = Target.objects.filter(
        Q(priority=item.priority) | Q(priority=None),
        Q(service=item.service_id) | Q(service=None),
        whose,
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
            found[key] = [best[key].target_s, best[key].calendar or calendar, best[key].source]
        elif standard is not None:
            found[key] = [standard.target_s, calendar, ""]
        if key in (promised := _promised(item)):
            found[key] = [promised[key], calendar, f"service catalogue: {item.request_model}"]
    return found


def _promised(item: Item) -> dict[str, float]:
    """Clock → seconds, as the catalogue item of a request says."""
    if item.request_model is None:
        return {}
    targets = spec_in(item.request_model.text).targets
    return {clock: parse_duration(text) / SECOND for clock, text in targets.items()}


def _weight(row: Target) -> tuple[bool, bool, bool, float]:
    """The heavier row holds: the more specific, and of what is as specific the stricter."""
    strict = -math.inf if row.target_s is None else -row.target_s
    return (row.service_id is not None, row.customer_id is not None, row.priority is not None, strict)


def service_time(calendar: str) -> ServiceTime:
    """Agreed time by a calendar's name in the table, its own text, or the reference of a text that is kept."""
    digest = calendar.removeprefix(TEXT)
    return table().service_time(calendar) if digest == calendar else _kept(digest)


@lru_cache(maxsize=256)
def _kept(digest: str) -> ServiceTime:
    return ServiceTime(read_calendar(CalendarText.objects.get(digest=digest).text))


def keep_calendar(text: str) -> str:
    """Keep the text of a calendar, and give the reference by which targets name it."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    CalendarText.objects.get_or_create(digest=digest, defaults={"text": text})
    return TEXT + digest


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
        service_time,
        lambda state: names.get(state, state),
    )


@dataclass(frozen=True, slots=True)
class TargetSince:
    """Which target held from an instant on, and where it came from ("": the table of priorities)."""

    since: datetime
    target_s: float | None
    source: str


def target_history(item: Item, clock: str) -> list[TargetSince]:
    """The targets that a clock of an item has had, oldest first."""
    found: list[TargetSince] = []
    for event in item.events.filter(data__has_key="targets").order_by("position"):
        given = event.data["targets"].get(clock)
        if given is None:
            continue
        source = given[2] if len(given) > 2 else ""
        if not found or (found[-1].target_s, found[-1].source) != (given[0], source):
            found.append(TargetSince(event.happened_at, given[0], source))
    return found


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
