"""How fast event logs come in, and with how much memory: the helpdesk log once, ten times and forty times over.

    python -m bench.work_import [--times 1,10,40] [--store sqlite|postgresql|both] [--log FILE.csv.gz]

The larger files are the same log with other case numbers. Each is imported by `beheer import work` into an empty store
in a process of its own; events a second over the whole command (with the start of Python and Django) and over the
reading and writing alone; the memory is the most that the process held. Afterwards the figures are those of the log.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
MAP = PROJECT / "docs" / "examples" / "helpdesk-map.yaml"


def multiply(log: Path, times: int, target: Path) -> None:
    """The log so many times over, each time with case numbers of its own."""
    with gzip.open(log, "rt", newline="") as source:
        header, *rows = csv.reader(source)
    with target.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for turn in range(times):
            writer.writerows([f"{row[0]} {turn}" if turn else row[0], *row[1:]] for row in rows)


def inside(store: str, folder: Path, log: Path, times: int) -> None:
    """Import into an empty store; print the row of the table."""
    from bench.work_store import prepare

    prepare(folder)
    file = folder / "log.csv"
    multiply(log, times, file)
    begun = time.perf_counter()
    command = [sys.executable, "-m", "beheer", "import", "work", str(file), "--map", str(MAP)]
    said = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=PROJECT, env=os.environ
    ).stdout
    passed = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "beheer", "import", "--help"], check=True, capture_output=True, cwd=PROJECT
    )
    start = time.perf_counter() - begun
    from django.db.models import Avg, F

    from beheer.work.models import Event, Item

    events, items = Event.objects.count(), Item.objects.count()
    mean = Item.objects.aggregate(mean=Avg(F("changed_at") - F("opened_at")))["mean"]
    days = mean.total_seconds() / 86_400 if mean else 0.0
    assert f"{events:,} events of {items:,} items" in said, said
    print(
        f"{store:12}{times:>5}×{events:>10,}{items:>10,}{days:>8.2f}{passed:>9.1f}{events / passed:>10,.0f}"
        f"{events / (passed - start):>10,.0f}{peak:>8.0f}",
        flush=True,
    )


def main() -> None:
    from bench.work_lists import run_inside

    data = Path(os.environ.get("BEHEER_SHARED_DATA", PROJECT.parent / "shared" / "data"))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", default="1,10,40")
    parser.add_argument("--store", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--log", type=Path, default=data / "helpdesk" / "finale.csv.gz")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        inside(chosen.store, chosen.inside, chosen.log, int(chosen.times))
        return
    heads = (
        ("file", 6),
        ("events", 10),
        ("items", 10),
        ("days", 8),
        ("s", 9),
        ("events/s", 10),
        ("no start", 10),
    )
    print(f"{'store':12}" + "".join(f"{word:>{width}}" for word, width in heads) + f"{'MB':>8}")
    for store in ("sqlite", "postgresql") if chosen.store == "both" else (chosen.store,):
        for times in chosen.times.split(","):
            with tempfile.TemporaryDirectory(prefix="beheer-bench-") as folder:
                arguments = ("--times", times, "--log", str(chosen.log.resolve()))
                run_inside("bench.work_import", store, Path(folder), *arguments)


if __name__ == "__main__":
    main()
