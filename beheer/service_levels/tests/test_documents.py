"""The pages of reference say what the commands do."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from beheer.lib.calendar_files import read_calendar
from beheer.service_levels.commands import judge, service_time
from beheer.service_levels.judging.agreements import read_agreement
from beheer.service_levels.rules import Rules, written_rules

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def yaml_of(page: str) -> str:
    (found,) = re.findall(r"```yaml\n(.*?)```", (REFERENCE / page).read_text(), re.DOTALL)
    return str(found)


def test_the_calendar_in_the_reference_is_one() -> None:
    assert len(read_calendar(yaml_of("calendars.md")).versions) == 2


def test_the_agreement_in_the_reference_is_one(tmp_path: Path) -> None:
    file = tmp_path / "agreement.yaml"
    file.write_text(yaml_of("judge.md"))
    agreement = read_agreement(file)
    assert (len(agreement.norms), len(agreement.windows), len(agreement.corrections)) == (1, 1, 1)


@pytest.mark.parametrize(
    ("page", "command"),
    [
        ("judge.md", judge),
        ("service-time.md", service_time.commands["elapsed"]),
        ("service-time.md", service_time.commands["due"]),
    ],
)
def test_every_option_of_a_command_is_in_its_page(page: str, command: click.Command) -> None:
    text = (REFERENCE / page).read_text()
    for parameter in command.params:
        assert f"`{parameter.opts[0]}`" in text, parameter.opts[0]


def test_every_accounting_rule_is_in_the_page() -> None:
    text = (REFERENCE / "judge.md").read_text()
    for name in written_rules(Rules()):
        assert f"| `{name}` |" in text
