"""Configuration as code in the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from beheer.configuration.actions import apply_configuration
from beheer.configuration.queries import export
from beheer.configuration.rules import Plan
from beheer.people.sign_in import person

router = Router(tags=["configuration"])


class FileIn(Schema):
    """A configuration file."""

    text: str = Field(examples=["customers:\n  - {key: arts, name: Faculty of Arts}\n"])
    name: str = Field("configuration.yaml", max_length=150)


class ChangeOut(Schema):
    """One thing that is made or changed; `fields` is {field: [old, new]}."""

    section: str
    key: str
    is_new: bool
    fields: dict[str, list[Any]]


class PlanOut(Schema):
    """What a file changes: `same` stands in file and store alike, `kept` only in the store."""

    changes: list[ChangeOut]
    created: int
    changed: int
    same: int
    kept: int


@router.get("/configuration", summary="Export the configuration")
def get_configuration(request: HttpRequest) -> HttpResponse:
    """The whole configuration as YAML; applying it changes nothing."""
    return HttpResponse(export(actor=person(request)), content_type="application/yaml; charset=utf-8")


@router.post("/configuration/plan", response=PlanOut, summary="See what a file would change")
def post_plan(request: HttpRequest, body: FileIn) -> dict[str, Any]:
    """Check a file and tell what it would change, without changing anything."""
    return _run(request, body, only_plan=True)


@router.post("/configuration/apply", response=PlanOut, summary="Apply a file")
def post_apply(request: HttpRequest, body: FileIn) -> dict[str, Any]:
    """Make the store say what the file says: all of it, or nothing."""
    return _run(request, body, only_plan=False)


def _run(request: HttpRequest, body: FileIn, *, only_plan: bool) -> dict[str, Any]:
    plan = apply_configuration(
        actor=person(request), text=body.text, name=body.name, now=timezone.now(), only_plan=only_plan
    )
    return _as_json(plan)


def _as_json(plan: Plan) -> dict[str, Any]:
    return {
        "changes": [
            {
                "section": change.section,
                "key": change.key,
                "is_new": change.is_new,
                "fields": {field: list(values) for field, values in change.fields.items()},
            }
            for change in plan.changes
        ],
        "created": plan.created,
        "changed": plan.changed,
        "same": plan.same,
        "kept": plan.kept,
    }
