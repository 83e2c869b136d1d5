"""The shape of a request model: one item of the service catalogue. `docs/reference/request-models.md` explains it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from beheer.lib.configuration import Entry
from beheer.work.kinds.schema import FieldSpec, GroupSpec, Name, Strict, Words

Wanted = Annotated[list[str | bool | int | float], Field(min_length=1)]


class FormField(FieldSpec):
    """One question of the form.

    `least` and `most` limit, by type: the number; the length of a text; how many choices or files; for a day, how many
    days from the day of asking. `pattern` is a regular expression that a text must match whole.
    """

    required: bool = False
    shown_when: dict[str, Wanted] = {}  # asked only where each earlier field has one of these answers
    least: float | None = None
    most: float | None = None
    pattern: str = ""


class TaskTemplate(Strict):
    """Something to tick off, put ready when the request is taken up."""

    name: Words
    required: bool = True


class RequestSpec(Entry):
    """One item of the service catalogue."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "example": {
                "key": "shared-mailbox",
                "name": {"nl": "Gedeelde mailbox", "en": "Shared mailbox"},
                "service": "mail",
                "fields": {
                    "address": {
                        "name": {"nl": "Gewenst adres", "en": "Address wanted"},
                        "required": True,
                        "most": 60,
                    }
                },
            }
        },
    )
    unordered = ("for_teams",)
    key: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,49}$")
    name: Words
    description: Words | None = None
    group: Words | None = None
    service: str = ""
    kind: str = "service_request"
    title: Words | None = None
    for_teams: list[str] = []
    defaults: dict[str, Any] = {}
    targets: dict[str, str] = {}
    approvals: list[GroupSpec] = []
    approvals_in_order: bool = False
    tasks: dict[Name, TaskTemplate] = {}
    fields: dict[Name, FormField] = {}
    retired: bool = False
    simulated: bool = False

    def group_name(self, language: str, other: str) -> str:
        """The heading under which it stands; `other` where it names none."""
        return self.group.text(language) if self.group else other
