"""`beheer report` and `beheer norms`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from beheer.lib.errors import InputError, NotFound, Problem
from beheer.lib.intervals import from_us, parse_instant
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.openslo_files import export_openslo, import_openslo
from beheer.service_levels.actions.reports import (
    Verification,
    seal_report,
    sealed_as,
    verify_content,
    verify_report,
)
from beheer.service_levels.models import Report
from beheer.service_levels.queries.standings import Line, agreement_by_key, running
from beheer.service_levels.report_rules import LARGEST_BYTES, read_content
from beheer.service_levels.views.reports import KINDS, document


@click.group()
def report() -> None:
    """Seal, verify and write out reports."""


@report.command("seal")
@click.argument("agreement")
@click.option("--within", required=True, metavar="T", help="Any instant in the period, with its offset.")
def seal_command(agreement: str, within: str) -> None:
    """Seal the report of AGREEMENT over the period in which an instant lies."""
    moment = from_us(parse_instant(within, "--within"))
    sealed = seal_report(
        actor=SYSTEM, agreement=agreement_by_key(agreement), starts_at=moment, now=timezone.now()
    )
    click.echo(f"Report {sealed.pk}, version {sealed.version}: {sealed.sha256}")


@report.command("verify")
@click.argument("which", metavar="FILE|ID")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def verify_command(which: str, as_json: bool) -> None:
    """Compare a report with what was sealed, and with what computing it again gives; exit code 1 where it differs."""
    found = verify_report(_report(int(which))) if which.isdigit() else _verify_file(Path(which))
    if as_json:
        values = {"sha256": found.sha256, "is_intact": found.is_intact, "is_same": found.is_same}
        click.echo(json.dumps({**values, "differs": list(found.differs)}))
    else:
        _show(found)
    if found.is_intact is False or not found.is_same:
        sys.exit(1)


def _verify_file(file: Path) -> Verification:
    try:
        size = file.stat().st_size
        data = b"" if size > LARGEST_BYTES else file.read_bytes()
    except OSError as error:
        raise InputError(
            Problem(f"It cannot be read: {error.strerror}.", "", "Check the name.", file=str(file))
        ) from error
    if size > LARGEST_BYTES:
        raise InputError(
            Problem("It is larger than 100 MB.", "", "Choose the JSON of a report.", file=str(file))
        )
    content = read_content(data, str(file))
    return verify_content(data.decode("utf-8"), content, sealed_as(content))


def _show(found: Verification) -> None:
    click.echo(f"SHA-256 {found.sha256}")
    words = {
        True: "These are the bytes that were sealed.",
        False: "These are NOT the bytes that were sealed.",
        None: "No report of this agreement, period and cut-off was sealed here.",
    }
    click.echo(words[found.is_intact])
    if found.is_same:
        click.echo("Computed again, it gives the same bytes.")
    else:
        parts = ", ".join(found.differs) or "how it is written"
        click.echo(f"Computed again, it differs in: {parts}.")


@report.command("export")
@click.argument("pk", metavar="ID", type=int)
@click.argument("output", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--language", type=click.Choice(["nl", "en"]), default="en", show_default=True)
def export_command(pk: int, output: Path, language: str) -> None:
    """Write report ID to a file; its ending says the kind: pdf, xlsx, csv or json."""
    kind = output.suffix.lstrip(".").lower()
    if kind not in KINDS:
        remedy = f"Let the name end in one of {', '.join(KINDS)}."
        raise InputError(Problem(f"'{output.suffix}' is not known.", "output", remedy))
    output.write_bytes(document(_report(pk), kind, language))
    click.echo(f"Written to {output}.", err=True)


def _report(pk: int) -> Report:
    found = Report.objects.select_related("agreement").filter(pk=pk).first()
    if found is None:
        raise NotFound(f"There is no report {pk}.")
    return found


@click.group()
def openslo() -> None:
    """Norms as OpenSLO v1 documents."""


@openslo.command("export")
@click.argument("agreement")
def openslo_export(agreement: str) -> None:
    """Write the norms of AGREEMENT as OpenSLO documents."""
    click.echo(export_openslo(agreement_by_key(agreement)), nl=False)


@openslo.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--agreement", required=True, help="The agreement that gets the norms.")
def openslo_import(file: Path, agreement: str) -> None:
    """Add or change norms of an agreement by the SLO documents in FILE."""
    found = import_openslo(
        actor=SYSTEM,
        agreement=agreement_by_key(agreement),
        text=file.read_text(encoding="utf-8"),
        now=timezone.now(),
        name=str(file),
    )
    click.echo(f"{len(found.norms)} norms.")
    for one in found.passed_over:
        click.echo(f"Not taken over: {one.message}", err=True)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def norms(as_json: bool) -> None:
    """How every norm stands in its running period."""
    lines = [
        Line(row.norm, row, "")
        for row in running(timezone.now()).order_by("norm__agreement__key", "norm__key")
    ]
    if as_json:
        click.echo(json.dumps([_plain(line) for line in lines], indent=1))
        return
    table = Table(box=None, pad_edge=False)
    for head in ("agreement", "norm", "verdict", "figure", "target", "budget used"):
        table.add_column(head, overflow="fold")
    for line in lines:
        used = f"{line.used:.0%}" if line.used is not None else "-"
        name, verdict = line.norm.agreement.key, line.verdict or "-"
        table.add_row(name, line.norm.key, verdict, line.value_text, line.target_text, used)
    Console(highlight=False).print(table)


def _plain(line: Line) -> dict[str, object]:
    row = line.row
    assert row is not None
    return {
        "agreement": line.norm.agreement.key,
        "norm": line.norm.key,
        "from": row.starts_at.isoformat(),
        "until": row.ends_at.isoformat(),
        "verdict": row.verdict,
        "value": row.value,
        "target": line.norm.target,
        "allowed_s": row.allowed_s,
        "consumed_s": row.consumed_s,
    }
