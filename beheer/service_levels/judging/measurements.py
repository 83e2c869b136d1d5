"""Reads measurements from CSV files, our own and foreign ones, row by row into arrays."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from beheer.lib.intervals import EPOCH
from beheer.measurements.samples import NOTHING, Samples
from beheer.service_levels.judging.selections import Condition
from beheer.service_levels.judging.tables import Places, Reader, _fromisoformat, opened_as_text

COLUMNS = ("service", "at", "metric", "value")


@dataclass
class Measurements:
    """The rows that were chosen: names of services and metrics in order of appearance, and arrays of one length."""

    names: dict[str, int] = field(default_factory=dict)
    metrics: dict[str, int] = field(default_factory=dict)
    service: array[int] = field(default_factory=lambda: array("q"))
    at: array[int] = field(default_factory=lambda: array("q"))
    metric: array[int] = field(default_factory=lambda: array("q"))
    value: array[float] = field(default_factory=lambda: array("d"))

    def samples(self, service: str, metric: str) -> Samples:
        """The measurements of one metric of a service, in order of time."""
        if service not in self.names or metric not in self.metrics:
            return NOTHING
        chosen = (np.array(self.service, np.int64) == self.names[service]) & (
            np.array(self.metric, np.int64) == self.metrics[metric]
        )
        at, value = np.array(self.at, np.int64)[chosen], np.array(self.value, np.float64)[chosen]
        order = np.argsort(at, kind="stable")
        return Samples(at[order], value[order])


def read_measurements(
    path: Path, *, renamed: Mapping[str, str], service: str | None = None, where: Sequence[Condition] = ()
) -> Measurements:
    """Read measurements. `renamed` gives our name of a column the file's; `service` names all rows.

    Raises: InputError with file, line, field and remedy: of the header, or of the first rows that are wrong.
    """
    with opened_as_text(path) as file:
        reader = _Reader(path, renamed, service, where)
        reader.read_rows(file)
        return reader.found


class _Reader(Reader):
    """Reads one file of measurements."""

    columns = COLUMNS

    def __init__(
        self, path: Path, renamed: Mapping[str, str], service: str | None, where: Sequence[Condition]
    ) -> None:
        super().__init__(path, False, renamed, service, where)
        self.found = Measurements(self.table.names)

    @property
    def header(self) -> str:
        return ",".join(COLUMNS)

    def places(self, header: list[str]) -> Places:
        """Where service, instant, metric and value stand; the metric in the place of an end."""
        self.check_renamed()
        service = (
            -1 if self.service is not None else self.place(header, self.renamed.get("service", "service"))
        )
        at, metric, value = (self.place(header, self.renamed.get(name, name)) for name in COLUMNS[1:])
        return Places(service, at, metric, value)

    def add(self, row: list[str], places: Places) -> None:
        """Add a row."""
        instant = _fromisoformat(row[places.start].strip()) - EPOCH
        value, metric = float(row[places.state]), row[places.end].strip()
        if not metric or not math.isfinite(value):
            raise ValueError
        service = self.named(row, places.service)
        self.found.service.append(service)
        self.found.at.append((instant.days * 86_400 + instant.seconds) * 1_000_000 + instant.microseconds)
        self.found.metric.append(self.found.metrics.setdefault(metric, len(self.found.metrics)))
        self.found.value.append(value)

    def explain_cells(self, row: list[str], places: Places, line: int, header: list[str]) -> None:
        """Say what is wrong with each field of a row."""
        self.instant(line, header[places.start], row[places.start])
        if not row[places.end].strip():
            self.wrong(line, header[places.end], "The metric has no name.", "Write one, such as total_s.")
        try:
            is_number = math.isfinite(float(row[places.state]))
        except ValueError:
            is_number = False
        if not is_number:
            message = f"'{row[places.state].strip()}' is not a number."
            self.wrong(line, header[places.state], message, "Write a number with a point, such as 0.25.")
