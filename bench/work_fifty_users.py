"""Fifty people at once: each opens items and moves them. None may be lost, none doubled, no number given twice.

Usage: python bench/work_fifty_users.py [--people 50] [--items 10]   (DATABASE_URL for PostgreSQL)
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def work(user: Any, items: int, failed: list[str], took: list[float]) -> None:
    """One person: open, take, resolve; then hit an item of a colleague with an old version, which must be refused."""
    from django.db import connections
    from django.utils import timezone

    from beheer.lib.errors import Conflict
    from beheer.work.actions import change, create, take_step

    try:
        for n in range(items):
            begun = time.perf_counter()
            values = {"title": f"{user} {n}", "service": "web", "impact": 2, "urgency": 2}
            item = create(actor=user, kind="incident", values=values, now=timezone.now())
            seen = item.version
            take_step(actor=user, item=item, step="take", version=seen, now=timezone.now())
            try:
                change(actor=user, item=item, values={"title": "too late"}, version=seen, now=timezone.now())
                failed.append(f"{item.number}: a second change with an old version was let in")
            except Conflict:
                pass
            solution = {"solution": "done"}
            take_step(
                actor=user, item=item, step="resolve", version=seen + 1, now=timezone.now(), values=solution
            )
            took.append(time.perf_counter() - begun)
    except Exception as error:
        failed.append(repr(error))
    finally:
        connections.close_all()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--items", type=int, default=10)
    parser.add_argument("--threads", type=int, default=16, help="as many requests a server answers at once")
    chosen = parser.parse_args()
    os.environ["BEHEER_VAR"] = tempfile.mkdtemp(prefix="beheer-bench-")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beheer.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, skip_checks=True)
    from beheer.catalogue.models import Service
    from beheer.people.models import RoleGrant, User
    from beheer.work.models import Event, Item

    Service.objects.create(key="web", name="Web")
    users = [User.objects.create(username=f"u{n}", email=f"u{n}@example.org") for n in range(chosen.people)]
    for user in users:
        RoleGrant.objects.create(user=user, role="member")
    failed: list[str] = []
    took: list[float] = []
    begun = time.perf_counter()
    with ThreadPoolExecutor(chosen.threads) as pool:
        for user in users:
            pool.submit(work, user, chosen.items, failed, took)
    passed = time.perf_counter() - begun
    wanted = chosen.people * chosen.items
    steps = Event.objects.filter(verb="step").count()
    print(
        f"{wanted} items wanted, {Item.objects.count()} made, {Item.objects.filter(state='resolved').count()} resolved"
    )
    print(
        f"{Item.objects.values('number').distinct().count()} different numbers, {steps} steps of {2 * wanted}"
    )
    print(f"{passed:.1f} s; {4 * wanted / passed:.0f} actions a second; failed: {failed[:3] or 'none'}")


if __name__ == "__main__":
    main()
