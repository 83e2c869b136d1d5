"""Writes the services' own state changes, from those of their checks and of the services they need.

Whatever changed from some instant on, late results too, the services above are worked out anew from that instant, each
after those it needs; where that differs from what stands there, rows are added that replace it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from beheer.catalogue.models import Service
from beheer.catalogue.queries import dependency_graph
from beheer.catalogue.rules import Graph
from beheer.monitoring.facts import Facts, read_facts
from beheer.monitoring.models import ServiceState, StateChange
from beheer.monitoring.rules.combining import NeedGroup, Part, Whole, combine

T = TypeVar("T")
Key = tuple[str, int | None, bool]
NOTHING_KNOWN: Key = ("unknown", None, False)


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` on a service is in this state."""

    at: datetime
    state: str
    is_flapping: bool
    cause_service: int | None
    cause_check: int | None
    reason: str
    confirmed_at: datetime
    last_good_at: datetime | None

    @property
    def key(self) -> Key:
        """What makes a change worth telling: state, the service nearest the cause, flapping."""
        return self.state, self.cause_service, self.is_flapping

    def part(self, group: int | None, effect: str) -> Part:
        """This step as a component of a service that needs this one."""
        return Part(
            self.state, self.at, self.confirmed_at, self.last_good_at, self.reason, self.is_flapping,
            self.cause_service, self.cause_check, group, effect,
        )  # fmt: skip


def derive(service_ids: Collection[int], since: datetime, now: datetime) -> int:
    """Work out these services and all that need them from `since` on. Gives the number of rows added."""
    if not service_ids:
        return 0
    graph = dependency_graph()
    affected = set(service_ids).union(*(graph.affected_by(service) for service in service_ids))
    facts = read_facts(affected, graph, since)
    walked: dict[int, list[Step]] = {}
    rows: list[StateChange] = []
    simulated = set(Service.objects.filter(is_simulated=True, pk__in=affected).values_list("pk", flat=True))
    for service in in_order(affected, graph):
        if service in simulated and service not in facts.checks:
            continue  # its history was written as it is
        walked[service] = _walk(service, facts, graph, walked, since)
        rows += _rows(service, walked[service], facts.own.get(service, ()), since, now)
    StateChange.objects.bulk_create(rows, batch_size=500)
    _keep_states({row.service_id for row in rows}, walked, since)
    return len(rows)


def in_order(services: Collection[int], graph: Graph) -> list[int]:
    """These services, each after those of them that it needs."""
    done: dict[int, None] = {}
    down = graph.down()
    waiting = sorted(services, reverse=True)
    while waiting:
        service = waiting[-1]
        before = [need for need in down.get(service, ()) if need in services and need not in done]
        if before and service not in done:
            waiting += before
        else:
            done.setdefault(waiting.pop())
    return list(done)


def _walk(
    service: int, facts: Facts, graph: Graph, walked: Mapping[int, Sequence[Step]], since: datetime
) -> list[Step]:
    """The steps of a service from `since` on; the first stands at `since`."""
    checks = facts.checks.get(service, {})
    needs = graph.needs.get(service, ())
    below = {
        need.needs_id: walked.get(need.needs_id) or steps_of(facts.own.get(need.needs_id, ()))
        for need in needs
    }
    starts = [row.first_bad_at for rows in checks.values() for row in rows]
    starts += [step.at for steps in below.values() for step in steps]
    need_groups = {
        need.group_id: NeedGroup(graph.groups[need.group_id].needed, graph.groups[need.group_id].effect)
        for need in needs
        if need.group_id is not None
    }
    steps: list[Step] = []
    for at in sorted({since, *(start for start in starts if start > since)}):
        counted = [part for key, rows in checks.items() if (part := _check_part(key, rows, at, facts))]
        needed = [
            step.part(need.group_id, need.effect)
            for need in needs
            if (step := _last([one for one in below[need.needs_id] if one.at <= at]))
        ]
        whole = combine(counted, facts.needed_of(service), needed, need_groups)
        step = _step(service, whole, at, [*counted, *needed])
        if not steps or steps[-1].key != step.key:
            steps.append(step)
        elif is_bad(step.state):
            surer = [p.confirmed_at for p in (*counted, *needed) if p.since == at and p.state == step.state]
            steps[-1] = replace(steps[-1], confirmed_at=min([steps[-1].confirmed_at, *surer]))
    return steps


def _check_part(check: int, rows: Sequence[StateChange], at: datetime, facts: Facts) -> Part | None:
    """A check at an instant; None while it has no say."""
    row = _last([one for one in rows if one.first_bad_at <= at])
    if row is None or row.state == "off":
        return None
    return Part(
        row.state, row.first_bad_at, row.confirmed_at, row.last_good_at, row.reason, row.is_flapping,
        row.service_id, check, facts.group_of.get(check),
    )  # fmt: skip


def _last(found: Sequence[T]) -> T | None:
    return found[-1] if found else None


def is_bad(state: str) -> bool:
    """Whether a state is one that has a cause."""
    return state in ("down", "degraded")


def _step(service: int, whole: Whole, at: datetime, parts: Sequence[Part]) -> Step:
    by = whole.by
    if by is None:
        return Step(at, whole.state, whole.is_flapping, None, None, "", at, None)
    trigger = by if by.since == at else max(parts, key=lambda part: part.since)
    return Step(
        at=at,
        state=whole.state,
        is_flapping=whole.is_flapping,
        cause_service=(by.cause_service or service) if is_bad(whole.state) else None,
        cause_check=by.cause_check if whole.state != "up" else None,
        reason=by.reason,
        confirmed_at=max(trigger.confirmed_at, at) if trigger.since == at else at,
        last_good_at=trigger.last_good_at if trigger.since == at else None,
    )


def steps_of(rows: Iterable[StateChange]) -> list[Step]:
    """A service's own rows that are in force, as steps."""
    return [
        Step(
            row.first_bad_at, row.state, row.is_flapping, row.cause_service_id, row.cause_check_id, row.reason,
            row.confirmed_at, row.last_good_at,
        )
        for row in rows
    ]  # fmt: skip


def _rows(
    service: int, new: Sequence[Step], standing: Sequence[StateChange], since: datetime, now: datetime
) -> Iterator[StateChange]:
    """The rows to add so that what stands becomes what is new."""
    old = _keyed(steps_of(standing), since)
    place = 0
    while place < min(len(new), len(old)) and (new[place].at, new[place].key) == old[place]:
        place += 1
    if place == len(new) == len(old):
        return
    previous = new[place - 1].state if place else old[0][1][0]
    if place and place < len(old) and (place == len(new) or old[place][0] < new[place].at):
        yield _row(service, new[place - 1], old[place][1][0], old[place][0], now)
    for step in new[place:]:
        yield _row(service, step, previous, step.at, now)
        previous = step.state


def _keyed(steps: Sequence[Step], since: datetime) -> list[tuple[datetime, Key]]:
    """The steps that stand, from `since` on, without those that change nothing."""
    found = [(since, NOTHING_KNOWN)]
    for step in steps:
        if step.at <= since:
            found = [(since, step.key)]
        elif found[-1][1] != step.key:
            found.append((step.at, step.key))
    return found


def _row(service: int, step: Step, previous: str, at: datetime, now: datetime) -> StateChange:
    return StateChange(
        service_id=service,
        state=step.state,
        previous_state=previous,
        first_bad_at=at,
        last_good_at=step.last_good_at,
        confirmed_at=max(step.confirmed_at, at),
        recorded_at=now,
        reason=step.reason,
        cause_service_id=step.cause_service,
        cause_check_id=step.cause_check,
        is_flapping=step.is_flapping,
    )


def _keep_states(services: Collection[int], walked: Mapping[int, Sequence[Step]], since: datetime) -> None:
    """Keep what the services are now, for boards and lists."""
    before = {row.service_id: row for row in ServiceState.objects.filter(service__in=services)}
    rows = []
    for service in services:
        steps = walked[service]
        now = steps[-1]
        place = len(steps) - 1
        while place and steps[place - 1].state == now.state:
            place -= 1
        known = before.get(service)
        keeps = place == 0 and known is not None and known.state == now.state
        rows.append(
            ServiceState(
                service_id=service,
                state=now.state,
                since_at=known.since_at if keeps and known else steps[place].at,
                reason=now.reason,
                cause_service_id=now.cause_service,
                cause_check_id=now.cause_check,
                is_flapping=now.is_flapping,
            )
        )
    fields = ["state", "since_at", "reason", "cause_service_id", "cause_check_id", "is_flapping"]
    ServiceState.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["service_id"], update_fields=fields
    )
