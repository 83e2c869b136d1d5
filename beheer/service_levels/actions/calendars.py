"""What is done with calendars. Time past keeps its calendar: a change may only touch what is still to come."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from beheer.audit.actions import record
from beheer.lib.calendar_files import read_calendar
from beheer.lib.calendar_texts import with_version
from beheer.lib.calendars import Calendar as AgreedTime
from beheer.lib.calendars import day_start
from beheer.lib.errors import InputError, Problem
from beheer.lib.intervals import to_us
from beheer.lib.service_time import ServiceTime
from beheer.permissions.rules import Actor, require
from beheer.service_levels.actions.authors import person
from beheer.service_levels.actions.staleness import norm_changed
from beheer.service_levels.models import Calendar, CalendarRevision, Norm


@transaction.atomic
def save_calendar(
    *,
    actor: Actor,
    key: str,
    name: str,
    source: str,
    now: datetime,
    reason: str = "",
    is_simulated: bool = False,
) -> Calendar:
    """Make a calendar or change it; each text it has had is kept. Saving the same text again changes nothing.

    Raises: NotAllowed; DocumentError where the text is wrong; InputError where it would change time past.
    """
    require(actor, "service_levels.change_agreement")
    agreed = read_calendar(source, "source")
    calendar = Calendar.objects.filter(key=key).first() or Calendar(key=key, is_simulated=is_simulated)
    old = {"name": calendar.name, "source": calendar.source}
    if calendar.pk and calendar.source != source:
        _keep_time_past(calendar, agreed, now)
    calendar.name, calendar.source = name, source
    if calendar.pk and old == {"name": name, "source": source}:
        return calendar
    calendar.full_clean()
    calendar.save()
    if old["source"] != source:
        _keep_text(calendar, actor, reason, now)
    changes = {field: [old[field], getattr(calendar, field)] for field in old}
    record(
        actor=actor, verb="service_levels.save_calendar", subject=f"calendar:{key}", changes=changes, now=now
    )
    return calendar


def _keep_text(calendar: Calendar, actor: Actor, reason: str, now: datetime) -> None:
    CalendarRevision.objects.create(
        calendar=calendar,
        number=calendar.revisions.count() + 1,
        source=calendar.source,
        author=person(actor),
        reason=reason,
        recorded_at=now,
    )
    norm_changed(Norm.objects.filter(agreement__calendar=calendar).values_list("pk", flat=True))


def _keep_time_past(calendar: Calendar, agreed: AgreedTime, now: datetime) -> None:
    """Refuse a text that counts time past differently, since the first agreement that uses the calendar began."""
    first = calendar.agreements.order_by("starts_on").values_list("starts_on", flat=True).first()
    if first is None:
        return
    until = to_us(now)
    since = min(day_start(first, agreed.timezone), until)
    before = ServiceTime(read_calendar(calendar.source)).agreed(since, until)
    after = ServiceTime(agreed).agreed(since, until)
    if before != after:
        changed = (before - after) | (after - before)
        day = datetime.fromtimestamp(int(changed.start[0]) / 1e6, agreed.timezone).date()
        raise InputError(
            Problem(
                f"This would change agreed time in the past, from {day} on.",
                "source",
                "Leave what was, and add a version with a valid_from in the future.",
            )
        )


@transaction.atomic
def add_calendar_version(
    *,
    actor: Actor,
    calendar: Calendar,
    valid_from: date,
    hours: dict[str, str],
    now: datetime,
    reason: str = "",
) -> Calendar:
    """Let other weekly hours hold from a local date on; earlier time keeps the earlier version.

    The text keeps its comments.

    Raises: NotAllowed; InputError where the hours are wrong or the date lies in time past that is in use.
    """
    require(actor, "service_levels.change_agreement")
    source = with_version(calendar.source, valid_from, hours)
    return save_calendar(
        actor=actor, key=calendar.key, name=calendar.name, source=source, now=now, reason=reason
    )
