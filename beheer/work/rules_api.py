"""Targets of clocks and rules for outages in the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status

from beheer.catalogue.models import Customer, Service
from beheer.lib.errors import InputError, Problem
from beheer.people.models import Team
from beheer.people.sign_in import person
from beheer.permissions.rules import require_somewhere
from beheer.work.actions.targets import remove_target, save_target
from beheer.work.models import Target
from beheer.work.rule_sections import (
    ServiceRuleEntry,
    TargetEntry,
    current_service_rules,
    draft_of_target,
    put_service_rule,
    target_entry,
)

router = Router(tags=["work"])


@router.get("/work-targets", summary="List the targets of clocks")
def list_targets(request: HttpRequest) -> list[dict[str, Any]]:
    """Those that were set by hand or follow from an agreement (`source`); else the table of priorities holds."""
    require_somewhere(person(request), "work.see")
    rows = Target.objects.select_related("service", "customer").order_by("kind", "clock", "priority", "pk")
    return [{"id": row.pk, **target_entry(row).model_dump(), "source": row.source} for row in rows]


@router.put("/work-targets", summary="Set a target")
def put_one_target(request: HttpRequest, entry: TargetEntry) -> dict[str, Any]:
    """Set it, or change it; running items follow within half a minute and keep what has elapsed."""
    _known(entry.service, entry.customer, None)
    row = save_target(actor=person(request), draft=draft_of_target(entry), now=timezone.now())
    return {"id": row.pk, **target_entry(row).model_dump(), "source": row.source}


@router.delete("/work-targets/{pk}", response={204: None}, summary="Take a target away")
def delete_target(request: HttpRequest, pk: int) -> Status[None]:
    """The next less specific target holds again."""
    user = person(request)
    remove_target(actor=user, target=get_object_or_404(Target, pk=pk), now=timezone.now())
    return Status(204, None)


@router.get("/outage-rules", response=list[ServiceRuleEntry], summary="List rules for outages of services")
def list_service_rules(request: HttpRequest) -> list[ServiceRuleEntry]:
    """How outages of some services are answered, where that differs from what the kind says."""
    require_somewhere(person(request), "work.see")
    return list(current_service_rules().values())


@router.put("/outage-rules", response=ServiceRuleEntry, summary="Set the rule of a service")
def put_rule(request: HttpRequest, entry: ServiceRuleEntry) -> ServiceRuleEntry:
    """Set it; one that says nothing of its own takes it away."""
    user = person(request)
    _known(entry.key, None, entry.team)
    put_service_rule(actor=user, entry=entry, now=timezone.now())
    return entry


def _known(service: str | None, customer: str | None, team: str | None) -> None:
    """See that what is named is there. Raises: InputError by field."""
    named = (("service", Service, service), ("customer", Customer, customer), ("team", Team, team))
    problems = [
        Problem(f"There is no {field} '{key}'.", field, "Give the key of one that exists.")
        for field, model, key in named
        if key is not None and not model._default_manager.filter(key=key).exists()
    ]
    if problems:
        raise InputError(problems)
