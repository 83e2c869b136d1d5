"""The change calendar in the API: what is planned, and what would stand in the way of a plan."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import AwareDatetime

from beheer.catalogue.models import ConfigurationItem, Service
from beheer.lib.errors import InputError, Problem
from beheer.people.models import User
from beheer.people.sign_in import person
from beheer.permissions.rules import require_somewhere
from beheer.work.planning import in_the_way, in_the_way_of_each, made_plan, planned
from beheer.work.windows_shown import windows_between

router = Router(tags=["work"])
LONGEST = timedelta(days=400)


class PlanIn(Schema):
    """A plan that is thought of: services and items by key, the person by user name."""

    start: AwareDatetime
    end: AwareDatetime
    services: list[str] = []
    items: list[str] = []
    assignee: str | None = None
    interrupts: bool = False


@router.get("/change-calendar", summary="List planned work with what stands in its way")
def calendar(
    request: HttpRequest, since: AwareDatetime, until: AwareDatetime, kind: str = "", team: str = ""
) -> list[dict[str, Any]]:
    """Items that are not closed and whose plan touches the time from `since` to `until`, at most 400 days.

    Of one kind or team (its key) where asked; what stands in their way is looked for among all.
    """
    require_somewhere(person(request), "work.see")
    _check(since, until)
    everything = list(planned(since, until))
    items = [
        item
        for item in everything
        if kind in ("", item.kind) and (not team or (item.team is not None and item.team.key == team))
    ]
    found = in_the_way_of_each(items, everything)
    return [
        {
            "number": item.number,
            "kind": item.kind,
            "title": item.title,
            "state": item.state,
            "service": item.service.key if item.service else None,
            "planned_start": item.planned_start,
            "planned_end": item.planned_end,
            "in_the_way": found.get(item.number, []),
        }
        for item in items
    ]


@router.get("/change-calendar/windows", summary="List planned windows beside planned work")
def windows(request: HttpRequest, since: AwareDatetime, until: AwareDatetime) -> list[dict[str, Any]]:
    """Planned windows that touch the time from `since` to `until`, at most 400 days; `number`: of the work it is of."""
    require_somewhere(person(request), "work.see")
    _check(since, until)
    return [
        {
            "key": window.key,
            "reason": window.reason,
            "services": [key for key, _name in window.services],
            "number": window.number or None,
            "times": [{"start": low, "end": high} for low, high in window.times],
        }
        for window in windows_between(since, until)
    ]


@router.post("/change-calendar/check", summary="See what would stand in the way of a plan")
def check(request: HttpRequest, given: PlanIn) -> dict[str, list[str]]:
    """Other plans, freezes and what was agreed, in sentences. Changes nothing."""
    require_somewhere(person(request), "work.see")
    _check(given.start, given.end)
    assignee = User.objects.filter(username=given.assignee).first() if given.assignee else None
    if given.assignee and assignee is None:
        raise InputError(
            Problem(f"There is nobody called '{given.assignee}'.", "assignee", "Give a user name.")
        )
    plan = made_plan(
        key="-",
        start=given.start,
        end=given.end,
        services=[row.pk for row in _named(Service, given.services, "services")],
        things=_named(ConfigurationItem, given.items, "items"),
        person=assignee.pk if assignee else None,
        interrupts=given.interrupts,
    )
    return {"in_the_way": in_the_way([plan])["-"]}


def _check(start: Any, end: Any) -> None:
    if end <= start:
        raise InputError(Problem("It ends before it starts.", "end", "Choose a later end."))
    if end - start > LONGEST:
        raise InputError(Problem("This is more than 400 days.", "end", "Ask for less at once."))


def _named(model: Any, keys: list[str], field: str) -> list[Any]:
    found = {row.key: row for row in model.objects.filter(key__in=keys)}
    if missing := [key for key in keys if key not in found]:
        raise InputError(Problem(f"There is no '{missing[0]}'.", field, "Give the key of one that exists."))
    return list(found.values())
