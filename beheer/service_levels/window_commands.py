"""`beheer windows`: planned windows from and to iCalendar."""

from __future__ import annotations

from pathlib import Path

import click
from django.utils import timezone

from beheer.catalogue.queries import service_by_key
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.window_files import import_windows
from beheer.service_levels.queries.windows import exported


@click.group()
def windows() -> None:
    """Planned windows from and to iCalendar."""


@windows.command("export")
def export_command() -> None:
    """Write the windows that hold as iCalendar."""
    click.echo(exported(timezone.now()), nl=False)


@windows.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--service", "services", multiple=True, metavar="KEY", help="For events that name none; repeat it."
)
@click.option(
    "--timezone", "zone", default="Europe/Amsterdam", show_default=True, help="Of times that name none."
)
def import_command(file: Path, services: tuple[str, ...], zone: str) -> None:
    """Plan, change and cancel windows by the iCalendar FILE: all of its events, or none where one is wrong."""
    done = import_windows(
        actor=SYSTEM,
        data=file.read_bytes(),
        services=[service_by_key(key) for key in services],
        timezone=zone,
        now=timezone.now(),
        name=str(file),
    )
    click.echo(f"{done.added} added, {done.changed} changed, {done.cancelled} cancelled.")
    for one in done.passed_over:
        click.echo(f"Left as it was here: {one}", err=True)
