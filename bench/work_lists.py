"""How quick the pages of work are with many items: fills a store of its own, then asks each page many times.

Usage: python bench/work_lists.py [--items 1000000] [--folder DIR]   (DATABASE_URL for PostgreSQL)
Prints, for each page, the middle and the 95th percentile in milliseconds on the server, rendering and all,
and the processor's milliseconds, which other work on the machine does not stretch.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

WORDS = (
    "mail", "traag", "printer", "inlog", "fout", "scherm", "netwerk", "opslag", "toets", "rooster", "wachtwoord",
    "certificaat", "kabel", "licentie",
)  # fmt: skip
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
BATCH = 5_000


def fill(items: int) -> None:
    """Items of five kinds over three years: one in fifty open, two events each."""
    from django.db import connection, transaction

    from beheer.catalogue.models import Service
    from beheer.people.models import Membership, RoleGrant, Team, User
    from beheer.work.definitions import current_versions, kind_of
    from beheer.work.models import Event, Item

    chance = random.Random(4)  # the same store each time
    teams = [Team.objects.create(key=f"team{n}", name=f"Team {n}") for n in range(10)]
    people = [User.objects.create(username=f"user{n}", email=f"user{n}@example.org") for n in range(40)]
    for n, user in enumerate(people):
        Membership.objects.create(team=teams[n % 10], user=user)
        RoleGrant.objects.create(user=user, role="member")
    services = [
        Service.objects.create(key=f"service{n}", name=f"Service {n}", team=teams[n % 10]) for n in range(200)
    ]
    versions = current_versions()
    kinds = [versions[key] for key in ("incident", "service_request", "problem", "change", "maintenance")]
    ends = {row.pk: [k for k, s in kind_of(row).states.items() if s.phase == "closed"] for row in kinds}
    busy = {
        row.pk: [(k, s.phase) for k, s in kind_of(row).states.items() if s.phase != "closed"] for row in kinds
    }
    numbers: dict[str, int] = {}
    for start in range(0, items, BATCH):
        batch = []
        for n in range(start, min(items, start + BATCH)):
            kind = kinds[0] if chance.random() < 0.6 else chance.choice(kinds)
            is_open = chance.random() < 0.02
            state, phase = (
                chance.choice(busy[kind.pk]) if is_open else (chance.choice(ends[kind.pk]), "closed")
            )
            opened = NOW - timedelta(days=1095) + timedelta(seconds=94_608_000 * n / items)
            prefix = kind_of(kind).prefix
            numbers[prefix] = numbers.get(prefix, 0) + 1
            batch.append(
                Item(
                    number=f"{prefix}-{opened.year}-{numbers[prefix]:07d}", kind=kind.key, definition=kind, state=state,
                    phase=phase, title=" ".join(chance.sample(WORDS, 4)).capitalize(), service=chance.choice(services),
                    team=chance.choice(teams), assignee=chance.choice([None, *people]), priority=chance.randint(1, 5),
                    requester=chance.choice(people), opened_at=opened, changed_at=opened, state_since=opened,
                    closed_at=None if is_open else opened + timedelta(days=2),
                    due_at=opened + timedelta(days=chance.randint(1, 900)) if is_open else None,
                )
            )  # fmt: skip
        with transaction.atomic():
            made = Item.objects.bulk_create(batch)
            Event.objects.bulk_create(
                Event(
                    item=item, position=place, happened_at=item.opened_at, recorded_at=item.opened_at,
                    verb="created" if place == 1 else "step", actor_name="x", state=item.state, phase=item.phase,
                )
                for item in made
                for place in (1, 2)
            )  # fmt: skip
            with connection.cursor() as cursor:
                if connection.vendor == "sqlite":
                    cursor.executemany(
                        "INSERT INTO work_search (rowid, number, title, body) VALUES (%s, %s, %s, '')",
                        [(item.pk, item.number, item.title) for item in made],
                    )
                else:
                    cursor.executemany(
                        "INSERT INTO work_search (item_id, document) VALUES (%s, to_tsvector('simple', %s))",
                        [(item.pk, f"{item.number} {item.title}") for item in made],
                    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def measure(times: int) -> None:
    """Ask each page so many times."""
    from django.test import Client

    from beheer.people.models import User
    from beheer.work.models import Item

    client = Client()
    client.force_login(User.objects.get(username="user7"))
    live = list(Item.objects.filter(phase="open").values_list("number", flat=True)[:200])
    pages = {
        "list, open": "/work-items/",
        "list, all": "/work-items/?view=all",
        "list, all, page 40": "/work-items/?view=all&page=40",
        "list, mine": "/work-items/?view=mine",
        "list, overdue by due": "/work-items/?view=overdue&sort=due_at",
        "list, kind and team": "/work-items/?view=all&kind=change&team=3",
        "list, by priority": "/work-items/?view=all&sort=priority",
        "list, grouped by team": "/work-items/?group=team",
        "search, two words": "/work-items/?q=printer+netw",
        "search, a number": "/work-items/?q=INC-2026-0",
        "board": "/work-items/board/?kind=incident",
        "my work": "/work-items/mine/",
        "change calendar": "/work-items/calendar/",
        "item": "/work-items/{number}/",
        "API list": "/api/work-items?limit=100",
    }
    print(f"{'page':28}{'median ms':>10}{'95 % ms':>10}{'CPU ms':>10}")
    for name, path in pages.items():
        found, spent = [], time.process_time()
        for n in range(times + 2):
            begun = time.perf_counter()
            answer = client.get(path.format(number=live[n % len(live)]))
            found.append((time.perf_counter() - begun) * 1000)
            assert answer.status_code == 200, (path, answer.status_code)
        found = sorted(found[2:])
        spent = (time.process_time() - spent) / (times + 2) * 1000
        middle, high = found[len(found) // 2], found[int(len(found) * 0.95)]
        print(f"{name:28}{middle:10.0f}{high:10.0f}{spent:10.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--folder", default="")
    chosen = parser.parse_args()
    os.environ["BEHEER_VAR"] = chosen.folder or tempfile.mkdtemp(prefix="beheer-bench-")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beheer.settings")
    os.environ.setdefault("BEHEER_MFA", "optional")
    import django
    from django.conf import settings

    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.ALLOWED_HOSTS.append("testserver")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, skip_checks=True)
    from beheer.work.models import Item

    if not Item.objects.exists():
        begun = time.perf_counter()
        fill(chosen.items)
        print(f"filled with {chosen.items:,} items in {time.perf_counter() - begun:.0f} s", flush=True)
    measure(chosen.times)


if __name__ == "__main__":
    main()
