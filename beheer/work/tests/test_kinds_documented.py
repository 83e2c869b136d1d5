"""The page of kinds names everything that a kind's file can say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

import pydantic
import pytest

from beheer.work.kinds import schema

PAGE = (Path(__file__).resolve().parents[3] / "docs/reference/kinds.md").read_text(encoding="utf-8")
# In which section each part of a file is described.
SECTIONS: dict[type[pydantic.BaseModel], str] = {
    schema.Kind: "## The file",
    schema.Words: "## The file",
    schema.FieldSpec: "## The file",
    schema.RepeatSpec: "## The file",
    schema.WindowSpec: "## The file",
    schema.StateSpec: "### States",
    schema.StepSpec: "### Steps",
    schema.ClockSpec: "### Clocks",
    schema.ApprovalSpec: "### Approvals",
    schema.GroupSpec: "### Approvals",
    schema.TaskSpec: "### Tasks and timers",
    schema.TimerSpec: "### Tasks and timers",
    schema.MonitoringSpec: "### Monitoring",
}


def section(title: str) -> str:
    """The text under a heading, to the next one."""
    return re.split(r"^#+ ", PAGE.split(f"{title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def parts_of(annotation: object) -> Iterator[object]:
    """A type and all that it is made of."""
    yield annotation
    for part in get_args(annotation):
        yield from parts_of(part)


def models(model: type[pydantic.BaseModel], seen: set[type[pydantic.BaseModel]]) -> None:
    """Every model that a model is made of, itself too."""
    if model in seen:
        return
    seen.add(model)
    for field in model.model_fields.values():
        for part in parts_of(field.annotation):
            if isinstance(part, type) and issubclass(part, pydantic.BaseModel):
                models(part, seen)


def words_of(model: type[pydantic.BaseModel]) -> Iterator[str]:
    """What may be written in it: the names of its fields, and their fixed values."""
    for name, field in model.model_fields.items():
        yield field.alias or name
        for part in parts_of(field.annotation):
            if get_origin(part) is Literal:
                yield from map(str, get_args(part))


def said(text: str) -> set[str]:
    """The words of code in a piece of the page: between backticks, and in its blocks."""
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return set(re.findall(r"[a-z_]+", " ".join([*blocks, *spans])))


def test_every_part_of_a_file_has_its_section() -> None:
    found: set[type[pydantic.BaseModel]] = set()
    models(schema.Kind, found)
    assert found == set(SECTIONS)


@pytest.mark.parametrize("model", SECTIONS, ids=lambda model: model.__name__)
def test_the_section_names_every_field_and_every_value(model: type[pydantic.BaseModel]) -> None:
    assert [word for word in words_of(model) if word not in said(section(SECTIONS[model]))] == []


def test_every_type_of_field_stands_in_the_table_of_types() -> None:
    rows = section("## The file").split("| type | holds |", 1)[1]
    assert set(get_args(schema.FieldType)) <= said(rows)


def test_every_field_that_all_items_have_is_named() -> None:
    assert [name for name in schema.BUILT_IN if name not in said(section("## The file"))] == []
