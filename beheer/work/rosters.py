"""Who is on duty. No roster is kept yet, and that is what is said; who is away is known."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from beheer.people.knowledge import away


def on_duty(team_id: int, now: datetime) -> frozenset[int] | None:
    """The people of a team who are on duty; None: no roster is kept, so nobody can say."""
    return None


def present(people: Collection[int], now: datetime) -> set[int]:
    """Who of these people is not away today, by the day of the institution."""
    today = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return set(people) - set(away(people, today))
