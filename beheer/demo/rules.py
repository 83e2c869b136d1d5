"""The made-up past: outages by chance, and what they make of the services above. Pure; the same seed gives the same."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from beheer.catalogue.rules import Graph
from beheer.monitoring.rules.combining import NeedGroup, Part, combine

MONTHS = 14
DAYS = 30 * MONTHS + 5


@dataclass(frozen=True, slots=True)
class Character:
    """How a service behaves: its own outages a year, their usual length, and how often it is merely degraded."""

    outages_a_year: float
    usual_minutes: float
    degraded_share: float = 0.35


@dataclass(frozen=True, slots=True)
class OwnOutage:
    """One time that a service itself was not up. `cause` is a word of work's list of causes."""

    service_id: int
    start: datetime
    end: datetime
    state: str
    reason: str
    cause: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `at` on the service is in `state`; `cause_id` is the service nearest the cause, None when it is up."""

    at: datetime
    state: str
    reason: str
    cause_id: int | None


REASONS: dict[str, tuple[tuple[str, str], ...]] = {
    "down": (
        ("geen antwoord binnen 10 seconden", "software"),
        ("verbinding geweigerd", "software"),
        ("antwoord 503", "capacity"),
        ("schijf vol", "capacity"),
        ("voeding uitgevallen", "hardware"),
        ("na een wijziging niet meer gestart", "change"),
        ("leverancier meldt storing", "supplier"),
        ("certificaat verlopen", "use"),
    ),
    "degraded": (
        ("antwoord duurt langer dan 2 seconden", "capacity"),
        ("een van de onderdelen antwoordt niet", "hardware"),
        ("wachtrij groeit", "capacity"),
        ("pakketverlies van 4 procent", "network"),
    ),
}


def own_outages(
    characters: Mapping[int, Character], *, now: datetime, seed: int, still_down: Mapping[int, str]
) -> list[OwnOutage]:
    """What went wrong with each service by itself, oldest first. More on working days and in office hours.

    `still_down` says which services are not up now, and how (so that the board is not all green).
    """
    chance = random.Random(seed)  # noqa: S311  # not for secrets
    since = now - timedelta(days=DAYS)
    found: list[OwnOutage] = []
    for service_id, character in characters.items():
        for start in _starts(chance, character, since, now - timedelta(hours=6)):
            found.append(_outage(chance, service_id, character, start))
        if (state := still_down.get(service_id)) is not None:
            reason, cause = chance.choice(REASONS[state])
            start = now - timedelta(minutes=chance.uniform(20, 90))
            found.append(OwnOutage(service_id, start, now + timedelta(days=1), state, reason, cause))
    return sorted(_apart(found), key=lambda outage: (outage.start, outage.service_id))


def _starts(chance: random.Random, character: Character, since: datetime, until: datetime) -> list[datetime]:
    days = (until - since).total_seconds() / 86_400
    count = _poisson(chance, character.outages_a_year * days / 365)
    starts: list[datetime] = []
    while len(starts) < count:
        start = since + timedelta(seconds=chance.uniform(3600, days * 86_400))
        is_busy = start.weekday() < 5 and 7 <= start.hour < 17
        if is_busy or chance.random() < 0.35:
            starts.append(start)
    return sorted(starts)


def _poisson(chance: random.Random, mean: float) -> int:
    """Knuth's method: fine for the small means here."""
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def _outage(chance: random.Random, service_id: int, character: Character, start: datetime) -> OwnOutage:
    state = "degraded" if chance.random() < character.degraded_share else "down"
    minutes = min(max(chance.lognormvariate(math.log(character.usual_minutes), 0.9), 3), 14 * 60)
    reason, cause = chance.choice(REASONS[state])
    start = start.replace(second=chance.randrange(60), microsecond=0)
    return OwnOutage(service_id, start, start + timedelta(minutes=round(minutes)), state, reason, cause)


def _apart(outages: Sequence[OwnOutage]) -> list[OwnOutage]:
    """Without those that begin while another of the same service lasts."""
    free_from: dict[int, datetime] = {}
    kept = []
    for outage in sorted(outages, key=lambda one: one.start):
        if outage.service_id not in free_from or outage.start > free_from[outage.service_id]:
            kept.append(outage)
            free_from[outage.service_id] = outage.end + timedelta(minutes=30)
    return kept


def timelines(
    order: Sequence[int], graph: Graph, outages: Sequence[OwnOutage], *, since: datetime, now: datetime
) -> dict[int, list[Stretch]]:
    """The states of every service, from its own outages and from those it needs, by the rules of monitoring.

    `order`: each service after those it needs.
    """
    own: dict[int, list[Stretch]] = {service_id: [Stretch(since, "up", "", None)] for service_id in order}
    for outage in outages:
        rows = own[outage.service_id]
        rows.append(Stretch(outage.start, outage.state, outage.reason, outage.service_id))
        if outage.end <= now:
            rows.append(Stretch(outage.end, "up", "", None))
    found: dict[int, list[Stretch]] = {}
    for service_id in order:
        found[service_id] = _combined(service_id, own[service_id], graph, found, since)
    return found


def _combined(
    service_id: int,
    own: Sequence[Stretch],
    graph: Graph,
    below: Mapping[int, Sequence[Stretch]],
    since: datetime,
) -> list[Stretch]:
    needs = graph.needs.get(service_id, ())
    groups = {
        need.group_id: NeedGroup(graph.groups[need.group_id].needed, graph.groups[need.group_id].effect)
        for need in needs
        if need.group_id is not None
    }
    instants = {stretch.at for rows in (own, *(below[need.needs_id] for need in needs)) for stretch in rows}
    steps: list[Stretch] = []
    for at in sorted({since, *instants}):
        mine = _part(_at(own, at), None, "down")
        needed = [_part(_at(below[need.needs_id], at), need.group_id, need.effect) for need in needs]
        whole = combine([mine], {}, needed, groups)
        is_bad = whole.state != "up" and whole.by is not None
        reason = whole.by.reason if is_bad and whole.by else ""
        cause = whole.by.cause_service if is_bad and whole.by else None
        step = Stretch(at, whole.state, reason, cause)
        if not steps or (steps[-1].state, steps[-1].cause_id) != (step.state, step.cause_id):
            steps.append(step)
    return steps


def _at(rows: Sequence[Stretch], at: datetime) -> Stretch:
    low, high = 0, len(rows)
    while low < high:
        middle = (low + high) // 2
        if rows[middle].at <= at:
            low = middle + 1
        else:
            high = middle
    return rows[low - 1]


def _part(stretch: Stretch, group: int | None, effect: str) -> Part:
    return Part(
        stretch.state,
        stretch.at,
        stretch.at,
        None,
        stretch.reason,
        False,
        stretch.cause_id,
        None,
        group,
        effect,
    )


def response_s(chance: random.Random, usual_s: float, at: datetime, state: str) -> float | None:
    """A made-up response time: slower by day, much slower when degraded; None when down."""
    if state == "down":
        return None
    busy = (
        0.35 * max(0.0, math.sin((at.hour + at.minute / 60 - 6) / 13 * math.pi)) if 6 <= at.hour < 19 else 0.0
    )
    workday = 1.0 if at.weekday() < 5 else 0.4
    slow = 6.0 if state == "degraded" else 1.0
    return round(usual_s * (1 + busy * workday) * slow * chance.lognormvariate(0, 0.12), 4)
