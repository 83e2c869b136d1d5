"""The agent: keeps its checks fresh, runs them on time, puts results in the spool, and minds the delivery."""

from __future__ import annotations

import json
import logging
import os
import queue
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pydantic

from beheer.lib.allow_lists import AllowList
from beheer.lib.errors import InputError
from beheer.monitoring import plugin_process
from beheer.monitoring.agent_delivery import Delivery
from beheer.monitoring.agent_fetch import Ordered, line_of
from beheer.monitoring.agent_link import Link, LinkFailed, Server
from beheer.monitoring.agent_runner import Bounds, Runner
from beheer.monitoring.agent_schedule import Schedule
from beheer.monitoring.contract import Observation, Surroundings
from beheer.monitoring.judging import Verdicts, judge
from beheer.monitoring.probes import KINDS, read_check
from beheer.monitoring.spool import Spool
from beheer.monitoring.wire import CheckList, CheckOrder

log = logging.getLogger("beheer.agent")

SEAL_EVERY_S = 1.0
LONGEST_WAIT_S = 0.5
SHORTEST_WAIT_S = 0.002
ALLOW_LIST_EVERY_S = 60.0
FINISH_WITHIN_S = 0.7
DELIVER_WITHIN_S = 0.8


@dataclass(frozen=True, slots=True)
class Options:
    """What the operator of an agent decides."""

    server: Server
    spool: Path
    spool_limit_bytes: int = 512_000_000
    refresh_s: float = 10.0
    bounds: Bounds = field(default_factory=Bounds)
    allow_list: AllowList = field(default_factory=AllowList)
    plugin_folders: tuple[Path, ...] = ()


class Agent:
    """One agent. The main thread begins runs; others fetch URLs, block, write, refresh and deliver."""

    def __init__(self, options: Options) -> None:
        """Take the spool. Raises: Conflict where another agent uses it; OSError where it cannot be written."""
        self._options = options
        self._spool = Spool(options.spool, options.spool_limit_bytes)
        surroundings = Surroundings(options.allow_list, options.plugin_folders)
        self._runner = Runner(surroundings, options.bounds, self.figures, self._spool.add)
        self._delivery = Delivery(self._spool, Link(options.server), lambda: self._name, self.figures)
        self._schedule = Schedule()
        self._ordered: dict[int, Ordered] = {}
        self._name, self._version = "", ""
        self._fresh: queue.SimpleQueue[CheckList] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._process = psutil.Process()

    def figures(self) -> dict[str, float]:
        """The agent's own figures, as values of the kind `self`."""
        return {
            "checks": float(len(self._ordered)),
            "running": float(self._runner.running),
            "memory_bytes": float(self._process.memory_info().rss),
            **self._runner.punctuality.figures(time.monotonic()),
            **self._spool.figures(time.time()),
        }

    def run(self, stopping: threading.Event) -> None:
        """Work until `stopping` is set; then finish, flush and deliver what can be within about two seconds."""
        self._remember()
        self._runner.start()
        self._delivery.start()
        self._delivery.wake()
        refresher = threading.Thread(target=self._refresh, name="refresh", daemon=True)
        sealer = threading.Thread(target=self._seal, name="seal", daemon=True)
        refresher.start()
        sealer.start()
        log.info("The agent works for %s; results wait in %s.", self._options.server.url, self._options.spool)
        while not stopping.is_set():
            self._turn(stopping)
        self._runner.stop(FINISH_WITHIN_S)
        plugin_process.stop_all()
        self._stopping.set()
        sealer.join()
        self._delivery.stop(DELIVER_WITHIN_S)
        self._spool.close()
        log.info("The agent has stopped; %d batches wait.", self._spool.figures(time.time())["spool_batches"])

    def _turn(self, stopping: threading.Event) -> None:
        """Take changed checks, begin what is due, and wait for the next."""
        while not self._fresh.empty():
            self._take(self._fresh.get())
        for due in self._schedule.due(time.monotonic()):
            self._runner.run(self._ordered[due.check_id], due.due_at)
        next_at = self._schedule.next_at()
        wait_s = LONGEST_WAIT_S if next_at is None else min(next_at - time.monotonic(), LONGEST_WAIT_S)
        stopping.wait(max(wait_s, SHORTEST_WAIT_S))

    # Checks

    def _take(self, checks: CheckList) -> None:
        """Run these checks from now on. One that cannot be read is reported as unknown, and the others run."""
        self._name, self._version = checks.agent, checks.version
        ordered: dict[int, Ordered] = {}
        for order in checks.checks:
            before = self._ordered.get(order.check_id)
            if before is not None and before.order == order:
                ordered[order.check_id] = before
            elif (made := self._read(order)) is not None:
                ordered[order.check_id] = made
        self._ordered = ordered
        intervals = ((check_id, one.order.interval_s) for check_id, one in ordered.items())
        self._schedule.set_checks(intervals, time.monotonic())
        log.info("%d checks, version %s.", len(ordered), checks.version)

    def _read(self, order: CheckOrder) -> Ordered | None:
        if order.kind in KINDS and KINDS[order.kind].is_passive:
            return None
        try:
            return Ordered(order, read_check(order.kind, order.settings, order.conditions))
        except InputError as error:
            log.error("Check %s cannot be run: %s", order.key, error)
            self._report_unreadable(order, str(error))
            return None

    def _report_unreadable(self, order: CheckOrder, why: str) -> None:
        seen = Observation(not_measured=f"the agent cannot read this check: {why}")
        now = datetime.now(UTC)
        self._spool.add([line_of(order, judge(Verdicts({}), seen, measured_at=now, duration_s=0.0))])

    def _refresh(self) -> None:
        """Ask for changed checks, again and again; keep the allow-list's names fresh."""
        link = Link(self._options.server)
        version, told, names_at = self._version, False, time.monotonic()
        while True:
            try:
                found = link.checks(version or None)
                told = False
                if found is not None:
                    version = found.version
                    self._fresh.put(found)
                    self._keep(found)
            except (LinkFailed, OSError) as error:
                if not told:
                    log.warning("Checks cannot be asked for: %s. Those that are known go on.", error)
                told = True
            except Exception:
                log.exception("The list of checks could not be taken; those that are known go on.")
            if time.monotonic() - names_at > ALLOW_LIST_EVERY_S:
                self._options.allow_list.refresh()
                names_at = time.monotonic()
            if self._stopping.wait(self._options.refresh_s if version else min(self._options.refresh_s, 1.0)):
                return

    @property
    def _checks_place(self) -> Path:
        return self._options.spool / "checks.json"

    def _keep(self, checks: CheckList) -> None:
        """Keep the checks, so that an agent that starts while the server is away goes on measuring."""
        part = self._checks_place.with_suffix(".part.json")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(
                json.dumps({"server": self._options.server.url, "list": checks.model_dump(mode="json")})
            )
        part.rename(self._checks_place)

    def _remember(self) -> None:
        """Take the checks that were kept, where they are of the same server."""
        try:
            kept = json.loads(self._checks_place.read_text())
            if kept["server"] == self._options.server.url:
                checks = CheckList.model_validate(kept["list"])
                self._version = checks.version
                self._fresh.put(checks)
        except (OSError, ValueError, KeyError, TypeError, pydantic.ValidationError):
            self._version = ""

    # Results

    def _seal(self) -> None:
        """Seal a batch every moment, and once more at the end."""
        while True:
            is_last = self._stopping.wait(SEAL_EVERY_S)
            try:
                self._spool.seal()
            except Exception:
                log.exception("Results could not be sealed; it is tried again.")
            self._delivery.wake()
            if is_last:
                return
