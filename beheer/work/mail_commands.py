"""`beheer work mails` and `beheer work deputies`. At the machine's own command line one acts as the machine."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from beheer.lib.errors import InputError, NotFound, Problem
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM
from beheer.work.actions.approvals import end_deputy, set_deputy
from beheer.work.actions.mails import retry_mail, take_in_mail, take_up_mail
from beheer.work.mail.words import why, with_state
from beheer.work.models import Deputy, MailIn, MailOut
from beheer.work.models.mail import Outcome

AS_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")
LIMIT = click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000))


@click.group()
def mails() -> None:
    """Mails that came in, and mails that go out."""


@mails.command("list")
@click.option("--outcome", type=click.Choice(Outcome.values), help="Only with this outcome.")
@click.option("--waiting", is_flag=True, help="Only what could not be taken in and waits for that.")
@LIMIT
@AS_JSON
def list_command(outcome: str | None, waiting: bool, limit: int, as_json: bool) -> None:
    """What came in, newest first, with what became of it and why."""
    rows = MailIn.objects.select_related("item")
    if outcome:
        rows = rows.filter(outcome=outcome)
    if waiting:
        rows = rows.exclude(tried_with="")
    found = [
        {"id": row.pk, "received_at": row.received_at, "from": row.from_address, "subject": row.subject,
         "outcome": row.outcome, "reason": why(row), "is_waiting": row.tried_with != "",
         "item": row.item.number if row.item else None}
        for row in rows[:limit]
    ]  # fmt: skip
    _show(found, as_json)


@mails.command("out")
@click.option("--state", type=click.Choice(["waiting", "sent", "returned", "failed"]), help="Only these.")
@LIMIT
@AS_JSON
def out_command(state: str | None, limit: int, as_json: bool) -> None:
    """What goes out, newest first."""
    rows = with_state(MailOut.objects.select_related("item"))
    if state:
        rows = rows.filter(state=state)  # type: ignore[misc]  # annotated by with_state
    found = [
        {"id": row.pk, "to": row.to_address, "occasion": row.occasion, "item": row.item.number,
         "state": row.state, "attempts": row.attempts, "sent_at": row.sent_at,  # type: ignore[attr-defined]  # by with_state
         "next_at": row.next_at, "error": row.error}
        for row in rows[:limit]
    ]  # fmt: skip
    _show(found, as_json)


@mails.command("take-in")
@click.argument("ids", nargs=-1, type=int, metavar="ID...")
@click.option("--all", "is_all", is_flag=True, help="All that wait, the oldest first.")
def take_in_command(ids: tuple[int, ...], is_all: bool) -> None:
    """Take in mails now that could not be taken in before."""
    if bool(ids) == is_all:
        raise InputError(Problem("Which mails?", "id", "Write their numbers, or --all; not both."))
    waiting = MailIn.objects.exclude(tried_with="").order_by("received_at", "pk")
    problems: list[Problem] = []
    if is_all and not waiting.exists():
        click.echo("none waits")
    for row in waiting if is_all else [_mail(pk) for pk in ids]:
        try:
            done = take_in_mail(actor=SYSTEM, mail=row, now=timezone.now())
        except InputError as error:
            problems += [one for one in error.problems if one not in problems]
            continue
        click.echo(f"{done.pk} {done.outcome}{f' {done.item.number}' if done.item else ''}")
    if problems:
        raise InputError(problems)


@mails.command("open")
@click.argument("pk", type=int, metavar="ID")
def open_command(pk: int) -> None:
    """Open an item for a mail that was left alone and should not have been."""
    click.echo(take_up_mail(actor=SYSTEM, mail=_mail(pk), now=timezone.now()).number)


@mails.command("retry")
@click.argument("pk", type=int, metavar="ID")
def retry_command(pk: int) -> None:
    """Send a mail again that waits or was given up."""
    row = MailOut.objects.select_related("item").filter(pk=pk).first()
    if row is None:
        raise NotFound(f"There is no mail {pk} that goes out. `beheer work mails out` lists them.")
    click.echo(f"To {retry_mail(actor=SYSTEM, mail=row, now=timezone.now()).to_address}, within seconds.")


@click.group()
def deputies() -> None:
    """Who decides in whose place."""


@deputies.command("list")
@click.option("--all", "is_all", is_flag=True, help="Also those of the past.")
@AS_JSON
def deputies_list(is_all: bool, as_json: bool) -> None:
    """Deputies of now and to come."""
    rows = Deputy.objects.select_related("person", "deputy").order_by("starts_at", "pk")
    if not is_all:
        rows = rows.filter(ends_at__gt=timezone.now())
    found = [
        {"id": row.pk, "person": row.person.username, "deputy": row.deputy.username,
         "starts_at": row.starts_at, "ends_at": row.ends_at}
        for row in rows
    ]  # fmt: skip
    _show(found, as_json)


@deputies.command("set")
@click.argument("person")
@click.argument("deputy")
@click.option("--from", "starts", help="2026-12-24 or 2026-12-24T09:00; default now.")
@click.option("--until", "ends", required=True, help="The end, written the same way; a day: its beginning.")
def deputies_set(person: str, deputy: str, starts: str | None, ends: str) -> None:
    """Let DEPUTY decide for PERSON, by user names."""
    now = timezone.now()
    row = set_deputy(
        actor=SYSTEM,
        person=_user(person, "person"),
        deputy=_user(deputy, "deputy"),
        starts_at=_instant(starts, "from") if starts else now,
        ends_at=_instant(ends, "until"),
        now=now,
    )
    click.echo(
        f"{row.pk}: {deputy} decides for {person} until {timezone.localtime(row.ends_at):%Y-%m-%d %H:%M}."
    )


@deputies.command("remove")
@click.argument("pk", type=int, metavar="ID")
def deputies_remove(pk: int) -> None:
    """End a deputy from now on; what was decided stays."""
    row = Deputy.objects.select_related("person", "deputy").filter(pk=pk).first()
    if row is None:
        raise NotFound(f"There is no deputy {pk}. `beheer work deputies list` tells their numbers.")
    end_deputy(actor=SYSTEM, row=row, now=timezone.now())
    click.echo(f"{row.deputy.username} no longer decides for {row.person.username}.")


def _mail(pk: int) -> MailIn:
    row = MailIn.objects.filter(pk=pk).first()
    if row is None:
        raise NotFound(f"There is no mail {pk} that came in. `beheer work mails list` lists them.")
    return row


def _user(name: str, field: str) -> User:
    found = User.objects.filter(username=name).first()
    if found is None:
        raise InputError(Problem(f"There is nobody called '{name}'.", field, "Give a user name."))
    return found


def _instant(text: str, field: str) -> datetime:
    """A day or an instant as it is written; without an offset in the time zone of the installation."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        remedy = "Write a day (2026-12-24) or an instant (2026-12-24T09:00)."
        raise InputError(Problem(f"'{text}' is no time.", field, remedy)) from None
    return found if found.tzinfo else timezone.make_aware(found)


def _show(rows: list[dict[str, Any]], as_json: bool) -> None:
    """As JSON, or as a table with the same columns; instants in the time zone of the installation."""
    if as_json:
        click.echo(json.dumps(rows, default=str, ensure_ascii=False, indent=1))
        return
    if not rows:
        click.echo("none")
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*[_cell(value) for value in row.values()])
    Console().print(table)


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)
