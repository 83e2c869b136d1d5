"""Loading and removing the demonstration institution."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import yaml
from django.db import transaction
from django.db.models import Model, QuerySet

from beheer.audit.actions import record
from beheer.catalogue.dependencies import bump_map
from beheer.catalogue.models import ConfigurationItem, Customer, Service
from beheer.configuration.actions import apply_configuration
from beheer.demo.agreements import write_agreements, write_corrections, write_windows
from beheer.demo.history import write_check_states, write_checks, write_measurements, write_states
from beheer.demo.incidents import write_incidents
from beheer.lib.errors import Conflict
from beheer.monitoring.models import Check, StateChange
from beheer.people.models import Team, User
from beheer.permissions.rules import Actor, require
from beheer.profile.models import GradingCase, Post
from beheer.service_levels.models import Agreement, Calendar, Correction, PlannedWindow, Report
from beheer.work.models import Item

FILE = Path(__file__).with_name("institution.yaml")
SEED = 1614
OWN_SERVICES = ("this-machine", "beheer")  # what Beheer measures from its first minute

Tell = Callable[[str], None]


def load_demo(
    *, actor: Actor, now: datetime, seed: int = SEED, tell: Tell = lambda text: None
) -> dict[str, int]:
    """Load the demonstration institution. Gives counts. Where anything fails, what was loaded is removed again.

    Raises: NotAllowed; Conflict where the store holds something already.
    """
    require(actor, "demo.load")
    _require_empty()
    try:
        return _load(actor, now, seed, tell)
    except BaseException:
        _remove()
        raise


def _require_empty() -> None:
    if Service.objects.filter(is_simulated=True).exists():
        raise Conflict(
            "The demonstration institution is loaded already. `beheer demo --remove` takes it away."
        )
    services = Service.objects.exclude(key__in=OWN_SERVICES).count()
    customers, work = Customer.objects.count(), Item.objects.count()
    if services or customers or work:
        raise Conflict(
            f"This store is in use ({services} services, {customers} customers, {work} items of work). "
            "The demonstration goes only into an empty one: set BEHEER_VAR to another folder."
        )


def _load(actor: Actor, now: datetime, seed: int, tell: Tell) -> dict[str, int]:
    tell("people, customers and services")
    text = FILE.read_text(encoding="utf-8")
    plan = apply_configuration(actor=actor, text=text, name=FILE.name, now=now)
    services = {
        service.key: service for service in Service.objects.filter(is_simulated=True).select_related("team")
    }
    tell("states of fourteen months")
    with transaction.atomic():
        outages = write_states(services, now=now, seed=seed)
        checks = write_checks(services, actor=actor, now=now)
        write_check_states(checks, outages, now=now)
    tell("agreements, windows and corrections")
    with transaction.atomic():
        write_agreements(services, actor=actor, now=now)
        write_windows(services, actor=actor, now=now)
        write_corrections(outages, services, actor=actor, now=now)
    tell("incidents")
    with transaction.atomic():
        incidents = write_incidents(outages, services, now=now, seed=seed)
    tell("measurements")
    figures = write_measurements(checks, outages, now=now, seed=seed)
    counts = {
        "entries": plan.created,
        "outages": len(outages),
        "incidents": incidents,
        "measurements": figures,
    }
    record(actor=actor, verb="demo.load", subject="demo:institution", changes=counts, now=now)
    return counts


@transaction.atomic
def remove_demo(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Remove everything that is simulated, and nothing else. Gives how many rows of each kind.

    Measurements of removed checks are no longer reachable; retention takes them away. Raises: NotAllowed.
    """
    require(actor, "demo.remove")
    counts = _remove()
    record(actor=actor, verb="demo.remove", subject="demo:institution", changes=counts, now=now)
    return counts


@transaction.atomic
def _remove() -> dict[str, int]:
    """In the order in which rows hold each other."""
    teams = [team["key"] for team in yaml.safe_load(FILE.read_text(encoding="utf-8"))["teams"]]
    rows: list[QuerySet[Model]] = [
        model._default_manager.filter(is_simulated=True)
        for model in (
            Report, Item, Correction, PlannedWindow, Agreement, Calendar, StateChange, Check, ConfigurationItem,
            Service, Customer, Post, User,
        )
    ]  # fmt: skip
    GradingCase.objects.filter(post__is_simulated=True).delete()
    counts = {found.model.__name__: found.delete()[0] for found in rows}
    left = Team.objects.filter(key__in=teams, memberships=None, services=None)
    counts["Team"] = left.delete()[0]
    bump_map()
    return counts
