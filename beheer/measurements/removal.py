"""Taking away every measurement of some checks, raw and rolled up, as if they had never been made."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from beheer.measurements import duck
from beheer.measurements.files import (
    MERGED,
    aside,
    discard,
    fact,
    live_names,
    make_folder,
    names_in,
    publish,
)
from beheer.measurements.merge import TOP
from beheer.measurements.rollups import SECONDS
from beheer.measurements.schema import raw_days, raw_folder, rollup_days, rollup_folder, root


@contextmanager
def _waiting_for_others() -> Iterator[None]:
    """Let who merges finish, and let nobody begin."""
    make_folder(root())
    with (root() / "merge.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def remove_checks(check_ids: Collection[int]) -> int:
    """Take away all measurements of these checks. Gives how many raw ones there were.

    Each day is written anew without them before its old files go, so that a crash loses nothing of other checks.
    Raises: StoreFailed where the disk does not take it; then it can be done again.
    """
    if not check_ids:
        return 0
    with _waiting_for_others():
        removed = sum(_remove_from_day(raw_folder(day), check_ids) for day in raw_days())
        for resolution in SECONDS:
            for day in rollup_days(resolution):
                _remove_from_rollup(rollup_folder(resolution) / f"{day.isoformat()}.parquet", check_ids)
    return removed


def _remove_from_day(folder: Path, check_ids: Collection[int]) -> int:
    names = sorted(live_names(folder))
    paths = [folder / name for name in names]
    if not paths:
        return 0
    theirs, others = _counted(paths, check_ids)
    if not theirs:
        return 0
    if others:
        batches = frozenset().union(*(fact(path, "batches") for path in paths))
        facts = {"batches": sorted(batches), "replaces": sorted(names_in(folder))}
        waiting = _written(paths, check_ids, facts, "check_id, metric, measured_at")
        publish(waiting, folder / f"{MERGED}{TOP}-{uuid4().hex}.parquet")
        for name in sorted(facts["replaces"]):
            discard(folder / name)
        return theirs
    for name in sorted(names_in(folder), key=lambda name: (name.startswith(MERGED), name)):
        discard(folder / name)
    if not any(folder.iterdir()):
        folder.rmdir()
    return theirs


def _remove_from_rollup(path: Path, check_ids: Collection[int]) -> None:
    theirs, others = _counted([path], check_ids)
    if theirs and not others:
        discard(path)
    elif theirs:
        facts = {"files": sorted(fact.__wrapped__(path, "files"))}  # may be made again: not from the cache
        publish(_written([path], check_ids, facts, "ALL"), path)


def _counted(paths: list[Path], check_ids: Collection[int]) -> tuple[int, int]:
    """How many rows are of these checks, and how many of others."""
    which = f"check_id IN ({_listed(check_ids)})"
    found = duck.rows(
        f"SELECT count(*) FILTER ({which}), count(*) FILTER (NOT {which}) FROM {duck.source(paths)}"
    )
    return int(found[0][0]), int(found[0][1])


def _listed(check_ids: Collection[int]) -> str:
    return ", ".join(str(int(check_id)) for check_id in sorted(check_ids))


def _written(paths: list[Path], check_ids: Collection[int], facts: dict[str, list[str]], order: str) -> Path:
    """A file aside with the rows of all other checks."""
    waiting = aside()
    told = ", ".join(f"beheer_{key}: '{json.dumps(value)}'" for key, value in facts.items())
    try:
        duck.rows(
            f"COPY (SELECT * FROM {duck.source(paths)} WHERE check_id NOT IN ({_listed(check_ids)}) ORDER BY {order})"
            f" TO '{waiting}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480, KV_METADATA {{{told}}})"
        )
        with waiting.open("rb") as file:
            os.fsync(file.fileno())
    except BaseException:
        discard(waiting)
        raise
    return waiting
