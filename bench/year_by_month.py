"""A year of thousands of services by month over Dutch office hours: seconds, memory, and how both grow.

    python -m bench.year_by_month [--services 10000]

200 outages a service (400 state changes), drawn at random; public holidays of the Netherlands.
"""

from __future__ import annotations

import argparse
import resource
import time
from zoneinfo import ZoneInfo

import numpy as np

from beheer.lib.calendar_files import read_calendar
from beheer.lib.intervals import parse_instant
from beheer.lib.service_time import ServiceTime
from beheer.service_levels.rules import (
    DEFAULT_RULES,
    NO_MARKS,
    Facts,
    FigureTable,
    PeriodUnit,
    State,
    cut_periods,
    judge,
    outage_timeline,
)

OFFICE = """
timezone: Europe/Amsterdam
holidays: NL
versions:
  - {valid_from: 2020-01-01, hours: {mon-fri: "08:00-18:00"}}
"""
START, END = parse_instant("2025-12-31T23:00:00Z"), parse_instant("2026-12-31T23:00:00Z")
OUTAGES = 200


def make_outages(services: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Service, start and end of outages, the same every time; from a minute to four hours, overlapping some."""
    random = np.random.default_rng(2026)
    start = random.integers(START, END, services * OUTAGES)
    length = random.integers(60_000_000, 4 * 3_600_000_000, services * OUTAGES)
    return np.repeat(np.arange(services), OUTAGES), start, start + length


def figures(services: int, columns: tuple[np.ndarray, np.ndarray, np.ndarray]) -> FigureTable:
    """From outages to figures with classes, band and outages of each month, the calendar compiled anew."""
    service, start, end = columns
    state = np.full(len(start), State.DOWN, np.int8)
    facts = Facts(services, outage_timeline(services, service, start, end, state), NO_MARKS, NO_MARKS)
    months = cut_periods(PeriodUnit.MONTH, ZoneInfo("Europe/Amsterdam"), START, END)
    table = judge(facts, ServiceTime(read_calendar(OFFICE)), DEFAULT_RULES, months)
    _ = table.ratio, table.band(), table.times.outages
    return table


def measured(services: int) -> float:
    """Seconds, best of three."""
    columns = make_outages(services)
    best = 1e9
    for _ in range(3):
        begin = time.perf_counter()
        table = figures(services, columns)
        best = min(best, time.perf_counter() - begin)
    assert table.ratio.shape == (services, 12)
    assert ((table.ratio > 0) & (table.ratio <= 1)).all()
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--services", type=int, default=10_000)
    most = parser.parse_args().services
    measured(100)
    print(f"a year by month, Dutch office hours, {OUTAGES} outages a service")
    for services in (most // 4, most // 2, most):
        seconds = measured(services)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        each = seconds / services * 1e6
        print(
            f"  {services:7,} services  {seconds:6.2f} s  {each:6.1f} µs a service  {memory:6.0f} MB at most"
        )


if __name__ == "__main__":
    main()
