"""Writes the made-up incidents: what monitoring saw and people repaired, and what users reported.

They are written by work's own steps, so that events and clocks are right, but nothing goes into the audit trail: nobody
did them.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from beheer.catalogue.models import Service
from beheer.demo.rules import DAYS, OwnOutage
from beheer.demo.turns import on_the_way
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM
from beheer.work.actions.items import next_number
from beheer.work.actions.steps import walk
from beheer.work.definitions import current_version, kind_of, table
from beheer.work.kinds.schema import Kind
from beheer.work.models import AffectedService, Item, KindVersion, Outage
from beheer.work.models.items import Channel
from beheer.work.models.timeline import Verb
from beheer.work.recording import Change

LONGEST_WAY = timedelta(days=9)  # what happens on the way stays in the past
SHORTEST = timedelta(minutes=8)  # a shorter outage is over before anybody writes it down
REPORTS = 90  # how many incidents users reported themselves

SOLUTIONS: dict[str, str] = {
    "software": "Het proces opnieuw gestart en de instelling hersteld die het deed vastlopen.",
    "capacity": "Ruimte gemaakt en de bewaking op de grens aangescherpt.",
    "hardware": "Het onderdeel vervangen; de andere namen het werk over.",
    "change": "De wijziging teruggedraaid; opnieuw gepland na een test.",
    "supplier": "De leverancier heeft het verholpen; rapport gevraagd.",
    "use": "Het certificaat vernieuwd en in de bewaking opgenomen.",
    "network": "De kabel vervangen en de verbinding getest.",
}
QUESTIONS: tuple[tuple[str, str, str], ...] = (
    ("mail", "Ik krijg geen mail op mijn telefoon", "Het account opnieuw ingesteld met de aanvrager."),
    ("afdrukken", "De printer op de derde verdieping pakt geen papier", "De rol schoongemaakt."),
    ("draadloos", "Geen wifi in collegezaal 2", "Het basisstation opnieuw gestart."),
    (
        "leeromgeving",
        "Een cursus staat niet in mijn overzicht",
        "De inschrijving was nog niet verwerkt; gedaan.",
    ),
    ("thuiswerkplek", "Het scherm blijft zwart na aanmelden", "Het profiel hersteld."),
    ("bestandsopslag", "Ik kan niet bij de map van onze afdeling", "Lid gemaakt van de juiste groep."),
    ("studentinformatie", "Een cijfer is dubbel ingevoerd", "De dubbele regel verwijderd met de docent."),
    ("videocolleges", "Het geluid van de opname hapert", "De opname opnieuw verwerkt."),
)


def write_incidents(
    outages: Sequence[OwnOutage], services: Mapping[str, Service], *, now: datetime, seed: int
) -> int:
    """Write the incidents of the outages and those that users reported. Gives how many."""
    chance = random.Random(seed + 1)  # noqa: S311  # not for secrets
    version = current_version("incident")
    by_id = {service.pk: service for service in services.values()}
    staff = _staff(list(by_id.values()))
    told = [one for one in outages if one.end - one.start >= SHORTEST or one.end > now]
    for outage in told:
        service = by_id[outage.service_id]
        _of_outage(outage, service, staff[service.pk], version, chance, now)
    users = list(User.objects.filter(is_simulated=True))
    for number in range(REPORTS):
        share = number / REPORTS
        at = now - timedelta(days=(1 - share**0.8) * (DAYS - 5), minutes=chance.uniform(5, 600))
        key, title, solution = QUESTIONS[chance.randrange(len(QUESTIONS))]
        service = services[key]
        _of_user(
            title,
            solution,
            service,
            chance.choice(users),
            staff[service.pk],
            version,
            chance,
            in_office_hours(at),
            now,
        )
    return len(told) + REPORTS


def in_office_hours(at: datetime) -> datetime:
    """The same day, or the Friday before, within office hours (UTC)."""
    at -= timedelta(days=max(0, at.weekday() - 4))
    return at.replace(hour=7 + at.hour % 9)


def _staff(services: Sequence[Service]) -> dict[int, list[User]]:
    """Who can be given work on each service: the members of its team."""
    return {
        service.pk: list(service.team.members.filter(is_simulated=True).order_by("username"))
        for service in services
        if service.team is not None
    }


def _of_outage(
    outage: OwnOutage,
    service: Service,
    staff: Sequence[User],
    version: KindVersion,
    chance: random.Random,
    now: datetime,
) -> None:
    is_down = outage.state == "down"
    impact, urgency = table().of_outage(
        criticality=service.criticality, users=service.users_served, is_down=is_down
    )
    title = f"{service.name} is {'niet beschikbaar' if is_down else 'traag of onvolledig'}"
    opened = outage.start + timedelta(seconds=90)
    kind = kind_of(version)
    item = new_item(title, service, opened, version, kind, Channel.MONITORING, (impact, urgency))
    item.description = outage.reason
    open_at(item, kind, opened)
    AffectedService.objects.create(
        item=item,
        service=service,
        since=outage.start,
        until=outage.end if outage.end <= now else None,
        state=outage.state,
    )
    ended = outage.end if outage.end <= now else None
    Outage.objects.create(
        service=service, item=item, started_at=outage.start, ended_at=ended, worst=outage.state, is_cause=True
    )
    taken = opened + timedelta(minutes=chance.uniform(2, 25))
    solution = SOLUTIONS[outage.cause]
    _carry_on(item, kind, chance.choice(staff), taken, ended, solution, outage.cause, now, chance)


def _of_user(
    title: str,
    solution: str,
    service: Service,
    user: User,
    staff: Sequence[User],
    version: KindVersion,
    chance: random.Random,
    at: datetime,
    now: datetime,
) -> None:
    kind = kind_of(version)
    item = new_item(title, service, at, version, kind, Channel.PORTAL, (3, chance.choice((2, 3))))
    item.requester = user
    open_at(item, kind, at)
    taken = at + timedelta(minutes=chance.lognormvariate(3.6, 0.8))
    solved = taken + timedelta(hours=chance.lognormvariate(1.4, 1.0))
    _carry_on(item, kind, chance.choice(staff), taken, solved, solution, "use", now, chance)


def new_item(
    title: str,
    service: Service,
    at: datetime,
    version: KindVersion,
    kind: Kind,
    channel: Channel,
    degrees: tuple[int, int],
) -> Item:
    """An item as it is opened, not saved yet."""
    return Item(
        kind=kind.kind,
        definition=version,
        state=kind.initial,
        phase=kind.states[kind.initial].phase,
        title=title,
        service=service,
        team=service.team,
        impact=degrees[0],
        urgency=degrees[1],
        priority=table().priority(*degrees),
        opened_at=at,
        changed_at=at,
        state_since=at,
        channel=channel,
        is_simulated=True,
    )


def open_at(item: Item, kind: Kind, at: datetime) -> None:
    """Number and save it, with its first event."""
    item.number = next_number(kind.prefix, at.year)
    item.save()
    Change(item.requester or SYSTEM, item, kind, at).event(
        Verb.CREATED, happened_at=at, data={"channel": str(item.channel)}
    )


def _carry_on(
    item: Item,
    kind: Kind,
    who: User,
    taken: datetime,
    ended: datetime | None,
    solution: str,
    cause: str,
    now: datetime,
    chance: random.Random,
) -> None:
    """Take, solve and close the item, as far as time has come. `ended` None: the outage still lasts."""
    if taken < now:
        step_at(item, kind, who, "take", {}, taken)
    solved = max(ended, taken) + timedelta(minutes=6) if ended is not None else None
    if solved is not None and solved < now:
        if item.channel == Channel.PORTAL and solved + LONGEST_WAY < now:
            solved = max(solved, on_the_way(item, kind, who, taken, chance) + timedelta(minutes=20))
        step_at(item, kind, who, "resolve", {"solution": solution, "cause": cause}, solved)
        if item.channel == Channel.PORTAL and chance.random() < 0.06 and solved + LONGEST_WAY < now:
            step_at(item, kind, who, "reopen", {"comment": "Het is terug."}, solved + timedelta(hours=3))
            solved += timedelta(hours=chance.uniform(4, 30))
            step_at(item, kind, who, "resolve", {"solution": solution, "cause": cause}, solved)
        if solved + timedelta(hours=72) < now:
            step_at(item, kind, None, "close", {}, solved + timedelta(hours=72))
    change = Change(SYSTEM, item, kind, min(now, solved or now))
    change.save()


def step_at(
    item: Item, kind: Kind, who: User | None, step: str, values: dict[str, str], at: datetime
) -> None:
    """Take a step, at its instant."""
    change = Change(who or SYSTEM, item, kind, at)
    walk(change, step, kind.steps[step], dict(values), happened_at=at)
