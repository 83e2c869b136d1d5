"""docs/reference/configuration.md names every field of the sections of people and the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

from beheer.catalogue.configuration import SECTIONS as CATALOGUE
from beheer.people.configuration import SECTIONS as PEOPLE

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "configuration.md"


def test_every_section_has_its_fields_on_the_page() -> None:
    chapters = dict(re.findall(r"### (\w+)\n(.*?)(?=\n##|\Z)", PAGE.read_text(), re.S))
    for section in (*PEOPLE, *CATALOGUE):
        text = chapters[section.name]
        missing = [name for name in section.entry.model_fields if name not in text]
        assert not missing, (section.name, missing)
