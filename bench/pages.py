"""How long pages take on the server, with many services and items of work in the store.

    python -m bench.pages [--services 10000] [--items 1000000] [--rounds 20]

Fills a store of its own (SQLite in a temporary folder; PostgreSQL by DATABASE_URL, which must be empty), asks each page
in turn through Django without the network, and prints the median and the 95th percentile in milliseconds.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from bench.own_store import own_store, signed_in

WORDS = (
    "printer",
    "login",
    "mail",
    "network",
    "exam",
    "room",
    "disk",
    "licence",
    "video",
    "storage",
    "slow",
    "error",
)
NOW = datetime.now(UTC).replace(microsecond=0)
CHUNK = 5_000


def fill(services: int, items: int) -> None:
    """Make services with states and one check each, agreements with norms, and items with three events each."""
    from django.db import transaction

    from beheer.catalogue.models import Customer, Service
    from beheer.monitoring.models import Check, CheckState, ServiceState
    from beheer.people.models import Team

    chance = random.Random(1)
    with transaction.atomic():
        teams = [Team.objects.create(key=f"team-{n}", name=f"Team {n}") for n in range(20)]
        customers = [Customer.objects.create(key=f"customer-{n}", name=f"Customer {n}") for n in range(50)]
        made = Service.objects.bulk_create(
            [
                Service(
                    key=f"service-{n}", name=f"{chance.choice(WORDS).title()} {n}", criticality=n % 4 + 1,
                    users_served=n, team=teams[n % 20],
                )
                for n in range(services)
            ],
            batch_size=CHUNK,
        )  # fmt: skip
        Service.customers.through.objects.bulk_create(
            [
                Service.customers.through(service=one, customer=customers[n % 50])
                for n, one in enumerate(made)
            ],
            batch_size=CHUNK,
        )
        states = [chance.choice(["up"] * 50 + ["down", "degraded", "unknown"]) for _ in made]
        ServiceState.objects.bulk_create(
            [
                ServiceState(service=one, state=state, since_at=NOW)
                for one, state in zip(made, states, strict=True)
            ],
            batch_size=CHUNK,
        )
        checks = Check.objects.bulk_create(
            [
                Check(
                    key=f"check-{n}", name=f"Check {n}", kind="tcp", service=one, created_at=NOW, changed_at=NOW,
                    settings={"host": "127.0.0.1", "port": 9},
                )
                for n, one in enumerate(made)
            ],
            batch_size=CHUNK,
        )  # fmt: skip
        CheckState.objects.bulk_create(
            [
                CheckState(component=check, state=state, since_at=NOW, is_pending=False, last_measured_at=NOW)
                for check, state in zip(checks, states, strict=True)
            ],
            batch_size=CHUNK,
        )
    _fill_items(items, [one.pk for one in made], [team.pk for team in teams])


def _fill_items(items: int, services: list[int], teams: list[int]) -> None:
    from django.db import transaction

    from beheer.work.definitions import current_version
    from beheer.work.importing import EVENT_COLUMNS, ITEM_COLUMNS, insert_rows
    from beheer.work.models import Event, Item
    from beheer.work.search import index_texts

    version = current_version("incident").pk
    chance = random.Random(2)
    for first in range(0, items, CHUNK):
        rows = [_item(n, chance, version, services, teams) for n in range(first, min(items, first + CHUNK))]
        with transaction.atomic():
            insert_rows(Item, ITEM_COLUMNS, rows)
            ids = dict(Item.objects.filter(number__in=[row[0] for row in rows]).values_list("number", "pk"))
            insert_rows(Event, EVENT_COLUMNS, (event for row in rows for event in _events(ids[row[0]], row)))
            index_texts([(ids[row[0]], row[0], row[5], "") for row in rows])


def _item(
    n: int, chance: random.Random, version: int, services: list[int], teams: list[int]
) -> tuple[object, ...]:
    opened = NOW - timedelta(minutes=n)
    is_open = n < 2_000 or chance.random() < 0.002
    phase, state = ("open", "in_progress") if is_open else ("closed", "closed")
    title = f"{chance.choice(WORDS)} {chance.choice(WORDS)} {n}"
    ended = None if is_open else opened + timedelta(hours=3)
    place = chance.randrange(len(services))
    return (
        f"INC-{opened.year}-{n:08d}", "incident", version, state, phase, title, "", services[place],
        teams[place % 20], None, "first", 3, 2, chance.randrange(1, 5), "normal", {}, "import", "", opened,
        ended or opened, ended, ended, ended or opened, False, False, 1,
    )  # fmt: skip


def _events(pk: int, row: tuple[object, ...]) -> Iterator[tuple[object, ...]]:
    for position, (verb, state, phase) in enumerate(
        (("created", "new", "open"), ("step", "in_progress", "open"), ("step", row[3], row[4])), 1
    ):
        yield (pk, position, row[18], NOW, verb, "bench", "", "", state, phase, "first", row[8], None, 4, {})


def pages(items: int) -> dict[str, str]:
    """What is asked, by name."""
    from beheer.work.models import Item

    some = Item.objects.order_by("pk")[items // 2].number
    return {
        "home": "/",
        "service board": "/board/",
        "search everywhere": "/search/?q=printer",
        "services": "/catalogue/services/",
        "one service": "/catalogue/services/service-77/",
        "checks": "/monitoring/checks/",
        "one check": "/monitoring/checks/check-77/",
        "service levels": "/service-levels/",
        "work, open": "/work-items/",
        "work, all": "/work-items/?view=all",
        "work, two words": "/work-items/?view=all&q=printer+slow",
        "work board": "/work-items/board/",
        "my work": "/work-items/mine/",
        "one item": f"/work-items/{some}/",
        "portal": "/portal/",
        "audit trail": "/audit/",
    }


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=10_000)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    with own_store():
        _measure(given.services, given.items, given.rounds)


def _measure(services: int, items: int, rounds: int) -> None:
    from django.db import connection

    from beheer.preparing import prepare

    started = time.monotonic()
    prepare()
    fill(services, items)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(
        f"{connection.vendor}: {services:,} services, {items:,} items, filled in {time.monotonic() - started:.0f} s"
    )
    client = signed_in()
    print(f"{'page':<20} {'queries':>7} {'median ms':>10} {'95 % ms':>8}")
    for name, path in pages(items).items():
        _ask(client, name, path, rounds)


def _ask(client: object, name: str, path: str, rounds: int) -> None:
    from django.db import connection

    def once() -> float:
        begin = time.perf_counter()
        answer = client.get(path)  # type: ignore[attr-defined]  # typed late, as Django is set up in main
        content = b"".join(answer) if answer.streaming else answer.content
        assert answer.status_code == 200 and content, f"{path}: {answer.status_code}"
        return (time.perf_counter() - begin) * 1000

    queries: list[str] = []

    def count(execute: Callable[..., object], sql: str, *rest: object) -> object:
        queries.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        once()
    times = sorted(once() for _ in range(rounds))
    high = times[min(len(times) - 1, int(len(times) * 0.95))]
    print(f"{name:<20} {len(queries):>7} {statistics.median(times):>10.1f} {high:>8.1f}")


if __name__ == "__main__":
    main()
