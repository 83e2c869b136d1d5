"""The planned windows that the change calendar of `work`, which stands below, shows beside its plans."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.urls import reverse

from beheer.lib.intervals import from_us, to_us
from beheer.service_levels.models import PlannedWindow
from beheer.service_levels.objections import OF_WORK
from beheer.service_levels.queries.facts import window_times
from beheer.work.windows_shown import ShownWindow, WindowTimes, register


class WindowsForWork:
    """The windows that hold; the same number of queries, however many there are."""

    def times(self, start: datetime, end: datetime, numbers: Collection[str]) -> list[WindowTimes]:
        """The windows that touch [start, end), without those that follow from the items with these numbers."""
        uids = [OF_WORK + number for number in numbers]
        own = PlannedWindow.objects.filter(uid__in=uids, ended_at=None).values_list("pk", flat=True)
        left_out = set(own) if uids else set()
        found: dict[int, list[tuple[datetime, datetime]]] = {}
        for low, window, high in window_times(to_us(start), to_us(end)):
            if window not in left_out:
                found.setdefault(window, []).append((from_us(low), from_us(high)))
        return [WindowTimes(window, tuple(times)) for window, times in found.items()]

    def shown(self, windows: Sequence[WindowTimes]) -> dict[int, ShownWindow]:
        """What is told of windows, by id."""
        rows = PlannedWindow.objects.prefetch_related("services").in_bulk([one.window for one in windows])
        return {one.window: _shown(row, one) for one in windows if (row := rows.get(one.window)) is not None}


def _shown(row: PlannedWindow, when: WindowTimes) -> ShownWindow:
    return ShownWindow(
        key=row.uid,
        reason=row.reason,
        services=tuple(sorted((one.key, one.name) for one in row.services.all())),
        times=when.times,
        url=reverse("service_levels:window", args=[row.pk]),
        number=row.uid.removeprefix(OF_WORK) if row.uid.startswith(OF_WORK) else "",
    )


register(WindowsForWork())
