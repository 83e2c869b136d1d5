"""Writers of SQLite stand in a queue: in a transaction until it ends, and for a single statement."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.utils import ConnectionHandler, OperationalError

from beheer.lib.queues import queue_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def handler(tmp_path: Path) -> Iterator[ConnectionHandler]:
    """Connections to a store in a file, each thread its own."""
    options = {"transaction_mode": "IMMEDIATE", "timeout": 0.2}
    found = ConnectionHandler(
        {"default": {"ENGINE": "beheer.sqlite", "NAME": str(tmp_path / "s.sqlite3"), "OPTIONS": options}}
    )
    found["default"].cursor().execute("CREATE TABLE thing (name TEXT)")
    yield found
    found["default"].close()


def put(connection: Any, name: str) -> None:
    connection.cursor().execute("INSERT INTO thing VALUES (%s)", [name])


def begin(connection: Any) -> None:
    connection.ensure_connection()
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    connection.in_atomic_block = True  # as `atomic` does


def end(connection: Any, verb: str) -> None:
    connection.in_atomic_block = False
    getattr(connection, verb)()
    connection.set_autocommit(True)


def from_another_thread(handler: ConnectionHandler) -> list[str]:
    """What goes wrong when another thread writes one row."""
    wrong: list[str] = []

    def write() -> None:
        try:
            put(handler["default"], "other")
        except OperationalError as error:
            wrong.append(str(error))
        finally:
            handler["default"].close()

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    return wrong


@pytest.mark.parametrize("verb", ["commit", "rollback"])
def test_a_transaction_keeps_others_out_until_it_ends(handler: ConnectionHandler, verb: str) -> None:
    mine = handler["default"]
    begin(mine)
    put(mine, "mine")
    assert from_another_thread(handler) == ["database is locked: another writer holds it for too long"]
    end(mine, verb)
    assert from_another_thread(handler) == []
    rows = mine.cursor().execute("SELECT name FROM thing ORDER BY name").fetchall()
    assert [name for (name,) in rows] == (["mine", "other"] if verb == "commit" else ["other"])


def test_a_statement_that_fails_and_a_connection_that_closes_leave_the_queue(
    handler: ConnectionHandler, tmp_path: Path
) -> None:
    mine = handler["default"]
    with pytest.raises(OperationalError):
        mine.cursor().execute("INSERT INTO nothing VALUES (1)")
    assert from_another_thread(handler) == []
    begin(mine)
    mine.in_atomic_block = False
    mine.close()
    queue = queue_of(tmp_path / "s.sqlite3")
    queue.enter(0.01)
    queue.leave()


def test_readers_do_not_wait(handler: ConnectionHandler, tmp_path: Path) -> None:
    queue = queue_of(tmp_path / "s.sqlite3")
    queue.enter(1)
    assert handler["default"].cursor().execute("SELECT count(*) FROM thing").fetchone() == (0,)
    queue.leave()
