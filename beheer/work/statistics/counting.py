"""Counting items: their figures from their events, a few thousand at a time, by whoever has a moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from beheer.work.definitions import definition
from beheer.work.event_log.figures import ENDED, stretches
from beheer.work.kinds.schema import LINES, Kind
from beheer.work.models import ClockRow, Event, Item, ItemFigures, StateTime

AT_ONCE = 2_000
JUDGED = ("response", "resolution")
_RELATED = ("definition",)


@dataclass(frozen=True, slots=True)
class Moment:
    """One event as counting reads it: what held after it. `person` and `team` are "" where nobody had it."""

    at: datetime
    state: str
    phase: str
    line: str
    person: str
    team: str


@dataclass(slots=True)
class Counted:
    """What the moments of one item add up to. Seconds of clock time; `states`: state → [seconds, visits]."""

    waiting_s: float = 0.0
    waiting_user_s: float = 0.0
    by_line_s: dict[str, float] = field(default_factory=lambda: dict.fromkeys(LINES, 0.0))
    states: dict[str, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0, 0]))
    reopened: int = 0
    hand_overs: int = 0
    is_ping_pong: bool = False


def counted(moments: Sequence[Moment], kind: Kind) -> Counted:
    """Count one item. A hand-over is another person, or another team; that a team's member takes it up is none."""
    found = Counted()
    for one, after in pairwise(moments):
        seconds = (after.at - one.at).total_seconds()
        found.states[one.state][0] += seconds
        if one.phase not in ENDED and one.line in found.by_line_s:
            found.by_line_s[one.line] += seconds
        if one.phase == "waiting":
            found.waiting_s += seconds
            state = kind.states.get(one.state)
            found.waiting_user_s += seconds if state is not None and state.waits_for_user(one.state) else 0.0
        found.reopened += one.phase in ENDED and after.phase not in ENDED
        found.hand_overs += _is_handed_over(one, after)
    for name, _same in groupby(one.state for one in moments):
        found.states[name][1] += 1
    for holders in ((one.person for one in moments), (one.team for one in moments)):
        had = stretches(holder for holder in holders if holder)
        found.is_ping_pong = found.is_ping_pong or len(set(had)) < len(had)
    return found


def _is_handed_over(one: Moment, after: Moment) -> bool:
    return bool(one.person and after.person and one.person != after.person) or bool(
        one.team and after.team and one.team != after.team
    )


@transaction.atomic
def count_items(limit: int = AT_ONCE) -> int:
    """Count items of which something happened since they were last counted. Gives how many."""
    rows = Item.objects.filter(is_counted=False).order_by("pk")
    items = list(rows.select_related(*_RELATED).select_for_update(of=("self",), skip_locked=True)[:limit])
    if not items:
        return 0
    numbers = [item.pk for item in items]
    histories = _histories(numbers)
    met = _met(items)
    made, states = [], []
    for item in items:
        result = counted(histories.get(item.pk, []), definition(item))
        made.append(_row(item, result, met.get(item.pk, {})))
        states += [
            StateTime(figures_id=item.pk, state=state, seconds=seconds, visits=int(visits))
            for state, (seconds, visits) in result.states.items()
        ]
    names = [one.name for one in ItemFigures._meta.concrete_fields if not one.primary_key]
    ItemFigures.objects.bulk_create(
        made, update_conflicts=True, unique_fields=["item"], update_fields=names, batch_size=500
    )
    StateTime.objects.filter(figures__in=numbers).delete()
    StateTime.objects.bulk_create(states, batch_size=500)
    Item.objects.filter(pk__in=numbers).update(is_counted=True)
    return len(items)


def _histories(numbers: Sequence[int]) -> dict[int, list[Moment]]:
    rows = Event.objects.filter(item__in=numbers).order_by("item_id", "position")
    found: dict[int, list[Moment]] = {}
    names = ("item_id", "happened_at", "state", "phase", "line", "assignee_id", "team_id", "data")
    for item, at, state, phase, line, person, team, data in rows.values_list(*names):
        who = data.get("holder") or str(person or "")
        group = data.get("team") or str(team or "")
        found.setdefault(item, []).append(
            Moment(at, state, phase, line, who, group if isinstance(group, str) else "")
        )
    return found


def _met(items: Iterable[Item]) -> dict[int, dict[str, bool]]:
    """For each item and each column of targets: whether the clock met it. Two clocks of a column: both must."""
    by_pk = {item.pk: item for item in items}
    rows = ClockRow.objects.filter(item__in=by_pk, stopped_at__isnull=False, target_s__isnull=False)
    found: dict[int, dict[str, bool]] = defaultdict(dict)
    for item, key, is_breached, state in rows.values_list("item_id", "key", "is_breached", "state"):
        spec = definition(by_pk[item]).clocks.get(key)
        column = (spec.target or key) if spec is not None else key
        if state == "stopped" and column in JUDGED:
            found[item][column] = found[item].get(column, True) and not is_breached
    return found


def _row(item: Item, result: Counted, met: dict[str, bool]) -> ItemFigures:
    zone = ZoneInfo(settings.TIME_ZONE)
    ended = item.solved_at or item.closed_at
    return ItemFigures(
        item=item,
        kind=item.kind,
        team_id=item.team_id,
        service_id=item.service_id,
        customer_id=item.customer_id,
        priority=item.priority,
        line=item.line,
        opened_on=item.opened_at.astimezone(zone).date(),
        ended_on=ended.astimezone(zone).date() if ended else None,
        solve_s=max(0.0, (ended - item.opened_at).total_seconds()) if ended else None,
        waiting_s=result.waiting_s,
        waiting_user_s=result.waiting_user_s,
        first_s=result.by_line_s["first"],
        second_s=result.by_line_s["second"],
        supplier_s=result.by_line_s["supplier"],
        reopened=result.reopened,
        hand_overs=result.hand_overs,
        is_ping_pong=result.is_ping_pong,
        response_met=met.get("response"),
        resolution_met=met.get("resolution"),
    )


def not_counted(most: int = 10_000) -> int:
    """How many items are still to be counted, up to `most`."""
    return Item.objects.filter(is_counted=False).order_by()[:most].count()
