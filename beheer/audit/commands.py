"""`beheer audit`."""

from __future__ import annotations

import sys

import click

from beheer.audit.queries import verify


@click.group()
def audit() -> None:
    """Look into the audit trail."""


@audit.command("verify")
def verify_command() -> None:
    """Go through the whole chain; exit code 1 if a row was changed, added or removed."""
    found = verify()
    if found.first_wrong_id is None:
        click.echo(f"{found.entries} entries, all as they were written.")
        return
    click.echo(f"Entry {found.first_wrong_id} is wrong: {found.reason}.", err=True)
    sys.exit(1)
