"""Writes the made-up requests from the service catalogue, with their answers, decisions and tasks."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import translation

from beheer.catalogue.models import Service
from beheer.demo.incidents import in_office_hours, new_item, open_at, step_at
from beheer.people.models import Team, User
from beheer.permissions.rules import SYSTEM
from beheer.profile.queries import may_take
from beheer.work.actions.effects import entered
from beheer.work.actions.steps import walk
from beheer.work.catalogue import answer_text, current_models, spec_of
from beheer.work.definitions import current_version, kind_with
from beheer.work.kinds.schema import Kind
from beheer.work.models import Decision, Item, RequestModel
from beheer.work.models.approvals import ApprovalState
from beheer.work.models.items import Channel
from beheer.work.models.timeline import Verb
from beheer.work.recording import Change
from beheer.work.request_models.checks import PLACES

REQUESTS = 48
SPAN_DAYS = 150
ASKERS = ("charlie", "yara", "daan", "marieke")
Row = tuple[str, dict[str, Any], str]

# Item, answers (a number for a day: so many days after asking), what was given.
ASKED: tuple[Row, ...] = (
    ("leenlaptop", {"vanaf": 2, "dagen": 5, "soort": "windows", "extra": ["muis"]}, "Laptop LT-214 uitgegeven."),
    ("leenlaptop", {"vanaf": 1, "dagen": 3, "soort": "mac", "extra": ["adapter", "headset"]}, "MacBook uitgegeven."),
    ("leenlaptop", {"vanaf": 7, "dagen": 10, "soort": "windows"}, "Laptop LT-188 uitgegeven."),
    ("programmatuur", {"pakket": "ATLAS.ti 24", "betaald": True, "kostenplaats": "120450",
                       "waarom": "Interviews coderen voor het project Taal en Stad."}, "Geïnstalleerd en getest."),
    ("programmatuur", {"pakket": "Zotero", "betaald": False}, "Staat in het softwareportaal; verspreid."),
    ("programmatuur", {"pakket": "Stata 18", "betaald": True, "kostenplaats": "120112"}, "Licentie toegekend."),
    ("gedeelde-mailbox", {"adres": "tentamens.letteren", "eigenaar": "marieke", "buiten": True},
     "Mailbox gemaakt; leden zijn toegevoegd."),
    ("gedeelde-mailbox", {"adres": "opendag-lett", "eigenaar": "yara", "buiten": True}, "Mailbox gemaakt."),
    ("onderzoeksopslag", {"project": "Middeleeuwse kaarten", "gigabytes": 1200, "einde": 900,
                          "persoonsgegevens": False}, "Map en groep gemaakt; toegang getest."),
    ("onderzoeksopslag", {"project": "Meertalige klas", "gigabytes": 300, "einde": 1100, "persoonsgegevens": True,
                          "maatregelen": ["gepseudonimiseerd", "dmp"]}, "Versleutelde map gemaakt."),
    ("rekentijd", {"uren": 20000, "gpu": True, "soort_gpu": "a100",
                   "toelichting": "Trainen van een taalmodel op historische kranten."}, "Tegoed toegekend."),
    ("gasten-wifi", {"dag": 9, "aantal": 60, "waar": "Academiegebouw"}, "Accounts gemaild aan de aanvrager."),
    ("gasten-wifi", {"dag": 4, "aantal": 12}, "Accounts gemaild."),
    ("digitaal-tentamen", {"vak": "Inleiding taalkunde", "dag": 35, "studenten": 240, "locatie": "zaal",
                           "voorziening": 14}, "Zaal vastgelegd, proeftentamen gehouden."),
    ("digitaal-tentamen", {"vak": "Academisch schrijven", "dag": 28, "studenten": 90, "locatie": "thuis"},
     "Omgeving klaar, docent geïnstrueerd."),
)  # fmt: skip


def write_requests(services: Mapping[str, Service], *, now: datetime, seed: int) -> int:
    """Write the requests, the newest of them still under way. Gives how many."""
    chance = random.Random(seed + 2)  # noqa: S311  # not for secrets
    models = current_models()
    people = {user.username: user for user in User.objects.filter(is_simulated=True)}
    for number in range(REQUESTS):
        left = SPAN_DAYS * (1 - (number + 1) / REQUESTS) ** 1.2
        at = min(in_office_hours(now - timedelta(days=left)), now - timedelta(hours=1))
        row = ASKED[number % len(ASKED)]
        asker = people[ASKERS[chance.randrange(len(ASKERS) - (row[0] != "leenlaptop"))]]
        _write_one(row, models[row[0]], services, people, asker, chance, at, now)
    return REQUESTS


def answers_at(given: Mapping[str, Any], model: RequestModel, at: datetime) -> dict[str, Any]:
    """The answers, with days counted from the day of asking."""
    fields = spec_of(model).fields
    return {
        name: (at + timedelta(days=value)).date().isoformat() if fields[name].type == "day" else value
        for name, value in given.items()
    }


def _write_one(
    row: Row,
    model: RequestModel,
    services: Mapping[str, Service],
    people: Mapping[str, User],
    asker: User,
    chance: random.Random,
    at: datetime,
    now: datetime,
) -> None:
    spec, version = spec_of(model), current_version("service_request")
    kind = kind_with(version, model)
    answers = answers_at(row[1], model, at)
    words = (spec.title or spec.name).nl
    with translation.override("nl"):
        title = PLACES.sub(
            lambda place: answer_text(kind, place.group(1), answers.get(place.group(1))), words
        )
    service = services[spec.service]
    degree = {"high": 1, "medium": 2, "low": 3}
    degrees = (degree[spec.defaults.get("impact", "low")], degree[spec.defaults.get("urgency", "medium")])
    item = new_item(title, service, at, version, kind, Channel.PORTAL, degrees)
    item.request_model, item.requester = model, asker
    item.values = {"request_type": spec.defaults["request_type"], **answers}
    item.team = Team.objects.filter(key=spec.defaults.get("team", "")).first() or item.team
    item.complexity = spec.defaults.get("complexity", "normal")
    open_at(item, kind, at)
    entered(Change(asker, item, kind, at), kind.initial)
    started = _decided(item, kind, people, chance, at, now)
    ended = _carried_out(item, kind, row[2], chance, started, now) if started is not None else None
    Change(SYSTEM, item, kind, ended or min(now, started or at)).save()


def _decided(
    item: Item, kind: Kind, people: Mapping[str, User], chance: random.Random, at: datetime, now: datetime
) -> datetime | None:
    """Write the decisions that were asked. Gives the instant at which work can begin; None: it still waits."""
    approval = item.approvals.filter(state=ApprovalState.ASKED).first()
    if approval is None:
        return at
    spec = kind.approvals[approval.key]
    for number, group in enumerate(spec.groups):
        at += timedelta(hours=chance.uniform(2, 40))
        if at > now:
            return None
        decider = _decider(item, group.who, people)
        Decision.objects.create(
            approval=approval, group=number, user=decider, is_approved=True, decided_at=at
        )
        Change(decider, item, kind, at).event(
            Verb.APPROVED, happened_at=at, data={"approval": approval.key, "reason": ""}
        )
    approval.state, approval.ended_at = ApprovalState.GRANTED, at
    approval.save(update_fields=["state", "ended_at"])
    walk(Change(SYSTEM, item, kind, at), spec.granted, kind.steps[spec.granted], {}, happened_at=at)
    return at


def _decider(item: Item, who: list[str], people: Mapping[str, User]) -> User:
    """Who says yes: the lead of the office, but not to what she asked herself; else the owner of the service."""
    owner = item.service.owner if item.service else None
    if "requester_lead" in who and item.requester != people["marieke"]:
        return people["marieke"]
    return owner or people["ingrid"]


def _carried_out(
    item: Item, kind: Kind, given: str, chance: random.Random, at: datetime, now: datetime
) -> datetime | None:
    """Take it in hand, do the tasks and deliver, as far as time has come. Gives the last instant; None: none yet."""
    staff = list(item.team.members.filter(is_simulated=True).order_by("username")) if item.team else []
    able = [one for one in staff if may_take(one.pk, item.complexity, on=at.date())]
    who = chance.choice(able or staff)
    taken = at + timedelta(hours=chance.uniform(0.3, 6))
    if taken > now:
        return None
    if item.state == "new":
        step_at(item, kind, who, "take", {}, taken)
    else:
        item.assignee = who
        change = Change(who, item, kind, taken)
        change.event(Verb.ASSIGNED, happened_at=taken, data={"changes": {"assignee": [None, who.username]}})
    done = taken + timedelta(hours=chance.lognormvariate(2.2, 0.8))
    if done > now:
        return taken
    item.tasks.update(done_at=done, done_by=who.username)
    step_at(item, kind, who, "fulfil", {"answer": given}, done)
    item.satisfaction = chance.choice((None, 3, 4, 4, 5, 5))
    closed = done + timedelta(days=5)
    if closed > now:
        return done
    step_at(item, kind, None, "close", {}, closed)
    return closed
