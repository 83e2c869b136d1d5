"""Keeping the texts that are answered with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from beheer.audit.actions import record
from beheer.audit.changes import assign
from beheer.lib.errors import InputError, Problem
from beheer.people.models import Team
from beheer.permissions.rules import Actor, require
from beheer.work.models import ReplyTemplate
from beheer.work.rules.templates import PLACEHOLDERS, Fault, faults

RIGHT = "work.change_template"


@transaction.atomic
def create_template(*, actor: Actor, values: Mapping[str, Any], now: datetime) -> ReplyTemplate:
    """Make a text to answer with: for a team by who leads it, for all by who leads all.

    Raises: NotAllowed; InputError naming a placeholder that is not there; ValidationError of Django.
    """
    row = ReplyTemplate(**values)
    _require(actor, row.team)
    _checked(row)
    row.save()
    changes = {"name": row.name, "team": row.team.key if row.team else None}
    record(actor=actor, verb="work.create_template", subject=f"template:{row.key}", changes=changes, now=now)
    return row


@transaction.atomic
def change_template(
    *, actor: Actor, template: ReplyTemplate, values: Mapping[str, Any], now: datetime
) -> ReplyTemplate:
    """Change a text to answer with; what was answered with it stays as it is. Raises: as `create_template`."""
    _require(actor, template.team)
    changes = assign(template, values)
    _require(actor, template.team)
    if not changes:
        return template
    _checked(template)
    template.save()
    subject = f"template:{template.key}"
    record(actor=actor, verb="work.change_template", subject=subject, changes=changes, now=now)
    return template


@transaction.atomic
def remove_template(*, actor: Actor, template: ReplyTemplate, now: datetime) -> None:
    """Take a text away. Raises: NotAllowed."""
    _require(actor, template.team)
    subject, changes = f"template:{template.key}", {"name": template.name}
    template.delete()
    record(actor=actor, verb="work.remove_template", subject=subject, changes=changes, now=now)


def _require(actor: Actor, team: Team | None) -> None:
    require(actor, RIGHT, team_id=team.pk if team else None)


def _checked(row: ReplyTemplate) -> None:
    row.text_nl, row.text_en = (text.replace("\r\n", "\n").strip() for text in (row.text_nl, row.text_en))
    problems = [
        _problem(fault, field) for field in ("text_nl", "text_en") for fault in faults(getattr(row, field))
    ]
    if problems:
        raise InputError(problems)
    row.full_clean()


def _problem(fault: Fault, field: str) -> Problem:
    words = {"word": fault.word, "line": fault.line, "near": fault.near}
    if fault.is_brace:
        message = _("A brace stands alone in line %(line)s.") % words
        return Problem(message, field, _("Write {{ or }} for a brace that is meant as one."))
    remedy = _("There are: %(all)s.") % {"all": ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)}
    if fault.near:
        remedy = _("Did you mean %(near)s?") % words + " " + remedy
    return Problem(_("There is no placeholder %(word)s (line %(line)s).") % words, field, remedy)
