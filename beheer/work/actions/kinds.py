"""Publishing kinds of work."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from beheer.audit.actions import record
from beheer.lib.documents import load
from beheer.lib.errors import InputError, Problem
from beheer.permissions.rules import Actor, require
from beheer.work.definitions import current_kinds, known_activities, put_version
from beheer.work.kinds.checks import read_kind
from beheer.work.models import KindVersion


@transaction.atomic
def publish_kind(*, actor: Actor, text: str, name: str, now: datetime) -> KindVersion:
    """Make a kind's file the version for new items; running items keep theirs. Gives the version.

    Raises: NotAllowed; DocumentError with file, line, field and remedy; InputError where its prefix is another's.
    """
    require(actor, "work.publish_kind")
    kind = read_kind(load(text, name), known_activities())
    for key, other in current_kinds().items():
        if key != kind.kind and other.prefix == kind.prefix:
            message = f"The prefix {kind.prefix} is that of '{key}'."
            raise InputError(Problem(message, "prefix", "Choose another."))
        if key != kind.kind and other.monitoring is not None and kind.monitoring is not None:
            message = f"State changes are answered by '{key}' already."
            raise InputError(Problem(message, "monitoring", "Only one kind can do so."))
    version = put_version(key=kind.kind, text=text, is_built_in=False, by=actor.actor_name, now=now)
    record(
        actor=actor,
        verb="work.publish_kind",
        subject=f"kind:{kind.kind}",
        changes={"version": version.version},
        now=now,
    )
    return version
