"""Quiet hours, attempts, subscriptions and signatures as plain values."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from beheer.notifications.rules import PAUSES_S, next_attempt, quiet_until, signature, wants

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def until(now: datetime, start: time | None, end: time | None) -> datetime | None:
    return quiet_until(now=now, zone=AMSTERDAM, start=start, end=end)


def test_quiet_hours_over_midnight_end_the_next_morning() -> None:
    assert until(datetime(2026, 1, 5, 22, tzinfo=UTC), time(22), time(7)) == datetime(
        2026, 1, 6, 6, tzinfo=UTC
    )
    assert until(datetime(2026, 1, 6, 5, tzinfo=UTC), time(22), time(7)) == datetime(
        2026, 1, 6, 6, tzinfo=UTC
    )


def test_outside_quiet_hours_a_message_goes() -> None:
    assert until(datetime(2026, 1, 5, 20, 59, tzinfo=UTC), time(22), time(7)) is None
    assert until(datetime(2026, 1, 6, 6, tzinfo=UTC), time(22), time(7)) is None
    assert until(datetime(2026, 1, 5, 20, tzinfo=UTC), None, None) is None
    assert until(datetime(2026, 1, 5, 20, tzinfo=UTC), time(8), time(8)) is None


def test_quiet_hours_are_of_the_clock_on_the_wall_on_the_day_it_changes() -> None:
    # On 29 March 2026 the clock goes from 02:00 to 03:00: seven o'clock is 05:00 UTC.
    now = datetime(2026, 3, 28, 22, tzinfo=UTC)
    assert until(now, time(22), time(7)) == datetime(2026, 3, 29, 5, tzinfo=UTC)


def test_attempts_come_ever_later_and_then_stop() -> None:
    now = datetime(2026, 1, 5, tzinfo=UTC)
    waits = []
    for attempts in range(1, len(PAUSES_S) + 1):
        following = next_attempt(attempts=attempts, now=now)
        assert following is not None
        waits.append((following - now).total_seconds())
    assert waits == sorted(waits) and waits[0] == 30
    assert next_attempt(attempts=len(PAUSES_S) + 1, now=now) is None


@pytest.mark.parametrize(
    ("service_ids", "team_ids", "events", "least", "expected"),
    [
        (set(), set(), [], "info", True),
        ({1}, set(), [], "info", True),
        ({2}, set(), [], "info", False),
        ({2}, {7}, [], "info", True),
        (set(), set(), ["norm.breached"], "info", False),
        (set(), set(), ["incident.opened"], "critical", False),
        (set(), set(), ["incident.opened"], "warning", True),
    ],
)
def test_a_subscription_takes_what_it_asks_for(
    service_ids: set[int], team_ids: set[int], events: list[str], least: str, expected: bool
) -> None:
    taken = wants(
        events=events,
        least_severity=least,
        service_ids=service_ids,
        team_ids=team_ids,
        event="incident.opened",
        severity="warning",
        service_id=1,
        team_id=7,
    )
    assert taken is expected


def test_a_signature_covers_the_time_and_the_body() -> None:
    expected = hmac.new(b"key", b"17.{}", hashlib.sha256).hexdigest()
    assert signature(secret="key", timestamp="17", body=b"{}") == f"sha256={expected}"
    assert signature(secret="key", timestamp="18", body=b"{}") != f"sha256={expected}"
