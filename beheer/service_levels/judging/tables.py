"""Reads states and outages from CSV files, our own and foreign ones, row by row into arrays."""

from __future__ import annotations

import csv
import datetime as dt
import difflib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import numpy as np

from beheer.lib.errors import InputError, Problem
from beheer.lib.intervals import ENDLESS, EPOCH
from beheer.service_levels.judging.selections import Condition
from beheer.service_levels.rules import State, Timeline, outage_timeline, state_timeline

STATE_COLUMNS = ("service", "at", "state")
OUTAGE_COLUMNS = ("service", "start", "end", "state")
MOST_PROBLEMS = 20
"""So many wrong rows are told before reading stops."""

_INSTANT_REMEDY = "UTC or an offset is required, such as 2026-03-01T22:00:00Z or 2026-03-01T23:00:00+01:00."
_fromisoformat = dt.datetime.fromisoformat
_STATES = {state.name.lower(): int(state) for state in State}


class Places(NamedTuple):
    """Where the columns stand in a row, from 0; -1 where there is none."""

    service: int
    start: int
    end: int
    state: int


class CsvRows:
    """The rows of a reader that began `skipped` lines into its file."""

    def __init__(self, rows: Any, skipped: int) -> None:
        self._rows = rows
        self._skipped = skipped

    @property
    def line_num(self) -> int:
        """The line of the file that was read last."""
        return int(self._rows.line_num) + self._skipped

    def __iter__(self) -> Iterator[list[str]]:
        return iter(self._rows)


@dataclass
class Table:
    """The rows of a CSV file that were chosen: names of services in order of appearance, and arrays of one length.

    `until` is empty for states. A field that is empty where an end is expected is an outage that goes on.
    """

    is_outages: bool
    names: dict[str, int] = field(default_factory=dict)
    service: array[int] = field(default_factory=lambda: array("q"))
    start: array[int] = field(default_factory=lambda: array("q"))
    until: array[int] = field(default_factory=lambda: array("q"))
    state: array[int] = field(default_factory=lambda: array("b"))

    def timeline(self) -> Timeline:
        """The states of all services in the table."""
        service, start = np.array(self.service, np.int64), np.array(self.start, np.int64)
        state = np.array(self.state, np.int8)
        if self.is_outages:
            return outage_timeline(len(self.names), service, start, np.array(self.until, np.int64), state)
        return state_timeline(len(self.names), service, start, state)


def read_table(
    path: Path,
    *,
    is_outages: bool,
    renamed: Mapping[str, str],
    service: str | None = None,
    where: Sequence[Condition] = (),
) -> Table:
    """Read states or outages. `renamed` gives our name of a column the file's; `service` names all rows.

    Raises: InputError with file, line, field and remedy: of the header, or of the first rows that are wrong.
    """
    with opened_as_text(path) as file:
        reader = Reader(path, is_outages, renamed, service, where)
        reader.read_rows(file)
        return reader.table


@contextmanager
def opened_as_text(path: Path) -> Iterator[TextIO]:
    """A CSV file, opened. Raises: InputError where it is not there or cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except FileNotFoundError as error:
        raise InputError(Problem("There is no such file.", file=str(path))) from error
    except UnicodeDecodeError as error:
        remedy = 'Save it as "CSV UTF-8".'
        raise InputError(Problem("This file is not UTF-8.", "", remedy, file=str(path))) from error
    except OSError as error:
        raise InputError(Problem(f"This file cannot be read: {error.strerror}.", file=str(path))) from error


class Reader:
    """Reads one file, and gathers what is wrong with its rows."""

    columns: tuple[str, ...] = ()  # ours; empty: those of states or of outages

    def __init__(
        self,
        path: Path,
        is_outages: bool,
        renamed: Mapping[str, str],
        service: str | None,
        where: Sequence[Condition],
    ) -> None:
        self.file = str(path)
        self.table = Table(is_outages)
        self.renamed = renamed
        self.service = service
        self.where = where
        self.problems: list[Problem] = []

    def read_rows(self, file: TextIO) -> None:
        """Add the rows that were chosen. Raises: InputError."""
        if self.service is not None:
            self.table.names[self.service] = 0
        rows, header = self.opened(file)
        places = self.places(header)
        keep = [(self.place(header, one.column, "--where"), one) for one in self.where]
        if self.problems:
            raise InputError(self.problems)
        add = self.add
        begin = rows.line_num + 1
        try:
            for row in rows:
                try:
                    if row and all(one.keeps(row[place].strip()) for place, one in keep):
                        add(row, places)
                except (ValueError, TypeError, LookupError):
                    if any(cell.strip() for cell in row):
                        self.explain(row, places, begin, header)
                    if len(self.problems) >= MOST_PROBLEMS:
                        break
                begin = rows.line_num + 1
        except csv.Error as error:
            self.problems.append(Problem(f"This is not valid CSV: {error}.", "", "", begin, self.file))
        if self.problems:
            raise InputError(self.problems)

    def add(self, row: list[str], places: Places) -> None:
        """Add a row."""
        (self.outage if self.table.is_outages else self.change)(row, places)

    def opened(self, file: TextIO) -> tuple[CsvRows, list[str]]:
        """The rows after the header, and the header. The separator is the one that gives most columns."""
        first, skipped = file.readline(), 1
        while first and (not first.strip() or first.startswith("sep=")):
            first, skipped = file.readline(), skipped + 1
        if not first:
            raise InputError(
                Problem("This file is empty.", "", f"Begin with the line {self.header}.", file=self.file)
            )
        separator = max(",;\t", key=lambda mark: len(next(csv.reader([first], delimiter=mark))))
        header = [name.strip() for name in next(csv.reader([first], delimiter=separator))]
        return CsvRows(csv.reader(file, delimiter=separator), skipped), header

    @property
    def header(self) -> str:
        return ",".join(OUTAGE_COLUMNS[:3] if self.table.is_outages else STATE_COLUMNS)

    def places(self, header: list[str]) -> Places:
        """Where our columns stand in the file's rows."""
        self.check_renamed()
        service = (
            -1 if self.service is not None else self.place(header, self.renamed.get("service", "service"))
        )
        if not self.table.is_outages:
            at, state = (self.place(header, self.renamed.get(name, name)) for name in ("at", "state"))
            return Places(service, at, -1, state)
        start, end = (self.place(header, self.renamed.get(name, name)) for name in ("start", "end"))
        has_state = "state" in self.renamed or "state" in header
        return Places(
            service, start, end, self.place(header, self.renamed.get("state", "state")) if has_state else -1
        )

    def check_renamed(self) -> None:
        """A problem for each column that is renamed and is not one of ours."""
        ours = self.columns or (OUTAGE_COLUMNS if self.table.is_outages else STATE_COLUMNS)
        for name in self.renamed:
            if name not in ours:
                remedy = f"The columns are {', '.join(ours)}."
                self.problems.append(Problem(f"There is no column '{name}' to rename.", "--column", remedy))

    def place(self, header: list[str], name: str, field: str = "") -> int:
        """Where a column stands; where it is missing, a problem with the nearest name."""
        name = self.renamed.get(name, name) if field and name not in header else name
        if name in header:
            return header.index(name)
        folded = [one.casefold() for one in header]
        if name.casefold() in folded:
            return folded.index(name.casefold())
        ours = next((our for our, theirs in self.renamed.items() if theirs == name), name)
        close = difflib.get_close_matches(name, header, n=1) or [one for one in header if name in one][:1]
        remedy = f"Is it '{close[0]}'?" if close else f"The file has {', '.join(header) or 'none'}."
        if not field:
            if ours == "service":
                remedy += " To give all rows one service, say --service NAME."
            else:
                remedy += f" To use another column, say --column {ours}={close[0] if close else 'NAME'}."
        self.problems.append(Problem(f"There is no column '{name}'.", field, remedy, 1, self.file))
        return 0

    def change(self, row: list[str], places: Places) -> None:
        """Add a row of states."""
        instant = _fromisoformat(row[places.start].strip()) - EPOCH
        state = _STATES[row[places.state].strip().lower()]
        service = self.named(row, places.service)
        self.table.start.append((instant.days * 86_400 + instant.seconds) * 1_000_000 + instant.microseconds)
        self.table.state.append(state)
        self.table.service.append(service)

    def outage(self, row: list[str], places: Places) -> None:
        """Add a row of outages."""
        begin = _fromisoformat(row[places.start].strip()) - EPOCH
        start = (begin.days * 86_400 + begin.seconds) * 1_000_000 + begin.microseconds
        text = row[places.end].strip()
        until = ENDLESS
        if text:
            end = _fromisoformat(text) - EPOCH
            until = (end.days * 86_400 + end.seconds) * 1_000_000 + end.microseconds
        if until < start:
            raise ValueError
        state = _STATES[row[places.state].strip().lower() or "down"] if places.state >= 0 else int(State.DOWN)
        service = self.named(row, places.service)
        self.table.start.append(start)
        self.table.until.append(until)
        self.table.state.append(state)
        self.table.service.append(service)

    def named(self, row: list[str], place: int) -> int:
        """The number of a row's service. Raises: ValueError when it has no name."""
        if place < 0:
            return 0
        name = row[place].strip()
        if not name:
            raise ValueError
        names = self.table.names
        return names.setdefault(name, len(names))

    def explain(self, row: list[str], places: Places, line: int, header: list[str]) -> None:
        """Say what is wrong with a row."""
        told = len(self.problems)
        self.explain_fields(row, places, line, header)
        if len(self.problems) == told:
            self.wrong(line, "", "This row cannot be read.", "Write it as the others.")

    def explain_fields(self, row: list[str], places: Places, line: int, header: list[str]) -> None:
        """Say what is wrong with each field of a row."""
        if len(row) <= max(places) or len(row) <= max(
            (self.place(header, one.column) for one in self.where), default=0
        ):
            self.wrong(
                line, "", f"This row has {len(row)} fields, the header {len(header)}.", "Add what is missing."
            )
            return
        if places.service >= 0 and not row[places.service].strip():
            self.wrong(
                line, header[places.service], "The service has no name.", "Write one, or say --service NAME."
            )
        self.explain_cells(row, places, line, header)

    def explain_cells(self, row: list[str], places: Places, line: int, header: list[str]) -> None:
        """Say what is wrong with each field of a row but its service."""
        starts = self.instant(line, header[places.start], row[places.start])
        if places.end >= 0 and row[places.end].strip():
            ends = self.instant(line, header[places.end], row[places.end])
            if starts is not None and ends is not None and ends < starts:
                message = f"'{row[places.end].strip()}' is before the start, '{row[places.start].strip()}'."
                self.wrong(line, header[places.end], message, "Write an end after the start.")
        if places.state >= 0:
            word = row[places.state].strip().lower()
            if word not in _STATES and not (self.table.is_outages and not word):
                close = difflib.get_close_matches(word, _STATES, n=1)
                hint = f" Is it '{close[0]}'?" if close else ""
                message = f"'{row[places.state].strip()}' is not a state."
                self.wrong(line, header[places.state], message, f"Write up, degraded, down or unknown.{hint}")

    def instant(self, line: int, field: str, text: str) -> dt.datetime | None:
        """The instant in a field; where it is none, a problem."""
        try:
            instant = _fromisoformat(text.strip())
        except ValueError:
            self.wrong(line, field, f"'{text.strip()}' is not a date and time.", _INSTANT_REMEDY)
            return None
        if instant.utcoffset() is None:
            self.wrong(line, field, f"'{text.strip()}' says no time zone.", _INSTANT_REMEDY)
            return None
        return instant

    def wrong(self, line: int, field: str, message: str, remedy: str) -> None:
        self.problems.append(Problem(message, field, remedy, line, self.file))
