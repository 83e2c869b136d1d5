"""The planned windows that the change calendar of `work`, which stands below, shows beside its plans."""

from __future__ import annotations

from datetime import datetime

from django.db.models import prefetch_related_objects
from django.urls import reverse

from beheer.lib.intervals import from_us, to_us
from beheer.service_levels.objections import OF_WORK
from beheer.service_levels.queries.facts import occurrences_of, windows_touching
from beheer.work.windows_shown import ShownWindow, register


@register
def shown_windows(start: datetime, end: datetime) -> list[ShownWindow]:
    """The windows that hold and touch [start, end); two queries, however many there are."""
    since, until = to_us(start), to_us(end)
    times = [(row, occurrences_of(row, since, until)) for row in windows_touching(since, until)]
    rows = [row for row, pairs in times if pairs]
    prefetch_related_objects(rows, "services")
    return [
        ShownWindow(
            key=row.uid,
            reason=row.reason,
            services=tuple(sorted((one.key, one.name) for one in row.services.all())),
            times=tuple((from_us(low), from_us(high)) for low, high in pairs),
            url=reverse("service_levels:window", args=[row.pk]),
            number=row.uid.removeprefix(OF_WORK) if row.uid.startswith(OF_WORK) else "",
        )
        for row, pairs in times
        if pairs
    ]
