"""What the worker does for the store."""

from __future__ import annotations

from datetime import datetime

from beheer.measurements import merge, rollups


def merge_files(now: datetime) -> int:
    """Merge small files. Gives the number of files that were merged away."""
    return merge.merge(now)


def roll_up(now: datetime) -> int:
    """Make the rollups that are missing. Gives their number."""
    return rollups.roll_up(now)


def forget(now: datetime) -> int:
    """Delete what is older than is kept. Gives the number of days."""
    return rollups.forget(now)
