"""`beheer import work`."""

from __future__ import annotations

import codecs
import sys
from pathlib import Path

import click
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from beheer.lib.errors import InputError, Problem
from beheer.lib.memory import spare_what_is_loaded
from beheer.permissions.rules import SYSTEM
from beheer.work.definitions import current_version, kind_of
from beheer.work.event_log.mapping import EventLogMap, FileFormat, read_map
from beheer.work.event_log.reading import staged
from beheer.work.importing import import_event_log

READY = Path(__file__).parent / "event_log" / "maps"


@click.group("import")
def import_group() -> None:
    """Take over records of other systems."""


@import_group.command("work")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--map",
    "map_name",
    required=True,
    help="A map's file, or one that is ready: glpi, servicenow, topdesk, zammad.",
)
@click.option("--check", is_flag=True, help="Only read and check; change nothing.")
@click.option("--encoding", help="How the file is encoded, such as cp1252 (Windows), if not as the map says.")
def import_work(file: Path, map_name: str, check: bool, encoding: str | None) -> None:
    """Take over an event log or a ticket export (CSV, also .gz): all of it, or nothing."""
    event_map = load_map(map_name)
    if encoding:
        event_map = event_map.model_copy(update={"file": _encoded(event_map.file, encoding)})
    spare_what_is_loaded()  # millions of rows pass by
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        reading = progress.add_task("Reading", total=file.stat().st_size)
        with staged(file, event_map, lambda done: progress.update(reading, completed=done)) as log:
            progress.update(reading, completed=file.stat().st_size)
            if check:
                click.echo(
                    f"{log.events:,} events of {log.items:,} items, all of them right. Nothing was changed."
                )
                return
            definition = current_version(event_map.kind)
            writing = progress.add_task("Writing", total=log.events)
            done = import_event_log(
                actor=SYSTEM,
                event_map=event_map,
                log=log,
                definition=definition,
                kind=kind_of(definition),
                now=timezone.now(),
                file_name=file.name,
                progress=lambda count: progress.update(writing, completed=count),
            )
    click.echo(f"{done.events:,} events of {done.items:,} items imported from {file.name}.")


def _encoded(file: FileFormat, encoding: str) -> FileFormat:
    """Raises: InputError for an encoding that is not known."""
    try:
        codecs.lookup(encoding)
    except LookupError:
        message = f"There is no encoding '{encoding}'."
        raise InputError(Problem(message, "--encoding", "Say utf-8, cp1252 or utf-16.")) from None
    return file.model_copy(update={"encoding": encoding})


def load_map(name: str) -> EventLogMap:
    """The map in a file, or the ready one of that name.

    Raises: InputError where there is neither; DocumentError where the map is wrong.
    """
    path = Path(name)
    ready = {one.stem: one for one in READY.glob("*.yaml")}
    if not path.is_file():
        if name not in ready:
            raise InputError(
                Problem(f"There is no file '{name}'.", "--map", f"Ready ones: {', '.join(sorted(ready))}.")
            )
        path = ready[name]
    return read_map(path.read_text(encoding="utf-8"), path.name)
