"""Service levels of ten, a thousand and ten thousand services: the worker's rounds, and the time of each page.

    python -m bench.service_levels_at_scale [--services 10 1000 10000] [--rounds 7]

A year of history: 200 state changes and 4 planned windows a service, one recurring window for each ten services. An
agreement for each ten services with a norm of availability and one of reliability, and one agreement about all services
with norms by worst, mean and weighted. Each size has a store and a process of its own (SQLite in a temporary folder).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.own_store import signed_in

NOW = datetime(2026, 11, 17, 11, tzinfo=UTC)
BEGIN = NOW - timedelta(days=365)
STATE_CHANGES = 200
WINDOWS = 4
OFFICE = """timezone: Europe/Amsterdam
holidays: NL
versions:
  - {valid_from: 2020-01-01, hours: {mon-fri: "08:00-18:00"}}
"""
PAGES = {
    "home": "/",
    "overview": "/service-levels/",
    "agreements": "/service-levels/agreements/",
    "an agreement": "/service-levels/agreements/sla-0/",
    "a norm of ten services": "/service-levels/agreements/sla-0/norms/there/",
    "its explanation": "/service-levels/agreements/sla-0/norms/there/explain/",
    "a norm for one service": "/service-levels/agreements/sla-0/norms/there/?service=s3",
    "a service": "/service-levels/services/s3/",
    "its page in the catalogue": "/catalogue/services/s3/",
    "a customer": "/service-levels/customers/c-0/",
    "windows": "/service-levels/windows/",
    "windows, six weeks": "/service-levels/windows/calendar/",
    "the change calendar": "/work-items/calendar/",
    "the portal": "/portal/",
    "corrections": "/service-levels/corrections/",
    "reports": "/service-levels/reports/",
    "agreement about all": "/service-levels/agreements/all/",
    "norm about all, worst": "/service-levels/agreements/all/norms/worst/",
    "norm about all, mean": "/service-levels/agreements/all/norms/mean/",
    "norm about all, weighted": "/service-levels/agreements/all/norms/weighted/",
    "its explanation, mean": "/service-levels/agreements/all/norms/mean/explain/",
}


def fill(count: int) -> None:
    """Services with a year of states and windows, and what was agreed about them."""
    from django.db import transaction

    from beheer.catalogue.models import Service

    with transaction.atomic():
        Service.objects.bulk_create(
            Service(key=f"s{n}", name=f"Service {n}", criticality=n % 4 + 1, users_served=n % 900 + 1)
            for n in range(count)
        )
        ids = list(
            Service.objects.filter(name__startswith="Service ").order_by("pk").values_list("pk", flat=True)
        )
        _fill_states(ids)
        _fill_windows(ids)
        _fill_agreements(ids)


def _fill_states(ids: list[int]) -> None:
    from beheer.monitoring.models import ServiceState, StateChange
    from beheer.work.importing import insert_rows

    names = ("service", "state", "previous_state", "first_bad_at", "confirmed_at", "recorded_at", "reason",
             "is_flapping", "is_simulated")  # fmt: skip
    for first in range(0, len(ids), 250):
        insert_rows(StateChange, names, _changes(ids[first : first + 250], first))
    ServiceState.objects.bulk_create(ServiceState(service_id=one, state="up", since_at=NOW) for one in ids)


def _changes(ids: list[int], seed: int) -> Iterator[tuple[Any, ...]]:
    """Up, then down for some minutes, over and over; the last change is up."""
    chance = random.Random(seed)
    for one in ids:
        starts = sorted(chance.uniform(1, 364) for _ in range(STATE_CHANGES // 2))
        for place, start in enumerate(starts):
            at = BEGIN + timedelta(days=start)
            back = starts[place + 1] if place + 1 < len(starts) else 365.0
            lasts = min(chance.uniform(1, 20) / 1440, (back - start) / 2)
            for state, before, when in (("down", "up", at), ("up", "down", at + timedelta(days=lasts))):
                yield one, state, before, when, when, when, "", False, False


def _fill_windows(ids: list[int]) -> None:
    from beheer.service_levels.models import PlannedWindow

    chance = random.Random(1)
    links: list[tuple[int, list[int]]] = []
    rows = []
    for number in range(len(ids) * WINDOWS):
        start = BEGIN + timedelta(hours=chance.randrange(365 * 24))
        rows.append(_window(f"{number}", start, ""))
        links.append((number, [ids[number % len(ids)]]))
    for number in range(0, len(ids), 10):
        rows.append(_window(f"r{number}", BEGIN + timedelta(minutes=number), "FREQ=MONTHLY;BYDAY=2TU"))
        links.append((len(rows) - 1, ids[number : number + 10]))
    made = PlannedWindow.objects.bulk_create(rows, batch_size=2_000)
    through = PlannedWindow.services.through
    through.objects.bulk_create(
        (
            through(plannedwindow_id=made[place].pk, service_id=one)
            for place, services in links
            for one in services
        ),
        batch_size=5_000,
    )


def _window(uid: str, start: datetime, rule: str) -> Any:
    from beheer.service_levels.models import PlannedWindow

    end = start + timedelta(hours=2)
    told = start - timedelta(days=7)
    return PlannedWindow(uid=uid, starts_at=start, ends_at=end, announced_at=told, approved_at=told, recorded_at=told,
                         reason="Work", recurrence=rule)  # fmt: skip


def _fill_agreements(ids: list[int]) -> None:
    from beheer.catalogue.models import Customer
    from beheer.service_levels.models import Agreement, Calendar, Norm

    calendar = Calendar.objects.create(key="office", name="Office", source=OFFICE)
    customers = [
        Customer.objects.create(key=f"c-{n}", name=f"Customer {n}") for n in range(max(1, len(ids) // 100))
    ]
    through, norms = Agreement.services.through, []
    groups = [(f"sla-{n // 10}", ids[n : n + 10]) for n in range(0, len(ids), 10)]
    for place, (key, services) in enumerate([*groups, ("all", ids)]):
        one = Agreement.objects.create(
            key=key, name=f"SLA {key}", customer=customers[place % len(customers)], calendar=calendar,
            starts_on=(BEGIN - timedelta(days=1)).date(), report_period="",
        )  # fmt: skip
        through.objects.bulk_create(
            (through(agreement_id=one.pk, service_id=service) for service in services), batch_size=5_000
        )
        if key == "all":
            norms += [
                Norm(agreement=one, key=way, name=f"There, {way}", target=0.99, rules={"aggregate": way})
                for way in ("worst", "mean", "weighted")
            ]
        else:
            norms.append(Norm(agreement=one, key="there", name="There", target=0.995))
            settings = {"figure": "outages"}
            norms.append(Norm(agreement=one, key="outages", name="Outages", target=20, indicator="reliability",
                              settings=settings))  # fmt: skip
    Norm.objects.bulk_create(norms)


def rounds_of_the_worker() -> dict[str, float]:
    """Seconds of the worker's rounds of judging; all anew takes several passes, each of some seconds."""
    from beheer.monitoring.models import StateChange
    from beheer.service_levels.actions.judging import judge_all
    from beheer.service_levels.queries.packed import refresh

    found = {"pack all anew": timed(lambda: all_packed(refresh))}
    found["judge all anew"] = timed(lambda: until_done(NOW))
    found["a round, nothing new"] = timed(lambda: judge_all(NOW + timedelta(seconds=15)))
    ids = list(StateChange.objects.values_list("service_id", flat=True).distinct().order_by("service_id"))
    at = NOW + timedelta(seconds=20)
    StateChange.objects.bulk_create(
        StateChange(
            service_id=one,
            state="down",
            previous_state="up",
            first_bad_at=at,
            confirmed_at=at,
            recorded_at=at,
        )
        for one in ids[:: 100 if len(ids) > 100 else 10]
    )
    found["a round, one in 100 down"] = timed(lambda: judge_all(NOW + timedelta(seconds=30)))
    found["the round after"] = timed(lambda: judge_all(NOW + timedelta(seconds=45)))
    found["a round, 3 minutes on"] = timed(lambda: judge_all(NOW + timedelta(minutes=3)))
    found["a round, 11 minutes on"] = timed(lambda: judge_all(NOW + timedelta(minutes=11)))
    return found


def all_packed(refresh: Callable[[], object]) -> None:
    """Pass after pass, until everything is packed."""
    while refresh():
        pass


def until_done(now: datetime) -> None:
    """Pass after pass, until there is nothing left to judge."""
    from beheer.service_levels.actions.judging import judge_all

    while judge_all(now):
        pass


def timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def ask_pages(rounds: int) -> dict[str, tuple[float, int]]:
    """Median milliseconds of each page, and how many questions it puts to the store."""
    from django.db import connection
    from django.utils import timezone

    client = signed_in()
    timezone.now = lambda: NOW + timedelta(minutes=12)
    found = {}
    for name, path in PAGES.items():
        queries: list[str] = []

        def count(
            execute: Callable[..., object], sql: str, *rest: object, seen: list[str] = queries
        ) -> object:
            seen.append(sql)
            return execute(sql, *rest)

        def ask(path: str = path) -> None:
            answer = client.get(path)
            assert answer.status_code == 200, f"{path}: {answer.status_code}"
            _ = b"".join(answer) if answer.streaming else answer.content

        first = timed(ask)
        with connection.execute_wrapper(count):
            ask()
        times = [timed(ask) for _ in range(rounds if first < 2 else 1)]
        found[name] = (statistics.median(times) * 1000, len(queries))
    return found


def measure(count: int, rounds: int) -> None:
    """Fill a store, run the worker's rounds, ask the pages; prints JSON."""
    import django

    django.setup()
    from django.db import connection

    from beheer.preparing import prepare

    prepare()
    seconds = timed(lambda: fill(count))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    told = {"fill": seconds, "worker": rounds_of_the_worker(), "pages": ask_pages(rounds)}
    print(json.dumps(told))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, nargs="+", default=[10, 1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        measure(given.one, given.rounds)
        return
    found = [_in_its_own_process(count, given.rounds) for count in given.services]
    heads = "".join(f"{f'{count:,} services':>18}" for count in given.services)
    print(f"{'the worker, seconds':<28}{heads}")
    for name in found[0]["worker"]:
        print(f"  {name:<26}" + "".join(f"{one['worker'][name]:>18.2f}" for one in found))
    print(f"{'pages, ms (questions)':<28}{heads}")
    for name in PAGES:
        cells = [f"{one['pages'][name][0]:.0f} ({one['pages'][name][1]})" for one in found]
        print(f"  {name:<26}" + "".join(f"{cell:>18}" for cell in cells))


def _in_its_own_process(count: int, rounds: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="beheer-bench-") as folder:
        environment = os.environ | {
            "BEHEER_VAR": folder,
            "DJANGO_SETTINGS_MODULE": "beheer.settings",
            "BEHEER_MFA": "optional",
        }
        environment.pop("DATABASE_URL", None)
        command = [
            sys.executable,
            "-m",
            "bench.service_levels_at_scale",
            "--one",
            str(count),
            "--rounds",
            str(rounds),
        ]
        answer = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
        return json.loads(answer.stdout.splitlines()[-1])  # type: ignore[no-any-return]


if __name__ == "__main__":
    main()
