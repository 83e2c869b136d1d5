"""The only place that opens DuckDB: in memory, a connection for each thread, over Parquet files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import duckdb

T = TypeVar("T")
_local = threading.local()
MEMORY = "400MB"
TRIES = 10
GONE = ("No files found", "No such file")


def connection() -> duckdb.DuckDBPyConnection:
    """This thread's connection, made when it first asks."""
    found: duckdb.DuckDBPyConnection | None = getattr(_local, "connection", None)
    if found is None:
        found = duckdb.connect(
            ":memory:",
            config={
                "threads": 2,
                "memory_limit": MEMORY,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        _local.connection = found
    return found


def rows(sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows that a question gives."""
    return connection().execute(sql, list(parameters)).fetchall()


def arrays(sql: str, parameters: Sequence[Any] = ()) -> dict[str, Any]:
    """The columns that a question gives, as numpy arrays by name."""
    return connection().execute(sql, list(parameters)).fetchnumpy()


def steady(ask: Callable[[], T]) -> T:
    """Ask, and ask again where a file was merged away between listing and reading."""
    for _ in range(TRIES - 1):
        try:
            return ask()
        except FileNotFoundError:
            continue
        except duckdb.IOException as error:
            if not any(words in str(error) for words in GONE):
                raise
    return ask()


def source(paths: Sequence[Path]) -> str:
    """The part of a FROM clause that reads these files. Paths are ours and hold no quote."""
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{listed}])"
