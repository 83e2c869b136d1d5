"""Items: open one, change its fields, give it to somebody, fix a deadline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from beheer.lib.errors import InputError, NotAllowed, Problem
from beheer.people.models import Membership, Team, User
from beheer.permissions.rules import Actor, allowed_somewhere, require
from beheer.work.actions.effects import after_change, entered
from beheer.work.catalogue import spec_of
from beheer.work.definitions import current_version, kind_of, kind_with, table
from beheer.work.fields import MANY, as_plain, plain_values, put, take
from beheer.work.kinds.schema import Kind
from beheer.work.levels import require_capable
from beheer.work.models import AffectedService, Item, ItemThing, KindVersion, Number, RequestModel
from beheer.work.models.items import Channel
from beheer.work.models.timeline import Verb
from beheer.work.recording import Change, begin, checked
from beheer.work.request_models.answers import problems
from beheer.work.rules.steps import is_empty, missing_fields, refused_changes
from beheer.work.standing import require_on

OWN_REQUEST = "portal.report"


@transaction.atomic
def create(
    *,
    actor: Actor,
    kind: str,
    values: Mapping[str, Any],
    now: datetime,
    channel: Channel = Channel.PAGE,
    happened_at: datetime | None = None,
    requester_email: str = "",
    is_simulated: bool = False,
    request_model: RequestModel | None = None,
    presets: Mapping[str, Any] | None = None,
) -> Item:
    """Open an item of a kind. `values`: field → text, plain value or object. Gives the item.

    Whoever has only the portal opens kinds meant for it, in their own name. `presets` are set whoever asks: what an
    item of the service catalogue (`request_model`) says itself.
    Raises: NotAllowed; NotFound for an unknown kind; InputError naming each field that is wrong or missing.
    """
    version = current_version(kind)
    spec = kind_of(version) if request_model is None else kind_with(version, request_model)
    values = {**_of_requester(actor, spec, values, channel), **(presets or {})}
    taken = take(spec, values)
    team = taken.get("team")
    service = taken.get("service")
    if channel is not Channel.PORTAL or not spec.portal:
        require(
            actor,
            "work.create",
            team_id=team.pk if team else None,
            service_id=service.pk if service else None,
        )
    at = happened_at or now
    item = _new_item(version, spec, at=at, now=now, channel=channel)
    item.requester_email = requester_email
    item.is_simulated = is_simulated
    item.request_model = request_model
    put(item, spec, taken)
    require_capable(item.assignee, item, now)
    _fill_in(item, spec, taken)
    _require_created(item, spec, taken)
    checked(item)
    item.number = next_number(spec.prefix, at.year)
    item.save()
    put_many(item, taken, now)
    change = Change(actor, item, spec, now)
    change.event(Verb.CREATED, happened_at=at, data={"channel": str(channel)})
    entered(change, spec.initial)
    change.save(is_edit=False)
    if channel is not Channel.MONITORING:  # which tells when it has listed what is affected
        after_change(change, "opened")
    change.finish("create", {name: as_plain(name, value) for name, value in taken.items()})
    return item


def _of_requester(actor: Actor, kind: Kind, values: Mapping[str, Any], channel: Channel) -> Mapping[str, Any]:
    """Who has no more than the portal reports for themselves, and cannot say who does it or how urgent it is."""
    if allowed_somewhere(actor, "work.create"):
        if channel is Channel.PORTAL and actor.actor_id is not None:  # staff too ask for themselves there
            return {"requester": User.objects.get(pk=actor.actor_id), **values}
        return values
    require(actor, OWN_REQUEST)
    if not kind.portal:
        raise NotAllowed(f"{kind.name.en} is not a kind that can be asked for in the portal.")
    kept = {
        k: v
        for k, v in values.items()
        if k in kind.fields or k in ("title", "description", "service", "urgency")
    }
    return {"urgency": "medium", **kept, "requester": User.objects.get(pk=actor.actor_id or 0)}


def _new_item(version: KindVersion, kind: Kind, *, at: datetime, now: datetime, channel: Channel) -> Item:
    return Item(
        number="-",
        kind=kind.kind,
        definition=version,
        state=kind.initial,
        phase=kind.states[kind.initial].phase,
        opened_at=at,
        state_since=at,
        changed_at=now,
        channel=channel,
    )


def _fill_in(item: Item, kind: Kind, taken: Mapping[str, Any]) -> None:
    """What was not said: impact and urgency of the service, its team, its customer when it has one only."""
    if item.service is not None:
        if "impact" not in taken:
            service = item.service
            item.impact, _ = table().of_outage(
                criticality=service.criticality, users=service.users_served, is_down=True
            )
        if item.team is None:
            item.team = item.service.team
        if item.customer is None:
            customers = list(item.service.customers.all()[:2])
            item.customer = customers[0] if len(customers) == 1 else None
    item.priority = table().priority(item.impact, item.urgency)
    if kind.states[kind.initial].line:
        item.line = str(kind.states[kind.initial].line)


def _require_created(item: Item, kind: Kind, taken: Mapping[str, Any]) -> None:
    filled = {
        **plain_values(item, kind),
        **{name: as_plain(name, value) for name, value in taken.items() if name in MANY},
    }
    asked = [name for name, demand in kind.create.items() if demand == "required"]
    given = {name for name, value in filled.items() if name in taken and not is_empty(value)}
    if item.service is not None:
        given.add("impact")  # follows from the service
    found = [Problem("This field is missing.", name, "Fill it in.") for name in asked if name not in given]
    found += [
        problem for problem in missing_fields(kind, kind.initial, None, filled) if problem.field not in asked
    ]
    if found:
        raise InputError(found)


def next_number(prefix: str, year: int) -> str:
    """The next number of a prefix in a year, such as INC-2026-00012. Holds the row until the transaction ends."""
    Number.objects.get_or_create(prefix=prefix, year=year)
    Number.objects.filter(prefix=prefix, year=year).update(last=F("last") + 1)
    last = Number.objects.values_list("last", flat=True).get(prefix=prefix, year=year)
    return f"{prefix}-{year}-{last:05d}"


def put_many(item: Item, taken: Mapping[str, Any], now: datetime) -> None:
    """Set the services affected and the configuration items to what was given."""
    if "services" in taken:
        item.affected.exclude(service__in=taken["services"]).delete()
        for service in taken["services"]:
            AffectedService.objects.get_or_create(item=item, service=service, defaults={"since": now})
    if "items" in taken:
        item.things.exclude(thing__in=taken["items"]).delete()
        for thing in taken["items"]:
            ItemThing.objects.get_or_create(item=item, thing=thing)


@transaction.atomic
def change(
    *,
    actor: Actor,
    item: Item,
    values: Mapping[str, Any],
    version: int | None,
    now: datetime,
    reason: str = "",
) -> Item:
    """Change fields. Priority follows impact and urgency; approvals that were bound to what changes lapse.

    Raises: NotAllowed; Conflict where somebody was first; InputError for fields that are wrong, or that this state
    does not let change.
    """
    require_on(actor, "work.change", item)
    under_way = begin(actor=actor, item=item, version=version, now=now)
    changed = change_fields(under_way, values)
    if changed:
        under_way.event(Verb.CHANGED, data={"changes": changed, **({"reason": reason} if reason else {})})
        under_way.save()
        after_change(under_way, "changed", changed=changed)
        under_way.finish("change", changed)
    return under_way.item


def change_fields(
    under_way: Change, values: Mapping[str, Any], allowed_here: tuple[str, ...] = (), then: str = ""
) -> dict[str, list[Any]]:
    """Put new values in place and give what changed: field → [old, new], plain. Does not save or write an event.

    `allowed_here`: fields that a step lets change whatever the state says; `then`: the state the step leads to.
    """
    item, kind = under_way.item, under_way.kind
    taken = take(kind, values)
    before = plain_values(item, kind, taken)
    after = {name: as_plain(name, value) for name, value in taken.items()}
    different = {name: value for name, value in taken.items() if _differs(before[name], after[name])}
    if refused := refused_changes(kind, item.state, list(different), allowed_here):
        raise InputError(refused)
    _require_answers(item, {name: after[name] for name in different})
    put(item, kind, different)
    put_many(item, different, under_way.now)
    changed = {name: [before[name], after[name]] for name in different}
    if {"impact", "urgency"} & set(different):
        old, item.priority = item.priority, table().priority(item.impact, item.urgency)
        if old != item.priority:
            changed["priority"] = [old, item.priority]
    if missing := missing_fields(kind, then or item.state, None, plain_values(item, kind, different)):
        emptied = [problem for problem in missing if problem.field in different]
        if emptied:
            raise InputError(emptied)
    return changed


def _require_answers(item: Item, changed: Mapping[str, Any]) -> None:
    """Hold changed answers to a form of the service catalogue to its limits, counted from the day of asking.

    What was beyond a limit already, and is not touched, stays.
    """
    if item.request_model is None:
        return
    fields = spec_of(item.request_model).fields
    if not set(fields) & set(changed):
        return
    asked_on = timezone.localdate(item.opened_at)
    before = {(one.field, one.message) for one in problems(fields, item.values, asked_on)}
    after = problems(fields, {**item.values, **changed}, asked_on)
    if found := [one for one in after if one.field in changed or (one.field, one.message) not in before]:
        raise InputError(found)


def _differs(before: Any, after: Any) -> bool:
    return (before or None) != (after or None) if not isinstance(before, bool) else before != after


@transaction.atomic
def assign(
    *,
    actor: Actor,
    item: Item,
    assignee: User | None,
    version: int | None,
    now: datetime,
    team: Team | None = None,
) -> Item:
    """Give the item to a person (None: to nobody), and to a team if one is given. Gives the item.

    Raises: NotAllowed; Conflict; InputError where the person is not in the team.
    """
    require_on(actor, "work.assign", item)
    under_way = begin(actor=actor, item=item, version=version, now=now)
    found = under_way.item
    team = team or found.team
    _require_in_team(assignee, team)
    require_capable(assignee, found, now)
    changes = _put_hands(found, team, assignee, found.line)
    if changes:
        under_way.event(Verb.ASSIGNED, data={"changes": changes})
        under_way.save()
        after_change(under_way, "assigned", changed=changes)
        under_way.finish("assign", changes)
    return found


def _require_in_team(assignee: User | None, team: Team | None) -> None:
    if assignee is None or team is None:
        return
    if not Membership.objects.filter(user=assignee, team=team).exists():
        message = f"{assignee} is not in the team {team}."
        raise InputError(
            Problem(message, "assignee", "Choose somebody of the team, or hand over to another team.")
        )


def _put_hands(item: Item, team: Team | None, assignee: User | None, line: str) -> dict[str, list[Any]]:
    before = {"team": item.team, "assignee": item.assignee, "line": item.line}
    item.team, item.assignee, item.line = team, assignee, line
    after = {"team": team, "assignee": assignee, "line": line}
    return {
        name: [as_plain(name, before[name]), as_plain(name, after[name])]
        for name in before
        if before[name] != after[name]
    }


@transaction.atomic
def hand_over(
    *,
    actor: Actor,
    item: Item,
    team: Team | None,
    reason: str,
    version: int | None,
    now: datetime,
    assignee: User | None = None,
    line: str = "",
) -> Item:
    """Hand the item over to another team, person or line, with the reason. Gives the item.

    Raises: NotAllowed; Conflict; InputError without a reason, or where nothing would change.
    """
    require_on(actor, "work.assign", item)
    under_way = begin(actor=actor, item=item, version=version, now=now)
    found = under_way.item
    if not reason.strip():
        raise InputError(Problem("Handing over needs a reason.", "reason", "Say why, for who gets it."))
    team = team or found.team
    _require_in_team(assignee, team)
    require_capable(assignee, found, now)
    changes = _put_hands(found, team, assignee, line or found.line)
    if not changes:
        raise InputError(Problem("It is there already.", "team", "Choose another team, person or line."))
    under_way.event(Verb.HANDED_OVER, data={"changes": changes, "reason": reason.strip()})
    under_way.save()
    after_change(under_way, "handed_over", changed=changes)
    under_way.finish("hand_over", {**changes, "reason": reason.strip()})
    return found


@transaction.atomic
def fix_deadline(
    *,
    actor: Actor,
    item: Item,
    clock: str,
    until: datetime | None,
    reason: str,
    version: int | None,
    now: datetime,
) -> Item:
    """Fix the deadline of a clock by hand (None: let it follow its target again). Nothing moves it from then on.

    Raises: NotAllowed; Conflict; InputError for an unknown clock or without a reason.
    """
    require_on(actor, "work.change", item)
    under_way = begin(actor=actor, item=item, version=version, now=now)
    if clock not in under_way.kind.clocks:
        remedy = f"It has: {', '.join(under_way.kind.clocks) or 'none'}."
        raise InputError(Problem(f"This item has no clock '{clock}'.", "clock", remedy))
    if not reason.strip():
        raise InputError(Problem("A deadline that is fixed by hand needs a reason.", "reason", "Say why."))
    fixed = {"clock": clock, "until": until.isoformat() if until else None}
    under_way.event(Verb.DEADLINE, data={"deadline": fixed, "reason": reason.strip()})
    under_way.save()
    after_change(under_way, "changed")
    under_way.finish("fix_deadline", fixed)
    return under_way.item
