"""Publishing files so that a reader sees each whole or not at all, and a crash leaves nothing half.

A file's footer names the batches whose rows it holds (`batches`) and the files that it replaces (`replaces`). The
moment a merged file has its name, the files it replaces are no longer read; they are deleted at a later turn.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from beheer.measurements.schema import StoreFailed, root

MERGED = "m"  # merged files: m<level>-<id>.parquet; a batch's own file: b-<batch id>.parquet


def aside() -> Path:
    """A path for a file that is being written; on the same disk as the store, and read by nobody."""
    folder = root() / "aside"
    make_folder(folder)
    return folder / f"{os.getpid()}-{uuid4().hex}"


def write_table(table: pa.Table, path: Path, facts: dict[str, Collection[str]]) -> None:
    """Write `table` with `facts` in its footer, durably, and give it its name.

    Raises: StoreFailed where the disk does not take it; then nothing is left behind.
    """
    sink = pa.BufferOutputStream()
    metadata = {f"beheer_{key}": json.dumps(sorted(value)) for key, value in facts.items()}
    pq.write_table(table.replace_schema_metadata(metadata), sink, compression="zstd", compression_level=1)
    waiting = aside()
    try:
        with waiting.open("wb") as file:
            file.write(sink.getvalue())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        discard(waiting)
        raise _failed(error) from error
    publish(waiting, path)


def publish(waiting: Path, path: Path) -> None:
    """Give a file that was written and synced its name, durably.

    Raises: StoreFailed; then the file is not published.
    """
    try:
        make_folder(path.parent)
        waiting.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        discard(waiting)
        raise _failed(error) from error


def _failed(error: OSError) -> StoreFailed:
    return StoreFailed(
        f"The measurements could not be written: {error.strerror}. Make room on the disk of {root()}; "
        "agents keep their results until then."
    )


def discard(path: Path) -> None:
    """Delete a file, if it is there."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably.

    Raises: StoreFailed.
    """
    if folder.is_dir():
        return
    try:
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)
    except OSError as error:
        raise _failed(error) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def names_in(folder: Path) -> set[str]:
    """The names of the published files in a folder; empty where it is not there."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if entry.name.endswith(".parquet")}
    except (FileNotFoundError, NotADirectoryError):
        return set()


def is_merged(name: str) -> bool:
    """Whether a file was made by merging."""
    return name.startswith(MERGED)


@lru_cache(maxsize=2_000)
def fact(path: Path, key: str) -> frozenset[str]:
    """A fact in a file's footer: "batches" or "replaces". Files never change, so it is read once.

    Raises: FileNotFoundError where the file was merged away meanwhile.
    """
    metadata = pq.read_schema(path).metadata or {}
    return frozenset(json.loads(metadata.get(f"beheer_{key}".encode(), b"[]")))


def live_names(folder: Path) -> set[str]:
    """The names of the files that hold a folder's rows, each row once.

    Raises: FileNotFoundError where a file was merged away meanwhile: ask again.
    """
    names = names_in(folder)
    replaced: set[str] = set()
    for name in names:
        if is_merged(name) and len(names) > 1:
            replaced |= fact(folder / name, "replaces")
    return names - replaced
