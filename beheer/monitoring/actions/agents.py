"""What is done with agents."""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from beheer.audit.actions import record
from beheer.monitoring.models import Agent
from beheer.people.rules import token_hash
from beheer.permissions.rules import Actor, require

LOCAL = "local"


def new_agent_token() -> str:
    """A fresh token: `bha_` and 43 characters, 256 bits of chance."""
    return f"bha_{secrets.token_urlsafe(32)}"


@transaction.atomic
def register_agent(
    *, actor: Actor, key: str, name: str, now: datetime, is_local: bool = False
) -> tuple[Agent, str]:
    """Make an agent known. Gives it and its token, which is shown this once only.

    Raises: NotAllowed; ValidationError of Django.
    """
    require(actor, "monitoring.change_agent")
    token = new_agent_token()
    agent = Agent(key=key, name=name, token_hash=token_hash(token), is_local=is_local, created_at=now)
    agent.full_clean()
    agent.save()
    record(
        actor=actor,
        verb="monitoring.register_agent",
        subject=f"agent:{key}",
        changes={"name": name},
        now=now,
    )
    return agent, token


@transaction.atomic
def renew_token(*, actor: Actor, agent: Agent, now: datetime) -> str:
    """Give an agent a new token, shown this once only; the old one is useless from now on. Raises: NotAllowed."""
    require(actor, "monitoring.change_agent")
    token = new_agent_token()
    agent.token_hash = token_hash(token)
    agent.save(update_fields=["token_hash"])
    record(actor=actor, verb="monitoring.renew_token", subject=f"agent:{agent.key}", now=now)
    return token


@transaction.atomic
def switch_agent(*, actor: Actor, agent: Agent, is_enabled: bool, now: datetime) -> None:
    """Let an agent report, or no longer. Raises: NotAllowed."""
    require(actor, "monitoring.change_agent")
    if agent.is_enabled == is_enabled:
        return
    agent.is_enabled = is_enabled
    agent.save(update_fields=["is_enabled"])
    changes = {"is_enabled": [not is_enabled, is_enabled]}
    record(
        actor=actor, verb="monitoring.switch_agent", subject=f"agent:{agent.key}", changes=changes, now=now
    )


def ensure_local_agent(*, actor: Actor, now: datetime) -> Agent:
    """The agent on this machine, with its token in `var/agent-token`; made, or given a new token, where one is missing.

    Raises: NotAllowed.
    """
    place = Path(settings.VAR) / "agent-token"
    agent = Agent.objects.filter(is_local=True).first()
    token = place.read_text().strip() if place.is_file() else ""
    if agent is not None and token and token_hash(token) == agent.token_hash:
        return agent
    if agent is None:
        agent, token = register_agent(actor=actor, key=LOCAL, name="This machine", is_local=True, now=now)
    else:
        token = renew_token(actor=actor, agent=agent, now=now)
    _write_secret(place, token)
    return agent


def _write_secret(place: Path, text: str) -> None:
    """Write a file that only we may read, whole or not at all."""
    place.parent.mkdir(parents=True, exist_ok=True)
    waiting = place.with_suffix(".new")
    waiting.unlink(missing_ok=True)
    with os.fdopen(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    waiting.rename(place)
