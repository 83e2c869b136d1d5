"""What of work stands in configuration as code."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pydantic import Field

from beheer.lib.configuration import After, Entry, Finding, Section, unknown
from beheer.people.models import Team
from beheer.permissions.rules import Actor
from beheer.work.actions.templates import change_template, create_template
from beheer.work.catalogue_section import SECTION as REQUEST_MODELS
from beheer.work.models import ReplyTemplate
from beheer.work.rule_sections import OWN_KINDS, RULES


class ReplyTemplateEntry(Entry):
    """One text to answer with; without `team` it is for everybody."""

    key: str = Field(min_length=1, max_length=50)
    name: str = Field(min_length=1, max_length=100)
    team: str | None = None
    text_nl: str = ""
    text_en: str = ""
    in_use: bool = True


def current_reply_templates() -> dict[str, ReplyTemplateEntry]:
    """All texts to answer with, by key."""
    return {
        row.key: ReplyTemplateEntry(
            key=row.key,
            name=row.name,
            team=row.team.key if row.team else None,
            text_nl=row.text_nl,
            text_en=row.text_en,
            in_use=row.is_enabled,
        )
        for row in ReplyTemplate.objects.order_by("key").select_related("team")
    }


def save_reply_template(*, actor: Actor, entry: ReplyTemplateEntry, now: datetime) -> None:
    """Make or change a text to answer with."""
    values: dict[str, Any] = {
        "name": entry.name,
        "team": Team.objects.get(key=entry.team) if entry.team else None,
        "text_nl": entry.text_nl,
        "text_en": entry.text_en,
        "is_enabled": entry.in_use,
    }
    row = ReplyTemplate.objects.filter(key=entry.key).first()
    if row is None:
        create_template(actor=actor, values={**values, "key": entry.key}, now=now)
    else:
        change_template(actor=actor, template=row, values=values, now=now)


def reply_template_problems(after: After) -> Iterator[Finding]:
    """Teams that are not there."""
    for key, entry in after["reply_templates"].items():
        yield from unknown(after, "teams", entry.team, entry=key, path=("team",))


SECTIONS: tuple[Section[Any], ...] = (
    OWN_KINDS,
    *RULES,
    Section(
        "reply_templates",
        ReplyTemplateEntry,
        current_reply_templates,
        save_reply_template,
        problems=reply_template_problems,
    ),
    REQUEST_MODELS,
)
