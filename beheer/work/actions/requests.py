"""The service catalogue: publishing what can be asked for, asking for it, and sharing what one asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone, translation
from django.utils.translation import get_language

from beheer.audit.actions import record
from beheer.catalogue.models import Service
from beheer.lib.errors import Conflict, InputError, NotAllowed, Problem
from beheer.people.models import Membership, Team, User
from beheer.permissions.rules import Actor, allowed_somewhere, require
from beheer.work.actions.conversation import attach
from beheer.work.actions.items import create
from beheer.work.actions.kinds import require_begun_with
from beheer.work.catalogue import answer_text, canonical, flaws_of, may_ask, spec_of, teams_of
from beheer.work.definitions import current_version, fingerprint, kind_with
from beheer.work.fields import take
from beheer.work.files import required_type
from beheer.work.kinds.schema import Kind
from beheer.work.models import Item, MeToo, RequestModel
from beheer.work.models.items import Channel, Phase
from beheer.work.recording import begin
from beheer.work.request_models.answers import problems, shown
from beheer.work.request_models.checks import PLACES
from beheer.work.request_models.schema import RequestSpec
from beheer.work.standing import is_requester

PUBLISH = "work.publish_request_model"
ASK = "portal.report"


@dataclass(frozen=True, slots=True)
class AnswerFile:
    """One file that was added in answer to a question."""

    field: str
    name: str
    content: bytes


@transaction.atomic
def publish_request_model(
    *, actor: Actor, spec: RequestSpec, now: datetime, after: int | None = None
) -> RequestModel:
    """Make this the version of a catalogue item for new requests; existing ones keep theirs. Gives the version.

    Publishing what is in force already changes nothing. `after`: the version that the writer began with, 0 for one
    that is new; None: whatever is in force now.
    Raises: NotAllowed; InputError naming each field that is wrong; Conflict where another than `after` is in force.
    """
    service = Service.objects.filter(key=spec.service).first() if spec.service else None
    require(
        actor,
        PUBLISH,
        team_id=service.team_id if service else None,
        service_id=service.pk if service else None,
    )
    if found := flaws_of(spec):
        raise InputError(
            [Problem(one.message, ".".join(str(part) for part in one.path), one.remedy) for one in found]
        )
    text = canonical(spec)
    rows = RequestModel.objects.select_for_update().filter(key=spec.key)
    current = rows.filter(is_current=True).first()
    if after is not None:
        require_begun_with(current, after, spec.key)
    if current is not None and current.digest == fingerprint(text):
        return current
    newest = rows.aggregate(newest=Max("version"))["newest"] or 0
    rows.filter(is_current=True).update(is_current=False)
    row = RequestModel(
        key=spec.key,
        version=newest + 1,
        text=text,
        digest=fingerprint(text),
        is_simulated=spec.simulated,
        published_at=now,
        published_by=actor.actor_name,
    )
    row.full_clean()
    row.save()
    changes = {"version": row.version, "retired": spec.retired}
    record(actor=actor, verb=PUBLISH, subject=f"request_model:{spec.key}", changes=changes, now=now)
    return row


def retire_request_model(
    *, actor: Actor, model: RequestModel, is_retired: bool, now: datetime
) -> RequestModel:
    """Take an item out of the catalogue, or put it back: a new version that says so.

    Raises: NotAllowed; InputError where what it names is not there any more.
    """
    spec = spec_of(model).model_copy(update={"retired": is_retired})
    return publish_request_model(actor=actor, spec=spec, now=now)


@transaction.atomic
def make_request(
    *,
    actor: Actor,
    model: RequestModel,
    answers: Mapping[str, Any],
    now: datetime,
    channel: Channel = Channel.PORTAL,
    requester: User | None = None,
    files: Sequence[AnswerFile] = (),
    is_simulated: bool = False,
    happened_at: datetime | None = None,
) -> Item:
    """Ask for something from the service catalogue. `answers`: question → text or plain value. Gives the item.

    Who has only the portal asks for themselves; staff may ask for another (`requester`).
    Raises: NotAllowed for who may not ask for it; Conflict where it is retired; InputError naming each question.
    """
    spec = spec_of(model)
    _require_open(actor, model, spec, requester)
    kind = kind_with(current_version(spec.kind), model)
    asked = requester or User.objects.filter(pk=actor.actor_id or 0).first()
    taken = _answers(spec, kind, answers, files, timezone.localdate(now))
    item = create(
        actor=actor,
        kind=spec.kind,
        values=taken | ({"requester": asked} if asked else {}),
        now=now,
        channel=channel,
        request_model=model,
        presets=_presets(spec, kind, taken, asked),
        is_simulated=is_simulated,
        happened_at=happened_at,
    )
    for file in files:
        attach(actor=actor, item=item, name=file.name, content=file.content, now=now, is_public=True)
    return item


def _require_open(actor: Actor, model: RequestModel, spec: RequestSpec, requester: User | None) -> None:
    is_staff = allowed_somewhere(actor, "work.create")
    if not is_staff:
        require(actor, ASK)
        if requester is not None and requester.pk != actor.actor_id:
            raise NotAllowed("You ask for yourself only.")
    teams = teams_of(requester) if requester is not None else teams_of(actor)
    if not may_ask(spec, teams) and (actor.actor_id is not None or requester is not None):
        raise NotAllowed(f"'{spec.name.en}' can be asked for by: {', '.join(spec.for_teams)}.")
    if spec.retired or not model.is_current:
        raise Conflict(
            f"'{spec.name.en}' cannot be asked for any more in this form. Open the catalogue anew."
        )


def _answers(
    spec: RequestSpec, kind: Kind, answers: Mapping[str, Any], files: Sequence[AnswerFile], today: date
) -> dict[str, Any]:
    """The answers as plain values, without those to questions that are not asked."""
    found: list[Problem] = []
    for name in answers:
        if name not in spec.fields:
            remedy = f"It asks: {', '.join(spec.fields) or 'nothing'}."
            found.append(Problem(f"This form has no question '{name}'.", name, remedy))
    given = {name: answers[name] for name in answers if name in spec.fields}
    given = {name: value for name, value in given.items() if spec.fields[name].type != "file"}
    for name, field in spec.fields.items():
        if field.type == "file" and (names := [file.name for file in files if file.field == name]):
            given[name] = names
    found += _file_problems(spec, files)
    taken: dict[str, Any] = {}
    for name, raw in given.items():
        try:
            taken |= take(kind, {name: raw})
        except InputError as error:
            found += error.problems
    named = {problem.field for problem in found}
    found += [one for one in problems(spec.fields, taken, today) if one.field not in named]
    if found:
        raise InputError(found)
    asked = shown(spec.fields, taken)
    return {name: value for name, value in taken.items() if name in asked}


def _file_problems(spec: RequestSpec, files: Sequence[AnswerFile]) -> list[Problem]:
    found = []
    for file in files:
        if file.field not in spec.fields or spec.fields[file.field].type != "file":
            found.append(Problem(f"'{file.field}' asks for no file.", file.field, "Leave it out."))
            continue
        try:
            required_type(file.name, file.content)
        except InputError as error:
            found += [
                Problem(f"{file.name}: {one.message}", file.field, one.remedy) for one in error.problems
            ]
    return found


def _presets(spec: RequestSpec, kind: Kind, taken: Mapping[str, Any], asked: User | None) -> dict[str, Any]:
    """What the model says itself: title, service, and its defaults."""
    words = (asked.language if asked else "") or get_language() or "en"
    wanted = (spec.title or spec.name).text(words)
    with translation.override(words):
        title = PLACES.sub(lambda place: answer_text(kind, place.group(1), taken.get(place.group(1))), wanted)
    presets = {"urgency": "medium", **spec.defaults, "title": " ".join(title.split())[:250]}
    return presets | ({"service": spec.service} if spec.service else {})


@transaction.atomic
def share_item(*, actor: Actor, item: Item, team: Team | None, now: datetime) -> Item:
    """Let one of one's own teams see what one asked, or (None) nobody but oneself. Gives the item.

    Raises: NotAllowed for anybody but the requester; InputError for a team that is not theirs.
    """
    if not is_requester(actor, item):
        raise NotAllowed("Only who asked for it shares it.")
    if team is not None and not Membership.objects.filter(team=team, user=item.requester_id).exists():
        raise InputError(Problem(f"You are not in {team}.", "team", "Choose a team of your own."))
    under_way = begin(actor=actor, item=item, version=None, now=now)
    under_way.item.shared_with = team
    under_way.save(is_edit=False)
    under_way.audit("share", {"team": team.key if team else None})
    return under_way.item


@transaction.atomic
def say_me_too(*, actor: Actor, item: Item, now: datetime) -> MeToo:
    """Say that a disturbance hits one too, and follow it. Saying it twice is saying it once.

    Raises: NotAllowed; Conflict where it is over.
    """
    require(actor, ASK)
    if actor.actor_id is None:
        raise NotAllowed("A machine follows nothing: sign in as a person.")
    if item.phase not in (Phase.OPEN, Phase.WAITING):
        raise Conflict(f"{item.number} is solved. If it still does not work for you, report it.")
    row = MeToo.objects.filter(item=item, user=actor.actor_id).first()
    if row is not None:
        return row
    row = MeToo(item=item, user_id=actor.actor_id, said_at=now)
    row.full_clean(exclude=["item"])
    row.save()
    record(actor=actor, verb="work.me_too", subject=f"work:{item.number}", changes={}, now=now)
    return row
