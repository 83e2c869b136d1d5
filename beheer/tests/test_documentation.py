"""The documentation says what the program does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from beheer.reference import commands

PROJECT = Path(__file__).resolve().parents[2]
PAGES = sorted([PROJECT / "README.md", PROJECT / "CHANGELOG.md", *(PROJECT / "docs").rglob("*.md")])
VARIABLE = re.compile(r"\bBEHEER_[A-Z_]+[A-Z]\b")
INTERNAL = {"BEHEER_TEST_PROCESSES", "BEHEER_SHARED_DATA"}


def links(page: Path) -> Iterator[str]:
    """The relative links of a page, without their fragments."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:|#", target):
            yield target.split("#")[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    missing = [target for target in links(page) if not (page.parent / target).exists()]
    assert not missing


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    code = [*(PROJECT / "beheer").rglob("*.py"), *(PROJECT / "scripts").iterdir()]
    read = {name for path in code if "tests" not in path.parts for name in VARIABLE.findall(path.read_text())}
    told = set(VARIABLE.findall((PROJECT / "docs" / "reference" / "settings.md").read_text()))
    assert read - INTERNAL == told


def test_the_page_of_commands_is_up_to_date() -> None:
    written = (PROJECT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    assert written == commands(), "Run scripts/reference."


def test_every_dependency_has_its_reason() -> None:
    project = (PROJECT / "pyproject.toml").read_text()
    block = project.split("dependencies = [", 1)[1].split("\n]", 1)[0]
    names = [re.split(r"[\[<>=]", name)[0] for name in re.findall(r'"([^"]+)"', block)]
    reasons = (PROJECT / "docs" / "explanation" / "decisions.md").read_text().lower()
    assert [name for name in names if name.lower() not in reasons] == []


def test_nothing_names_a_package_registry() -> None:
    for path in (PROJECT / "constraints.txt", PROJECT / "pyproject.toml"):
        assert not re.search(r"https?://|@ file:", path.read_text())
