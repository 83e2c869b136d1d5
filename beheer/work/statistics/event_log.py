"""Figures on work: how much, how long, how often handed over, answered in time. Made from events, in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Q, QuerySet

from beheer.lib.intervals import to_us
from beheer.lib.service_time import ServiceTime
from beheer.work.event_log.figures import Figures, Happening
from beheer.work.models import ClockRow, Event, Item

ROWS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class WorkFilter:
    """Which items count: those opened in [since, until), of this kind, team, service, customer; None: all.

    `fields` are values that an import brought along: {"product": "Value 1"}.
    """

    kind: str | None = None
    team: str | None = None
    service: str | None = None
    customer: str | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None
    fields: tuple[tuple[str, str], ...] = ()

    def items(self) -> QuerySet[Item]:
        """The items that count."""
        wanted = Q()
        named = {
            "kind": self.kind,
            "state": self.state,
            "team__key": self.team,
            "service__key": self.service,
            "customer__key": self.customer,
            "opened_at__gte": self.since,
            "opened_at__lt": self.until,
            "values__imported__source": self.source,
        }
        for name, value in named.items():
            if value is not None:
                wanted &= Q(**{name: value})
        for field, value in self.fields:
            wanted &= Q(**{f"values__imported__fields__{field}": value})
        return Item.objects.filter(wanted)


@dataclass(frozen=True, slots=True)
class Target:
    """How long solving may take: agreed microseconds over a calendar. Waiting does not count, nor time spent solved."""

    target_us: int
    calendar: ServiceTime

    def is_met(self, history: Sequence[Happening], phases: Sequence[str]) -> bool | None:
        """Whether an item was solved in time; None while it is not solved."""
        if phases[-1] not in ("solved", "closed"):
            return None
        running = [
            self.calendar.between(to_us(one.at), to_us(after.at))
            for one, after, phase in zip(history, history[1:], phases, strict=False)
            if phase == "open"
        ]
        return sum(running) <= self.target_us


def statistics(wanted: WorkFilter, target: Target | None = None) -> dict[str, Any]:
    """The figures over the items that `wanted` chooses; `docs/reference/import-work.md` explains each.

    `within_target` is a ratio in [0, 1]: of the items solved, by `target`; without one, by the clocks that the items
    have themselves. None where no item has a target.
    """
    items = wanted.items()
    figures, met = Figures(), Counter[bool]()
    for history, phases in _histories(items):
        by_state = dict(zip((one.state for one in history), phases, strict=True))
        figures.add(history, by_state.__getitem__)
        if target is not None and (is_met := target.is_met(history, phases)) is not None:
            met[is_met] += 1
    if target is None:
        met = _clocks_met(items)
    share = met[True] / met.total() if met else None
    return figures.as_json() | {"within_target": share, "by_field": _by_field(items)}


def _histories(items: QuerySet[Item]) -> Iterator[tuple[list[Happening], list[str]]]:
    """The events of one item at a time, and the phase after each."""
    rows = (
        Event.objects.filter(item__in=items)
        .order_by("item_id", "position")
        .values_list("item_id", "happened_at", "state", "phase", "line", "assignee_id", "data")
    )
    for _item, group in groupby(rows.iterator(chunk_size=ROWS_AT_ONCE), key=lambda row: row[0]):
        history: list[Happening] = []
        phases: list[str] = []
        for _, at, state, phase, line, assignee, data in group:
            holder = data.get("holder") or (str(assignee) if assignee else "")
            history.append(Happening(at, state, holder, data.get("line") or line))
            phases.append(phase)
        yield history, phases


def _clocks_met(items: QuerySet[Item]) -> Counter[bool]:
    """How many clocks of resolution that have stopped met their target, and how many did not."""
    rows = ClockRow.objects.filter(
        item__in=items, key="resolution", stopped_at__isnull=False, target_s__isnull=False
    ).values_list("is_breached", flat=True)
    return Counter(not is_breached for is_breached in rows.iterator())


def _by_field(items: QuerySet[Item]) -> dict[str, dict[str, int]]:
    """For each field that imports brought: how many items have each value, the most frequent first."""
    found: dict[str, Counter[str]] = {}
    rows = items.filter(values__has_key="imported").values_list("values__imported__fields", flat=True)
    for fields in rows.iterator(chunk_size=ROWS_AT_ONCE):
        for field, value in (fields or {}).items():
            found.setdefault(field, Counter())[value] += 1
    return {field: dict(counts.most_common()) for field, counts in sorted(found.items())}
