"""`beheer judge` and `beheer service-time`: figures and deadlines without an installation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from beheer.lib.errors import InputError, Problem

if TYPE_CHECKING:
    from beheer.lib.calendars import Calendar
    from beheer.service_levels.judging.elapsing import Answer
    from beheer.service_levels.judging.measurements import Measurements
    from beheer.service_levels.judging.selections import Condition
    from beheer.service_levels.judging.tables import Table

FILE = click.Path(path_type=Path)


@click.command()
@click.option("--states", type=FILE, help="CSV with service, at, state.")
@click.option(
    "--outages", "outages_file", type=FILE, help="CSV with service, start, end and optionally state."
)
@click.option("--measurements", type=FILE, help="CSV with service, at, metric, value.")
@click.option(
    "--agreement", type=FILE, required=True, help="YAML: time zone, calendar, norms, windows, corrections."
)
@click.option("--from", "start", required=True, metavar="T", help="Begin: a date, or a time with its offset.")
@click.option("--until", required=True, metavar="T", help="End, not included.")
@click.option(
    "--by", type=click.Choice(["day", "week", "month", "quarter", "year"]), help="A figure for each."
)
@click.option("--column", "columns", multiple=True, metavar="NAME=THEIRS", help="Another name for a column.")
@click.option("--service", metavar="NAME", help="The service of all rows.")
@click.option("--where", multiple=True, metavar="CONDITION", help="Rows to take: 'impact != maintenance'.")
@click.option("--together", is_flag=True, help="Also one figure of all services of a norm, by `aggregate`.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def judge(
    states: Path | None,
    outages_file: Path | None,
    measurements: Path | None,
    agreement: Path,
    start: str,
    until: str,
    by: str | None,
    columns: tuple[str, ...],
    service: str | None,
    where: tuple[str, ...],
    together: bool,
    as_json: bool,
) -> None:
    """Judge states, outages and measurements in CSV files by an agreement in a YAML file."""
    from beheer.service_levels.judging.agreements import read_agreement
    from beheer.service_levels.judging.judgements import judge_table
    from beheer.service_levels.judging.moments import parse_span
    from beheer.service_levels.rules import PeriodUnit

    read = read_agreement(agreement)
    first, last = parse_span(start, until, read.zone, ("--from", "--until"))
    choice = _choice(columns, service, where)
    table = _table(states, outages_file, choice, is_needed=measurements is None)
    judged = judge_table(
        read,
        table,
        start=first,
        end=last,
        by=PeriodUnit(by) if by else None,
        measurements=_measurements(measurements, choice, with_table=table is not None),
        together=together,
    )
    for warning in judged.warnings:
        click.echo(f"Warning: {warning}", err=True)
    if not judged.judgements:
        raise InputError(
            Problem("No norm is about a service in the file.", "norms", "Look at the names of services.")
        )
    from beheer.service_levels.judging import writing

    if as_json:
        click.echo(writing.as_json(judged.judgements, read.zone))
    else:
        writing.print_judged(judged, read)


@dataclass(frozen=True)
class Choice:
    """Which rows and columns of the files are meant."""

    renamed: dict[str, str]
    service: str | None
    where: list[Condition]


def _choice(columns: tuple[str, ...], service: str | None, where: tuple[str, ...]) -> Choice:
    """Raises: InputError naming the option that is wrong."""
    from beheer.service_levels.judging.selections import parse_condition

    renamed = {}
    for column in columns:
        ours, sign, theirs = column.partition("=")
        if not sign or not ours.strip() or not theirs.strip():
            remedy = "Write --column start=downtime_start."
            raise InputError(Problem(f"'{column}' renames nothing.", "--column", remedy))
        renamed[ours.strip()] = theirs.strip()
    if service is not None and not service.strip():
        raise InputError(Problem("A service needs a name.", "--service", "Write --service NAME."))
    return Choice(renamed, service, [parse_condition(text) for text in where])


def _table(
    states: Path | None, outages_file: Path | None, choice: Choice, *, is_needed: bool
) -> Table | None:
    """The states or outages; None where there are only measurements."""
    from beheer.service_levels.judging.tables import read_table

    path = states or outages_file
    if states and outages_file:
        raise InputError(Problem("One file is needed.", "", "Give either --states or --outages."))
    if path is None:
        if not is_needed:
            return None
        remedy = "Give either --states or --outages, or --measurements."
        raise InputError(Problem("One file is needed.", "", remedy))
    return read_table(
        path,
        is_outages=states is None,
        renamed=choice.renamed,
        service=choice.service,
        where=choice.where,
    )


def _measurements(path: Path | None, choice: Choice, *, with_table: bool) -> Measurements | None:
    """The measurements; beside another file they have our own columns, for the options speak of that one."""
    from beheer.service_levels.judging.measurements import read_measurements

    if path is None:
        return None
    if with_table:
        return read_measurements(path, renamed={}, service=choice.service)
    return read_measurements(path, renamed=choice.renamed, service=choice.service, where=choice.where)


@click.group("service-time")
def service_time() -> None:
    """Count agreed time, and find when so much of it has passed."""


@service_time.command()
@click.option("--calendar", required=True, metavar="FILE", help="A calendar file, or 24x7.")
@click.option("--from", "start", required=True, metavar="T", help="Begin: a date, or a time with its offset.")
@click.option("--until", required=True, metavar="T", help="End, not included.")
@click.option("--pause", "pauses", multiple=True, metavar="A/B", help="A stretch that does not count.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def elapsed(calendar: str, start: str, until: str, pauses: tuple[str, ...], as_json: bool) -> None:
    """Count the agreed time between two instants, without pauses."""
    from beheer.service_levels.judging.elapsing import count_elapsed

    read = _calendar(calendar)
    _tell(count_elapsed(read, start, until, pauses), read, as_json=as_json)


@service_time.command()
@click.option("--calendar", required=True, metavar="FILE", help="A calendar file, or 24x7.")
@click.option("--from", "start", required=True, metavar="T", help="Begin: a date, or a time with its offset.")
@click.option("--target", required=True, metavar="DURATION", help="Agreed time: 4h, 1h30m, 2d (of 24 hours).")
@click.option("--pause", "pauses", multiple=True, metavar="A/B", help="A stretch that does not count.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def due(calendar: str, start: str, target: str, pauses: tuple[str, ...], as_json: bool) -> None:
    """Find the earliest instant at which so much agreed time has passed."""
    from beheer.service_levels.judging.elapsing import find_due

    read = _calendar(calendar)
    _tell(find_due(read, start, target, pauses), read, as_json=as_json)


def _calendar(name: str) -> Calendar:
    from beheer.lib.calendar_files import read_calendar
    from beheer.lib.calendars import ALWAYS
    from beheer.service_levels.judging.agreements import read_text

    return ALWAYS if name == "24x7" else read_calendar(read_text(Path(name)), name)


def _tell(answer: Answer, calendar: Calendar, *, as_json: bool) -> None:
    from beheer.service_levels.judging import writing

    if as_json:
        click.echo(writing.answer_as_json(answer, calendar.timezone))
    else:
        writing.print_answer(answer, calendar)
