"""Work that comes back: when one is finished, the next is planned."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from beheer.work.actions.items import create
from beheer.work.fields import plain_values
from beheer.work.models import Item
from beheer.work.models.items import Channel
from beheer.work.recording import Change
from beheer.work.rules.repeating import later


def repeat_after(under_way: Change, step: str) -> Item | None:
    """Plan the next item where this step ends one that repeats; None where it does not repeat.

    What was asked when it was opened is taken over; the plan moves on from the planned start, not from today.
    """
    item, kind = under_way.item, under_way.kind
    if kind.repeat is None or kind.repeat.step != step:
        return None
    interval = item.values.get(kind.repeat.field)
    if not interval or item.planned_start is None or item.planned_end is None:
        return None
    values = plain_values(item, kind, kind.create)
    start = _after(item.planned_start, interval, under_way.now)
    values |= {"planned_start": start, "planned_end": start + (item.planned_end - item.planned_start)}
    return create(
        actor=under_way.actor,
        kind=item.kind,
        values={name: value for name, value in values.items() if value not in (None, "", [])},
        now=under_way.now,
        channel=Channel(item.channel),
        is_simulated=item.is_simulated,
    )


def _after(start: datetime, interval: str, now: datetime) -> datetime:
    """The next turn that is still to come; turns that were missed are not made up for."""
    step = 1
    zone = ZoneInfo(settings.TIME_ZONE)
    while (found := later(start, interval, step, zone)) <= now:
        step += 1
    return found
