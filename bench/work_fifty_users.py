"""Fifty people at once: each opens items and moves them. None may be lost, none doubled, no number given twice.

    python -m bench.work_fifty_users [--people 50] [--items 10] [--store sqlite|postgresql|both] [--processes 2]

Each person opens an item, takes it, tries a change with an old version (which must be refused) and resolves it. The
people are spread over processes of eight threads each, as a server and its worker are. Ends with what is in the store,
and with how long each action took, its waiting for others in it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

Took = dict[str, list[float]]


def work(user: Any, items: int, failed: list[str], took: Took) -> None:
    """One person: open, take, resolve; and hit an item with an old version, which must be refused."""
    from django.db import connections
    from django.utils import timezone

    from beheer.lib.errors import Conflict
    from beheer.work.actions import change, create, take_step

    def timed(name: str, action: Any, **values: Any) -> Any:
        begun = time.perf_counter()
        try:
            return action(actor=user, now=timezone.now(), **values)
        finally:
            took[name].append(time.perf_counter() - begun)

    for n in range(items):
        try:
            values = {"title": f"{user} {n}", "service": "web", "impact": 2, "urgency": 2}
            item = timed("open", create, kind="incident", values=values)
            seen = item.version
            timed("take", take_step, item=item, step="take", version=seen)
            try:
                timed("refused", change, item=item, values={"title": "too late"}, version=seen)
                failed.append(f"{item.number}: a second change with an old version was let in")
            except Conflict:
                pass
            timed(
                "resolve", take_step, item=item, step="resolve", version=seen + 1, values={"solution": "done"}
            )
        except Exception as error:
            failed.append(repr(error))
    connections.close_all()


def prepare_people(count: int) -> None:
    """A service and so many members."""
    from beheer.catalogue.models import Service
    from beheer.people.models import RoleGrant, User
    from beheer.work.definitions import current_versions

    current_versions()
    Service.objects.create(key="web", name="Web")
    for n in range(count):
        user = User.objects.create(username=f"u{n}", email=f"u{n}@example.org")
        RoleGrant.objects.create(user=user, role="member")


def part(number: int, processes: int, items: int, threads: int) -> None:
    """The people of one process at work; what failed and how long things took goes to the standard output."""
    from beheer.people.models import User

    users = list(User.objects.order_by("pk"))[number::processes]
    failed: list[str] = []
    took: Took = {"open": [], "take": [], "refused": [], "resolve": []}
    with ThreadPoolExecutor(threads) as pool:
        for user in users:
            pool.submit(work, user, items, failed, took)
    print(json.dumps({"failed": failed, "took": took}))


def judge(store: str, chosen: argparse.Namespace, parts: list[dict[str, Any]], passed: float) -> None:
    """What is in the store, and the table."""
    from django.db.models import Count

    from beheer.work.models import Event, Item

    wanted = chosen.people * chosen.items
    failed = [one for found in parts for one in found["failed"]]
    resolved = Item.objects.filter(state="resolved").count()
    numbers = Item.objects.values("number").distinct().count()
    titles = Item.objects.values("title").annotate(n=Count("pk")).filter(n__gt=1).count()
    steps = Event.objects.filter(verb="step").count()
    print(
        f"{store}: {wanted} items wanted, {Item.objects.count()} made, {resolved} resolved, {titles} doubled"
    )
    print(f"{numbers} different numbers; {steps} steps of {2 * wanted}; failed: {len(failed)} {failed[:3]}")
    print(f"{passed:.1f} s, {4 * wanted / passed:.0f} actions a second")
    print(f"{'action':10}{'p50 ms':>9}{'p95 ms':>9}{'max ms':>9}")
    for name in parts[0]["took"]:
        times = sorted(one * 1000 for found in parts for one in found["took"][name])
        print(f"{name:10}{times[len(times) // 2]:9.0f}{times[int(len(times) * 0.95)]:9.0f}{times[-1]:9.0f}")
    sys.exit(1 if failed or Item.objects.count() != wanted or numbers != wanted or steps != 2 * wanted else 0)


def inside(chosen: argparse.Namespace) -> None:
    """One store: prepare it, let processes of this same module do the work, judge."""
    from bench.work_store import prepare

    prepare(chosen.inside)
    if chosen.part is not None:
        part(chosen.part, chosen.processes, chosen.items, chosen.threads)
        return
    prepare_people(chosen.people)
    begun = time.perf_counter()
    command = [sys.executable, "-m", "bench.work_fifty_users", *sys.argv[1:], "--part"]
    running = [subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE) for n in range(chosen.processes)]
    parts = [json.loads(one.communicate()[0]) for one in running]
    judge(chosen.store, chosen, parts, time.perf_counter() - begun)


def main() -> None:
    from bench.work_lists import run_inside

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--items", type=int, default=10)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--threads", type=int, default=8, help="of each process: the requests it answers at once"
    )
    parser.add_argument("--store", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--part", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        inside(chosen)
        return
    given = ("people", "items", "processes", "threads")
    arguments = [word for name in given for word in (f"--{name}", str(getattr(chosen, name)))]
    for store in ("sqlite", "postgresql") if chosen.store == "both" else (chosen.store,):
        with tempfile.TemporaryDirectory(prefix="beheer-bench-") as folder:
            run_inside("bench.work_fifty_users", store, Path(folder), *arguments)


if __name__ == "__main__":
    main()
