"""Runs an agent's checks: URLs in the HTTP engine, plugins and other blocking kinds in bounded threads of their own."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from beheer.lib.memory import spare_what_is_loaded
from beheer.monitoring.agent_fetch import Fetched, FetchElsewhere, FetchHere, Fetching, Ordered, line_of
from beheer.monitoring.contract import Surroundings
from beheer.monitoring.running import run_check

log = logging.getLogger("beheer.agent")

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much runs at once. `url_processes`: how many processes fetch URLs; 0: this one does it in a thread."""

    urls: int = 400
    url_processes: int = 0
    threads: int = 200
    processes: int = 16


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
        self.punctuality = Punctuality()
        self._running: set[int] = set()
        self._urls: Fetching = (
            FetchElsewhere(bounds.url_processes, bounds.urls, self._fetched)
            if bounds.url_processes
            else FetchHere(surroundings.allow_list, bounds.urls, self._fetched)
        )
        self._threads = ThreadPoolExecutor(bounds.threads, "probe")
        self._processes = ThreadPoolExecutor(bounds.processes, "plugin")

    def start(self) -> None:
        """Start the engine's thread; the others start when they are needed.

        What is there now stays, and a run makes no cycles.
        """
        spare_what_is_loaded(young=50_000)
        self._urls.start()

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
            self._urls.run(ordered, due_at)
        elif kind.observe is not None:
            pool = self._processes if kind.starts_process else self._threads
            pool.submit(self._block, ordered, due_at)
        else:
            self._running.discard(check_id)

    def _fetched(self, ended: list[Fetched]) -> None:
        """Runs that fetched URLs ended; any thread."""
        now = time.monotonic()
        self._running.difference_update([one.check_id for one in ended if not one.line])
        came = [one for one in ended if one.line]
        self._keep([one.line for one in came])
        for one in came:
            self.punctuality.began(one.lag_s, now)
            self._running.discard(one.check_id)

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
        self._urls.close()
