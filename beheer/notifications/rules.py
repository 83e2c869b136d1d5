"""When a message may go, when it is tried again, and how a program knows that it is ours. Pure."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

# Waiting times between attempts; after the last one a person must look at it. Together about a day.
PAUSES_S = (30, 120, 600, 1800, 3600, 7200, 14400, 28800, 28800)
GRAVITY = {"info": 0, "warning": 1, "critical": 2}


def next_attempt(*, attempts: int, now: datetime) -> datetime | None:
    """When to try again after so many failed attempts (1 or more); None: no more."""
    if attempts > len(PAUSES_S):
        return None
    return now + timedelta(seconds=PAUSES_S[attempts - 1])


def quiet_until(*, now: datetime, zone: ZoneInfo, start: time | None, end: time | None) -> datetime | None:
    """The end of the quiet hours that `now` falls in, or None. From 22:00 until 07:00 goes over midnight.

    No hours, or two equal times, are no quiet hours at all.
    """
    if start is None or end is None or start == end:
        return None
    local = now.astimezone(zone)
    clock = local.time()
    inside = start <= clock < end if start < end else clock >= start or clock < end
    if not inside:
        return None
    day = local.date() if clock < end else local.date() + timedelta(days=1)
    return datetime.combine(day, end, tzinfo=zone).astimezone(now.tzinfo)


def wants(
    *,
    events: list[str],
    least_severity: str,
    service_ids: set[int],
    team_ids: set[int],
    event: str,
    severity: str,
    service_id: int | None,
    team_id: int | None,
) -> bool:
    """Whether a subscription takes a message. No events, or no services and teams, stand for all of them."""
    if events and event not in events:
        return False
    if GRAVITY[severity] < GRAVITY[least_severity]:
        return False
    if not service_ids and not team_ids:
        return True
    return service_id in service_ids or team_id in team_ids


def signature(*, secret: str, timestamp: str, body: bytes) -> str:
    """What stands in `X-Beheer-Signature`: "sha256=" and the HMAC in hex of "<timestamp>.<body>"."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"
