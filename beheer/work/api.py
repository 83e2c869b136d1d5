"""Work in the API: everything the pages do, through the same actions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from beheer.lib.documents import load
from beheer.lib.durations import SECOND
from beheer.lib.errors import InputError, Problem
from beheer.people.models import Team, User
from beheer.people.sign_in import person
from beheer.permissions.rules import allowed_somewhere, require_somewhere
from beheer.work import actions
from beheer.work.catalogue import answers_of
from beheer.work.catalogue_api import router as service_catalogue
from beheer.work.clocks import clocks_on, target_history
from beheer.work.conversation_api import router as conversation
from beheer.work.definitions import current_kinds, current_version, definition, kind_of, known_activities
from beheer.work.dry_run import dry_run
from beheer.work.fields import plain_values
from beheer.work.kinds.checks import read_kind
from beheer.work.kinds.schema import Kind
from beheer.work.models import Item
from beheer.work.models.items import Channel, Phase
from beheer.work.planning_api import router as planning
from beheer.work.proposals import proposed, proposed_team
from beheer.work.queries import item_by_number, links_of
from beheer.work.rules_api import router as rules_router
from beheer.work.search import search_work
from beheer.work.sight import in_sight, require_staff_sight, sees_inside, visible_item
from beheer.work.standing import standing
from beheer.work.statistics.api import router as statistics_router
from beheer.work.surroundings import trace

router = Router(tags=["work"])
router.add_router("", conversation)
router.add_router("", service_catalogue)
router.add_router("", planning)
router.add_router("", statistics_router)
router.add_router("", rules_router)
MOST = 500


class ItemOut(Schema):
    """One item as lists show it. `id` is for paging: ask the next page with `before=<id>`."""

    id: int
    number: str
    kind: str
    state: str
    phase: str
    title: str
    priority: int
    service: str | None
    team: str | None
    assignee: str | None
    opened_at: datetime
    changed_at: datetime
    due_at: datetime | None
    version: int


class ItemDetail(ItemOut):
    """One item with its fields, as plain values, and the steps that the asker may take now."""

    description: str
    fields: dict[str, Any]
    steps: list[str]
    tasks: list[dict[str, Any]]
    approvals: list[dict[str, Any]]
    links: list[dict[str, str]]


class NewItem(Schema):
    """What to open: `values` holds fields of the kind, services and teams by key, people by user name."""

    kind: str
    values: dict[str, Any]


class Edit(Schema):
    """Fields to change. `version` is the item's as you read it; leave it out to change it whatever it is now."""

    version: int | None = None
    values: dict[str, Any]
    reason: str = ""


class StepIn(Schema):
    """What a step asks: fields, `comment`, `reply`."""

    version: int | None = None
    values: dict[str, Any] = {}


class Hands(Schema):
    """Who gets it. With `reason` it is handed over; without, assigned."""

    version: int | None = None
    team: str | None = None
    assignee: str | None = None
    line: str = ""
    reason: str = ""


class MessageIn(Schema):
    """A note, or a reply to the reporter."""

    text: str
    is_reply: bool = False


class LinkIn(Schema):
    """How the item stands to another."""

    kind: str
    to: str


class DecisionIn(Schema):
    """Yes, or no with the reason."""

    is_approved: bool
    reason: str = ""


class KindText(Schema):
    """A kind's file."""

    text: str


class Wanted(Schema):
    """Which items; newest first."""

    kind: str = ""
    phase: str = ""
    state: str = ""
    team: str = ""
    assignee: str = ""
    service: str = ""
    q: str = Field("", description="Every word must stand in the item, as the beginning of a word.")
    before: int | None = Field(None, description="Only items with a lower id: the last of the page before.")
    limit: int = Field(100, ge=1, le=MOST)


@router.get("/work-items", response=list[ItemOut], summary="List items, newest first")
def list_items(request: HttpRequest, wanted: Query[Wanted]) -> list[dict[str, Any]]:
    """Items that fit, newest first, up to `limit`."""
    require_somewhere(person(request), "work.see")
    rows: QuerySet[Item] = Item.objects.filter(in_sight(person(request)))
    rows = rows.select_related("service", "team", "assignee")
    named = {
        "kind": wanted.kind, "phase": wanted.phase, "state": wanted.state, "team__key": wanted.team,
        "assignee__username": wanted.assignee, "service__key": wanted.service,
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in named.items() if value})
    if wanted.q:
        rows = search_work(rows, wanted.q)
    if wanted.before is not None:
        rows = rows.filter(pk__lt=wanted.before)
    return [_brief(item) for item in rows.order_by("-pk")[: wanted.limit]]


@router.post("/work-items", response={201: ItemDetail}, summary="Open an item")
def open_item(request: HttpRequest, new: NewItem) -> Status[dict[str, Any]]:
    """Open an item. Who has only the portal opens kinds meant for it, in their own name."""
    user = person(request)
    channel = Channel.API if allowed_somewhere(user, "work.create") else Channel.PORTAL
    item = actions.create(actor=user, kind=new.kind, values=new.values, now=timezone.now(), channel=channel)
    return Status(201, _detail(item, user))


@router.get("/work-items/kinds", summary="List the kinds of work")
def list_kinds(request: HttpRequest) -> list[dict[str, Any]]:
    """Every kind that new items can be of."""
    person(request)
    return [_kind(key, kind) for key, kind in current_kinds().items()]


@router.post("/work-items/kinds/check", summary="Check a kind's file, and try it on last year's items")
def check_kind(request: HttpRequest, given: KindText) -> dict[str, Any]:
    """What the file would have stopped in the steps of the last year. Changes nothing."""
    require_somewhere(person(request), "work.see")
    kind = read_kind(load(given.text, "kind.yaml"), known_activities())
    trial = dry_run(kind, now=timezone.now())
    blocked = [{"what": one.what, "times": one.times, "examples": one.examples} for one in trial.blocked]
    return {"kind": kind.kind, "items": trial.items, "steps": trial.steps, "blocked": blocked}


@router.get("/work-items/kinds/{key}", summary="Show a kind of work")
def show_kind(request: HttpRequest, key: str) -> dict[str, Any]:
    """A kind with its file."""
    person(request)
    version = current_version(key)
    return {**_kind(key, kind_of(version)), "version": version.version, "text": version.text}


@router.post("/work-items/kinds", response={201: dict[str, Any]}, summary="Publish a kind's file")
def publish_kind(request: HttpRequest, given: KindText) -> Status[dict[str, Any]]:
    """Make it the version for new items."""
    version = actions.publish_kind(
        actor=person(request), text=given.text, name="kind.yaml", now=timezone.now()
    )
    return Status(201, {"kind": version.key, "version": version.version})


@router.get("/work-items/{number}", response=ItemDetail, summary="Show an item")
def show_item(request: HttpRequest, number: str) -> dict[str, Any]:
    """One item. A user sees what they reported."""
    user = person(request)
    return _detail(visible_item(user, number), user)


@router.patch("/work-items/{number}", response=ItemDetail, summary="Change fields of an item")
def change_item(request: HttpRequest, number: str, edit: Edit) -> dict[str, Any]:
    """Change fields; 409 where somebody changed it since `version`."""
    user = person(request)
    item = visible_item(user, number)
    now = timezone.now()
    changed = actions.change(
        actor=user, item=item, values=edit.values, version=edit.version, now=now, reason=edit.reason
    )
    return _detail(changed, user)


@router.post("/work-items/{number}/steps/{step}", response=ItemDetail, summary="Take a step")
def take_step(request: HttpRequest, number: str, step: str, given: StepIn) -> dict[str, Any]:
    """Take a step; 409 where it does not leave the state of now, or somebody changed the item since `version`."""
    user = person(request)
    item = visible_item(user, number)
    now = timezone.now()
    done = actions.take_step(
        actor=user, item=item, step=step, version=given.version, now=now, values=given.values
    )
    return _detail(done, user)


@router.post("/work-items/{number}/hands", response=ItemDetail, summary="Assign or hand over")
def give(request: HttpRequest, number: str, hands: Hands) -> dict[str, Any]:
    """Assign to a person, or, with a reason, hand over to a team, person or line."""
    user = person(request)
    item = visible_item(user, number)
    team = _named(Team, "key", hands.team)
    assignee = _named(User, "username", hands.assignee)
    now = timezone.now()
    if hands.reason:
        done = actions.hand_over(
            actor=user, item=item, team=team, assignee=assignee, line=hands.line, reason=hands.reason,
            version=hands.version, now=now,
        )  # fmt: skip
    else:
        done = actions.assign(
            actor=user, item=item, assignee=assignee, team=team, version=hands.version, now=now
        )
    return _detail(done, user)


@router.post(
    "/work-items/{number}/messages", response={201: dict[str, Any]}, summary="Write a note or a reply"
)
def say(request: HttpRequest, number: str, given: MessageIn) -> Status[dict[str, Any]]:
    """A note for colleagues, or a reply to the reporter; what the reporter writes is a message."""
    user = person(request)
    item = visible_item(user, number)
    speak = actions.reply if given.is_reply else actions.comment
    message = speak(actor=user, item=item, text=given.text, now=timezone.now(), channel=Channel.API)
    return Status(201, {"id": message.pk, "kind": message.kind, "written_at": message.written_at})


@router.post("/work-items/{number}/links", response={201: dict[str, str]}, summary="Link to another item")
def link(request: HttpRequest, number: str, given: LinkIn) -> Status[dict[str, str]]:
    """Say how the item stands to another."""
    user = person(request)
    item, other = visible_item(user, number), item_by_number(given.to)
    row = actions.link(actor=user, item=item, other=other, kind=given.kind, now=timezone.now())
    return Status(201, {"from": item.number, "kind": row.kind, "to": other.number})


@router.post("/work-items/{number}/approvals/{approval}", response=ItemDetail, summary="Approve or refuse")
def decide(request: HttpRequest, number: str, approval: int, given: DecisionIn) -> dict[str, Any]:
    """Decide on what was laid before you."""
    user = person(request)
    item = visible_item(user, number)
    row = get_object_or_404(item.approvals, pk=approval)
    now = timezone.now()
    actions.decide(actor=user, approval=row, is_approved=given.is_approved, reason=given.reason, now=now)
    return _detail(item_by_number(number), user)


@router.post(
    "/work-items/{number}/tasks/{task}", response=ItemDetail, summary="Tick a task off, or open it again"
)
def do_task(request: HttpRequest, number: str, task: int, done: bool = True) -> dict[str, Any]:
    """Tick a task off."""
    user = person(request)
    item = visible_item(user, number)
    row = get_object_or_404(item.tasks, pk=task)
    actions.do_task(actor=user, item=item, task=row, is_done=done, now=timezone.now())
    return _detail(item_by_number(number), user)


@router.get("/work-items/{number}/trace", summary="What an item came from, and what came of it")
def show_trace(request: HttpRequest, number: str) -> dict[str, Any]:
    """From wish to user documentation, both ways; `depth` is how many links away."""
    user = person(request)
    item = visible_item(user, number)
    require_staff_sight(user, item)
    return {
        name: [
            {"number": one.item.number, "kind": one.item.kind, "depth": one.depth, "how": one.how}
            for one in trace(item, is_back=is_back)
        ]
        for name, is_back in (("came_from", True), ("led_to", False))
    }


@router.get("/work-items/{number}/proposal", summary="Who could do an item")
def proposal(request: HttpRequest, number: str) -> dict[str, Any]:
    """The team and the person proposed, with the reasons in the asker's language; null where there is none."""
    user = person(request)
    item = visible_item(user, number)
    require_staff_sight(user, item)
    now = timezone.now()
    team, who = proposed_team(item, now), proposed(item, now)
    return {
        "team": None if team is None else {"key": team.team.key, "reason": team.reason},
        "person": None if who is None else {"username": who.user.username, "reasons": who.reasons},
    }


@router.get("/work-items/{number}/events", summary="Everything that happened to an item")
def events(request: HttpRequest, number: str) -> list[dict[str, Any]]:
    """Oldest first. For staff only: notes stand among them."""
    user = person(request)
    item = visible_item(user, number)
    require_staff_sight(user, item)
    return [
        {
            "position": row.position, "happened_at": row.happened_at, "recorded_at": row.recorded_at, "verb": row.verb,
            "actor": row.actor_name, "step": row.step, "from_state": row.from_state, "state": row.state,
            "phase": row.phase, "line": row.line, "data": row.data,
        }
        for row in item.events.order_by("position")
    ]  # fmt: skip


@router.get("/work-items/{number}/clocks", summary="The clocks of an item, explained")
def clocks(request: HttpRequest, number: str) -> list[dict[str, Any]]:
    """Each clock now, with the stretches that make up its figure. Seconds of agreed time."""
    user = person(request)
    item = visible_item(user, number)
    require_staff_sight(user, item)
    now = timezone.now()
    found = []
    for key, clock in clocks_on(item).items():
        reading = clock.at(now)
        targets = [
            {"since": one.since, "target_s": one.target_s, "source": one.source}
            for one in target_history(item, key)
        ]
        stretches = [
            {
                "kind": part.kind, "from": part.start, "until": part.end, "counted_s": part.counted_us / SECOND,
                "reason": part.reason,
            }
            for part in reading.stretches
        ]  # fmt: skip
        found.append(
            {
                "clock": key,
                "state": str(reading.state),
                "elapsed_s": reading.elapsed_us / SECOND,
                "target_s": None if reading.target_us is None else reading.target_us / SECOND,
                "due_at": reading.due,
                "is_breached": reading.is_breached,
                "is_fixed": reading.is_fixed,
                "targets": targets,
                "stretches": stretches,
            }
        )
    return found


def _named(model: Any, field: str, value: str | None) -> Any:
    if value is None:
        return None
    found = model.objects.filter(**{field: value}).first()
    if found is None:
        what = model._meta.model_name
        raise InputError(
            Problem(f"There is no {what} '{value}'.", what, f"Give the {field} of one that exists.")
        )
    return found


def _brief(item: Item) -> dict[str, Any]:
    return {
        "id": item.pk,
        "number": item.number,
        "kind": item.kind,
        "state": item.state,
        "phase": item.phase,
        "title": item.title,
        "priority": item.priority,
        "service": item.service.key if item.service else None,
        "team": item.team.key if item.team else None,
        "assignee": item.assignee.username if item.assignee else None,
        "opened_at": item.opened_at,
        "changed_at": item.changed_at,
        "due_at": item.due_at,
        "version": item.version,
    }


def _detail(item: Item, user: User) -> dict[str, Any]:
    kind = definition(item)
    place = standing(user, item)
    is_inside = sees_inside(user, item)
    seen = {name for name in kind.field_names() if kind.mode(name, item.state) != "hidden"}
    if not is_inside:
        seen &= _told_to_requester(item, kind)
    return {
        **_brief(item),
        "description": item.description,
        "fields": {name: value for name, value in plain_values(item, kind).items() if name in seen},
        "steps": [key for key, step in kind.steps_from(item.state).items() if place.may(step)],
        "tasks": [{"id": row.pk, "title": row.title, "done_at": row.done_at} for row in item.tasks.all()]
        if is_inside
        else [],
        "approvals": [
            {"id": row.pk, "key": row.key, "state": row.state, "asked_at": row.asked_at}
            for row in item.approvals.all()
        ],
        "links": [
            {"from": row.source.number, "kind": row.kind, "to": row.target.number} for row in links_of(item)
        ]
        if is_inside
        else [],
    }


def _told_to_requester(item: Item, kind: Kind) -> set[str]:
    """The fields that who reported it may read, as in the portal: what was asked, and what was done once it is."""
    asked = {name for name, _question, _answer in answers_of(item)}
    done = {"solution", "answer"} if item.phase in (Phase.SOLVED, Phase.CLOSED) else set()
    return set(kind.create) | asked | done


def _kind(key: str, kind: Kind) -> dict[str, Any]:
    return {
        "kind": key,
        "name": kind.name.model_dump(),
        "result_areas": kind.result_areas,
        "activities": kind.activities,
        "create": kind.create,
        "states": {name: spec.phase for name, spec in kind.states.items()},
        "steps": {name: {"from": kind.sources(step), "to": step.to} for name, step in kind.steps.items()},
        "fields": {name: spec.type for name, spec in kind.fields.items()},
    }
