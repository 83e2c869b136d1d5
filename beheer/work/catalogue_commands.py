"""`beheer work catalogue` and asking from it. At the machine's own command line one acts as the machine."""

from __future__ import annotations

from pathlib import Path

import click
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from beheer.lib.documents import check, load
from beheer.lib.errors import InputError, Problem
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM
from beheer.work.actions.requests import (
    AnswerFile,
    make_request,
    publish_request_model,
    retire_request_model,
)
from beheer.work.catalogue import as_yaml, current_model, current_models, spec_of
from beheer.work.models import Item
from beheer.work.models.items import Channel
from beheer.work.request_models.schema import RequestSpec


@click.group()
def catalogue() -> None:
    """What users can ask for."""


@catalogue.command("list")
@click.option("--retired", is_flag=True, help="Also what is retired.")
def list_command(retired: bool) -> None:
    """Every item of the service catalogue."""
    table = Table("item", "version", "name", "kind", "service", "questions")
    for key, row in current_models(with_retired=retired).items():
        spec = spec_of(row)
        name = f"{spec.name.en} / {spec.name.nl}{' (retired)' if spec.retired else ''}"
        table.add_row(key, str(row.version), name, spec.kind, spec.service, str(len(spec.fields)))
    Console().print(table)


@catalogue.command("show")
@click.argument("key")
def show_command(key: str) -> None:
    """The file of an item, to begin another from."""
    click.echo(as_yaml(spec_of(current_model(key))), nl=False)


@catalogue.command("publish")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def publish_command(file: Path) -> None:
    """Make an item's file the version for new requests; requests that were made keep theirs."""
    spec = check(load(file.read_text(encoding="utf-8"), file.name), RequestSpec)
    row = publish_request_model(actor=SYSTEM, spec=spec, now=timezone.now())
    click.echo(f"{row.key} is version {row.version} now.")


@catalogue.command("retire")
@click.argument("key")
@click.option("--undo", is_flag=True, help="Offer it again.")
def retire_command(key: str, undo: bool) -> None:
    """Take an item out of the catalogue: it cannot be asked for any more."""
    retire_request_model(actor=SYSTEM, model=current_model(key), is_retired=not undo, now=timezone.now())
    click.echo(f"{key} {'can be asked for again' if undo else 'is retired'}.")


def ask_for(key: str, values: dict[str, str]) -> Item:
    """Make a request: `requester` is for whom; the answer to a question for a file is the file's name after an @."""
    model = current_model(key)
    fields = spec_of(model).fields
    name = values.pop("requester", "")
    requester = User.objects.filter(username=name, is_active=True).first()
    if requester is None:
        message = f"There is no person '{name}'." if name else "For whom is it?"
        raise InputError(Problem(message, "requester", "Write requester=USERNAME."))
    files = []
    for question in [one for one in values if one in fields and fields[one].type == "file"]:
        files += [_file(question, part) for part in values.pop(question).split(",")]
    return make_request(
        actor=SYSTEM,
        model=model,
        answers=values,
        now=timezone.now(),
        channel=Channel.PAGE,
        requester=requester,
        files=files,
    )


def _file(question: str, text: str) -> AnswerFile:
    path = Path(text.strip().removeprefix("@"))
    try:
        return AnswerFile(question, path.name, path.read_bytes())
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise InputError(Problem(message, question, "Write @FILE.")) from error
