"""Questions to the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.db.models import QuerySet
from django.http import HttpRequest

from beheer.audit.models import Entry, Head
from beheer.audit.rules import entry_hash
from beheer.lib.errors import NotAllowed
from beheer.permissions.rules import Actor, require


@dataclass(frozen=True, slots=True)
class Verification:
    """What going through the whole chain found. `first_wrong_id` is None when all is as it was written."""

    entries: int
    first_wrong_id: int | None = None
    reason: str = ""


def verify() -> Verification:
    """Go through the chain from its first entry. Finds a changed, added or removed row, also at the end."""
    previous, count, last_id = "", 0, 0
    for entry in Entry.objects.order_by("id").iterator(chunk_size=2000):
        count += 1
        if entry.previous_hash != previous:
            return Verification(count, entry.pk, "an entry before it was removed, added or changed")
        expected = entry_hash(
            previous_hash=previous,
            at=entry.at,
            actor_id=entry.actor_id,
            actor_name=entry.actor_name,
            verb=entry.verb,
            subject=entry.subject,
            changes=entry.changes,
        )
        if entry.hash != expected:
            return Verification(count, entry.pk, "its content was changed")
        previous, last_id = entry.hash, entry.pk
    head = Head.objects.filter(pk=1).first()
    if head is not None and (head.last_hash != previous or head.last_id != last_id):
        return Verification(count, head.last_id, "the last entries were removed or changed")
    if head is None and count:
        return Verification(count, last_id, "the end of the chain was removed")
    return Verification(count)


def entries(actor: Actor) -> QuerySet[Entry]:
    """All entries, newest first. Raises: NotAllowed."""
    require(actor, "audit.see")
    return Entry.objects.order_by("-id")


def verify_for(actor: Actor) -> Verification:
    """`verify`, for somebody who asks by a page or the API. Raises: NotAllowed."""
    require(actor, "audit.verify")
    return verify()


def asking(request: HttpRequest) -> Actor:
    """Who asks. People stand in a room above, so they are known here only as actors. Raises: NotAllowed."""
    if not request.user.is_authenticated:
        raise NotAllowed("Sign in first.")
    return cast(Actor, request.user)
