"""`beheer work`."""

from __future__ import annotations

import click

from beheer.work.statistics_command import statistics_command


@click.group()
def work() -> None:
    """Items of work."""


work.add_command(statistics_command)
