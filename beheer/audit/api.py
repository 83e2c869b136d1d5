"""The audit trail in the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from beheer.audit.models import Entry
from beheer.audit.queries import Verification, asking, entries, verify_for

router = Router(tags=["audit"])


class EntryOut(Schema):
    """One deed. Each entry's hash covers its content and the hash of the entry before it."""

    id: int
    at: datetime
    actor_name: str
    verb: str
    subject: str
    changes: dict[str, Any]
    previous_hash: str
    hash: str


class EntryQuery(Schema):
    """Which entries: `before` is the last id of the part before; the rest must match in full."""

    before: int | None = None
    limit: int = Field(100, ge=1, le=1000)
    actor_name: str | None = None
    verb: str | None = Field(None, examples=["catalogue.change_service"])
    subject: str | None = Field(None, examples=["service:web"])
    since: datetime | None = None
    until: datetime | None = None


class VerificationOut(Schema):
    """What going through the chain found. `first_wrong_id` is null when all is as it was written."""

    entries: int
    first_wrong_id: int | None
    reason: str


@router.get("/audit", response=list[EntryOut], summary="List entries of the audit trail")
def list_entries(request: HttpRequest, query: Query[EntryQuery]) -> list[Entry]:
    """Entries, newest first, `limit` at a time; give the last id as `before` for the next part."""
    rows = entries(asking(request))
    wanted = {
        "id__lt": query.before,
        "actor_name": query.actor_name,
        "verb": query.verb,
        "subject": query.subject,
        "at__gte": query.since,
        "at__lt": query.until,
    }
    return list(
        rows.filter(**{key: value for key, value in wanted.items() if value is not None})[: query.limit]
    )


@router.post("/audit/verify", response=VerificationOut, summary="Verify the audit trail")
def post_verify(request: HttpRequest) -> Verification:
    """Go through the whole chain."""
    return verify_for(asking(request))
