"""What one measurement is, and where the files stand.

The store is a folder: `raw/2026-11-23/*.parquet` holds the measurements of a day (UTC), `rollup-5m/2026-11-23.parquet`
and `rollup-1h/…` what is kept of it for long. Every file is written aside in `aside/`, synced, and published by rename.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from django.conf import settings

from beheer.lib.errors import BeheerError, InputError, Problem

STATE = "state"  # the metric whose rows are outcomes: value by STATE_VALUES, text the message
STATE_VALUES: dict[str, float] = {"up": 0.0, "degraded": 1.0, "down": 2.0, "unknown": 3.0}
STATES: dict[float, str] = {value: name for name, value in STATE_VALUES.items()}

DAY_US = 86_400_000_000
SCHEMA = pa.schema(
    [
        pa.field("check_id", pa.int64(), nullable=False),
        pa.field("metric", pa.string(), nullable=False),
        pa.field("measured_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("text", pa.string()),
    ]
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class StoreFailed(BeheerError):
    """The measurements could not be written (a full disk, no permission); nothing of the batch was published."""


class Row(NamedTuple):
    """One measurement: figure `metric` of a check at an instant (aware). `value` and `text` may be None."""

    check_id: int
    metric: str
    measured_at: datetime
    value: float | None
    text: str | None = None


def root() -> Path:
    """The folder of the store.

    Raises: InputError where the setting asks for a store that is not there.
    """
    place = str(settings.MEASUREMENTS)
    if "://" in place or place.startswith("ducklake:"):
        raise InputError(
            Problem(
                f"'{place}' is no folder.",
                "BEHEER_MEASUREMENTS",
                "Give the path of a folder; other stores are not supported yet.",
            )
        )
    return Path(place)


def raw_folder(day: date) -> Path:
    """Where the measurements of a day stand."""
    return root() / "raw" / day.isoformat()


def raw_days() -> list[date]:
    """The days of which raw measurements are kept, oldest first."""
    return _days(root() / "raw", "")


def rollup_folder(resolution: str) -> Path:
    """Where the rollups of a resolution ("5m", "1h") stand."""
    return root() / f"rollup-{resolution}"


def rollup_days(resolution: str) -> list[date]:
    """The days of which rollups are kept, oldest first."""
    return _days(rollup_folder(resolution), ".parquet")


def _days(folder: Path, suffix: str) -> list[date]:
    if not folder.is_dir():
        return []
    names = (path.name.removesuffix(suffix) for path in folder.iterdir() if path.name.endswith(suffix))
    return sorted(date.fromisoformat(name) for name in names if _DAY.fullmatch(name))


def days_between(since: datetime, until: datetime) -> Iterator[date]:
    """The days (UTC) that `[since, until)` touches."""
    day, last = since.astimezone(UTC).date(), (until - timedelta(microseconds=1)).astimezone(UTC).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970 of an aware instant, exactly."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def instant(since_1970_us: int) -> datetime:
    """The aware instant of microseconds since 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=since_1970_us)
