"""Rollups, kept long: least, greatest, mean and number per 5 minutes and per hour. And what is no longer kept.

The rollup of a day is made when the day is over and merged. It names the file it was made from; when measurements of
that day come in later, it is made again.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.conf import settings

from beheer.measurements import duck
from beheer.measurements.files import aside, discard, fact, live_names, names_in, publish
from beheer.measurements.merge import alone
from beheer.measurements.schema import raw_days, raw_folder, rollup_days, rollup_folder

SECONDS = {"5m": 300, "1h": 3600}


def roll_up(now: datetime) -> int:
    """Make the rollups of days that are over and have none, or have got measurements since. Gives how many."""
    today = now.astimezone(UTC).date()
    oldest = today - timedelta(days=settings.MEASUREMENTS_KEEP_DAYS["raw"])
    with alone() as is_alone:
        if not is_alone:
            return 0
        days = [day for day in raw_days() if oldest <= day < today]
        return sum(_roll_up_day(day, resolution) for day in days for resolution in SECONDS)


def _roll_up_day(day: date, resolution: str) -> int:
    """Make the rollup of a day once its files are merged into one; give 1 if it was made."""
    names = live_names(raw_folder(day))
    target = rollup_folder(resolution) / f"{day.isoformat()}.parquet"
    if len(names) != 1 or (target.exists() and _made_from(target) == names):
        return 0
    waiting = aside()
    try:
        _copy_rolled(raw_folder(day) / min(names), waiting, SECONDS[resolution])
    except BaseException:
        discard(waiting)
        raise
    publish(waiting, target)
    return 1


def _made_from(target: Path) -> frozenset[str]:
    return frozenset(fact.__wrapped__(target, "files"))  # a rollup is made again: not from the cache


def _copy_rolled(path: Path, target: Path, width_s: int) -> None:
    bucket = f"make_timestamptz(epoch_us(measured_at) // {width_s * 1_000_000} * {width_s * 1_000_000})"
    duck.rows(
        f"COPY (SELECT check_id, metric, {bucket} AS measured_at, min(value) AS minimum, max(value) AS maximum,"
        f" avg(value) AS mean, count(value) AS count FROM {duck.source([path])} WHERE isfinite(value)"
        f" GROUP BY ALL ORDER BY ALL) TO '{target}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480,"
        f" KV_METADATA {{beheer_files: '{json.dumps([path.name])}'}})"
    )
    with target.open("rb") as file:
        os.fsync(file.fileno())


def forget(now: datetime) -> int:
    """Delete the days that are older than is kept; raw ones only when their rollups stand. Gives how many days.

    Kept are BEHEER_KEEP_RAW_DAYS, BEHEER_KEEP_5M_DAYS and BEHEER_KEEP_1H_DAYS days.
    """
    today = now.astimezone(UTC).date()
    keep = settings.MEASUREMENTS_KEEP_DAYS
    forgotten = 0
    with alone() as is_alone:
        if not is_alone:
            return 0
        for day in raw_days():
            rolled = all(day in rollup_days(resolution) for resolution in SECONDS)
            if rolled and day < today - timedelta(days=keep["raw"]):
                _delete_day(raw_folder(day))
                forgotten += 1
        for resolution in SECONDS:
            for day in rollup_days(resolution):
                if day < today - timedelta(days=keep[resolution]):
                    discard(rollup_folder(resolution) / f"{day.isoformat()}.parquet")
                    forgotten += 1
    return forgotten


def _delete_day(folder: Path) -> None:
    """Delete a day: what replaces other files goes last, so that a crash leaves no row to be read again."""
    for name in sorted(names_in(folder), key=lambda name: (name.startswith("m"), name)):
        discard(folder / name)
    if not any(folder.iterdir()):
        folder.rmdir()
