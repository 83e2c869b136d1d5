"""How quick the pages of work are with many items, on SQLite and on PostgreSQL.

    python -m bench.work_lists [--items 1000000] [--keep FOLDER] [--store sqlite|postgresql|both] [--times 40]

Fills a store of each kind (some minutes for a million items; `--keep` keeps both in FOLDER for a next time), then asks
every page so many times, pages in turn, and prints for each: the middle, the 95th percentile and the most in
milliseconds on the server, rendering and all; the processor's milliseconds of this process, which other work on the
machine does not stretch (PostgreSQL's own are not in it); questions to the store; rows; and kilobytes.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

PAGES = {
    "list, open": "/work-items/",
    "list, all": "/work-items/?view=all",
    "list, all, 40 pages on": "/work-items/?view=all",
    "list, mine": "/work-items/?view=mine",
    "list, my teams": "/work-items/?view=teams",
    "list, nobody's": "/work-items/?view=nobody",
    "list, overdue": "/work-items/?view=overdue",
    "list, overdue by due": "/work-items/?view=overdue&sort=due_at",
    "list, all by due, last first": "/work-items/?view=all&sort=-due_at",
    "list, kind and team": "/work-items/?view=all&kind=change&team=3",
    "list, kind, priority, person": "/work-items/?view=all&kind=change&priority=2&assignee=8",
    "list, service": "/work-items/?view=all&service=17",
    "list, all by priority": "/work-items/?view=all&sort=priority",
    "list, by priority, 40 on": "/work-items/?view=all&sort=-priority",
    "list, open, by team": "/work-items/?group=team",
    "search, rare word": "/work-items/?q=zeldzaam",
    "search, common word": "/work-items/?q=mail",
    "search, common, mine": "/work-items/?view=mine&q=mail",
    "search, common, closed kind": "/work-items/?view=all&kind=problem&q=mail",
    "search, two words": "/work-items/?q=printer+netw",
    "search, four words": "/work-items/?q=mail+printer+netwerk+fout",
    "search, a number": "/work-items/?q=INC-2026-00012",
    "search, part of a number": "/work-items/?q=INC-2026-0",
    "search, nothing": "/work-items/?q=qqqqzz",
    "board": "/work-items/board/?kind=incident",
    "board, one team": "/work-items/board/?kind=incident&team=3",
    "my work": "/work-items/mine/",
    "change calendar": "/work-items/calendar/",
    "item": "/work-items/{number}/",
    "API list": "/api/work-items?limit=100",
    "whole house, common word": "/search/?q=mail",
    "whole house, a number": "/search/?q=inc-2026-12",
    "home": "/",
}
OF_ONE_TEAM = ("list, open", "list, all", "search, common word", "search, two words", "board", "API list",
               "whole house, common word", "home")  # fmt: skip
LIMITED = "lead of one team: "
DEEP = ("list, all, 40 pages on", "list, by priority, 40 on")


def measure(times: int, only: str) -> None:
    """Ask each page so many times, all pages in turn."""
    from django.test import Client

    import beheer.wsgi  # noqa: F401  # so that this process is warmed up as one of the web server is
    from beheer.people.models import User
    from beheer.work.models import Item

    client, limited = Client(), Client()
    client.force_login(User.objects.get(username="user7"))
    limited.force_login(_lead_of_one_team())
    live = list(Item.objects.filter(phase="open").order_by("pk").values_list("number", flat=True)[:5_000:25])
    pages = PAGES | {name: _walk(client, PAGES[name], 40) for name in DEEP if only in name}
    pages |= {LIMITED + name: PAGES[name] for name in OF_ONE_TEAM}
    pages = {name: path for name, path in pages.items() if only in name}
    took: dict[str, list[float]] = {name: [] for name in pages}
    spent = dict.fromkeys(pages, 0.0)
    size: dict[str, tuple[int, int, int]] = {}
    for turn in range(times + 2):
        for name, path in pages.items():
            address = path.format(number=live[turn % len(live)])
            reader = limited if name.startswith(LIMITED) else client
            if turn == 0:
                size[name] = _sizes(reader, address)
                continue
            begun, processor = time.perf_counter(), time.process_time()
            answer = reader.get(address)
            passed, used = time.perf_counter() - begun, time.process_time() - processor
            assert answer.status_code == 200, (address, answer.status_code)
            if turn > 1:
                took[name].append(passed * 1000)
                spent[name] += used * 1000 / times
    _table(took, spent, size)


def _lead_of_one_team() -> Any:
    """Somebody who sees one team's work only, which costs the store another condition."""
    from beheer.people.models import RoleGrant, Team, User

    name = "lead-of-one-team"
    user, _made = User.objects.get_or_create(
        username=name, defaults={"email": f"{name}@example.org", "must_change_password": False}
    )
    RoleGrant.objects.get_or_create(user=user, role="lead", team=Team.objects.order_by("pk")[2])
    return user


def _walk(client: Any, path: str, pages: int) -> str:
    """The address so many pages further on, found as a reader does: by the link to the next page."""
    for _ in range(pages):
        text = client.get(path).content.decode()
        found = re.search(r'rel="next" href="([^"]+)"', text)
        assert found, path
        path = found[1].replace("&amp;", "&")
    return path


def _sizes(client: Any, address: str) -> tuple[int, int, int]:
    """Questions to the store, rows and bytes of a page."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code, answer.content[:300])
    text = answer.content.decode()
    return len(asked), text.count("<tr>") or text.count('"number"'), len(answer.content)


def _table(
    took: dict[str, list[float]], spent: dict[str, float], size: dict[str, tuple[int, int, int]]
) -> None:
    print(f"{'page':44}{'p50 ms':>8}{'p95 ms':>8}{'max ms':>8}{'CPU ms':>8}{'asked':>7}{'rows':>6}{'kB':>6}")
    for name, times in took.items():
        found = sorted(times)
        middle, high = found[len(found) // 2], found[min(len(found) - 1, int(len(found) * 0.95))]
        asked, rows, size_bytes = size[name]
        mark = " ←" if high > 100 else ""
        print(
            f"{name:44}{middle:8.0f}{high:8.0f}{found[-1]:8.0f}{spent[name]:8.0f}{asked:7}{rows:6}"
            f"{size_bytes / 1000:6.0f}{mark}",
            flush=True,
        )
    everything = sorted(one for times in took.values() for one in times)
    within = sum(one <= 100 for one in everything) / len(everything)
    print(f"{within:.1%} of {len(everything)} pages within 100 ms", flush=True)


def inside(store: str, folder: Path, count: int, times: int, only: str) -> None:
    """One store, in a process of its own, since settings are read once."""
    from bench.work_store import fill, prepare

    prepare(folder)
    from beheer.work.models import Item

    if not Item.objects.exists():
        begun = time.perf_counter()
        fill(count)
        print(f"{store}: filled with {count:,} items in {time.perf_counter() - begun:.0f} s", flush=True)
    print(f"{store}, {Item.objects.count():,} items", flush=True)
    measure(times, only)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--keep", type=Path, help="a folder in which the filled stores stay for a next time")
    parser.add_argument("--store", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--only", default="", help="only pages whose name has this in it")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        inside(chosen.store, chosen.inside, chosen.items, chosen.times, chosen.only)
        return
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="beheer-bench-"))
    try:
        for store in ("sqlite", "postgresql") if chosen.store == "both" else (chosen.store,):
            asked = ("--items", str(chosen.items), "--times", str(chosen.times), "--only", chosen.only)
            run_inside(__spec__.name, store, folder, *asked)
    finally:
        if not chosen.keep:
            shutil.rmtree(folder, ignore_errors=True)


def run_inside(module: str, store: str, folder: Path, *arguments: str) -> None:
    """Run a module again for one store, with a PostgreSQL server around it where that is the store."""
    from bench.throwaway_postgres import database_url, postgres

    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # so that the user that PostgreSQL runs as can reach its part
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    with ExitStack() as stack:
        if store == "postgresql":
            server = stack.enter_context(postgres(("fsync=on",), keep=folder / "postgresql"))
            environment["DATABASE_URL"] = database_url(server)
        inside = ["--store", store, "--inside", str(folder / f"var-{store}"), *arguments]
        subprocess.run([sys.executable, "-m", module, *inside], check=True, env=environment)


if __name__ == "__main__":
    main()
