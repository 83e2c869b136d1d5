"""Django's SQLite, with a queue before the lock of the store.

SQLite lets one transaction write at a time. Who finds the store locked tries again after ever longer pauses, and
whoever comes by in between goes first: with many writers some wait a minute and then fail. Here they stand in line,
also across processes. Transactions begin as IMMEDIATE, so the line is where `atomic` begins; single statements that
write take it for themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

from beheer.lib.queues import Queue, queue_of

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLAC")
LONGEST_WAIT_S = 60.0


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection. `_held` is the queue it is at the head of; None when it is not writing.

    The stubs do not know the inner methods of Django that it extends.
    """

    _held: Queue | None = None

    def _enter(self) -> None:
        name = self.settings_dict["NAME"]
        if self._held is not None or self.is_in_memory_db():
            return
        queue = queue_of(Path(name).absolute())
        try:
            queue.enter(float(self.settings_dict["OPTIONS"].get("timeout", LONGEST_WAIT_S)))
        except TimeoutError as error:
            raise OperationalError("database is locked: another writer holds it for too long") from error
        self._held = queue

    def _leave(self) -> None:
        queue, self._held = self._held, None
        if queue is not None:
            queue.leave()

    @contextmanager
    def alone(self, statement: str) -> Iterator[None]:
        """Stand in the queue for one statement, where it writes and no transaction is under way."""
        is_alone = self._held is not None or self.in_atomic_block
        if is_alone or statement.lstrip()[:6].upper() not in WRITES:
            yield
            return
        self._enter()
        try:
            yield
        finally:
            self._leave()

    def create_cursor(self, name: str | None = None) -> Any:
        """A cursor that knows its connection."""
        make: Callable[[Any], Any] = lambda connection: Cursor(connection, self)  # noqa: E731  # as sqlite3 wants it
        return self.connection.cursor(factory=make)

    def _start_transaction_under_autocommit(self) -> None:
        self._enter()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._leave()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]  # where this fails, Django rolls back or closes
        self._leave()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._leave()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._leave()


class Cursor(base.SQLiteCursorWrapper):
    """A cursor whose single writing statements stand in the queue too."""

    def __init__(self, connection: Any, wrapper: DatabaseWrapper) -> None:
        super().__init__(connection)
        self._wrapper = wrapper

    def execute(self, query: str, params: Any = None) -> Any:
        """As Django's."""
        with self._wrapper.alone(query):
            return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        """As Django's."""
        with self._wrapper.alone(query):
            return super().executemany(query, param_list)
