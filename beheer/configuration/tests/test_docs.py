"""docs/reference/configuration.md tells every section of the file, with each of its fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pydantic
import pytest

from beheer.configuration.sections import sections
from beheer.lib.configuration import Section

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "configuration.md"
CHAPTERS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", PAGE.read_text(), re.S | re.M))


def fields(model: type[pydantic.BaseModel]) -> Iterator[str]:
    """The fields of an entry, and of what stands inside it where a `configuration.py` says so."""
    for name, field in model.model_fields.items():
        yield name
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and inner.__module__.endswith(".configuration"):
                yield from fields(inner)


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.name)
def test_every_section_has_a_chapter_with_its_fields(section: Section[Any]) -> None:
    assert section.name in CHAPTERS
    missing = [
        name for name in fields(section.entry) if not re.search(rf"\b{name}\b", CHAPTERS[section.name])
    ]
    assert missing == []


def test_no_chapter_tells_of_a_section_that_is_not_there() -> None:
    assert set(CHAPTERS) <= {section.name for section in sections()}


def test_chapters_stand_in_the_order_in_which_sections_are_applied() -> None:
    assert list(CHAPTERS) == [section.name for section in sections()]
