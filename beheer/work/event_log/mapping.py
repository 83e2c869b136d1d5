"""The map of an event log: which column means what. `docs/reference/import-work.md` explains every field.

Two shapes of file are understood. An *event log* has one row for each event (`at`, `activity`). A *ticket export* has
one row for each item, with several instants in columns of their own (`moments`).
"""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from beheer.lib import documents


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileFormat(_Strict):
    """How the file is written. What is not given is found out: delimiter from the first line, ISO 8601 timestamps."""

    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: str = "utf-8-sig"
    timestamp: str | None = None
    timezone: str | None = None

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError):
                raise ValueError(
                    f"'{name}' is no time zone. Use an IANA name such as Europe/Amsterdam."
                ) from None
        return name


class Moment(_Strict):
    """One instant of a ticket export: the column it stands in, and the activity that happened then."""

    column: str
    activity: str


class EventLogMap(_Strict):
    """What the columns of a file mean."""

    source: str = Field(default="import", pattern=r"^[a-z][a-z0-9_-]{0,39}$")
    kind: str = "incident"
    file: FileFormat = FileFormat()
    item: str
    at: str | None = None
    activity: str | None = None
    moments: tuple[Moment, ...] = ()
    title: str | None = None
    resource: str | None = None
    team: str | None = None
    line: str | None = None
    lines: Mapping[str, str] = {}
    service: str | None = None
    services: Mapping[str, str] = {}
    fields: tuple[str, ...] = ()
    states: Mapping[str, str]

    @model_validator(mode="after")
    def _one_shape(self) -> EventLogMap:
        is_log = self.at is not None and self.activity is not None
        if is_log == bool(self.moments):
            raise ValueError(
                "Give either `at` and `activity` (one row an event) or `moments` (one row an item), and not both."
            )
        return self

    def columns(self) -> tuple[str, ...]:
        """Every column that the map names, once each, in its order."""
        named = [
            self.item,
            self.at,
            self.activity,
            self.title,
            self.resource,
            self.team,
            self.line,
            self.service,
        ]
        named += [moment.column for moment in self.moments]
        named += list(self.fields)
        return tuple(dict.fromkeys(name for name in named if name))


def read_map(text: str, name: str) -> EventLogMap:
    """Read a map from YAML.

    Raises: DocumentError, with line and field of each thing that is wrong.
    """
    return documents.check(documents.load(text, name), EventLogMap)
