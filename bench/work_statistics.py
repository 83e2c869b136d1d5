"""How long statistics of work take on the server, and how many items are counted a second.

    python -m bench.work_statistics [--items 200000] [--rounds 10]

Fills a store of its own (SQLite in a temporary folder; PostgreSQL by DATABASE_URL, which must be empty), one item a
minute back in time, counts them as the worker does, and asks the page and the API through Django without the network.
"""

from __future__ import annotations

import argparse
import statistics
import time
from datetime import date, timedelta

from bench.own_store import own_store, signed_in

YEAR_AGO = (date.today() - timedelta(days=365)).isoformat()  # noqa: DTZ011  # a day more or less does not matter
QUERIES = {
    "91 days": "/work-items/statistics/",
    "91 days, by team": "/work-items/statistics/?group=team",
    "91 days of a kind, by service": "/work-items/statistics/?kind=incident&group=service",
    "a year": f"/work-items/statistics/?from={YEAR_AGO}",
    "a year of a kind, by team": f"/work-items/statistics/?from={YEAR_AGO}&kind=incident&group=team",
    "API, a year by priority": f"/api/work-statistics?from={YEAR_AGO}&group=priority",
    "items behind a figure": "/work-items/statistics/items/?figure=ended",
}


def main() -> None:
    """Fill, count, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--services", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()
    with own_store():
        _measure(given.items, given.services, given.rounds)


def _measure(items: int, services: int, rounds: int) -> None:
    from django.db import connection

    from beheer.preparing import prepare
    from beheer.work.statistics.counting import count_items
    from bench.pages import fill

    prepare()
    fill(services, items)
    started, done = time.perf_counter(), 0
    while found := count_items():
        done += found
    passed = time.perf_counter() - started
    print(f"{connection.vendor}: {done:,} items counted in {passed:.0f} s, {done / passed:,.0f} a second")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = signed_in()
    print(f"{'question':<32} {'median ms':>10} {'most ms':>8}")
    for name, path in QUERIES.items():
        times = []
        for _round in range(rounds):
            began = time.perf_counter()
            answer = client.get(path)
            assert answer.status_code == 200, f"{path}: {answer.status_code}"
            times.append((time.perf_counter() - began) * 1000)
        print(f"{name:<32} {statistics.median(times):>10.0f} {max(times):>8.0f}")


if __name__ == "__main__":
    main()
