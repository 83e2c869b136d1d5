"""How work answers the outages of one service, where that differs from what the kind says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from beheer.audit.actions import record
from beheer.catalogue.models import Service
from beheer.lib.errors import InputError, Problem
from beheer.people.models import Team
from beheer.permissions.rules import Actor, require
from beheer.work.models import ServiceRule

RIGHT = "work.change_service_rule"
LONGEST_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class ServiceRuleDraft:
    """A rule as somebody wants it. `when_back` "", `reopen_within_s` None, `team` None: as the kind and service say."""

    opens_incidents: bool = True
    when_back: str = ""
    reopen_within_s: int | None = None
    team: Team | None = None


@transaction.atomic
def save_service_rule(
    *, actor: Actor, service: Service, draft: ServiceRuleDraft, now: datetime
) -> ServiceRule | None:
    """Say how outages of a service are answered. A rule that says nothing of its own is taken away: then None.

    Raises: NotAllowed; InputError.
    """
    require(actor, RIGHT, service_id=service.pk, team_id=service.team_id)
    if draft.when_back not in ("", "resolve", "ask"):
        remedy = "Write resolve or ask, or leave it out."
        raise InputError(Problem(f"'{draft.when_back}' is no answer.", "when_back", remedy))
    if draft.reopen_within_s is not None and draft.reopen_within_s > LONGEST_S:
        raise InputError(Problem("This is longer than a week.", "reopen_within", "Choose a shorter time."))
    held = ServiceRule.objects.filter(service=service).first()
    before = draft_of(held)
    if before == draft:
        return held
    changes = {
        name: [str(getattr(before, name)), str(getattr(draft, name))]
        for name in ServiceRuleDraft.__dataclass_fields__
        if getattr(before, name) != getattr(draft, name)
    }
    if draft == ServiceRuleDraft():
        ServiceRule.objects.filter(service=service).delete()
        row = None
    else:
        row = held or ServiceRule(service=service)
        for name in ServiceRuleDraft.__dataclass_fields__:
            setattr(row, name, getattr(draft, name))
        row.full_clean()
        row.save()
    record(
        actor=actor,
        verb="work.save_service_rule",
        subject=f"service:{service.key}",
        changes=changes,
        now=now,
    )
    return row


def draft_of(row: ServiceRule | None) -> ServiceRuleDraft:
    """What a rule says; None says nothing of its own."""
    if row is None:
        return ServiceRuleDraft()
    return ServiceRuleDraft(row.opens_incidents, row.when_back, row.reopen_within_s, row.team)
