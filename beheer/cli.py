"""The command line: `beheer`. Loads the room of the command that is called, and only that."""

from __future__ import annotations

import importlib
import os
import sys
from typing import NamedTuple, NoReturn

import click

from beheer import __version__
from beheer.lib.errors import BeheerError, Conflict, InputError, NotAllowed, NotFound


class Command(NamedTuple):
    """Where a command stands ("module:attribute"), what it is for, and whether it needs the installation."""

    place: str
    summary: str
    installed: bool = True


COMMANDS: dict[str, Command] = {
    "run": Command("beheer.supervisor:run", "Start web, worker and agent, and mind them."),
    "web": Command("beheer.supervisor:web", "Serve the pages and the API."),
    "work": Command("beheer.work.commands:work", "Items of work, and figures on them."),
    "kinds": Command("beheer.work.commands:kinds", "Kinds of work: list, check, publish."),
    "worker": Command("beheer.worker:worker", "Do what is due: sweep, close, notify, merge."),
    "agent": Command("beheer.agent:agent", "Run checks and send their results to a server.", installed=False),
    "manage": Command("beheer.supervisor:manage", "Run one of Django's own commands (migrate, shell, …)."),
    "setup": Command("beheer.supervisor:setup", "Prepare the stores: migrate, make the first administrator."),
    "profile": Command(
        "beheer.profile.commands:profile",
        "Show the function profile, and grade posts by it.",
        installed=False,
    ),
    "demo": Command("beheer.demo.commands:demo", "Load or remove the demonstration institution."),
    "apply": Command("beheer.configuration.commands:apply", "Make the store say what a YAML file says."),
    "export": Command("beheer.configuration.commands:export", "Write the configuration as YAML."),
    "import": Command("beheer.work.import_command:import_group", "Take over records of other systems."),
    "judge": Command(
        "beheer.service_levels.commands:judge",
        "Judge states or outages in a CSV file by an agreement.",
        installed=False,
    ),
    "service-time": Command(
        "beheer.service_levels.commands:service_time",
        "Count agreed time, and find when so much of it has passed.",
        installed=False,
    ),
    "report": Command("beheer.service_levels.report_commands:report", "Seal, verify and write out reports."),
    "openslo": Command("beheer.service_levels.report_commands:openslo", "Norms from and to OpenSLO."),
    "windows": Command(
        "beheer.service_levels.window_commands:windows", "Planned windows from and to iCalendar."
    ),
    "norms": Command("beheer.service_levels.report_commands:norms", "How every norm stands."),
    "audit": Command("beheer.audit.commands:audit", "Look into the audit trail, and verify it."),
}

EXIT_CODES: dict[type[BeheerError], int] = {InputError: 2, NotAllowed: 3, NotFound: 4, Conflict: 5}


class LazyGroup(click.Group):
    """Imports a command only when it is called, so that `beheer judge` starts quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = COMMANDS[cmd_name]
        if command.installed:
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beheer.settings")
            import django

            django.setup()
        module, attribute = command.place.split(":")
        found = getattr(importlib.import_module(module), attribute)
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="beheer")
def beheer() -> None:
    """Beheer: measure every service against what was agreed, act on it, and prove it."""


def main() -> None:
    """Run the command line; errors that Beheer raises on purpose become one clear message and an exit code.

    Exit codes: 2 wrong input, 3 not allowed, 4 not found, 5 conflict.
    """
    try:
        beheer(standalone_mode=True)
    except BeheerError as error:
        _end(error)
    except Exception as error:
        if told := _of_the_store(error):
            _end(told)
        raise


def _end(error: BeheerError) -> NoReturn:
    click.echo(f"Error: {error}", err=True)
    sys.exit(next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1))


def _of_the_store(error: Exception) -> InputError | None:
    """What to tell where a command met a store that is not prepared, whichever command it was; None else."""
    if "django.db" not in sys.modules:
        return None
    from django.db import DatabaseError  # commands without Django start quickly

    if not isinstance(error, DatabaseError):
        return None
    from beheer.preparing import unprepared  # as above

    problem = unprepared(error)
    return InputError(problem) if problem else None
