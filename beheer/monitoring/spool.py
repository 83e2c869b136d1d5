"""Keeps results on disk until the server has stored them. One file a batch, oldest first; survives `kill -9`.

A result is on its way to disk the moment `add` returns (the system has it), and safe from a power cut when its batch
is sealed. `NUMBER-UUID.open` is being written; sealing syncs it and renames it to `NUMBER-UUID.batch`. Each line is one
result as JSON. A full disk does not stop results: they are kept in memory and offered from there, within the limit.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID, uuid4

from beheer.lib.errors import Conflict
from beheer.monitoring.wire import MAX_RESULTS

log = logging.getLogger("beheer.agent.spool")

MEMORY_LIMIT = 32 * 2**20
LOUD_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A batch that waits for the server: a file, or lines in memory where the disk is full (`path` None)."""

    batch_id: UUID
    size_bytes: int
    path: Path | None
    lines: tuple[bytes, ...] = ()

    def read(self) -> list[bytes]:
        """Its results, each as JSON. Raises: OSError where the file cannot be read."""
        return list(self.lines) if self.path is None else self.path.read_bytes().splitlines()


class Spool:
    """The folder of one agent's batches. Safe to use from several threads; one process at a time."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        """Take the folder, and what an earlier process left in it.

        Raises: Conflict where another agent uses the folder; OSError where it cannot be written.
        """
        self.folder, self.limit_bytes = folder, limit_bytes
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._held = _take_folder(folder)
        self._lock = threading.Lock()
        self._sealing = threading.Lock()
        self._parted: list[tuple[int, Waiting]] = []
        self._number = 0
        self._fd: int | None = None
        self._place = folder
        self._batch_id = uuid4()
        self._written_bytes = 0
        self._written = 0
        self._unwritten: list[bytes] = []
        self._memory: Waiting | None = None
        self._sealed: dict[UUID, Waiting] = {}
        self._told_at = 0.0
        self._dropped_place = folder / "dropped"
        self.dropped_results = _read_number(self._dropped_place)
        self._recover()

    def _recover(self) -> None:
        """Seal what an earlier process was writing, without an end that is not whole. Needs no room on the disk."""
        for path in sorted(self.folder.glob("*-*.open")):
            whole = _whole_bytes(path.read_bytes())
            if not whole:
                path.unlink()
                continue
            os.truncate(path, whole)
            _sync(path)
            path.rename(path.with_suffix(".batch"))
        _sync(self.folder)
        for path in sorted(self.folder.glob("*-*.batch")):
            number, _, batch_id = path.stem.partition("-")
            with contextlib.suppress(ValueError):
                self._number = max(self._number, int(number))
                self._sealed[UUID(batch_id)] = Waiting(UUID(batch_id), path.stat().st_size, path)
        if self._sealed:
            log.info("%d batches of an earlier run wait for the server.", len(self._sealed))

    def add(self, results: Iterable[bytes]) -> None:
        """Write results (one line of JSON each). Never raises: what the disk does not take stays in memory."""
        lines = list(results)
        if not lines:
            return
        with self._lock:
            for start in range(0, len(lines), MAX_RESULTS):
                self._add(lines[start : start + MAX_RESULTS])

    def _add(self, lines: list[bytes]) -> None:
        if self._written + len(lines) > MAX_RESULTS:
            self._part()
        if self._unwritten or not self._append(b"".join(line + b"\n" for line in lines)):
            self._keep_in_memory(lines)
        else:
            self._written += len(lines)

    def _append(self, data: bytes) -> bool:
        """Write to the open file, all or nothing; False where the disk does not take it."""
        try:
            if self._fd is None:
                self._open()
            assert self._fd is not None
            done = 0
            while done < len(data):
                done += os.write(self._fd, data[done:])
        except OSError as error:
            self._tell(
                "Results cannot be written to %s: %s. They stay in memory.", self.folder, error.strerror
            )
            if self._fd is not None:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._fd, self._written_bytes)
            return False
        self._written_bytes += len(data)
        return True

    def _open(self) -> None:
        self._number += 1
        self._batch_id = uuid4()
        self._place = self.folder / f"{self._number:012d}-{self._batch_id}.open"
        self._fd = os.open(self._place, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._written, self._written_bytes = 0, 0

    def _keep_in_memory(self, lines: list[bytes]) -> None:
        self._unwritten += lines
        size = sum(map(len, self._unwritten))
        while size > MEMORY_LIMIT and self._unwritten:
            size -= len(self._unwritten.pop(0))
            self._drop(1, "memory and disk are full")

    def seal(self) -> None:
        """Make batches of what was added since the last time; they are on the disk when this returns. Keeps the limit.

        The disk is waited for outside the lock: results that come meanwhile go to the next batch.
        """
        with self._sealing:
            with self._lock:
                self._part()
                parted, self._parted = self._parted, []
            for done, batch in enumerate(parted):
                if not self._publish(*batch):
                    with self._lock:
                        self._parted = parted[done:] + self._parted
                    break
            with self._lock:
                if self._unwritten and self._memory is None:
                    self._memory = self._batch_from_memory()
                self._keep_limit()

    def _part(self) -> None:
        """End the file that is being written; the next result begins another."""
        if self._fd is not None and self._written:
            self._parted.append((self._fd, Waiting(self._batch_id, self._written_bytes, self._place)))
            self._fd, self._written = None, 0

    def _publish(self, descriptor: int, batch: Waiting) -> bool:
        """Bring a file that has ended to the disk, under its name; False where that must be tried again."""
        assert batch.path is not None
        sealed = batch.path.with_suffix(".batch")
        try:
            os.fsync(descriptor)
            batch.path.rename(sealed)
            _sync(self.folder)
        except OSError as error:
            self._tell("A batch cannot be sealed in %s: %s. It is tried again.", self.folder, error.strerror)
            return False
        os.close(descriptor)
        with self._lock:
            self._sealed[batch.batch_id] = replace(batch, path=sealed)
        return True

    def _batch_from_memory(self) -> Waiting:
        lines = tuple(self._unwritten[:MAX_RESULTS])
        del self._unwritten[:MAX_RESULTS]
        return Waiting(uuid4(), sum(map(len, lines)), None, lines)

    def _keep_limit(self) -> None:
        """Drop the oldest batches when there is more than the limit: the present state matters most."""
        while self._sealed and self._size() > self.limit_bytes:
            oldest = next(iter(self._sealed.values()))
            assert oldest.path is not None
            count = 0
            with contextlib.suppress(FileNotFoundError):
                count = oldest.path.read_bytes().count(b"\n")
                oldest.path.unlink()
            del self._sealed[oldest.batch_id]
            self._drop(count, f"the spool is full ({self.limit_bytes} bytes)")

    def _drop(self, count: int, why: str) -> None:
        self.dropped_results += count
        with contextlib.suppress(OSError):
            self._dropped_place.write_text(str(self.dropped_results))
        self._tell("RESULTS ARE LOST: %s. %d so far; the oldest go first.", why, self.dropped_results)

    def _tell(self, text: str, *values: object) -> None:
        """Say it loudly, but not more than once a minute."""
        if time.monotonic() - self._told_at >= LOUD_EVERY_S:
            self._told_at = time.monotonic()
            log.error(text, *values)

    def oldest(self) -> Waiting | None:
        """The batch that the server must get next; None where nothing waits. Memory goes first: it is not safe."""
        with self._lock:
            return self._memory or next(iter(self._sealed.values()), None)

    def stored(self, batch_id: UUID) -> None:
        """The server has stored this batch: let go of it."""
        with self._lock:
            self._let_go(batch_id, None)
            if not self._sealed and self._memory is None and not self._unwritten and self.dropped_results:
                log.warning("The spool is empty again; %d results had been lost.", self.dropped_results)
                self.dropped_results = 0
                self._dropped_place.unlink(missing_ok=True)

    def set_aside(self, batch_id: UUID) -> None:
        """The server will never take this batch: keep its file in `refused/` for people to look at."""
        with self._lock:
            refused = self.folder / "refused"
            refused.mkdir(exist_ok=True, mode=0o700)
            self._let_go(batch_id, refused)

    def _let_go(self, batch_id: UUID, to: Path | None) -> None:
        if self._memory is not None and self._memory.batch_id == batch_id:
            self._memory = self._batch_from_memory() if self._unwritten else None
            return
        batch = self._sealed.pop(batch_id, None)
        if batch is None or batch.path is None:
            return
        if to is None:
            batch.path.unlink(missing_ok=True)
        else:
            batch.path.rename(to / batch.path.name)

    def _size(self) -> int:
        parted = sum(batch.size_bytes for _, batch in self._parted)
        waiting = sum(batch.size_bytes for batch in self._sealed.values())
        return waiting + parted + self._written_bytes * (self._fd is not None)

    def figures(self, now: float) -> dict[str, float]:
        """Its state as values of the kind `self`. `now`: seconds since the epoch."""
        with self._lock:
            size, oldest = self._size(), next(iter(self._sealed.values()), None)
            began = now
            if oldest is not None and oldest.path is not None:
                with contextlib.suppress(OSError):
                    began = oldest.path.stat().st_mtime
            return {
                "spool_bytes": float(size),
                "spool_batches": float(len(self._sealed) + (self._memory is not None)),
                "spool_used_ratio": size / self.limit_bytes,
                "spool_oldest_s": max(now - began, 0.0),
                "spool_dropped_results": float(self.dropped_results),
            }

    def close(self) -> None:
        """Seal what is open and give the folder free."""
        self.seal()
        with self._lock:
            if self._fd is not None:
                os.close(self._fd)
                self._fd = None
                if not self._written:
                    self._place.unlink(missing_ok=True)
            os.close(self._held)


def _take_folder(folder: Path) -> int:
    held = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise Conflict(f"Another agent uses {folder}; give each agent a spool of its own.") from None
    return held


def _whole_bytes(data: bytes) -> int:
    """How many bytes from the start are whole lines of JSON."""
    whole = 0
    for line in data.splitlines(keepends=True):
        try:
            if not line.endswith(b"\n") or not isinstance(json.loads(line), dict):
                break
        except ValueError:
            break
        whole += len(line)
    return whole


def _read_number(place: Path) -> int:
    try:
        return int(place.read_text())
    except (OSError, ValueError):
        return 0


def _sync(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
