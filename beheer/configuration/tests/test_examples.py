"""The examples of the documentation apply as they stand, and twice is once."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from beheer.configuration.commands import apply, export
from beheer.lib.errors import DocumentError
from beheer.service_levels.models import Calendar, Norm

EXAMPLES = Path(__file__).resolve().parents[3] / "docs" / "examples"
pytestmark = pytest.mark.django_db


def run(path: Path) -> str:
    """Apply a file, and give the last line of what was said."""
    result = CliRunner().invoke(apply, [str(path)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output.strip().splitlines()[-1]


@pytest.mark.parametrize("name", ["beheer.yaml", "first-hour.yaml"])
def test_an_example_applies_and_then_changes_nothing(name: str, tmp_path: Path) -> None:
    assert "0 created" not in run(EXAMPLES / name)
    assert run(EXAMPLES / name).startswith("0 created, 0 changed")
    exported = tmp_path / "exported.yaml"
    exported.write_text(CliRunner().invoke(export, [], catch_exceptions=False).output)
    assert run(exported).startswith("0 created, 0 changed")


def test_a_calendar_may_stand_in_the_file_as_its_fields() -> None:
    run(EXAMPLES / "first-hour.yaml")
    assert "mon-fri: 08:00-22:00" in Calendar.objects.get(key="office").source
    norm = Norm.objects.get()
    assert (norm.key, norm.name, norm.target) == ("availability", "Availability", 0.995)


def test_a_wrong_day_in_such_a_calendar_is_named_and_nothing_is_done(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text((EXAMPLES / "first-hour.yaml").read_text().replace("mon-fri", "mon-fry"))
    with pytest.raises(DocumentError, match="'mon-fry' names no days"):
        CliRunner().invoke(apply, [str(wrong)], catch_exceptions=False)
    assert not Calendar.objects.exists()
