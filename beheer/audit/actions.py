"""Writing the audit trail."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from beheer.audit.models import Entry, Head
from beheer.audit.rules import entry_hash
from beheer.permissions.rules import Actor


@transaction.atomic
def record(
    *, actor: Actor, verb: str, subject: str, now: datetime, changes: dict[str, Any] | None = None
) -> Entry:
    """Add one entry: the last line of every action, inside its transaction.

    `subject` is "<kind>:<key>"; `changes` is {field: [old, new]} or plain values, without secrets.
    """
    plain = json.loads(json.dumps(changes or {}, cls=DjangoJSONEncoder))
    Head.objects.get_or_create(pk=1)
    head = Head.objects.select_for_update().get(pk=1)
    digest = entry_hash(
        previous_hash=head.last_hash,
        at=now,
        actor_id=actor.actor_id,
        actor_name=actor.actor_name,
        verb=verb,
        subject=subject,
        changes=plain,
    )
    entry = Entry.objects.create(
        at=now,
        actor_id=actor.actor_id,
        actor_name=actor.actor_name,
        verb=verb,
        subject=subject,
        changes=plain,
        previous_hash=head.last_hash,
        hash=digest,
    )
    Head.objects.filter(pk=1).update(last_id=entry.pk, last_hash=digest)
    return entry
