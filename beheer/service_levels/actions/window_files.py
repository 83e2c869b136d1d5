"""Taking planned windows over from an iCalendar file: all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from beheer.catalogue.models import Customer, Service
from beheer.lib.errors import DocumentError, Problem
from beheer.permissions.rules import Actor
from beheer.service_levels.actions.windows import WindowDraft, change_window, draft_of, plan_window
from beheer.service_levels.icalendar_files import WindowEvent, read_windows
from beheer.service_levels.models import PlannedWindow


@transaction.atomic
def import_windows(
    *, actor: Actor, data: bytes, services: Sequence[Service], timezone: str, now: datetime, name: str = ""
) -> tuple[int, int]:
    """Plan the windows of an iCalendar file. `services` is for events that name none by X-BEHEER-SERVICES.

    An event whose UID is known changes that window. Gives how many were added and how many changed.
    Raises: NotAllowed; DocumentError or InputError naming the event; nothing is taken over then.
    """
    added = changed = 0
    for index, event in enumerate(read_windows(data, timezone, name)):
        draft = _draft(event, services, f"events.{index}", name)
        window = PlannedWindow.objects.filter(uid=event.uid, ended_at=None).first() if event.uid else None
        if window is None and PlannedWindow.objects.filter(uid=event.uid).exists():
            continue  # cancelled or replaced here: what was decided here stays
        if window is None:
            plan_window(actor=actor, draft=draft, now=now)
            added += 1
        elif not _is_same(draft_of(window), draft):
            change_window(actor=actor, window=window, draft=draft, now=now)
            changed += 1
    return added, changed


def _is_same(old: WindowDraft, new: WindowDraft) -> bool:
    """Whether a file says what is there already."""
    return (
        (old.starts_at, old.ends_at, old.reason, old.recurrence)
        == (new.starts_at, new.ends_at, new.reason, new.recurrence)
        and {service.pk for service in old.services} == {service.pk for service in new.services}
        and sorted(old.left_out) == sorted(new.left_out)
    )


def _draft(event: WindowEvent, services: Sequence[Service], place: str, name: str) -> WindowDraft:
    chosen = list(Service.objects.filter(key__in=event.services)) if event.services else list(services)
    missing = set(event.services) - {service.key for service in chosen}
    if missing:
        text = f"There is no service {', '.join(sorted(missing))}."
        raise DocumentError(
            Problem(text, place, "Add it to the catalogue, or correct X-BEHEER-SERVICES.", file=name)
        )
    return WindowDraft(
        services=chosen,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        reason=event.reason or "-",
        announced_at=event.announced_at,
        timezone=event.timezone,
        recurrence=event.recurrence,
        left_out=event.left_out,
        notified=list(Customer.objects.filter(key__in=event.notified)),
        uid=event.uid,
    )
