"""Runs an agent's checks: URLs in the HTTP engine, plugins and other blocking kinds in bounded threads of their own."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pydantic_core import to_json

from beheer.monitoring.contract import Result, Surroundings, UrlAnswer
from beheer.monitoring.http_engine import HttpEngine
from beheer.monitoring.judging import judge
from beheer.monitoring.probes import ReadyCheck
from beheer.monitoring.running import run_check
from beheer.monitoring.wire import CheckOrder

log = logging.getLogger("beheer.agent")

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much runs at once."""

    urls: int = 400
    threads: int = 48
    processes: int = 16


@dataclass(frozen=True, slots=True)
class Ordered:
    """A check as the server ordered it, read and ready."""

    order: CheckOrder
    ready: ReadyCheck


class Punctuality:
    """How late runs began, and how many were left out, over the last minute. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lags: deque[tuple[float, float]] = deque()
        self._overruns: deque[float] = deque()

    def began(self, lag_s: float, now: float) -> None:
        """A run began `lag_s` after its time."""
        with self._lock:
            self._lags.append((now, lag_s))

    def left_out(self, now: float) -> None:
        """A run was left out because the one before it has not ended."""
        with self._lock:
            self._overruns.append(now)

    def figures(self, now: float) -> dict[str, float]:
        """Its values of the kind `self`."""
        with self._lock:
            while self._lags and self._lags[0][0] < now - MINUTE_S:
                self._lags.popleft()
            while self._overruns and self._overruns[0] < now - MINUTE_S:
                self._overruns.popleft()
            return {
                "lag_s": max((lag for _, lag in self._lags), default=0.0),
                "runs_per_s": len(self._lags) / MINUTE_S,
                "overruns": float(len(self._overruns)),
            }


class Runner:
    """Begins runs from one thread; gives results to `keep` as lines of JSON when they end, from any thread."""

    def __init__(
        self,
        surroundings: Surroundings,
        bounds: Bounds,
        own: Callable[[], dict[str, float]],
        keep: Callable[[list[bytes]], None],
    ) -> None:
        self._surroundings = replace(surroundings, own=own)
        self._keep = keep
        self._turn: list[bytes] = []
        self.punctuality = Punctuality()
        self._running: set[int] = set()
        self._http = HttpEngine(surroundings.allow_list, bounds.urls, self._end_turn)
        self._threads = ThreadPoolExecutor(bounds.threads, "probe")
        self._processes = ThreadPoolExecutor(bounds.processes, "plugin")

    def start(self) -> None:
        """Start the engine's thread; the others start when they are needed."""
        self._http.start()

    @property
    def running(self) -> int:
        """Runs under way or waiting for room."""
        return len(self._running)

    def run(self, ordered: Ordered, due_at: float) -> None:
        """Begin a run now; `due_at` on the monotonic clock. Left out where the run before has not ended."""
        check_id = ordered.order.check_id
        if check_id in self._running:
            self.punctuality.left_out(time.monotonic())
            return
        self._running.add(check_id)
        kind = ordered.ready.kind
        if ordered.ready.request is not None:
            self._fetch(ordered, due_at)
        elif kind.observe is not None:
            pool = self._processes if kind.starts_process else self._threads
            pool.submit(self._block, ordered, due_at)
        else:
            self._running.discard(check_id)

    def _fetch(self, ordered: Ordered, due_at: float) -> None:
        ready, order = ordered.ready, ordered.order
        assert ready.request is not None
        assert ready.kind.read is not None
        read = ready.kind.read

        def done(answer: UrlAnswer) -> None:
            try:
                now = time.monotonic()
                self.punctuality.began(max(now - answer.total_s - due_at, 0.0), now)
                measured_at = datetime.now(UTC) - timedelta(seconds=answer.total_s)
                seen = read(ready.settings, answer)
                result = judge(ready.verdicts, seen, measured_at=measured_at, duration_s=answer.total_s)
                self._turn.append(line_of(order, result))
            finally:
                self._running.discard(order.check_id)

        self._http.submit(ready.request, order.timeout_s, done)

    def _end_turn(self) -> None:
        """Keep the results of one turn of the engine, in its thread: they are safe before the next turn begins."""
        if self._turn:
            lines, self._turn = self._turn, []
            self._keep(lines)

    def _block(self, ordered: Ordered, due_at: float) -> None:
        try:
            now = time.monotonic()
            self.punctuality.began(max(now - due_at, 0.0), now)
            result = run_check(ordered.ready, ordered.order.timeout_s, self._surroundings)
            self._keep([line_of(ordered.order, result)])
        except Exception:
            log.exception("The result of check %s could not be kept.", ordered.order.key)
        finally:
            self._running.discard(ordered.order.check_id)

    def stop(self, within_s: float) -> None:
        """Begin nothing more; give what runs a moment to end. Threads that still block do not keep the process."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._processes.shutdown(wait=False, cancel_futures=True)
        end = time.monotonic() + within_s
        while self._running and time.monotonic() < end:
            time.sleep(0.01)
        self._http.close()


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
