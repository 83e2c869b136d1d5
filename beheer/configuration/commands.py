"""`beheer apply` and `beheer export`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from beheer.configuration.actions import apply_configuration
from beheer.configuration.queries import export as export_text
from beheer.configuration.rules import Change, Plan
from beheer.lib.errors import DocumentError, Problem
from beheer.permissions.rules import SYSTEM

LONGEST_FILE_BYTES = 20_000_000


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--plan", "only_plan", is_flag=True, help="Show what would change, and change nothing.")
def apply(file: Path, only_plan: bool) -> None:
    """Make the store say what FILE.yaml says: all of it or nothing. `-` reads from standard input."""
    name = "standard input" if str(file) == "-" else str(file)
    text = _read(file, name)
    result = apply_configuration(actor=SYSTEM, text=text, name=name, now=timezone.now(), only_plan=only_plan)
    show(result, Console(highlight=False), only_plan=only_plan)


@click.command()
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write here, not to the screen."
)
def export(output: Path | None) -> None:
    """Write the whole configuration as YAML; applying it changes nothing."""
    text = export_text(actor=SYSTEM)
    if output is None:
        click.echo(text, nl=False)
        return
    output.write_text(text, encoding="utf-8")
    click.echo(f"Written to {output}.", err=True)


def _read(file: Path, name: str) -> str:
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise DocumentError(
            Problem(f"This file cannot be read: {error.strerror}.", "", "Check the name.", file=name)
        ) from error
    if len(data) > LONGEST_FILE_BYTES:
        raise DocumentError(Problem("This file is longer than 20 MB.", "", "Cut it in parts.", file=name))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DocumentError(
            Problem("This file is not in UTF-8.", "", "Save it as UTF-8.", line, name)
        ) from error


def show(result: Plan, console: Console, *, only_plan: bool) -> None:
    """Print a plan for people: what is new, what changes from what to what, and what stays."""
    if result.changes:
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for change in result.changes:
            _add(table, change)
        console.print(table)
    verb = "would be " if only_plan else ""
    console.print(
        f"{result.created} {verb}created, {result.changed} {verb}changed, {result.same} the same, "
        f"{result.kept} not in this file and kept."
    )


def _add(table: Table, change: Change) -> None:
    sign, style = ("+ create", "green") if change.is_new else ("~ change", "yellow")
    table.add_row(f"[{style}]{sign}[/]", f"[bold]{change.section}[/] {change.key}", "")
    for field, (old, new) in change.fields.items():
        if field == "key":
            continue
        text = _short(new) if change.is_new else f"{_short(old)} → {_short(new)}"
        table.add_row("", f"    {field}", text)


def _short(value: object, longest: int = 200) -> str:
    text = "nothing" if value in (None, "", [], {}) else str(value)
    text = text.replace("[", "\\[")
    return text if len(text) <= longest else text[: longest - 1] + "…"
