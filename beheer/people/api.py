"""People in the API."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import Field

from beheer.lib.errors import InputError, NotFound, Problem
from beheer.people.actions import create_token, end_token
from beheer.people.configuration import (
    Person,
    TeamEntry,
    current_people,
    current_teams,
    link_people,
    link_teams,
    save_person,
    save_team,
)
from beheer.people.knowledge import add_absence, remove_absence
from beheer.people.models import Absence, ApiToken
from beheer.people.queries import user_by_name
from beheer.people.scopes import services
from beheer.people.sign_in import person
from beheer.permissions.rules import require

router = Router(tags=["people"])


class Me(Schema):
    """Who is asking."""

    username: str
    name: str
    language: str
    roles: list[str]


class TokenIn(Schema):
    """A token to make."""

    name: str = Field(examples=["backup script"])
    days: int = Field(90, ge=1, le=366)
    read_only: bool = True


class TokenOut(Schema):
    """A token; `token` only when it was just made."""

    id: int
    name: str
    read_only: bool
    ends_at: datetime
    token: str | None = None


@router.get("/me", response=Me, summary="Who am I")
def get_me(request: HttpRequest) -> dict[str, Any]:
    """The person for whom this token or session acts."""
    user = person(request)
    roles = sorted({grant.role for grant in user.grants()})
    return {"username": user.username, "name": str(user), "language": user.language, "roles": roles}


@router.get("/me/tokens", response=list[TokenOut], summary="List my tokens")
def list_tokens(request: HttpRequest) -> list[dict[str, Any]]:
    """Own tokens that have not ended."""
    rows = person(request).api_tokens.filter(ends_at__gt=timezone.now())
    return [_token(row) for row in rows]


@router.post("/me/tokens", response=TokenOut, summary="Make a token")
def post_token(request: HttpRequest, body: TokenIn) -> dict[str, Any]:
    """Make a token of one's own. Its text is given this once only."""
    user = person(request)
    row, text = create_token(
        actor=user, user=user, name=body.name, days=body.days, is_read_only=body.read_only, now=timezone.now()
    )
    return {**_token(row), "token": text}


@router.delete("/me/tokens/{token_id}", response=TokenOut, summary="End a token")
def delete_token(request: HttpRequest, token_id: int) -> dict[str, Any]:
    """Make one's own token useless from now on."""
    user = person(request)
    row = ApiToken.objects.filter(user=user, pk=token_id).first()
    if row is None:
        raise NotFound("You have no such token.")
    end_token(actor=user, token=row, now=timezone.now())
    return _token(row)


@router.get("/people", response=list[Person], summary="List people")
def list_people(request: HttpRequest) -> list[Person]:
    """Everybody with an account."""
    require(person(request), "people.see")
    return list(current_people().values())


@router.put("/people/{key}", response=Person, summary="Make or change an account")
def put_person(request: HttpRequest, key: str, entry: Person) -> Person:
    """Make an account, with which nobody can sign in yet, or change one."""
    _same_key(key, entry.key)
    _require_services(entry)
    actor, now = person(request), timezone.now()
    with transaction.atomic():
        save_person(actor=actor, entry=entry, now=now)
        link_people(actor=actor, entries=[entry], now=now)
    return current_people()[key]


@router.get("/teams", response=list[TeamEntry], summary="List teams")
def list_teams(request: HttpRequest) -> list[TeamEntry]:
    """All teams with their people."""
    require(person(request), "people.see")
    return list(current_teams().values())


@router.put("/teams/{key}", response=TeamEntry, summary="Make or change a team")
def put_team(request: HttpRequest, key: str, entry: TeamEntry) -> TeamEntry:
    """Make a team, or change it and who is in it."""
    _same_key(key, entry.key)
    actor, now = person(request), timezone.now()
    save_team(actor=actor, entry=entry, now=now)
    link_teams(actor=actor, entries=[entry], now=now)
    return current_teams()[key]


def _same_key(key: str, given: str) -> None:
    if key != given:
        raise InputError(
            Problem("The key differs from the one in the address.", "key", "Make them the same.")
        )


def _token(row: ApiToken) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "read_only": row.is_read_only, "ends_at": row.ends_at}


def _require_services(entry: Person) -> None:
    """See that the services are there. Raises: InputError."""
    missing = [key for key in entry.knows if not services(key=key)]
    if missing:
        text = f"There is no service '{missing[0]}'."
        raise InputError(Problem(text, "knows", "Give the key of one that exists."))


class AbsenceIn(Schema):
    """From a day up to and including another."""

    starts_on: date
    ends_on: date


class AbsenceOut(AbsenceIn):
    """An absence that is planned."""

    id: int


@router.get("/people/{key}/absences", response=list[AbsenceOut], summary="When somebody is away")
def list_absences(request: HttpRequest, key: str) -> list[Any]:
    """The absences that are not over."""
    require(person(request), "people.see")
    return list(user_by_name(key).absences.filter(ends_on__gte=timezone.localdate()))


@router.post("/people/{key}/absences", response={201: AbsenceOut}, summary="Plan an absence")
def post_absence(request: HttpRequest, key: str, given: AbsenceIn) -> Status[Any]:
    """Work is not proposed to who is away. Why is not asked."""
    user = user_by_name(key)
    row = add_absence(
        actor=person(request), user=user, starts_on=given.starts_on, ends_on=given.ends_on, now=timezone.now()
    )
    return Status(201, row)


@router.delete("/people/{key}/absences/{pk}", response={204: None}, summary="Remove an absence")
def delete_absence(request: HttpRequest, key: str, pk: int) -> Status[None]:
    """Somebody is there after all."""
    row = Absence.objects.filter(pk=pk, user__username=key).first()
    if row is None:
        raise NotFound(f"There is no such absence of {key}.")
    remove_absence(actor=person(request), absence=row, now=timezone.now())
    return Status(204, None)
