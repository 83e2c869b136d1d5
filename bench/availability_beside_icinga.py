"""Availability side by side with Icinga DB's SQL function: the same facts, the same figure, both timed.

    python -m bench.availability_beside_icinga [--services 1000] [--services-per-host 10]

Ours from facts in memory, from files, and out of stores of Beheer's own, SQLite and PostgreSQL.
30 days, 200 state changes and 8 planned windows a service; one figure each, then one for each day. Icinga's figure
is ours with the rules planned: as_up, no_data: as_down, degraded: as_up. Its function for PostgreSQL divides whole
numbers, so it gives whole percents, cut off: 99.97 reads 99. Up to there both must agree.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from beheer.lib.calendars import ALWAYS
from beheer.lib.intervals import ENDLESS, parse_instant
from beheer.lib.service_time import ServiceTime
from beheer.service_levels.rules import (
    NO_MARKS,
    Facts,
    FigureTable,
    Marks,
    Rules,
    TimeRule,
    judge,
    state_timeline,
)
from bench.beheers_own_store import beheer_in, fetch_rows, own_store, read_own_store
from bench.icinga_schema import icinga_schema
from bench.throwaway_postgres import postgres

START = parse_instant("2026-04-01T00:00:00Z")
DAY_US = 86_400_000_000
DAYS = 30
STATE_CHANGES = 200
WINDOWS = 8
AT_ONCE = 500
RULES = Rules(planned=TimeRule.AS_UP, no_data=TimeRule.AS_DOWN)
OURS = np.array([0, 1, 2, 3], np.int8)
"""Our state for Icinga's 0 ok, 1 warning, 2 critical, 3 unknown."""

Columns = dict[str, Any]
"""Arrays by name."""


def make_facts(services: int) -> tuple[Columns, Columns]:
    """State changes and windows as columns, the same every time. Instants in whole milliseconds, as Icinga keeps."""
    random = np.random.default_rng(20260401)
    at = np.sort(random.integers(-1000, DAYS * 86_400_000, (services, STATE_CHANGES)), axis=1)
    at[:, 0] = -86_400_000
    state = (random.integers(0, 4) + np.cumsum(random.integers(1, 4, (services, STATE_CHANGES)), axis=1)) % 4
    changes = {
        "service": np.repeat(np.arange(services), STATE_CHANGES),
        "at": START + at.reshape(-1) * 1000,
        "state": state.reshape(-1).astype(np.int8),
    }
    start = random.integers(-3_600_000, DAYS * 86_400_000, services * WINDOWS)
    length = random.integers(600_000, 6 * 3_600_000, services * WINDOWS)
    windows = {
        "service": np.repeat(np.arange(services), WINDOWS),
        "start": START + start * 1000,
        "end": START + (start + length) * 1000,
    }
    return changes, windows


def facts_from(services: int, changes: Columns, windows: Columns) -> Facts:
    """Columns as the engine takes them."""
    timeline = state_timeline(services, changes["service"], changes["at"], OURS[changes["state"]])
    told = np.full(len(windows["start"]), -ENDLESS)
    return Facts(
        services, timeline, Marks(windows["service"], windows["start"], windows["end"], told), NO_MARKS
    )


def periods(by_day: bool) -> list[tuple[int, int]]:
    """The thirty days as one period, or each by itself."""
    if not by_day:
        return [(START, START + DAYS * DAY_US)]
    return [(START + day * DAY_US, START + (day + 1) * DAY_US) for day in range(DAYS)]


def figures(facts: Facts, by_day: bool) -> FigureTable:
    """Classes, ratio and band of every service and period."""
    table = judge(facts, ServiceTime(ALWAYS), RULES, periods(by_day), with_outages=False)
    _ = table.ratio, table.band()
    return table


def read_and_judge(read: Callable[[], Facts], by_day: bool) -> FigureTable:
    """From where the facts are to figures."""
    return figures(read(), by_day)


def figures_of_store(ids: list[int], by_day: bool) -> list[FigureTable]:
    """From the store to figures, so many services at a time that what is read is still in the processor's cache."""
    span = periods(by_day=False)[0]
    parts = [ids[first : first + AT_ONCE] for first in range(0, len(ids), AT_ONCE)]
    return [figures(read_own_store(part, *span), by_day) for part in parts]


def fill_icinga(connection: psycopg.Connection, changes: Columns, windows: Columns, per_host: int) -> None:
    """The same facts in Icinga DB's own schema."""
    connection.execute(icinga_schema())
    environment = bytes(20)

    columns = (
        "id, environment_id, object_type, host_id, service_id, event_time, hard_state, previous_hard_state"
    )
    with connection.cursor().copy(f"COPY sla_history_state ({columns}) FROM STDIN") as copy:
        copy_rows(copy, changes, environment, per_host)
    columns = "environment_id, object_type, host_id, service_id, downtime_id, downtime_start, downtime_end"
    with connection.cursor().copy(f"COPY sla_history_downtime ({columns}) FROM STDIN") as copy:
        rows = zip(
            windows["service"].tolist(), windows["start"].tolist(), windows["end"].tolist(), strict=True
        )
        for number, (service, start, end) in enumerate(rows):
            copy.write_row(
                [
                    environment,
                    "service",
                    key(service // per_host),
                    key(service),
                    key(number),
                    start // 1000,
                    end // 1000,
                ]
            )
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE sla_history_state")
    connection.execute("VACUUM ANALYZE sla_history_downtime")


def key(number: int) -> bytes:
    """An id as Icinga has them."""
    return int(number + 1).to_bytes(20, "big")


def copy_rows(copy: psycopg.Copy, changes: Columns, environment: bytes, per_host: int) -> None:
    """Write the state changes, each with the state before it."""
    before = 0
    rows = zip(changes["service"].tolist(), changes["at"].tolist(), changes["state"].tolist(), strict=True)
    for number, (service, at, state) in enumerate(rows):
        host = key(service // per_host)
        copy.write_row([key(number), environment, "service", host, key(service), at // 1000, state, before])
        before = state


def ask_icinga(connection: psycopg.Connection, services: int, per_host: int, by_day: bool) -> np.ndarray:
    """Icinga's figures in percent, shape (services, periods)."""
    rows = connection.execute(
        """
        SELECT get_sla_ok_percent(s.host, s.key, p.low, p.high)
        FROM unnest(%s::bytea[], %s::bytea[]) WITH ORDINALITY AS s(host, key, place),
             unnest(%s::bigint[], %s::bigint[]) WITH ORDINALITY AS p(low, high, place)
        ORDER BY s.place, p.place
        """,
        [
            [key(number // per_host) for number in range(services)],
            [key(number) for number in range(services)],
            [low // 1000 for low, _ in periods(by_day)],
            [high // 1000 for _, high in periods(by_day)],
        ],
    ).fetchall()
    return np.array([float(row[0]) for row in rows]).reshape(services, -1)


def ask_icinga_singly(connection: psycopg.Connection, services: int, per_host: int) -> None:
    """The same figures of the whole stretch, a statement each, as a page or a script asks for them."""
    ((low, high),) = periods(by_day=False)
    for number in range(services):
        connection.execute(
            "SELECT get_sla_ok_percent(%s, %s, %s, %s)",
            [key(number // per_host), key(number), low // 1000, high // 1000],
        ).fetchone()


def read_postgres(connection: psycopg.Connection, services: int) -> Facts:
    """The facts out of the same PostgreSQL, by binary COPY into arrays."""
    wanted = "SELECT get_byte(service_id,18)*256 + get_byte(service_id,19) - 1"
    state = _copied(connection, f"{wanted}, event_time, hard_state::int FROM sla_history_state", "iqi")
    window = _copied(connection, f"{wanted}, downtime_start, downtime_end FROM sla_history_downtime", "iqq")
    state = [column[np.lexsort((state[1], state[0]))] for column in state]
    window = [column[np.argsort(window[0], kind="stable")] for column in window]
    return facts_from(
        services,
        {"service": state[0], "at": state[1] * 1000, "state": state[2]},
        {"service": window[0], "start": window[1] * 1000, "end": window[2] * 1000},
    )


def _copied(connection: psycopg.Connection, query: str, kinds: str) -> list[np.ndarray]:
    buffer = io.BytesIO()
    with connection.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT BINARY)") as copy:
        for block in copy:
            buffer.write(block)
    fields = [("fields", ">i2")]
    for number, kind in enumerate(kinds):
        fields += [(f"length{number}", ">i4"), (f"value{number}", ">i4" if kind == "i" else ">i8")]
    rows = np.frombuffer(buffer.getbuffer()[19:-2], np.dtype(fields))
    return [rows[f"value{number}"].astype(np.int64) for number in range(len(kinds))]


def write_parquet(folder: Path, changes: Columns, windows: Columns) -> None:
    """The facts as the store of measurements keeps its own: Parquet."""
    pq.write_table(pa.table(changes), folder / "changes.parquet")
    pq.write_table(pa.table(windows), folder / "windows.parquet")


def read_parquet(folder: Path, services: int) -> Facts:
    """The facts out of those files."""
    changes, windows = (pq.read_table(folder / f"{name}.parquet") for name in ("changes", "windows"))
    return facts_from(
        services,
        {name: changes[name].to_numpy() for name in changes.column_names},
        {name: windows[name].to_numpy() for name in windows.column_names},
    )


Side = tuple[str, Callable[[], object]]
"""Who, and what is timed of him."""


def in_turn(sides: list[Side], rounds: int) -> dict[str, float]:
    """Seconds of the quickest run of each. In every round all have their turn of a fifth of a second or one run."""
    best = dict.fromkeys((name for name, _ in sides), float("inf"))
    for _ in range(rounds):
        for name, work in sides:
            until = time.perf_counter() + 0.2
            while True:
                begin = time.perf_counter()
                work()
                best[name] = min(best[name], time.perf_counter() - begin)
                if time.perf_counter() > until:
                    break
    return best


def compare(connection: psycopg.Connection, services: int, per_host: int, folder: Path, socket: str) -> None:
    """Print both, their ratio and how far they agree."""
    changes, windows = make_facts(services)
    fill_icinga(connection, changes, windows, per_host)
    write_parquet(folder, changes, windows)
    facts = facts_from(services, changes, windows)
    print(
        f"{services:,} services, {per_host} a host, {DAYS} days, {STATE_CHANGES} state changes, {WINDOWS} windows each"
    )
    with beheer_in(str(folder), socket):
        for by_day in (False, True):
            theirs = ask_icinga(connection, services, per_host, by_day)
            agree = int((np.floor(figures(facts, by_day).ratio * 100 + 1e-9) == theirs).sum())
            label = "a figure a day" if by_day else "one figure each"
            print(f"\n{label}: {theirs.size:,} figures, {agree:,} agree to the whole percent")
            icinga: list[Side] = [
                ("Icinga DB, get_sla_ok_percent", partial(ask_icinga, connection, services, per_host, by_day))
            ]
            if not by_day:
                singly = partial(ask_icinga_singly, connection, services, per_host)
                icinga.append(("Icinga DB, a statement each", singly))
            readers: dict[str, Callable[[], Facts]] = {
                "facts in memory": lambda: facts,
                "from Parquet files": partial(read_parquet, folder, services),
                "from Icinga's PostgreSQL": partial(read_postgres, connection, services),
            }
            ours: list[Side] = [
                (f"ours, {name}", partial(read_and_judge, read, by_day)) for name, read in readers.items()
            ]
            show([*icinga, *ours], by_day)
            for vendor, shown in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL")):
                with own_store(vendor, services, changes, windows) as ids:
                    work = partial(figures_of_store, ids, by_day)
                    ratios = np.concatenate([table.ratio for table in work()])
                    assert np.array_equal(ratios, figures(facts, by_day).ratio, equal_nan=True)
                    ours = [
                        (f"ours, from Beheer's own {shown}", work),
                        (f"merely to fetch these rows, {shown}", partial(fetch_rows, ids)),
                    ]
                    show([icinga[0], *ours], by_day)


def show(sides: list[Side], by_day: bool) -> None:
    """Time everybody in turn, and print how much quicker ours are than the first, Icinga's one statement."""
    best = in_turn(sides, 4 if by_day else 8)
    peer = best[sides[0][0]]
    for name, seconds in best.items():
        ratio = f"{peer / seconds:7.1f} times faster" if name.startswith("ours") else ""
        print(f"  {name:40} {seconds * 1000:9.2f} ms   {ratio}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--services", type=int, default=1000)
    parser.add_argument("--services-per-host", type=int, default=10)
    given = parser.parse_args()
    with (
        postgres() as address,
        psycopg.connect(address) as connection,
        tempfile.TemporaryDirectory() as folder,
    ):
        connection.autocommit = True
        connection.execute("CREATE DATABASE beheer")
        connection.autocommit = False
        socket = address.split()[0].removeprefix("host=")
        compare(connection, given.services, given.services_per_host, Path(folder), socket)


if __name__ == "__main__":
    main()
