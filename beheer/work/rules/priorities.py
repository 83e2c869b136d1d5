"""Priority from impact and urgency, impact of an outage, and the targets of clocks: a table, read from a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from beheer.lib.calendar_files import calendar_in, read_calendar
from beheer.lib.documents import Document, check, load
from beheer.lib.durations import SECOND, parse_duration
from beheer.lib.errors import DocumentError, InputError
from beheer.lib.service_time import ServiceTime
from beheer.work.kinds.schema import Strict

Word = Literal["high", "medium", "low"]
DEGREES: dict[str, int] = {"high": 1, "medium": 2, "low": 3}
LOWEST = 5


class OutageRow(Strict):
    """Impact and urgency of an outage of a service that is at least so critical or serves at least so many."""

    criticality: int | None = Field(default=None, ge=1, le=4)
    users: int | None = Field(default=None, ge=0)
    impact: Word
    urgency: Word


class TableFile(Strict):
    """The file."""

    calendars: dict[str, object]
    matrix: dict[Word, dict[Word, int]]
    outages: list[OutageRow] = Field(min_length=1)
    degraded_is_one_lower: bool = True
    targets: dict[str, dict[int, dict[str, str]]]


@dataclass(frozen=True)
class TargetValue:
    """How long a clock may take, in which agreed time. `target_s` None: no target. `calendar`: a name or YAML."""

    target_s: float | None
    calendar: str


@dataclass(frozen=True)
class Table:
    """The table of priorities, ready for use."""

    matrix: dict[tuple[int, int], int]
    outages: tuple[OutageRow, ...]
    degraded_is_one_lower: bool
    targets: dict[tuple[str, int, str], TargetValue]
    calendars: dict[str, ServiceTime]

    def priority(self, impact: int, urgency: int) -> int:
        """1 (highest) to 5, of impact and urgency 1 (high) to 3 (low)."""
        return self.matrix[impact, urgency]

    def of_outage(self, *, criticality: int, users: int, is_down: bool) -> tuple[int, int]:
        """Impact and urgency of an outage, each 1 (high) to 3 (low)."""
        for row in self.outages:
            if row.criticality is not None and criticality < row.criticality:
                continue
            if row.users is not None and users < row.users:
                continue
            break
        urgency = DEGREES[row.urgency]
        if not is_down and self.degraded_is_one_lower:
            urgency = min(3, urgency + 1)
        return DEGREES[row.impact], urgency

    def target(self, kind: str, clock: str, priority: int) -> TargetValue | None:
        """The target of a clock; where the table does not name the kind, that of `default`. None: it has none."""
        return self.targets.get((self._row(kind), priority, clock))

    def targets_for(self, kind: str) -> dict[tuple[int, str], TargetValue]:
        """All targets of a kind, by priority and clock."""
        row = self._row(kind)
        return {(level, clock): value for (name, level, clock), value in self.targets.items() if name == row}

    def _row(self, kind: str) -> str:
        return kind if any(name == kind for name, _, _ in self.targets) else "default"

    def service_time(self, calendar: str) -> ServiceTime:
        """A calendar by its name in the table, or from its own YAML; an unknown name counts all time."""
        if calendar not in self.calendars:
            if ":" not in calendar and calendar != "24x7":
                return ServiceTime(read_calendar("24x7"))
            self.calendars[calendar] = ServiceTime(read_calendar(calendar))
        return self.calendars[calendar]


def read_table(text: str, name: str) -> Table:
    """Read the table.

    Raises: DocumentError with the line of each thing that is wrong.
    """
    document = load(text, name)
    file = check(document, TableFile)
    calendars = {key: ServiceTime(calendar_in(document, ("calendars", key))) for key in file.calendars}
    return Table(
        _matrix(document, file),
        tuple(file.outages),
        file.degraded_is_one_lower,
        dict(_targets(document, file)),
        calendars,
    )


def _matrix(document: Document, file: TableFile) -> dict[tuple[int, int], int]:
    matrix = {}
    for impact, one in DEGREES.items():
        for urgency, other in DEGREES.items():
            value = file.matrix.get(impact, {}).get(urgency)  # type: ignore[call-overload]  # words are checked above
            if value is None or not 1 <= value <= LOWEST:
                message = f"Impact {impact} with urgency {urgency} has no priority from 1 to {LOWEST}."
                raise DocumentError(document.problem(("matrix", impact), message, "Give all nine."))
            matrix[one, other] = value
    return matrix


def _targets(document: Document, file: TableFile) -> list[tuple[tuple[str, int, str], TargetValue]]:
    found, problems = [], []
    for kind, rows in file.targets.items():
        for priority, row in rows.items():
            calendar = row.get("calendar", "")
            if calendar not in file.calendars:
                message = f"There is no calendar '{calendar}' in this table."
                remedy = f"Name one of {', '.join(file.calendars)}."
                problems.append(document.problem(("targets", kind, priority), message, remedy))
            for clock, text in row.items():
                if clock == "calendar":
                    continue
                try:
                    value = TargetValue(parse_duration(text) / SECOND, calendar)
                except InputError as error:
                    path = ("targets", kind, priority, clock)
                    problems.append(
                        document.problem(path, error.problems[0].message, error.problems[0].remedy)
                    )
                    continue
                found.append(((kind, priority, clock), value))
    if problems:
        raise DocumentError(problems)
    return found
