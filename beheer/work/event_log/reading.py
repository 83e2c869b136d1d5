"""Reads a CSV by its map, row by row, and stages what is right on disk, in order of item and time.

Memory stays flat however long the file is: sorting is done by a temporary SQLite file.
"""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import json
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

from beheer.lib.errors import DocumentError, Problem
from beheer.lib.intervals import from_us, to_us
from beheer.work.event_log.mapping import EventLogMap

MOST_PROBLEMS = 50
STAGE_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event of one item: `state` is the item's state after it; None leaves the state as it was."""

    item: str
    at: datetime
    activity: str
    state: str | None
    resource: str
    team: str
    line: str
    service: str
    title: str
    fields: tuple[str, ...]


class Staged:
    """The events of one file, checked, on disk."""

    def __init__(self, store: sqlite3.Connection, event_map: EventLogMap) -> None:
        self._store = store
        self._map = event_map

    @property
    def events(self) -> int:
        """How many events there are."""
        return int(self._store.execute("SELECT count(*) FROM event").fetchone()[0])

    @property
    def items(self) -> int:
        """How many items they belong to."""
        return int(self._store.execute("SELECT count(DISTINCT item) FROM event").fetchone()[0])

    def keys(self) -> Iterator[str]:
        """The names of the items."""
        for (key,) in self._store.execute("SELECT item FROM first"):
            yield key

    def by_item(self) -> Iterator[list[LogEvent]]:
        """The events of one item at a time, items in the order of their first event, events in time order.

        Events of the same instant keep the order of the file.
        """
        rows = self._store.execute(
            "SELECT event.item, event.at, activity, resource, team, line, service, title, fields FROM event"
            " JOIN first USING (item) ORDER BY first.at, first.number, event.at, event.number"
        )
        current: list[LogEvent] = []
        for row in rows:
            event = self._event(row)
            if current and current[0].item != event.item:
                yield current
                current = []
            current.append(event)
        if current:
            yield current

    def _event(self, row: tuple[str, int, str, str, str, str, str, str, str]) -> LogEvent:
        item, at, activity, resource, team, line, service, title, fields = row
        instant = from_us(at)
        state = self._map.states[activity]
        return LogEvent(
            item, instant, activity, None if state == "keep" else state, resource, team,
            self._map.lines.get(line, line), self._map.services.get(service, service), title, _fields_of_text(fields),
        )  # fmt: skip


@lru_cache(maxsize=8_192)
def _fields_as_text(fields: tuple[str, ...]) -> str:
    """Fields for the staging table; kept, since many rows have the same."""
    return json.dumps(fields, ensure_ascii=False)


@lru_cache(maxsize=8_192)
def _fields_of_text(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


# Parts of an instant that are always as wide as this, in the order that `datetime` takes them.
WIDE = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}


def instant_reader(shape: str) -> Callable[[str], datetime]:
    """What reads instants of a strptime shape, giving what strptime gives, and raising ValueError as it does.

    Where the shape has only numbers of a fixed width, an expression finds them several times as fast; what it does not
    find is left to strptime.
    """
    slow = partial(_strptime, shape)
    pieces = re.split(r"%(.)", shape)
    names = pieces[1::2]
    wide = [name for name in WIDE if name in names]
    is_plain = len(wide) >= 3 and wide == list(WIDE)[: len(wide)] and sorted(names) in (
        sorted(wide), sorted([*wide, "f"]))  # fmt: skip
    if not is_plain:
        return slow
    patterns = [
        rf"(?P<{piece}>[0-9]{{{WIDE.get(piece, '1,6')}}})" if place % 2 else re.escape(piece)
        for place, piece in enumerate(pieces)
    ]
    found = re.compile("".join(patterns))
    groups = [found.groupindex[name] for name in wide]
    fraction = found.groupindex.get("f")

    def read(text: str) -> datetime:
        match = found.fullmatch(text)
        if match is None:
            return slow(text)
        micro = int(match[fraction].ljust(6, "0")) if fraction else 0
        year, month, day, *rest = map(int, match.group(*groups))
        hour, minute, second, *_ = (*rest, 0, 0, 0)
        return datetime(year, month, day, hour, minute, second, micro)  # noqa: DTZ001  # the zone is the map's

    return read


def _strptime(shape: str, text: str) -> datetime:
    return datetime.strptime(text, shape)  # noqa: DTZ007  # the zone is the map's


@contextmanager
def staged(
    path: Path, event_map: EventLogMap, progress: Callable[[int], None] | None = None
) -> Iterator[Staged]:
    """Read and check the whole file. `progress` is told the bytes read so far.

    Raises: DocumentError with one Problem a line (50 at most), before anything is used.
    """
    with tempfile.TemporaryDirectory(prefix="beheer-import-") as folder:
        store = sqlite3.connect(Path(folder) / "staged.sqlite3")
        try:
            store.executescript(
                "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
                "CREATE TABLE event (item TEXT, at INTEGER, number INTEGER, activity TEXT, resource TEXT, team TEXT,"
                " line TEXT, service TEXT, title TEXT, fields TEXT);"
            )
            _stage(path, event_map, store, progress)
            store.executescript(
                "CREATE INDEX by_item ON event (item, at, number);"
                "CREATE TABLE first AS SELECT item, min(at) AS at, min(number) AS number FROM event GROUP BY item;"
                "CREATE INDEX first_item ON first (item);"
            )
            yield Staged(store, event_map)
        finally:
            store.close()


def _stage(
    path: Path, event_map: EventLogMap, store: sqlite3.Connection, progress: Callable[[int], None] | None
) -> None:
    problems: list[Problem] = []
    batch: list[tuple[object, ...]] = []
    with _opened(path) as (raw, text):
        reader = _Reader(path.name, text, event_map)
        for number, row in reader.rows():
            try:
                batch.extend(reader.events(number, row))
            except DocumentError as error:
                problems.extend(error.problems)
                if len(problems) >= MOST_PROBLEMS:
                    break
            if len(batch) >= STAGE_ROWS:
                _insert(store, batch)
                if progress is not None:
                    progress(raw.tell())
    _insert(store, batch)
    if problems:
        raise DocumentError(problems)
    if not reader.seen:
        raise DocumentError(Problem("There is no row under the header.", file=path.name))


def _insert(store: sqlite3.Connection, batch: list[tuple[object, ...]]) -> None:
    store.executemany("INSERT INTO event VALUES (?,?,?,?,?,?,?,?,?,?)", batch)
    batch.clear()


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """The file as it lies on disk (for progress), and its content, unpacked where its name ends in .gz."""
    with path.open("rb") as raw:
        if path.suffix == ".gz":
            with gzip.open(raw) as content:
                yield raw, content  # type: ignore[misc]  # a GzipFile reads as IO[bytes] does
        else:
            yield raw, raw


class _Reader:
    """Turns rows of one CSV into rows of the staging table."""

    def __init__(self, name: str, content: IO[bytes], event_map: EventLogMap) -> None:
        self.name = name
        self.seen = 0
        self._map = event_map
        self._zone = ZoneInfo(event_map.file.timezone) if event_map.file.timezone else None
        self._text = io.TextIOWrapper(content, encoding=event_map.file.encoding, newline="")
        self._place: dict[str, int] = {}
        self._read_instant = instant_reader(event_map.file.timestamp or "")

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Line number (from 1) and cells of each row under the header."""
        try:
            header_line = self._text.readline()
            delimiter = self._map.file.delimiter or _delimiter(header_line)
            header = next(csv.reader([header_line], delimiter=delimiter), [])
            self._locate(header)
            reader = csv.reader(self._text, delimiter=delimiter)
            line = 2
            for row in reader:
                if row:
                    self.seen += 1
                    yield line, row
                line = reader.line_num + 2
        except UnicodeDecodeError as error:
            encoding = self._map.file.encoding
            problem = Problem(f"This is not {encoding}: {error.reason}.", "file.encoding", file=self.name)
            raise DocumentError(
                replace(problem, remedy="Name the encoding, such as --encoding cp1252.")
            ) from error
        except csv.Error as error:
            raise DocumentError(
                Problem(f"This is no CSV: {error}.", file=self.name, line=self.seen + 2)
            ) from error

    def _locate(self, header: Sequence[str]) -> None:
        """Find the columns of the map. Where a name stands twice, the first is meant."""
        for index, title in enumerate(header):
            self._place.setdefault(title.strip(), index)
        problems = []
        for column in self._map.columns():
            if column not in self._place:
                close = difflib.get_close_matches(column, self._place, n=1)
                remedy = (
                    f"Did you mean '{close[0]}'?" if close else f"The file has: {', '.join(self._place)}."
                )
                problems.append(Problem(f"There is no column '{column}'.", column, remedy, 1, self.name))
        if problems:
            raise DocumentError(problems)

    def _cell(self, row: Sequence[str], column: str | None) -> str:
        if column is None:
            return ""
        place = self._place[column]
        return row[place].strip() if place < len(row) else ""

    def events(self, number: int, row: Sequence[str]) -> list[tuple[object, ...]]:
        """The staging rows of one row of the file.

        Raises: DocumentError, with the line.
        """
        item = self._cell(row, self._map.item)
        if not item:
            raise self._problem(
                number, self._map.item, "No item is named.", "Fill the cell, or take the line out."
            )
        shared = tuple(
            self._cell(row, column)
            for column in (
                self._map.resource,
                self._map.team,
                self._map.line,
                self._map.service,
                self._map.title,
            )
        )
        fields = _fields_as_text(tuple(self._cell(row, column) for column in self._map.fields))
        return [(item, at, number, activity, *shared, fields) for at, activity in self._moments(number, row)]

    def _moments(self, number: int, row: Sequence[str]) -> list[tuple[int, str]]:
        if not self._map.moments:
            activity = self._cell(row, self._map.activity)
            if activity not in self._map.states:
                known = ", ".join(self._map.states)
                remedy = f"Add it under `states` of the map (it has: {known})."
                raise self._problem(
                    number, self._map.activity or "", f"The map does not know '{activity}'.", remedy
                )
            return [(self._instant(number, self._map.at or "", row), activity)]
        found = [
            (self._instant(number, moment.column, row), moment.activity)
            for moment in self._map.moments
            if self._cell(row, moment.column)
        ]
        if not found:
            columns = ", ".join(moment.column for moment in self._map.moments)
            raise self._problem(
                number, columns, "No instant is given.", "At least one of these columns must be filled."
            )
        return found

    def _instant(self, number: int, column: str, row: Sequence[str]) -> int:
        """The instant in a cell, in microseconds since 1970."""
        text = self._cell(row, column)
        wanted = self._map.file.timestamp
        try:
            at = self._read_instant(text) if wanted else datetime.fromisoformat(text)
        except ValueError:
            shape = wanted or "ISO 8601, such as 2026-11-23T16:00:00+01:00"
            raise self._problem(
                number,
                column,
                f"'{text}' is no instant.",
                f"Expected: {shape}; say otherwise in file.timestamp.",
            ) from None
        if at.tzinfo is None:
            if self._zone is None:
                raise self._problem(
                    number, column, f"'{text}' has no zone.", "Name one in file.timezone of the map."
                )
            at = at.replace(tzinfo=self._zone)
        return to_us(at)

    def _problem(self, number: int, column: str, message: str, remedy: str) -> DocumentError:
        return DocumentError(Problem(message, column, remedy, number, self.name))


def _delimiter(header: str) -> str:
    """The likeliest delimiter: the one that stands most often in the header."""
    return max(",;\t|", key=header.count)
