"""Runs checks that fetch URLs: in this process, or in several others when one processor is not enough."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from pydantic_core import to_json

from beheer.lib.allow_lists import AllowList
from beheer.lib.errors import InputError
from beheer.monitoring.contract import Result, UrlAnswer
from beheer.monitoring.http_engine import HttpEngine
from beheer.monitoring.judging import judge
from beheer.monitoring.probes import ReadyCheck, read_check
from beheer.monitoring.wire import CheckOrder

log = logging.getLogger("beheer.agent")

ALLOW_LIST_EVERY_S = 60.0
AGAIN_AFTER_S = 1.0


@dataclass(frozen=True, slots=True)
class Ordered:
    """A check as the server ordered it, read and ready."""

    order: CheckOrder
    ready: ReadyCheck


@dataclass(frozen=True, slots=True)
class Fetched:
    """One run that ended: how late it began, and its result as a line of JSON ("" where there is none)."""

    check_id: int
    lag_s: float
    line: bytes


Ended = Callable[[list[Fetched]], None]


class Fetching(Protocol):
    """Where checks that fetch URLs are run."""

    def start(self) -> None: ...

    def run(self, ordered: Ordered, due_at: float) -> None: ...

    def close(self) -> None: ...


class FetchHere:
    """Fetches in one thread of this process; `ended` is called in it, once a turn."""

    def __init__(self, allow_list: AllowList, at_once: int, ended: Ended) -> None:
        self._engine = HttpEngine(allow_list, at_once, self._end_turn)
        self._ended = ended
        self._turn: list[Fetched] = []
        self.start, self.close = self._engine.start, self._engine.close
        self.watch = self._engine.watch

    def run(self, ordered: Ordered, due_at: float) -> None:
        """Begin a run as soon as there is room. `due_at` is when it should have begun, on the monotonic clock."""
        ready, order = ordered.ready, ordered.order
        assert ready.request is not None
        assert ready.kind.read is not None
        read, add = ready.kind.read, self._turn.append

        def done(answer: UrlAnswer) -> None:
            lag_s = max(time.monotonic() - answer.total_s - due_at, 0.0)
            line = b""
            try:
                measured_at = datetime.now(UTC) - timedelta(seconds=answer.total_s)
                seen = read(ready.settings, answer)
                result = judge(ready.verdicts, seen, measured_at=measured_at, duration_s=answer.total_s)
                line = line_of(order, result)
            finally:
                add(Fetched(order.check_id, lag_s, line))

        self._engine.submit(ready.request, order.timeout_s, done)

    def _end_turn(self) -> None:
        """Hand over the results of one turn: they are kept before the next turn begins."""
        if self._turn:
            ended = self._turn[:]
            self._turn.clear()
            self._ended(ended)


def line_of(order: CheckOrder, result: Result) -> bytes:
    """A result as one line of JSON, as RunResult reads it."""
    row = {
        "check_id": order.check_id,
        "check_version": order.version,
        "outcome": result.outcome,
        "message": result.message,
        "metrics": result.metrics,
        "measured_at": result.measured_at,
        "duration_s": result.duration_s,
    }
    if result.detail:
        row["detail"] = result.detail
    return to_json(row)


class FetchElsewhere:
    """Fetches in processes of their own; a check always goes to the same one. One that dies is started again."""

    def __init__(self, processes: int, at_once: int, ended: Ended) -> None:
        share = max(at_once // processes, 1)
        self._others = [_Other(number, share, ended) for number in range(processes)]

    def start(self) -> None:
        """Start the processes."""
        for other in self._others:
            other.start()

    def run(self, ordered: Ordered, due_at: float) -> None:
        """Begin a run as soon as there is room."""
        self._others[ordered.order.check_id % len(self._others)].run(ordered, due_at)

    def close(self) -> None:
        """End the processes."""
        for other in self._others:
            other.close()


class _Other:
    """One of the other processes, as this one sees it. Lines go in (orders, runs), lines come out (results)."""

    def __init__(self, number: int, at_once: int, ended: Ended) -> None:
        self._number, self._at_once, self._ended = number, at_once, ended
        self._known: dict[int, CheckOrder] = {}
        self._under_way: set[int] = set()
        self._lock = threading.Lock()
        self._closing = False
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._read, name=f"urls-{number}", daemon=True)

    def start(self) -> None:
        """Start the process and the thread that reads what it says."""
        self._begin()
        self._thread.start()

    def _begin(self) -> None:
        command = [sys.executable, "-m", "beheer.monitoring.agent_fetch", str(self._at_once)]
        with self._lock:
            self._known.clear()
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )

    def run(self, ordered: Ordered, due_at: float) -> None:
        """Tell the process to begin a run; the order itself only when it does not know it yet."""
        order = ordered.order
        words = b"run %d %.6f\n" % (order.check_id, due_at)
        with self._lock:
            if self._known.get(order.check_id) is not order:
                words = b"order " + order.model_dump_json().encode() + b"\n" + words
                self._known[order.check_id] = order
            self._under_way.add(order.check_id)
            try:
                assert self._process is not None
                assert self._process.stdin is not None
                _write_all(self._process.stdin.fileno(), words)
            except OSError:
                self._under_way.discard(order.check_id)
                lost = [Fetched(order.check_id, 0.0, b"")]
            else:
                return
        self._ended(lost)

    def _read(self) -> None:
        """Hand over results as they come; when the process dies, start another.

        Never waits for the lock while the process lives: who holds it may wait for the process to read.
        """
        while True:
            assert self._process is not None
            assert self._process.stdout is not None
            rest = b""
            while data := os.read(self._process.stdout.fileno(), 1 << 20):
                whole, mark, rest = (rest + data).rpartition(b"\n")
                if mark:
                    self._hand_over(whole.split(b"\n"))
            if self._closing:
                return
            log.error(
                "Process %d for URLs ended with %s; it is started again.", self._number, self._process.wait()
            )
            with self._lock:
                lost, self._under_way = self._under_way, set()
            self._ended([Fetched(check_id, 0.0, b"") for check_id in lost])
            time.sleep(AGAIN_AFTER_S)
            self._begin()

    def _hand_over(self, lines: Iterable[bytes]) -> None:
        ended = []
        for line in lines:
            number, lag, result = line.split(b" ", 2)
            ended.append(Fetched(int(number), float(lag), result))
        self._under_way.difference_update([one.check_id for one in ended])
        self._ended(ended)

    def close(self) -> None:
        """End the process."""
        self._closing = True
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class _Inside:
    """What one of the other processes does: read lines, run, write lines; all in one thread."""

    def __init__(self, at_once: int) -> None:
        self._allow_list = AllowList.from_environment()
        self._known: dict[int, Ordered] = {}
        self._rest = b""
        self._fetch = FetchHere(self._allow_list, at_once, self._write)
        self._fetch.watch(sys.stdin.fileno(), self._take)

    def work(self) -> None:
        """Work until the other side closes the line."""
        self._fetch.start()
        while True:
            time.sleep(ALLOW_LIST_EVERY_S)
            self._allow_list.refresh()

    def _take(self) -> None:
        data = os.read(sys.stdin.fileno(), 1 << 20)
        if not data:
            os._exit(0)
        whole, mark, self._rest = (self._rest + data).rpartition(b"\n")
        for line in whole.split(b"\n") if mark else ():
            try:
                self._obey(line)
            except Exception:
                log.exception("A line that begins with %r cannot be obeyed.", line[:5])

    def _obey(self, line: bytes) -> None:
        word, _, rest = line.partition(b" ")
        if word == b"order":
            order = CheckOrder.model_validate(json.loads(rest))
            self._known[order.check_id] = Ordered(
                order, read_check(order.kind, order.settings, order.conditions)
            )
            return
        number, due_at = rest.split()
        known = self._known.get(int(number))
        if known is None:
            self._write([Fetched(int(number), 0.0, b"")])
        else:
            self._fetch.run(known, float(due_at))

    def _write(self, ended: list[Fetched]) -> None:
        said = b"".join(b"%d %.6f %s\n" % (one.check_id, one.lag_s, one.line) for one in ended)
        try:
            _write_all(sys.stdout.fileno(), said)
        except BrokenPipeError:
            os._exit(0)  # the agent is gone


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


if __name__ == "__main__":
    try:
        _Inside(int(sys.argv[1])).work()
    except (InputError, KeyboardInterrupt) as error:
        sys.exit(str(error))
