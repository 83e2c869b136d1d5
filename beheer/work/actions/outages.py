"""Incidents from state changes: one for each outage, on the service nearest the cause, however many workers there are.

A row is claimed and answered in one transaction, in the order in which monitoring recorded it. Killed halfway, nothing
was done; the next worker begins the same row anew.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from beheer.catalogue.models import Service
from beheer.catalogue.queries import dependency_graph
from beheer.lib.durations import parse_duration
from beheer.monitoring.models import StateChange
from beheer.permissions.rules import SYSTEM
from beheer.work.actions.effects import after_change
from beheer.work.actions.items import create
from beheer.work.actions.links import link
from beheer.work.actions.steps import walk
from beheer.work.definitions import monitoring_kind, table
from beheer.work.kinds.schema import Kind
from beheer.work.models import AffectedService, Item, KindVersion, Outage, ServiceRule
from beheer.work.models.items import Channel, LinkKind, Phase
from beheer.work.models.timeline import Verb
from beheer.work.recording import Change, begin
from beheer.work.rules.outages import Plan, Standing, plan

log = logging.getLogger("beheer.work")


class Unanswered(Exception):
    """A state change could not be answered; `row_id` says which. Its cause is the error itself."""

    def __init__(self, row_id: int) -> None:
        super().__init__(f"State change {row_id} could not be answered.")
        self.row_id = row_id


def answer_next(*, now: datetime, skip: Collection[int] = ()) -> int | None:
    """Claim the oldest state change of a service that nobody has answered, and answer it.

    Gives its id; None where there is none. `skip`: rows that failed in this run.
    Raises: Unanswered; then nothing was done, and the row stays for a later turn.
    """
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
        version, kind = monitoring_kind()
        waiting = StateChange.objects.filter(component=None, claimed_by_work_at=None).exclude(
            pk__in=list(skip)
        )
        if not waiting.exists():
            return None
        KindVersion.objects.select_for_update().get(pk=version.pk)  # one worker at a time answers
        row = waiting.order_by("pk").first()
        if row is None:
            return None
        claimed = StateChange.objects.filter(pk=row.pk, claimed_by_work_at=None).update(
            claimed_by_work_at=now
        )
        if claimed and not row.is_simulated:
            try:
                answer(row, kind, now)
            except Exception as error:
                raise Unanswered(row.pk) from error
        return row.pk


def answer(row: StateChange, kind: Kind, now: datetime) -> None:
    """Do what one state change of a service asks for."""
    assert kind.monitoring is not None
    if row.state == "up":
        _is_back(row, now)
    elif row.state in kind.monitoring.opens_on:
        rule = ServiceRule.objects.filter(service=row.service).first()
        if rule is None or rule.opens_incidents:
            _is_bad(row, kind, _seconds(kind, rule), now)


def _seconds(kind: Kind, rule: ServiceRule | None) -> timedelta:
    """Within how long after its end an incident is opened again."""
    if rule is not None and rule.reopen_within_s is not None:
        return timedelta(seconds=rule.reopen_within_s)
    assert kind.monitoring is not None
    return timedelta(microseconds=parse_duration(kind.monitoring.reopen_within))


def _is_bad(row: StateChange, kind: Kind, reopen_within: timedelta, now: datetime) -> None:
    decided = _plan(row, reopen_within)
    about = Service.objects.get(pk=decided.about)
    if decided.item_id is None:
        item = _open(row, kind, about, now)
        under_way = begin(actor=SYSTEM, item=item, version=None, now=now)
    else:
        item = Item.objects.get(pk=decided.item_id)
        under_way = begin(actor=SYSTEM, item=item, version=None, now=now)
        if decided.answer == "reopen":
            _reopen(under_way, row)
        elif decided.answer == "move":
            _move(under_way, about, row)
    _affect(under_way, row, is_cause=decided.about == row.service_id)
    for other in decided.merge:
        _merge(under_way, Item.objects.get(pk=other), now)
    under_way.save()
    after_change(under_way, {"open": "opened", "reopen": "reopened"}.get(decided.answer, "affected"))
    under_way.finish("answer_state_change", {"state_change": row.pk, "answer": decided.answer})


def _plan(row: StateChange, reopen_within: timedelta) -> Plan:
    graph = dependency_graph()
    outages = Outage.objects.filter(ended_at=None).select_related("item")
    live = {one.service_id: _standing(one) for one in outages}
    causes = graph.causes(row.service_id, {*live, row.service_id})
    if row.cause_service_id is not None:
        causes = {row.cause_service_id} if row.cause_service_id != row.service_id else causes
    since = row.confirmed_at - reopen_within
    ended = Outage.objects.filter(
        Q(service=row.service_id) | Q(service__in=causes), ended_at__gte=since
    ).select_related("item", "item__definition")
    return plan(
        service_id=row.service_id,
        at=row.confirmed_at,
        causes=causes,
        needed_by=graph.affected_by(row.service_id),
        open_outages=live,
        ended=[_standing(one) for one in ended],
        about={one.item_id: one.item.service_id for one in outages if one.item.service_id is not None},
        reopen_within=reopen_within,
    )


def _standing(one: Outage) -> Standing:
    can_reopen = one.item.phase != Phase.CLOSED
    return Standing(one.service_id, one.item_id, one.started_at, one.ended_at, can_reopen)


def _open(row: StateChange, kind: Kind, about: Service, now: datetime) -> Item:
    standards = table()
    impact, urgency = standards.of_outage(
        criticality=about.criticality, users=about.users_served, is_down=row.state == "down"
    )
    rule = ServiceRule.objects.filter(service=about).first()
    values = {
        "title": _title(about, row.state),
        "description": row.reason,
        "service": about,
        "impact": impact,
        "urgency": urgency,
        "team": rule.team if rule is not None and rule.team is not None else about.team,
    }
    return create(
        actor=SYSTEM,
        kind=kind.kind,
        values={name: value for name, value in values.items() if name in kind.field_names()},
        now=now,
        channel=Channel.MONITORING,
        happened_at=row.confirmed_at,
    )


def _title(service: Service, state: str) -> str:
    if state == "down":
        return _("%(service)s is down") % {"service": service.name}
    return _("%(service)s is degraded") % {"service": service.name}


def _affect(under_way: Change, row: StateChange, *, is_cause: bool) -> None:
    """Write down that the service of this row is away, and what that makes of impact and urgency."""
    item = under_way.item
    outage = Outage.objects.filter(service=row.service, ended_at=None).first()
    if outage is None:
        Outage.objects.create(
            service=row.service, item=item, started_at=row.first_bad_at, worst=row.state, is_cause=is_cause
        )
    elif row.state == "down" and outage.worst != "down":
        outage.worst = row.state
        outage.save(update_fields=["worst"])
    AffectedService.objects.update_or_create(
        item=item,
        service=row.service,
        defaults={"state": row.state, "until": None},
        create_defaults={"state": row.state, "since": row.first_bad_at},
    )
    changed = _raise_impact(item, row)
    data = _about(row)
    if changed:
        data["changes"] = changed
    under_way.event(Verb.SERVICE_DOWN, data=data, happened_at=row.confirmed_at)
    item.is_service_back = False


def _about(row: StateChange) -> dict[str, Any]:
    """What an event keeps of a state change."""
    service = row.service
    return {
        "service": service.key,
        "name": service.name,
        "state": row.state,
        "reason": row.reason,
        "state_change": row.pk,
    }


def _raise_impact(item: Item, row: StateChange) -> dict[str, list[int]]:
    """Impact and urgency rise with what is affected; they never fall by themselves."""
    impact, urgency = table().of_outage(
        criticality=row.service.criticality, users=row.service.users_served, is_down=row.state == "down"
    )
    before = {"impact": item.impact, "urgency": item.urgency, "priority": item.priority}
    item.impact, item.urgency = min(item.impact, impact), min(item.urgency, urgency)
    item.priority = table().priority(item.impact, item.urgency)
    return {name: [old, getattr(item, name)] for name, old in before.items() if old != getattr(item, name)}


def _reopen(under_way: Change, row: StateChange) -> None:
    kind = under_way.kind
    assert kind.monitoring is not None
    step = kind.steps[kind.monitoring.reopen]
    if under_way.item.state not in kind.sources(step):
        return  # somebody opened it again already
    about = {"service": row.service.name, "state": row.state, "reason": row.reason}
    note = {"code": "again", "about": about}
    walk(under_way, kind.monitoring.reopen, step, {}, happened_at=row.confirmed_at, note=note)


def _move(under_way: Change, about: Service, row: StateChange) -> None:
    """The cause lies deeper than was thought: the incident is about that service from now on."""
    item = under_way.item
    before = item.service
    changes = {"service": [before.key if before else None, about.key]}
    if before is not None and item.title in (_title(before, "down"), _title(before, "degraded")):
        changes["title"] = [item.title, _title(about, row.state)]
        item.title = _title(about, row.state)
    item.service = about
    if item.assignee is None and about.team is not None and about.team != item.team:
        changes["team"] = [item.team.key if item.team else None, about.team.key]
        item.team = about.team
    item.outages.update(is_cause=False)
    under_way.event(Verb.CAUSE_MOVED, data={"changes": changes}, happened_at=row.confirmed_at)


def _merge(under_way: Change, other: Item, now: datetime) -> None:
    """An incident that is of the same cause goes up in the one under way."""
    merged = begin(actor=SYSTEM, item=other, version=None, now=now)
    for outage in merged.item.outages.filter(ended_at=None):
        outage.item, outage.is_cause = under_way.item, False
        outage.save(update_fields=["item", "is_cause"])
        AffectedService.objects.get_or_create(
            item=under_way.item,
            service=outage.service,
            defaults={"since": outage.started_at, "state": outage.worst},
        )
    link(actor=SYSTEM, item=merged.item, other=under_way.item, kind=LinkKind.DUPLICATES, now=now)
    merged = begin(actor=SYSTEM, item=other, version=None, now=now)
    kind = merged.kind
    assert kind.monitoring is not None
    step = kind.steps[kind.monitoring.merge]
    if merged.item.state in kind.sources(step):
        note = {"code": "same_cause", "about": {"number": under_way.item.number}}
        walk(merged, kind.monitoring.merge, step, {}, note=note)
        merged.save()
        after_change(merged, "closed")
    merged.finish("merge", {"into": under_way.item.number})


def _is_back(row: StateChange, now: datetime) -> None:
    """The service is up: its outage ends; when no service of the incident is away any more, the incident can end."""
    outage = Outage.objects.select_related("item").filter(service=row.service, ended_at=None).first()
    if outage is None:
        _settle(row, now)
        return
    outage.ended_at = max(row.first_bad_at, outage.started_at)
    outage.save(update_fields=["ended_at"])
    under_way = begin(actor=SYSTEM, item=outage.item, version=None, now=now)
    under_way.item.affected.filter(service=row.service).update(until=outage.ended_at, state="up")
    under_way.event(Verb.SERVICE_BACK, data=_about(row), happened_at=row.confirmed_at)
    word = _end(under_way, row)
    under_way.save()
    after_change(under_way, word)
    under_way.finish("answer_state_change", {"state_change": row.pk, "answer": word})


def _settle(row: StateChange, now: datetime) -> None:
    """A service that was up and flapped has come to rest: what was left open because of that can end."""
    if row.is_flapping:
        return
    left = Item.objects.filter(
        outages__service=row.service, is_service_back=True, phase__in=(Phase.OPEN, Phase.WAITING)
    ).distinct()
    for item in left:
        under_way = begin(actor=SYSTEM, item=item, version=None, now=now)
        word = _end(under_way, row)
        if word == "resolved":
            under_way.save()
            after_change(under_way, word)
            under_way.finish("answer_state_change", {"state_change": row.pk, "answer": word})


def _end(under_way: Change, row: StateChange) -> str:
    """Resolve the incident, or ask for closure, if all its services are back. Gives what others hear."""
    item, kind = under_way.item, under_way.kind
    if item.outages.filter(ended_at=None).exists() or item.phase in (Phase.SOLVED, Phase.CLOSED):
        return "affected"
    item.is_service_back = True
    assert kind.monitoring is not None
    rule = ServiceRule.objects.filter(service=item.service).first() if item.service else None
    wanted = (rule.when_back if rule is not None else "") or kind.monitoring.when_back
    step = kind.steps[kind.monitoring.resolve]
    if wanted == "ask" or row.is_flapping or item.state not in kind.sources(step):
        return "back"
    values = {}
    if "solution" in kind.fields and not item.values.get("solution"):
        since = (
            item.outages.order_by("started_at").values_list("started_at", flat=True).first() or item.opened_at
        )
        minutes = max(1, round((row.first_bad_at - since).total_seconds() / 60))
        values["solution"] = _(
            "By itself, or by work that is not written here: up again after %(minutes)s min."
        ) % {"minutes": minutes}
    walk(under_way, kind.monitoring.resolve, step, values, happened_at=row.confirmed_at)
    return "resolved"
