"""What Beheer measures before anybody told it anything: the machine it runs on, and itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from beheer.catalogue.actions import create_service
from beheer.catalogue.models import Service
from beheer.monitoring.actions.agents import ensure_local_agent
from beheer.monitoring.actions.checks import create_check
from beheer.monitoring.models import Check
from beheer.permissions.rules import Actor

RESOLVERS = Path("/etc/resolv.conf")


@transaction.atomic
def ensure_self_monitoring(*, actor: Actor, now: datetime) -> int:
    """Give this machine its agent, and, where nothing was ever measured, its first checks. Gives the number made.

    What somebody removed does not come back. Raises: NotAllowed.
    """
    ensure_local_agent(actor=actor, now=now)
    if Check.objects.filter(is_simulated=False).exists():
        return 0
    machine = _service(actor, "this-machine", "This machine", "The machine that Beheer runs on.", now)
    beheer = _service(actor, "beheer", "Beheer", "Beheer itself: its pages, and the agent here.", now)
    made = [*_of_machine(machine), *_of_beheer(beheer)]
    for values in made:
        create_check(actor=actor, values=values, now=now)
    return len(made)


def _service(actor: Actor, key: str, name: str, description: str, now: datetime) -> Service:
    found = Service.objects.filter(key=key).first()
    if found is not None:
        return found
    values = {"key": key, "name": name, "description": description, "is_public": False}
    return create_service(actor=actor, values=values, now=now)


def _of_machine(machine: Service) -> Iterator[Mapping[str, Any]]:
    yield {
        "key": "this-machine",
        "name": "Processor, memory, disks, load",
        "kind": "host",
        "service": machine,
        "interval_s": 15,
    }
    if resolver := _resolver():
        name = urlsplit(settings.BASE_URL).hostname or "localhost"
        yield {
            "key": "name-server",
            "name": "Name server",
            "kind": "dns",
            "service": machine,
            "settings": {"name": name if "." in name else "localhost", "server": resolver},
            "conditions": {"down": ["missing(rcode)"]},  # any answer will do: it is there
            "interval_s": 30,
            "timeout_s": 5,
        }


def _of_beheer(beheer: Service) -> Iterator[Mapping[str, Any]]:
    base = urlsplit(settings.BASE_URL)
    port = base.port or (443 if base.scheme == "https" else 80)
    yield {
        "key": "beheer-pages",
        "name": "Pages of Beheer",
        "kind": "http",
        "service": beheer,
        "settings": {"url": f"{settings.BASE_URL}/health"},
        "conditions": {"down": ["status != 200"], "degraded": ["total_s > 2"]},
        "interval_s": 10,
        "timeout_s": 5,
    }
    yield {
        "key": "beheer-port",
        "name": "Port of Beheer",
        "kind": "tcp",
        "service": beheer,
        "settings": {"host": base.hostname or "localhost", "port": port},
        "interval_s": 10,
        "timeout_s": 5,
    }
    yield {
        "key": "beheer-agent",
        "name": "Agent on this machine",
        "kind": "self",
        "service": beheer,
        "interval_s": 15,
    }


def _resolver() -> str:
    """The first name server of this machine; "" where there is none."""
    try:
        lines = RESOLVERS.read_text().splitlines()
    except OSError:
        return ""
    found = [line.split()[1] for line in lines if line.startswith("nameserver ") and len(line.split()) > 1]
    return found[0] if found else ""
