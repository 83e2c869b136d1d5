"""The sections of the file, in the order in which they are applied: what is referred to comes first."""

from __future__ import annotations

import importlib
import importlib.util
from functools import cache
from typing import Any

import pydantic

from beheer.lib.configuration import Section

# Rooms in the order of their layers, lowest first. A room takes part by having a `configuration.py`.
ROOMS = ("people", "profile", "catalogue", "monitoring", "notifications", "work", "service_levels")


@cache
def sections() -> tuple[Section[Any], ...]:
    """All sections, in order."""
    found: list[Section[Any]] = []
    for room in ROOMS:
        if importlib.util.find_spec(f"beheer.{room}.configuration"):
            found.extend(importlib.import_module(f"beheer.{room}.configuration").SECTIONS)
    return tuple(found)


@cache
def file_model() -> type[pydantic.BaseModel]:
    """The model of a whole file: a list for each section, every one optional."""
    fields: dict[str, Any] = {section.name: (list[section.entry], []) for section in sections()}  # type: ignore[name-defined]  # a model made from values
    config = pydantic.ConfigDict(extra="forbid")
    return pydantic.create_model("File", __config__=config, **fields)
