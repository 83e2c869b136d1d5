"""Texts to answer with, in the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status

from beheer.lib.errors import InputError, NotFound, Problem
from beheer.people.models import Team
from beheer.people.sign_in import person
from beheer.permissions.rules import require
from beheer.work.actions.templates import change_template, create_template, remove_template
from beheer.work.models import ReplyTemplate
from beheer.work.queries import visible_item
from beheer.work.reply_texts import language_of, reply_text

router = Router(tags=["work"])


class TemplateIn(Schema):
    """A text to answer with; `team` is a team's key, null for everybody. One of the texts may be empty."""

    name: str
    team: str | None = None
    text_nl: str = ""
    text_en: str = ""
    is_enabled: bool = True


class NewTemplate(TemplateIn):
    """A new one has its key."""

    key: str


class TemplateOut(NewTemplate):
    """A text to answer with."""


@router.get("/reply-templates", response=list[TemplateOut], summary="List reply templates")
def list_templates(request: HttpRequest) -> list[dict[str, Any]]:
    """All of them, by name."""
    require(person(request), "work.see")
    return [_template(row) for row in ReplyTemplate.objects.select_related("team")]


@router.post("/reply-templates", response={201: TemplateOut}, summary="Make a reply template")
def post_template(request: HttpRequest, given: NewTemplate) -> Status[dict[str, Any]]:
    """A placeholder that is not there is refused, by name."""
    values = {**_values(given), "key": given.key}
    row = create_template(actor=person(request), values=values, now=timezone.now())
    return Status(201, _template(row))


@router.put("/reply-templates/{key}", response=TemplateOut, summary="Change a reply template")
def put_template(request: HttpRequest, key: str, given: TemplateIn) -> dict[str, Any]:
    """What is left out has its default again."""
    row = change_template(
        actor=person(request), template=_by_key(key), values=_values(given), now=timezone.now()
    )
    return _template(row)


@router.delete("/reply-templates/{key}", response={204: None}, summary="Remove a reply template")
def delete_template(request: HttpRequest, key: str) -> Status[None]:
    """What was answered with it stays."""
    remove_template(actor=person(request), template=_by_key(key), now=timezone.now())
    return Status(204, None)


@router.get("/work-items/{number}/reply-templates/{key}", summary="Fill in a reply template for an item")
def fill_template(request: HttpRequest, number: str, key: str) -> dict[str, str]:
    """The text in the reporter's language, to be sent as a message by whoever asked."""
    user = person(request)
    item = visible_item(user, number)
    require(user, "work.see", team_id=item.team_id, service_id=item.service_id)
    return {"language": language_of(item), "text": reply_text(_by_key(key), item, user)}


def _by_key(key: str) -> ReplyTemplate:
    found = ReplyTemplate.objects.select_related("team").filter(key=key).first()
    if found is None:
        raise NotFound(f"There is no reply template '{key}'.")
    return found


def _values(given: TemplateIn) -> dict[str, Any]:
    values = given.dict(exclude={"key"})
    if given.team is not None:
        values["team"] = Team.objects.filter(key=given.team).first()
        if values["team"] is None:
            raise InputError(
                Problem(f"There is no team '{given.team}'.", "team", "Give the key of one that exists.")
            )
    return values


def _template(row: ReplyTemplate) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": row.name,
        "team": row.team.key if row.team else None,
        "text_nl": row.text_nl,
        "text_en": row.text_en,
        "is_enabled": row.is_enabled,
    }
