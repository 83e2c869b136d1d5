"""What people know of services, and when they are away: kept by themselves and by who leads their team."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from django.db import transaction

from beheer.audit.actions import record
from beheer.lib.errors import InputError, Problem
from beheer.people.models import Absence, Knowledge, KnowledgeLevel, User
from beheer.people.scopes import services
from beheer.permissions.rules import Actor, allowed, allowed_somewhere, require

RIGHT = "people.change_team"
LONGEST_DAYS = 731


def may_keep(actor: Actor, user: User) -> bool:
    """Whether the actor may say what this person knows and when they are away."""
    if actor.actor_id is not None and actor.actor_id == user.pk and allowed_somewhere(actor, "people.see"):
        return True
    teams = user.memberships.values_list("team_id", flat=True)
    return allowed(actor, RIGHT) or any(allowed(actor, RIGHT, team_id=team) for team in teams)


def _require_keeper(actor: Actor, user: User) -> None:
    if not may_keep(actor, user):
        require(actor, RIGHT)


@transaction.atomic
def set_knowledge(*, actor: Actor, user: User, service_id: int, level: int, now: datetime) -> None:
    """Say how well somebody knows a service; 0: not (any more). Saying what is there already changes nothing.

    Raises: NotAllowed; InputError where the level or the service is not there.
    """
    _require_keeper(actor, user)
    if level not in (0, *KnowledgeLevel.values):
        raise InputError(Problem("There is no such level.", "level", "Write 1, 2 or 3; 0 for none."))
    found = services(ids=[service_id])
    if not found:
        raise InputError(Problem("There is no such service.", "service", "Choose one that exists."))
    held = Knowledge.objects.filter(user=user, service_id=service_id).first()
    before = held.level if held is not None else 0
    if before == level:
        return
    if level:
        Knowledge.objects.update_or_create(user=user, service_id=service_id, defaults={"level": level})
    else:
        Knowledge.objects.filter(user=user, service_id=service_id).delete()
    changes = {"service": found[0][1], "level": [before, level]}
    record(
        actor=actor, verb="people.set_knowledge", subject=f"user:{user.username}", changes=changes, now=now
    )


@transaction.atomic
def put_knowledge(*, actor: Actor, user: User, levels: Mapping[int, int], now: datetime) -> None:
    """Make what somebody knows exactly this: id of the service → level.

    Raises: as `set_knowledge`.
    """
    _require_keeper(actor, user)
    held = set(user.knows.values_list("service_id", flat=True))
    for service_id in sorted(held | set(levels)):
        set_knowledge(actor=actor, user=user, service_id=service_id, level=levels.get(service_id, 0), now=now)


@transaction.atomic
def add_absence(*, actor: Actor, user: User, starts_on: date, ends_on: date, now: datetime) -> Absence:
    """Say that somebody is away from a day up to and including another: work is not proposed to them then.

    Raises: NotAllowed; InputError where it ends before it begins, or overlaps another.
    """
    _require_keeper(actor, user)
    if ends_on < starts_on:
        raise InputError(Problem("It ends before it begins.", "ends_on", "Choose a later last day."))
    if (ends_on - starts_on).days > LONGEST_DAYS:
        raise InputError(Problem("It lasts longer than two years.", "ends_on", "Switch the account off."))
    if user.absences.filter(starts_on__lte=ends_on, ends_on__gte=starts_on).exists():
        raise InputError(Problem("It overlaps another absence.", "starts_on", "Remove the other first."))
    row = Absence(user=user, starts_on=starts_on, ends_on=ends_on)
    row.full_clean()
    row.save()
    changes = {"from": starts_on.isoformat(), "to": ends_on.isoformat()}
    record(actor=actor, verb="people.add_absence", subject=f"user:{user.username}", changes=changes, now=now)
    return row


@transaction.atomic
def remove_absence(*, actor: Actor, absence: Absence, now: datetime) -> None:
    """Somebody is there after all. Raises: NotAllowed."""
    _require_keeper(actor, absence.user)
    subject = f"user:{absence.user.username}"
    changes = {"from": absence.starts_on.isoformat(), "to": absence.ends_on.isoformat()}
    absence.delete()
    record(actor=actor, verb="people.remove_absence", subject=subject, changes=changes, now=now)


def away(people: Collection[int], on: date) -> dict[int, date]:
    """Who of these people is away on a day, with the last day of it."""
    rows = Absence.objects.filter(user__in=people, starts_on__lte=on, ends_on__gte=on)
    return dict(rows.values_list("user_id", "ends_on"))


def knowledge_of(service_id: int, people: Collection[int]) -> dict[int, int]:
    """How well each of these people knows a service; who does not is left out."""
    rows = Knowledge.objects.filter(service_id=service_id, user__in=people)
    return dict(rows.values_list("user_id", "level"))
