"""The service catalogue in the API."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import Field

from beheer.lib.errors import InputError, NotFound, Problem
from beheer.people.models import User
from beheer.people.sign_in import person
from beheer.permissions.rules import allowed_somewhere, require
from beheer.work.actions.requests import (
    AnswerFile,
    make_request,
    publish_request_model,
    retire_request_model,
)
from beheer.work.catalogue import askable, current_model, current_models, spec_of
from beheer.work.models import RequestModel
from beheer.work.models.items import Channel
from beheer.work.request_models.schema import RequestSpec

router = Router(tags=["service catalogue"])


class FileIn(Schema):
    """A file in answer to a question."""

    question: str
    name: str
    content_base64: str


class RequestIn(Schema):
    """What is filled in: question → answer. Staff may ask for another person, by user name."""

    answers: dict[str, Any] = Field({}, examples=[{"size": "big", "number": 2}])
    requester: str = ""
    files: list[FileIn] = []


class RequestOut(Schema):
    """The request that was made."""

    number: str
    kind: str
    state: str
    title: str
    answers: dict[str, Any]


@router.get("/service-catalogue", summary="List what can be asked for")
def list_catalogue(request: HttpRequest, retired: bool = False) -> list[dict[str, Any]]:
    """What the asker may ask for; staff see everything, with `retired` also what is retired."""
    user = person(request)
    is_staff = allowed_somewhere(user, "work.see")
    rows = current_models(with_retired=retired) if is_staff else askable(user)
    return [_brief(row) for row in rows.values()]


@router.get("/service-catalogue/{key}", summary="Show an item of the catalogue with its form")
def show_catalogue_item(request: HttpRequest, key: str) -> dict[str, Any]:
    """One item, as its file says it."""
    row = _visible(person(request), key)
    return {**_brief(row), "item": spec_of(row).model_dump(mode="json", by_alias=True, exclude_defaults=True)}


@router.put("/service-catalogue/{key}", summary="Publish an item of the catalogue")
def put_catalogue_item(request: HttpRequest, key: str, item: RequestSpec) -> dict[str, Any]:
    """Make it the version for new requests; requests that were made keep theirs."""
    if item.key != key:
        raise InputError(Problem(f"The address says '{key}'.", "key", "Write the same key in both."))
    return _brief(publish_request_model(actor=person(request), spec=item, now=timezone.now()))


@router.post("/service-catalogue/{key}/retire", summary="Retire an item of the catalogue")
def retire_catalogue_item(request: HttpRequest, key: str, is_retired: bool = True) -> dict[str, Any]:
    """Take it out of the catalogue, or, with `is_retired=false`, put it back."""
    user = person(request)
    row = _visible(user, key)
    row = retire_request_model(actor=user, model=row, is_retired=is_retired, now=timezone.now())
    return _brief(row)


@router.post("/service-catalogue/{key}/requests", response={201: RequestOut}, summary="Ask for it")
def ask(request: HttpRequest, key: str, given: RequestIn) -> Status[dict[str, Any]]:
    """Ask for an item of the catalogue: for oneself, or, for staff, for another."""
    user = person(request)
    requester = _person(given.requester) if given.requester else None
    item = make_request(
        actor=user,
        model=_visible(user, key),
        answers=given.answers,
        now=timezone.now(),
        channel=Channel.API if allowed_somewhere(user, "work.create") else Channel.PORTAL,
        requester=requester,
        files=[_file(file) for file in given.files],
    )
    answers = {name: item.values[name] for name in spec_of(_visible(user, key)).fields if name in item.values}
    found = {"number": item.number, "kind": item.kind, "state": item.state, "title": item.title}
    return Status(201, {**found, "answers": answers})


def _visible(user: User, key: str) -> RequestModel:
    """The item, for staff and for who may ask for it. Raises: NotFound for anybody else."""
    if not allowed_somewhere(user, "work.see"):
        require(user, "portal.report")
        if key not in askable(user):
            raise NotFound(f"There is no '{key}' in the service catalogue.")
    return current_model(key)


def _person(name: str) -> User:
    found = User.objects.filter(username=name, is_active=True).first()
    if found is None:
        raise InputError(Problem(f"There is no person '{name}'.", "requester", "Give a user name."))
    return found


def _file(given: FileIn) -> AnswerFile:
    try:
        content = base64.b64decode(given.content_base64, validate=True)
    except binascii.Error:
        raise InputError(Problem("This is not base64.", given.question, "Encode the file's bytes.")) from None
    return AnswerFile(given.question, given.name, content)


def _brief(row: RequestModel) -> dict[str, Any]:
    spec = spec_of(row)
    return {
        "key": row.key,
        "version": row.version,
        "name": spec.name.model_dump(),
        "description": spec.description.model_dump() if spec.description else None,
        "group": spec.group.model_dump() if spec.group else None,
        "service": spec.service or None,
        "kind": spec.kind,
        "retired": spec.retired,
    }
