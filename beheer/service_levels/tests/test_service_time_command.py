"""`beheer service-time`: agreed time and deadlines from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from beheer.lib.errors import InputError
from beheer.service_levels.commands import service_time

OFFICE = """timezone: Europe/Amsterdam
holidays: NL
versions:
  - valid_from: 2020-01-01
    hours: {mon-fri: "08:00-18:00"}
"""


@pytest.fixture
def calendar(tmp_path: Path) -> str:
    file = tmp_path / "office.yaml"
    file.write_text(OFFICE)
    return str(file)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(service_time, list(arguments))


def answer(*arguments: str) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exception is None, result.exception
    found: dict[str, Any] = json.loads(result.stdout)
    assert list(found) == ["seconds", "due", "stretches"]
    assert sum(stretch["seconds"] for stretch in found["stretches"]) == found["seconds"]
    return found


@pytest.mark.parametrize(
    ("start", "target", "pauses", "due"),
    [
        ("2026-03-02T16:00:00+01:00", "4h", [], "2026-03-03T10:00:00+01:00"),
        ("2026-03-06T08:00:00+01:00", "10h", [], "2026-03-06T18:00:00+01:00"),
        ("2026-03-06T17:00", "90m", [], "2026-03-09T08:30:00+01:00"),
        ("2026-03-27T17:00", "2h", [], "2026-03-30T09:00:00+02:00"),
        ("2026-03-02T08:00", "2h", ["2026-03-02T09:00/2026-03-02T10:00"], "2026-03-02T11:00:00+01:00"),
        (
            "2026-03-02T08:00",
            "2h",
            ["2026-03-02T09:00/2026-03-02T10:00", "2026-03-02T09:30/2026-03-02T10:30"],
            "2026-03-02T11:30:00+01:00",
        ),
        ("2026-03-02T08:00", "2h", ["2026-03-02T10:00/2026-03-02T12:00"], "2026-03-02T10:00:00+01:00"),
        ("2026-03-02T08:00", "2h", ["2026-03-01T00:00/2026-03-02T09:00"], "2026-03-02T11:00:00+01:00"),
        ("2026-03-02T08:00", "10h", ["2026-03-02T18:00/2026-03-03T12:00"], "2026-03-02T18:00:00+01:00"),
        ("2026-03-07T12:00", "0s", [], "2026-03-07T12:00:00+01:00"),
    ],
)
def test_a_deadline_is_the_earliest_instant(
    calendar: str, start: str, target: str, pauses: list[str], due: str
) -> None:
    paused = [word for pause in pauses for word in ("--pause", pause)]
    assert answer("due", "--calendar", calendar, "--from", start, "--target", target, *paused)["due"] == due


def test_elapsed_time_is_explained_stretch_by_stretch(calendar: str) -> None:
    found = answer(
        "elapsed", "--calendar", calendar, "--from", "2026-04-02T16:00:00Z", "--until", "2026-04-07T07:00:00Z"
    )
    assert (found["seconds"], found["due"]) == (3600, None)
    assert found["stretches"] == [
        {
            "start": "2026-04-02T18:00:00+02:00",
            "end": "2026-04-07T08:00:00+02:00",
            "seconds": 0,
            "reason": "outside agreed time (Good Friday, Easter Sunday, Easter Monday)",
        },
        {
            "start": "2026-04-07T08:00:00+02:00",
            "end": "2026-04-07T09:00:00+02:00",
            "seconds": 3600,
            "reason": "agreed time",
        },
    ]


def test_pauses_count_to_the_microsecond(calendar: str) -> None:
    found = answer(
        "elapsed",
        "--calendar",
        "24x7",
        "--from",
        "2026-03-01T00:00:00Z",
        "--until",
        "2026-03-01T01:00:00Z",
        "--pause",
        "2026-03-01T00:10:00.000001Z/2026-03-01T00:20:00Z",
    )
    assert found["seconds"] == 3000.000001
    assert [stretch["reason"] for stretch in found["stretches"]] == ["agreed time", "paused", "agreed time"]


def test_for_people_the_answer_is_a_sentence_and_a_table(calendar: str) -> None:
    result = run("due", "--calendar", calendar, "--from", "2026-03-02T16:00", "--target", "4h")
    assert "due Tuesday 2026-03-03 10:00 Europe/Amsterdam" in result.stdout
    assert "outside agreed time" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "field", "message"),
    [
        (["due", "--from", "2026-03-02T16:00", "--target", "four"], "--target", "not a duration"),
        (["due", "--from", "soon", "--target", "4h"], "--from", "not a date and time"),
        (["due", "--from", "2026-03-02", "--target", "4h", "--pause", "x"], "--pause", "not a stretch"),
        (
            ["due", "--from", "2026-03-02", "--target", "4h", "--pause", "2026-03-03/2026-03-02"],
            "--pause",
            "ends before it begins",
        ),
        (["elapsed", "--from", "2026-03-03", "--until", "2026-03-02"], "--until", "not after"),
    ],
)
def test_wrong_arguments_are_named(calendar: str, arguments: list[str], field: str, message: str) -> None:
    result = run(*arguments, "--calendar", calendar)
    assert isinstance(result.exception, InputError)
    (problem,) = result.exception.problems
    assert problem.field == field
    assert message in str(problem)
    assert problem.remedy


def test_a_calendar_that_never_opens_again_has_no_deadline(tmp_path: Path) -> None:
    file = tmp_path / "ends.yaml"
    file.write_text(OFFICE + "  - {valid_from: 2026-04-01, hours: {}}\n")
    result = run("due", "--calendar", str(file), "--from", "2026-03-31T12:00", "--target", "8h")
    assert isinstance(result.exception, InputError)
    assert "does not give 8h" in str(result.exception)
    assert run(
        "elapsed", "--calendar", "none.yaml", "--from", "2026-03-31", "--until", "2026-04-01"
    ).exception
