"""`beheer judge` and `beheer service-time`: figures and deadlines without an installation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from beheer.lib.errors import InputError, Problem

if TYPE_CHECKING:
    from beheer.lib.calendars import Calendar
    from beheer.service_levels.judging.elapsing import Answer
    from beheer.service_levels.judging.tables import Table

FILE = click.Path(path_type=Path)


@click.command()
@click.option("--states", type=FILE, help="CSV with service, at, state.")
@click.option(
    "--outages", "outages_file", type=FILE, help="CSV with service, start, end and optionally state."
)
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
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def judge(
    states: Path | None,
    outages_file: Path | None,
    agreement: Path,
    start: str,
    until: str,
    by: str | None,
    columns: tuple[str, ...],
    service: str | None,
    where: tuple[str, ...],
    as_json: bool,
) -> None:
    """Judge states or outages in a CSV file by an agreement in a YAML file."""
    from beheer.service_levels.judging.agreements import read_agreement
    from beheer.service_levels.judging.judgements import judge_table
    from beheer.service_levels.judging.moments import parse_span
    from beheer.service_levels.rules import PeriodUnit

    read = read_agreement(agreement)
    first, last = parse_span(start, until, read.zone, ("--from", "--until"))
    table = _table(states, outages_file, columns, service, where)
    judged = judge_table(read, table, start=first, end=last, by=PeriodUnit(by) if by else None)
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


def _table(
    states: Path | None,
    outages_file: Path | None,
    columns: tuple[str, ...],
    service: str | None,
    where: tuple[str, ...],
) -> Table:
    from beheer.service_levels.judging.selections import parse_condition
    from beheer.service_levels.judging.tables import read_table

    path = states or outages_file
    if path is None or (states and outages_file):
        raise InputError(Problem("One file is needed.", "", "Give either --states or --outages."))
    renamed = {}
    for column in columns:
        ours, sign, theirs = column.partition("=")
        if not sign or not ours.strip() or not theirs.strip():
            remedy = "Write --column start=downtime_start."
            raise InputError(Problem(f"'{column}' renames nothing.", "--column", remedy))
        renamed[ours.strip()] = theirs.strip()
    if service is not None and not service.strip():
        raise InputError(Problem("A service needs a name.", "--service", "Write --service NAME."))
    conditions = [parse_condition(text) for text in where]
    return read_table(path, is_outages=states is None, renamed=renamed, service=service, where=conditions)


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
