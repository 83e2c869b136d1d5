"""`beheer profile` at a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from beheer.lib.errors import InputError
from beheer.profile.commands import profile
from beheer.profile.tests.test_answers import RIGHT


@pytest.fixture
def post(tmp_path: Path) -> str:
    """The path of an answers file of a post at level 2."""
    path = tmp_path / "post.yaml"
    path.write_text(RIGHT, encoding="utf-8")
    return str(path)


def run(*arguments: str, text: str | None = None) -> str:
    """What the command writes; errors are raised."""
    result = CliRunner().invoke(
        profile, list(arguments), input=text, catch_exceptions=False, standalone_mode=False
    )
    if result.exception:
        raise result.exception
    return result.output


def test_grade_writes_level_levels_criteria_and_differs_as_json(post: str) -> None:
    found = json.loads(run("grade", post, "--json"))
    assert found["level"] == 2
    assert found["levels"]["1"]["holds"] is False
    assert "portfolio.availability" in found["levels"]["1"]["unmet"]
    assert found["levels"]["2"] == {"holds": True, "tested": True, "unmet": [], "unmet_below": {}}
    problems = found["criteria"]["management_tasks.problems"]
    assert problems["answered"] == 2
    assert problems["text"]["nl"] == "Analyseren en oplossen van complexere problemen"
    assert problems["met"] == {"1": False, "2": True, "3": True, "4": True}
    assert found["criteria"]["management_tasks.installation"]["answered"] == [1, 2]
    assert len(found["criteria"]["management_tasks.installation"]["text"]) == 2
    assert found["differs"] == [
        {"choice": "renewal_and_security", "value": "levels_1_and_2", "level": 3},
        {"choice": "renewal_and_security", "value": "level_2_only", "level": 3},
    ]


def test_grade_reads_standard_input() -> None:
    assert json.loads(run("grade", "-", "--json", text=RIGHT))["level"] == 2


@pytest.mark.parametrize(("language", "word"), [("nl", "Beheerder ICT 2"), ("en", "ICT administrator 2")])
def test_grade_tells_people_the_level_and_the_reasons(post: str, language: str, word: str) -> None:
    told = run("grade", post, "--language", language)
    assert told.startswith(word)
    assert "portfolio.availability" in told


def test_show_writes_the_profile_in_the_language_asked() -> None:
    assert "Bewaking functioneren ICT-producten" in run("show", "--language", "nl")
    assert "Monitoring of ICT products" in run("show", "--language", "en")
    found = json.loads(run("show", "--json"))
    assert found["choices"]["cumulative"] == {
        "allowed": ["own_criteria_only", "cumulative"],
        "default": "own_criteria_only",
    }


def test_what_if_names_what_stands_between_the_post_and_the_next_level(post: str) -> None:
    found = json.loads(run("what-if", post, "--json", "--set", "management_tasks.problems=3"))
    assert (found["level"], found["next_level"]) == (3, 2)
    assert [one["criterion"] for one in found["between"]] == ["management_tasks.problems"]
    turning = [one for one in found["alternatives"] if one["level"] == 2]
    assert {one["answer"] for one in turning} == {1, 2}
    assert "management_tasks.problems" in run("what-if", post, "--set", "management_tasks.problems=3")


@pytest.mark.parametrize(
    "change", ["nothing=1", "management_tasks.problems=7", "management_tasks.problems=1,2"]
)
def test_what_if_refuses_a_wrong_change_and_lists_what_is_allowed(post: str, change: str) -> None:
    with pytest.raises(InputError, match="Allowed"):
        run("what-if", post, "--set", change)


def test_check_says_what_a_right_profile_holds() -> None:
    path = Path(__file__).parents[1] / "data" / "0403.yaml"
    assert "12 result areas, 66 activities, 11 criteria, levels 1 to 4" in run("check", str(path))


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match=r"nowhere\.yaml"):
        run("grade", "nowhere.yaml")
