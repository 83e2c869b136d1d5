"""A queue for what only one may do at a time: first come, first served, between threads and between processes."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import deque
from functools import lru_cache
from pathlib import Path

LOOK_AGAIN_S = 0.001


class Queue:
    """Whoever enters is alone until they leave. Not reentrant.

    Threads of this process stand in one line. The first of the line goes through two locked files: who holds the
    `-turn` file is next, whoever waits for it, and waits for the `-busy` file. So a process with many threads cannot
    keep out another one. A process that dies leaves: the kernel opens its files' locks.
    """

    def __init__(self, path: Path) -> None:
        self._mutex = threading.Lock()
        self._is_busy = False
        self._waiting: deque[threading.Lock] = deque()
        self._turn = os.open(f"{path}-turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._busy = os.open(f"{path}-busy", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def enter(self, timeout_s: float) -> None:
        """Wait until it is this thread's turn. Raises TimeoutError."""
        deadline = time.monotonic() + timeout_s
        self._stand_in_line(timeout_s)
        try:
            _lock(self._turn, deadline)
            try:
                _lock(self._busy, deadline)
            finally:
                fcntl.flock(self._turn, fcntl.LOCK_UN)
        except BaseException:
            self._call_next()
            raise

    def leave(self) -> None:
        """Let the next one in."""
        fcntl.flock(self._busy, fcntl.LOCK_UN)
        self._call_next()

    def _stand_in_line(self, timeout_s: float) -> None:
        with self._mutex:
            if not self._is_busy:
                self._is_busy = True
                return
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        if called.acquire(timeout=timeout_s):
            return
        with self._mutex:
            if called in self._waiting:
                self._waiting.remove(called)
                raise TimeoutError
        # called in the very moment of giving up: then it is this thread's turn

    def _call_next(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_busy = False


def _lock(file: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise TimeoutError from None
            time.sleep(LOOK_AGAIN_S)
        else:
            return


@lru_cache
def _queue(path: Path, _process: int) -> Queue:
    return Queue(path)


def queue_of(path: Path) -> Queue:
    """The queue of this process for a path; a process that was forked has its own."""
    return _queue(path, os.getpid())
