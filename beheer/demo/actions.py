"""Loading and removing the demonstration institution."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import yaml
from django.db import transaction

from beheer.audit.actions import record
from beheer.catalogue.models import Customer, Service
from beheer.configuration.actions import apply_configuration
from beheer.demo.agreements import write_agreements, write_corrections, write_windows
from beheer.demo.history import write_check_states, write_checks, write_measurements, write_states
from beheer.demo.incidents import write_incidents
from beheer.demo.other_work import write_other_work
from beheer.demo.removal import Removal, remove_all
from beheer.demo.requests import write_requests
from beheer.lib.errors import Conflict
from beheer.permissions.rules import Actor, require
from beheer.work.models import Item
from beheer.work.statistics.counting import count_items

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
        remove_all(_teams())
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
    tell("incidents and requests")
    with transaction.atomic():
        incidents = write_incidents(outages, services, now=now, seed=seed)
        requests = write_requests(services, now=now, seed=seed)
        other = write_other_work(services, now=now)
        while count_items():
            pass
    tell("measurements")
    figures = write_measurements(checks, outages, now=now, seed=seed)
    counts = {
        "entries": plan.created,
        "outages": len(outages),
        "incidents": incidents,
        "requests": requests,
        "other_work": other,
        "measurements": figures,
    }
    record(actor=actor, verb="demo.load", subject="demo:institution", changes=counts, now=now)
    return counts


def remove_demo(*, actor: Actor, now: datetime) -> Removal:
    """Remove everything simulated with its measurements, and nothing else. Gives counts, and what stays and why.

    Raises: NotAllowed; StoreFailed where measurements cannot be written anew; then it can be done again.
    """
    require(actor, "demo.remove")
    done = remove_all(_teams())
    changes = {**done.counts, "stays": list(done.stays)}
    record(actor=actor, verb="demo.remove", subject="demo:institution", changes=changes, now=now)
    return done


def _teams() -> list[str]:
    """The keys of the teams of the demonstration: teams are not marked themselves."""
    return [team["key"] for team in yaml.safe_load(FILE.read_text(encoding="utf-8"))["teams"]]
