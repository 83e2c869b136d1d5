"""When something that repeats comes again."""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


def later(start: datetime, interval: str, times: int, zone: ZoneInfo) -> datetime:
    """The instant so many intervals after `start`, at the same time on the clock of `zone`.

    A month has no 31st: then it is the month's last day.
    """
    local = start.astimezone(zone)
    if interval == "week":
        return (local + timedelta(weeks=times)).astimezone(start.tzinfo)
    months = local.month - 1 + MONTHS[interval] * times
    year, month = local.year + months // 12, months % 12 + 1
    day = min(local.day, calendar.monthrange(year, month)[1])
    return local.replace(year=year, month=month, day=day).astimezone(start.tzinfo)
