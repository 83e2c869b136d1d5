"""Publishing kinds of work."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from beheer.audit.actions import record
from beheer.lib.errors import Conflict
from beheer.permissions.rules import Actor, require
from beheer.work.definitions import checked, put_version
from beheer.work.models import KindVersion, RequestModel


@transaction.atomic
def publish_kind(
    *, actor: Actor, text: str, name: str, now: datetime, after: int | None = None
) -> KindVersion:
    """Make a kind's file the version for new items; running items keep theirs. Gives the version.

    `after`: the version that the writer began with, 0 for a kind that is new; None: whatever is in force now.
    Raises: NotAllowed; DocumentError with file, line, field and remedy; Conflict where another version than `after`
    is in force.
    """
    require(actor, "work.publish_kind")
    kind = checked(text, name)
    if after is not None:
        in_force = KindVersion.objects.select_for_update().filter(key=kind.kind, is_current=True).first()
        require_begun_with(in_force, after, kind.kind)
    version = put_version(key=kind.kind, text=text, is_built_in=False, by=actor.actor_name, now=now)
    record(
        actor=actor,
        verb="work.publish_kind",
        subject=f"kind:{kind.kind}",
        changes={"version": version.version},
        now=now,
    )
    return version


def require_begun_with(in_force: KindVersion | RequestModel | None, after: int, key: str) -> None:
    """Raises: Conflict where what is in force is not the version that the writer began with (0: nothing yet)."""
    if (in_force.version if in_force else 0) == after:
        return
    if in_force is None:
        raise Conflict(f"'{key}' is not there any more. Nothing of yours was saved.")
    if after == 0:
        raise Conflict(
            f"'{key}' is there already. Nothing of yours was saved. Open that one, or choose another key."
        )
    raise Conflict(
        f"Version {in_force.version} of '{key}' was published by {in_force.published_by} after you opened it. "
        "Nothing of yours was saved. Open it again, see what changed, and put yours to it."
    )
