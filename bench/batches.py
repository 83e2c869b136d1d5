"""How long the server takes to store and judge a batch of results, and to read series out of many measurements.

    python -m bench.batches [--checks 10000] [--results 5000] [--days 2]

Fills a store of its own in a temporary folder (PostgreSQL by DATABASE_URL, which must be empty). First batches of so
many results, all up, then all down until they are confirmed (each a state change of a check and of its service); then
`days` days of measurements of all checks, 2,000 a check and day, of which one check is read.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import django

NOW = datetime.now(UTC).replace(microsecond=0)
START = datetime(2026, 11, 2, tzinfo=UTC)


def fill(count: int) -> tuple[Any, list[int]]:
    """An agent and so many checks, each of a service of its own."""
    from beheer.catalogue.models import Service
    from beheer.monitoring.actions.agents import register_agent
    from beheer.monitoring.models import Check, CheckState
    from beheer.permissions.rules import SYSTEM

    agent, _token = register_agent(actor=SYSTEM, key="local", name="Local", now=NOW, is_local=True)
    services = Service.objects.bulk_create(
        [Service(key=f"s{number}", name=f"Service {number}") for number in range(count)], batch_size=500
    )
    settings = {"host": "localhost", "port": 80}
    checks = Check.objects.bulk_create(
        [
            Check(
                key=f"c{number}", name=f"Check {number}", kind="tcp", settings=settings, service=service,
                created_at=NOW, changed_at=NOW,
            )
            for number, service in enumerate(services)
        ],
        batch_size=500,
    )  # fmt: skip
    CheckState.objects.bulk_create(
        [CheckState(component=check, since_at=NOW) for check in checks], batch_size=500
    )
    return agent, [check.pk for check in checks]


def batch(ids: list[int], outcome: str, turn: int) -> bytes:
    """A batch as an agent sends it: a result of each check with six figures."""
    names = ("connect_s", "dns_s", "total_s", "ttfb_s", "tls_s", "status")
    result = {
        "check_version": 1, "outcome": outcome, "message": "connected in 0.1 s", "duration_s": 0.1,
        "metrics": dict.fromkeys(names, 0.1), "measured_at": (NOW + timedelta(seconds=turn)).isoformat(),
    }  # fmt: skip
    results = [{"check_id": check, **result} for check in ids]
    return json.dumps(
        {"batch_id": str(uuid.uuid4()), "agent": "local", "own": {}, "results": results}
    ).encode()


def bench_batches(checks: int, size: int) -> None:
    """Store and judge batches, and print how long each took."""
    from beheer.monitoring.actions.batches import receive_batch
    from beheer.monitoring.wire import Batch

    agent, ids = fill(checks)
    turns = (
        ("up", "first results: states begin"),
        ("up", "nothing changes"),
        ("up", "nothing changes"),
        ("down", "to be confirmed"),
        ("down", "to be confirmed"),
        ("down", "confirmed: everything goes down"),
        ("up", "everything is up again"),
    )
    for turn, (outcome, text) in enumerate(turns):
        body = batch(ids[:size], outcome, turn)
        begun = time.perf_counter()
        receive_batch(actor=agent, batch=Batch.model_validate_json(body), now=NOW + timedelta(seconds=turn))
        took = time.perf_counter() - begun
        print(f"{size} results, {text:32} {took:6.2f} s {size / took:8.0f} results/s")


def bench_series(checks: int, days: int) -> None:
    """Read series, newest results and a percentile of one check out of many measurements."""
    from beheer.measurements import duck, indicators, merge, queries
    from beheer.measurements.schema import raw_folder

    for day in range(days):
        folder = raw_folder((START + timedelta(days=day)).date())
        folder.mkdir(parents=True)
        begins = int((START + timedelta(days=day)).timestamp())
        duck.rows(
            f"COPY (SELECT c AS check_id, m AS metric, make_timestamptz(1000000::BIGINT * ({begins} + i * 86)) AS"
            f" measured_at, ((c * 7919 + i * 104729) % 1000) / 1000.0 AS value, NULL::VARCHAR AS text"
            f" FROM range({checks}) t(c), (VALUES ('state'), ('total_s')) v(m), range(1000) r(i) ORDER BY 1, 2, 3)"
            f" TO '{folder}/m9-{day}.parquet' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {merge.GROUP_ROWS},"
            " KV_METADATA {beheer_batches: '[]', beheer_replaces: '[]'})"
        )
    until = START + timedelta(days=days)
    print(f"{checks * 2000 * days} measurements, of which of one check:")
    questions: dict[str, Callable[[int], object]] = {
        "series of a metric, 400 points": lambda one: queries.series(one, "total_s", START, until),
        "series of every metric": lambda one: queries.all_series(one, START, until),
        "newest 25 results": lambda one: queries.results(one, START, until, 25),
        "95th percentile": lambda one: indicators.percentile(one, "total_s", 0.95, [(START, until)]),
    }
    for name, ask in questions.items():
        ask(1)
        times = []
        for one in range(7, checks, max(1, checks // 15)):
            begun = time.perf_counter()
            ask(one)
            times.append((time.perf_counter() - begun) * 1000)
        print(f"  {name:32} median {statistics.median(times):6.1f} ms")


def main() -> None:
    """Set a store up, and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checks", type=int, default=10_000)
    parser.add_argument("--results", type=int, default=5_000)
    parser.add_argument("--days", type=int, default=2)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="beheer-bench-") as folder:
        os.environ |= {"BEHEER_VAR": folder, "DJANGO_SETTINGS_MODULE": "beheer.settings"}
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        bench_batches(chosen.checks, chosen.results)
        bench_series(chosen.checks, chosen.days)


if __name__ == "__main__":
    main()
