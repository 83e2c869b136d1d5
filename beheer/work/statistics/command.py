"""`beheer work statistics`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from django.conf import settings
from rich.console import Console
from rich.table import Table

from beheer.lib.calendar_files import read_calendar
from beheer.lib.durations import parse_duration
from beheer.lib.errors import InputError, Problem
from beheer.lib.service_time import ServiceTime
from beheer.work.statistics import Target, WorkFilter, statistics

DAY_S = 86_400
MOST_ROWS = 12


@click.command("statistics")
@click.option("--kind", help="Only this kind of work, such as incident.")
@click.option("--state", help="Only items that are in this state now.")
@click.option("--team", help="Only this team (its key).")
@click.option("--service", help="Only this service (its key).")
@click.option("--customer", help="Only this customer (its key).")
@click.option("--source", help="Only what was imported from this source.")
@click.option("--from", "since", help="Only items opened at or after this day or instant.")
@click.option("--until", help="Only items opened before this day or instant.")
@click.option(
    "--where",
    multiple=True,
    help="Only where an imported field has a value: 'product=Value 1'. May be repeated.",
)
@click.option("--target", help="Judge the time to solve against this, such as 40h or 5d.")
@click.option(
    "--calendar", default="24x7", show_default=True, help="The hours that count for --target: 24x7 or a file."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def statistics_command(
    kind: str | None,
    state: str | None,
    team: str | None,
    service: str | None,
    customer: str | None,
    source: str | None,
    since: str | None,
    until: str | None,
    where: tuple[str, ...],
    target: str | None,
    calendar: str,
    as_json: bool,
) -> None:
    """How much work, how long it took, how often it changed hands."""
    wanted = WorkFilter(
        kind=kind,
        state=state,
        team=team,
        service=service,
        customer=customer,
        source=source,
        since=_instant(since, "--from"),
        until=_instant(until, "--until"),
        fields=tuple(_condition(one) for one in where),
    )
    found = statistics(wanted, _target(target, calendar))
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        _show(found)


def _instant(text: str | None, field: str) -> datetime | None:
    """A day (its first instant in the institution's zone) or an instant; without a zone it is the institution's."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            Problem(f"'{text}' is no day or instant.", field, "Write 2026-11-23 or 2026-11-23T16:00+01:00.")
        ) from None
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(settings.TIME_ZONE))).astimezone(UTC)


def _condition(text: str) -> tuple[str, str]:
    field, equals, value = text.partition("=")
    if not equals or not field.strip():
        raise InputError(
            Problem(f"'{text}' is no condition.", "--where", "Write field=value, such as 'product=Value 1'.")
        )
    return field.strip(), value.strip()


def _target(text: str | None, calendar: str) -> Target | None:
    if text is None:
        return None
    if calendar != "24x7":
        path = Path(calendar)
        if not path.is_file():
            raise InputError(
                Problem(f"There is no file '{calendar}'.", "--calendar", "Write 24x7 or a calendar's file.")
            )
        return Target(
            parse_duration(text, "--target"), ServiceTime(read_calendar(path.read_text(), path.name))
        )
    return Target(parse_duration(text, "--target"), ServiceTime(read_calendar("24x7")))


def _show(found: Mapping[str, Any]) -> None:
    """The figures for people: a few lines, then a table for each count."""
    console = Console()
    console.print(f"[bold]{found['items']:,}[/] items, [bold]{found['events']:,}[/] events")
    if found["items"]:
        mean, middle = found["mean_duration_s"] / DAY_S, found["median_duration_s"] / DAY_S
        console.print(f"From first to last event: mean {mean:,.2f} days, median {middle:,.2f} days")
    console.print(f"Hand-overs {found['hand_overs']:,}; items with ping-pong {found['ping_pong_items']:,}")
    console.print(f"Items reopened {found['reopened_items']:,}")
    share = found["within_target"]
    console.print(
        "Within target: "
        + ("no item has a target" if share is None else f"{int(share * 10_000) / 100:.2f} %")
    )
    counts = {"state": found["by_state"], "line": found["by_line"], **found["by_field"]}
    for title, values in counts.items():
        if values:
            console.print(_table(title, values))


def _table(title: str, values: Mapping[str, int]) -> Table:
    table = Table(title, "items", title_justify="left")
    table.columns[1].justify = "right"
    for value, count in list(values.items())[:MOST_ROWS]:
        table.add_row(value or "–", f"{count:,}")
    if len(values) > MOST_ROWS:
        table.add_row(f"… and {len(values) - MOST_ROWS} more", "")
    return table
