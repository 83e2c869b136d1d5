"""Runs one check once and waits for it: for `try it now`, and for the kinds that block."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime

from beheer.monitoring.contract import Observation, Result, Surroundings
from beheer.monitoring.http_engine import fetch
from beheer.monitoring.judging import judge
from beheer.monitoring.probes import ReadyCheck

log = logging.getLogger("beheer.agent")


def run_check(ready: ReadyCheck, timeout_s: float, surroundings: Surroundings) -> Result:
    """Run it now; blocks at most about `timeout_s`. Whatever goes wrong becomes a Result."""
    measured_at = datetime.now(UTC)
    began = time.perf_counter()
    try:
        seen = _observe(ready, timeout_s, surroundings)
    except Exception as error:
        log.exception("A probe of kind %s has a mistake of its own.", ready.kind.key)
        seen = Observation(not_measured=f"the probe failed: {type(error).__name__}: {error}")
    return judge(ready.verdicts, seen, measured_at=measured_at, duration_s=time.perf_counter() - began)


def _observe(ready: ReadyCheck, timeout_s: float, surroundings: Surroundings) -> Observation:
    kind = ready.kind
    if kind.observe is not None:
        return kind.observe(ready.settings, timeout_s, surroundings)
    if ready.request is not None and kind.read is not None:
        return kind.read(ready.settings, fetch(ready.request, timeout_s, surroundings.allow_list))
    return Observation(not_measured="this kind is not run: others report to it")
