"""Merging small files into larger ones, sorted, so that a question opens few files and reads little of them.

Level 0 are batches. Enough files of a level become one of the next; a day that is over becomes one file. A merged file
names in its footer what it replaces, so it counts from the moment it has its name, and a crash at any point leaves each
row readable exactly once. What was replaced is deleted at a later turn, when nobody can still be reading it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from beheer.measurements import duck
from beheer.measurements.files import (
    MERGED,
    aside,
    discard,
    fact,
    is_merged,
    live_names,
    make_folder,
    names_in,
    publish,
)
from beheer.measurements.schema import raw_days, raw_folder, root

FILES_TO_MERGE = 8
OLDEST_UNMERGED_S = 60.0
READERS_DONE_S = 120.0
ABANDONED_S = 3600.0
DAY_OVER = timedelta(hours=1)
GROUP_ROWS = 20_480
_LEVEL = re.compile(rf"{MERGED}(\d+)-")
TOP = 9


@contextlib.contextmanager
def alone() -> Iterator[bool]:
    """Whether this process is the only one that merges now; the others do not wait."""
    make_folder(root())
    with (root() / "merge.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def merge(now: datetime) -> int:
    """Merge what is ripe, and delete what was merged before. Gives the number of files that were merged away.

    Where the disk does not take it an error ends it, and nothing is lost.
    """
    with alone() as is_alone:
        if not is_alone:
            return 0
        _clean_aside(now)
        return sum(_merge_day(day, now) for day in raw_days())


def _merge_day(day: date, now: datetime) -> int:
    folder = raw_folder(day)
    _delete_replaced(folder, now)
    names = live_names(folder)
    is_over = now.astimezone(UTC) - DAY_OVER > datetime.combine(day, datetime.min.time(), UTC) + timedelta(1)
    if is_over:
        return merge_files(folder, sorted(names), TOP) if len(names) > 1 else 0
    merged = 0
    for level in range(TOP - 1):
        ripe = sorted(name for name in live_names(folder) if level_of(name) == level)
        if len(ripe) >= FILES_TO_MERGE or (level == 0 and len(ripe) > 1 and _waits_long(folder, ripe, now)):
            merged += merge_files(folder, ripe, level + 1)
    return merged


def level_of(name: str) -> int:
    """How often the rows of a file were merged: 0 for a batch."""
    found = _LEVEL.match(name)
    return int(found[1]) if found else 0


def _waits_long(folder: Path, names: list[str], now: datetime) -> bool:
    oldest = min((folder / name).stat().st_mtime for name in names)
    return now.timestamp() - oldest > OLDEST_UNMERGED_S


def merge_files(folder: Path, names: list[str], level: int) -> int:
    """Make one file of these; from the moment it has its name they are no longer read. Gives how many there were."""
    paths = [folder / name for name in names]
    batches = frozenset().union(*(fact(path, "batches") for path in paths))
    before = frozenset().union(*(fact(path, "replaces") for path in paths)) & names_in(folder)
    waiting = aside()
    try:
        _copy_sorted(paths, waiting, {"batches": sorted(batches), "replaces": sorted({*names, *before})})
    except BaseException:
        discard(waiting)
        raise
    publish(waiting, folder / f"{MERGED}{level}-{uuid4().hex}.parquet")
    return len(names)


def _copy_sorted(paths: list[Path], target: Path, facts: dict[str, list[str]]) -> None:
    told = ", ".join(
        f"beheer_{key}: '{json.dumps(value)}'" for key, value in facts.items()
    )  # ids and our own names
    duck.rows(
        f"COPY (SELECT * FROM {duck.source(paths)} ORDER BY check_id, metric, measured_at) TO '{target}'"
        f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {GROUP_ROWS}, KV_METADATA {{{told}}})"
    )
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _delete_replaced(folder: Path, now: datetime) -> None:
    """Delete what a merged file replaced, once that stands long enough for every reader to be done."""
    names = names_in(folder)
    replaced: set[str] = set()
    for name in names:
        if is_merged(name) and now.timestamp() - (folder / name).stat().st_mtime >= READERS_DONE_S:
            replaced |= fact(folder / name, "replaces") & names
    for name in sorted(replaced):  # batches (b-) before what replaced them (m1-, m2-, …)
        discard(folder / name)


def _clean_aside(now: datetime) -> None:
    """Delete what a writer that died left behind."""
    folder = root() / "aside"
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if now.timestamp() - path.stat().st_mtime > ABANDONED_S:
                discard(path)
