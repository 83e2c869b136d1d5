"""`beheer demo`."""

from __future__ import annotations

import click
from django.utils import timezone

from beheer.demo.actions import load_demo, remove_demo
from beheer.permissions.rules import SYSTEM


@click.command()
@click.option("--remove", is_flag=True, help="Remove everything that is simulated, and nothing else.")
def demo(remove: bool) -> None:
    """Load the demonstration institution into an empty store: a Dutch university in miniature, simulated."""
    if remove:
        done = remove_demo(actor=SYSTEM, now=timezone.now())
        rows = sum(done.counts.values())
        click.echo(f"Removed {rows} rows and {done.measurements} measurements; nothing else was touched.")
        for line in done.stays:
            click.echo(f"  Stays: {line}")
        return
    counts = load_demo(
        actor=SYSTEM, now=timezone.now(), tell=lambda text: click.echo(f"  loading {text} …", err=True)
    )
    click.echo(
        f"The demonstration institution is there: {counts['outages']} outages, {counts['incidents']} incidents, "
        f"{counts['requests']} requests, "
        f"{counts['measurements']} measurements, all simulated. `beheer demo --remove` takes it away."
    )
