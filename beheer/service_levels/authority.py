"""Who may do something about an agreement: whoever may do it for the services in it.

A role that is limited to a team or a service so reaches the agreements about these alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from beheer.catalogue.models import Service
from beheer.permissions.rules import Actor, allowed, require


def may_for_all(actor: Actor, right: str, services: Iterable[Service]) -> bool:
    """Whether the actor has a right everywhere, or for each of these services; without services only everywhere."""
    if allowed(actor, right):
        return True
    answers = [_may(actor, right, service) for service in services]
    return bool(answers) and all(answers)


def may_for_some(actor: Actor, right: str, services: Iterable[Service]) -> bool:
    """Whether the actor has a right everywhere, or for at least one of these services."""
    return allowed(actor, right) or any(_may(actor, right, service) for service in services)


def require_for_all(actor: Actor, right: str, services: Iterable[Service]) -> None:
    """Let pass or stop. Raises: NotAllowed."""
    if not may_for_all(actor, right, services):
        require(actor, right)


def require_for_some(actor: Actor, right: str, services: Iterable[Service]) -> None:
    """Let pass or stop. Raises: NotAllowed."""
    if not may_for_some(actor, right, services):
        require(actor, right)


def _may(actor: Actor, right: str, service: Service) -> bool:
    return allowed(actor, right, team_id=service.team_id, service_id=service.pk)
