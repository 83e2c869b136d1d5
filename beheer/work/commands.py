"""`beheer work` and `beheer kinds`. At the machine's own command line one acts as the machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from beheer.lib.errors import InputError, Problem
from beheer.permissions.rules import SYSTEM
from beheer.work.actions import create, publish_kind, take_step
from beheer.work.catalogue_commands import ask_for, catalogue
from beheer.work.clocks import clocks_on
from beheer.work.definitions import checked, current_versions, definition, kind_of
from beheer.work.dry_run import dry_run
from beheer.work.fields import plain_values
from beheer.work.mail_commands import deputies, mails
from beheer.work.models import Item
from beheer.work.own_files import not_in_force
from beheer.work.queries import item_by_number
from beheer.work.search import search_work
from beheer.work.statistics.command import statistics_command

AS_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.group()
def work() -> None:
    """Items of work."""


work.add_command(statistics_command)
work.add_command(catalogue)
work.add_command(mails)
work.add_command(deputies)


@work.command("list")
@click.option("--kind", help="Only this kind.")
@click.option("--state", help="Only in this state.")
@click.option(
    "--phase", default="open,waiting", show_default=True, help="open, waiting, solved, closed, or all."
)
@click.option("--search", help="Every word must stand in the item.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000))
@AS_JSON
def list_command(
    kind: str | None, state: str | None, phase: str, search: str | None, limit: int, as_json: bool
) -> None:
    """Items, newest first."""
    rows = Item.objects.select_related("definition", "service", "assignee").order_by("-pk")
    if phase != "all":
        rows = rows.filter(phase__in=phase.split(","))
    if kind:
        rows = rows.filter(kind=kind)
    if state:
        rows = rows.filter(state=state)
    if search:
        rows = search_work(rows, search)
    found = list(rows[:limit])
    if as_json:
        click.echo(json.dumps([_brief(item) for item in found], default=str, ensure_ascii=False, indent=1))
        return
    table = Table("number", "state", "prio", "title", "service", "assigned to", "due")
    for item in found:
        due = f"{timezone.localtime(item.due_at):%Y-%m-%d %H:%M}" if item.due_at else ""
        cells = (item.number, item.state, str(item.priority), item.title, str(item.service or ""))
        table.add_row(*cells, str(item.assignee or ""), due)
    Console().print(table)


@work.command("show")
@click.argument("number")
@AS_JSON
def show_command(number: str, as_json: bool) -> None:
    """One item: fields, next steps, clocks, and what happened."""
    item = item_by_number(number)
    kind = definition(item)
    if as_json:
        click.echo(json.dumps(_whole(item), default=str, ensure_ascii=False, indent=1))
        return
    click.echo(f"{item.number} {item.title}\n{kind.name.en}, {item.state}, priority {item.priority}")
    for name, value in plain_values(item, kind).items():
        if value not in (None, "", []) and name != "title":
            click.echo(f"  {name}: {value}")
    click.echo(f"Next steps: {', '.join(kind.steps_from(item.state)) or 'none'}")
    for key, clock in clocks_on(item, kind).items():
        reading = clock.at(timezone.now())
        due = f", due {timezone.localtime(reading.due):%Y-%m-%d %H:%M}" if reading.due else ""
        click.echo(f"Clock {key}: {reading.state}{due}{', breached' if reading.is_breached else ''}")
    for event in item.events.order_by("position"):
        at = f"{timezone.localtime(event.happened_at):%Y-%m-%d %H:%M:%S}"
        click.echo(f"  {at} {event.actor_name}: {event.verb} {event.step or ''}".rstrip())


@work.command("new")
@click.argument("kind", required=False, default="")
@click.argument("values", nargs=-1, metavar="FIELD=VALUE...")
@click.option(
    "--item", "item_key", help="Ask for this item of the service catalogue; values are its answers."
)
def new_command(kind: str, values: tuple[str, ...], item_key: str | None) -> None:
    """Open an item: beheer work new incident title="Mail is slow" service=mail impact=high urgency=high.

    From the service catalogue: beheer work new --item laptop requester=charlie size=big.
    """
    if item_key:
        made = ask_for(item_key, _pairs((kind, *values) if kind else values))
    elif not kind:
        raise InputError(Problem("Which kind of work?", "kind", "Write a kind, or --item KEY."))
    else:
        made = create(actor=SYSTEM, kind=kind, values=_pairs(values), now=timezone.now())
    click.echo(made.number)


@work.command("step")
@click.argument("number")
@click.argument("step")
@click.argument("values", nargs=-1, metavar="FIELD=VALUE...")
def step_command(number: str, step: str, values: tuple[str, ...]) -> None:
    """Take a step: beheer work step INC-2026-00012 resolve solution="Restarted it"."""
    item = item_by_number(number)
    done = take_step(
        actor=SYSTEM, item=item, step=step, version=None, now=timezone.now(), values=_pairs(values)
    )
    click.echo(f"{done.number} is {done.state}.")


@click.group()
def kinds() -> None:
    """Kinds of work, which are files."""


@kinds.command("list")
def kinds_list() -> None:
    """Every kind, its version, and where it comes from."""
    table = Table("kind", "prefix", "version", "name", "from")
    for key, version in current_versions().items():
        kind = kind_of(version)
        place = "Beheer" if version.is_built_in else version.published_by
        table.add_row(key, kind.prefix, str(version.version), f"{kind.name.en} / {kind.name.nl}", place)
    Console().print(table)
    for file in not_in_force():
        click.echo(f"Not in force: {'; '.join(map(str, file.problems))}", err=True)


@kinds.command("show")
@click.argument("key")
def kinds_show(key: str) -> None:
    """The file of a kind, to begin one's own from."""
    versions = current_versions()
    if key not in versions:
        raise InputError(Problem(f"There is no kind '{key}'.", "key", f"There are: {', '.join(versions)}."))
    click.echo(versions[key].text, nl=False)


@kinds.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@AS_JSON
def kinds_check(file: Path, as_json: bool) -> None:
    """Check a kind's file, and tell what it would have stopped in the steps of the last year. Changes nothing."""
    kind = checked(file.read_text(), file.name)
    trial = dry_run(kind, now=timezone.now())
    blocked = [{"what": one.what, "times": one.times, "examples": one.examples} for one in trial.blocked]
    if as_json:
        found = {"kind": kind.kind, "items": trial.items, "steps": trial.steps, "blocked": blocked}
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    click.echo(f"{file.name} hangs together: {len(kind.states)} states, {len(kind.steps)} steps.")
    click.echo(f"Held to {trial.steps} steps of {trial.items} items of the last year.")
    for one in trial.blocked:
        click.echo(f"  {one.times}x {one.what} ({', '.join(one.examples)})")
    if not trial.blocked:
        click.echo("  Nothing would have been stopped.")


@kinds.command("publish")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def kinds_publish(file: Path) -> None:
    """Make a kind's file the version for new items; running items keep theirs."""
    version = publish_kind(actor=SYSTEM, text=file.read_text(), name=file.name, now=timezone.now())
    click.echo(f"{version.key} is version {version.version} now.")


def _pairs(values: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for pair in values:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise InputError(Problem(f"'{pair}' is no field with a value.", "values", "Write FIELD=VALUE."))
        found[name] = value
    return found


def _brief(item: Item) -> dict[str, Any]:
    return {
        "number": item.number, "kind": item.kind, "state": item.state, "phase": item.phase, "priority": item.priority,
        "title": item.title, "service": item.service.key if item.service else None,
        "assignee": item.assignee.username if item.assignee else None, "opened_at": item.opened_at,
        "due_at": item.due_at,
    }  # fmt: skip


def _whole(item: Item) -> dict[str, Any]:
    kind = definition(item)
    events = item.events.order_by("position").values(
        "happened_at", "verb", "actor_name", "step", "state", "data"
    )
    return {
        **_brief(item),
        "fields": plain_values(item, kind),
        "steps": list(kind.steps_from(item.state)),
        "events": list(events),
    }
