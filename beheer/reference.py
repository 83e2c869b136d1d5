"""Writes the parts of `docs/reference` that follow from the code; `scripts/reference` calls it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import click

from beheer.cli import COMMANDS
from beheer.monitoring.probe_reference import page as probes

DOCS = Path(__file__).resolve().parent.parent / "docs" / "reference"


def commands() -> str:
    """The page of all commands, with their options, in Markdown."""
    lines = [
        "# Commands",
        "",
        "Made from the program by `scripts/reference`. Exit codes: 0 done, 1 failed, 2 wrong input, 3 not allowed, "
        "4 not found, 5 conflict.",
    ]
    for name, place in sorted(COMMANDS.items()):
        module, attribute = place.place.split(":")
        command = getattr(importlib.import_module(module), attribute)
        lines += _command(command, f"beheer {name}", 2)
    return "\n".join(lines) + "\n"


def _command(command: click.Command, name: str, depth: int) -> Iterator[str]:
    """One command, and the commands under it."""
    yield from ("", f"{'#' * depth} {name}", "", (command.help or "").split("\f")[0].strip())
    context = click.Context(command, info_name=name)
    rows = [record for one in command.get_params(context) if (record := one.get_help_record(context))]
    if not isinstance(command, click.Group):
        usage = " ".join(command.collect_usage_pieces(context))
        yield from ("", f"    {name} {usage}".rstrip())
    own = [(option, text) for option, text in rows if not option.startswith(("--help", "-h, --help"))]
    if own:
        yield from ("", "| option | what it does |", "|---|---|")
        yield from (f"| `{_cell(option)}` | {_cell(text)} |" for option, text in own)
    if isinstance(command, click.Group):
        for key in command.list_commands(context):
            inner = command.get_command(context, key)
            assert inner is not None
            yield from _command(inner, f"{name} {key}", depth + 1)


def _cell(text: str) -> str:
    """A text as it may stand in a table's cell."""
    return " ".join(text.split()).replace("|", "\\|")


def write() -> None:
    """Write every page anew."""
    (DOCS / "commands.md").write_text(commands(), encoding="utf-8")
    (DOCS / "probes.md").write_text(probes(), encoding="utf-8")


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beheer.settings")
    django.setup()
    write()
