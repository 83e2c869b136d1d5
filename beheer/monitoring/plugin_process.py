"""Runs a plugin as a process of its own: bounded in time and output, and nothing of it stays behind."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

OUTPUT_LIMIT = 65_536
GRACE_S = 0.25
CHILD_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended. `exit_code` None: it was stopped because time was up; negative: by that signal."""

    exit_code: int | None
    output: str
    errors: str
    is_cut: bool = False


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """What a plugin sees: nothing of the agent's own variables, which may hold its token."""
    fixed = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C.UTF-8",
        "HOME": "/",
    }
    return {**fixed, **extra}


_running: set[subprocess.Popen[bytes]] = set()


def stop_all() -> None:
    """Stop every plugin that runs, with its children: the agent ends."""
    for process in list(_running):
        _kill_group(process)


def run(program: Path, arguments: Sequence[str], timeout_s: float, extra: Mapping[str, str]) -> Ended:
    """Run `program` and take its output.

    Output beyond OUTPUT_LIMIT is read and dropped. When the program has ended, children that hold its pipe get
    GRACE_S and are killed with its whole group; when time is up, all of them at once.
    Raises: OSError where it cannot be started.
    """
    process = subprocess.Popen(
        [str(program), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        close_fds=True,
        cwd="/",
        env=environment(extra),
    )
    _running.add(process)
    with process:
        reader = _Reader(process)
        try:
            in_time = reader.read_until(time.monotonic() + timeout_s)
        finally:
            _kill_all(process)
            _running.discard(process)
            reader.close()
    return Ended(process.returncode if in_time else None, *reader.texts())


class _Reader:
    """Reads both pipes of a process without blocking."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._selector = selectors.DefaultSelector()
        self._taken: dict[int, bytearray] = {}
        self._is_cut = False
        self._fds: list[int] = []
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe.fileno(), selectors.EVENT_READ)
            self._taken[pipe.fileno()] = bytearray()
            self._fds.append(pipe.fileno())

    def read_until(self, end: float) -> bool:
        """Read until the process has ended and its pipes are closed; False where time was up before it ended."""
        patience = 0.005
        while True:
            if self._process.poll() is not None:
                return self._read_rest(min(end, time.monotonic() + GRACE_S))
            left = end - time.monotonic()
            if left <= 0:
                return False
            if not self._selector.get_map():
                time.sleep(min(left, patience))
                patience = min(patience * 2, 0.1)
            elif not self._read(min(left, 0.05)):
                patience = 0.005

    def _read_rest(self, end: float) -> bool:
        """What is still in the pipes, and what children write in their grace."""
        while self._selector.get_map() and time.monotonic() < end:
            self._read(max(end - time.monotonic(), 0.0))
        return True

    def _read(self, timeout_s: float) -> bool:
        events = self._selector.select(timeout_s)
        for key, _ in events:
            data = os.read(key.fd, 65_536)
            if not data:
                self._selector.unregister(key.fd)
            taken = self._taken[key.fd]
            room = OUTPUT_LIMIT - len(taken)
            taken += data[:room]
            self._is_cut = self._is_cut or len(data) > room
        return bool(events)

    def close(self) -> None:
        self._selector.close()

    def texts(self) -> tuple[str, str, bool]:
        """Output, errors, and whether one of them was cut."""
        output, errors = (self._taken[fd].decode("utf-8", "replace") for fd in self._fds)
        return output, errors, self._is_cut


def _kill_all(process: subprocess.Popen[bytes]) -> None:
    """Kill the process, its group, and descendants that made groups of their own."""
    strays: list[psutil.Process] = []
    if process.poll() is None:
        try:
            strays = psutil.Process(process.pid).children(recursive=True)[:CHILD_LIMIT]
        except psutil.Error:
            strays = []
    _kill_group(process)
    for stray in strays:
        try:
            stray.kill()
        except psutil.Error:
            continue
    process.wait()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
