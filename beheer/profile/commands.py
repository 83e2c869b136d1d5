"""`beheer profile`: show a profile, grade a post, ask what if, check a profile's file. None needs an
installation.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from beheer.lib.documents import load
from beheer.lib.errors import InputError, Problem
from beheer.profile.answers import allowed_answers, as_answer, read_answers, unanswered, wrong_in
from beheer.profile.borders import alternatives_as_json, grading_as_json, profile_as_json
from beheer.profile.choices import PLACEMENT
from beheer.profile.library import profile_with, profiles, read_file
from beheer.profile.rules import Answers, alternatives, effective_choices, grade, standing_between
from beheer.profile.schema import Profile, read_profile
from beheer.profile.terminal import show_grading, show_profile, show_what_if

language_option = click.option(
    "--language", type=click.Choice(["nl", "en"]), default="en", show_default=True, help="Of the texts."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON.")
file_argument = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))


@click.group()
def profile() -> None:
    """The function profile: show it, grade a post by it, ask what another answer would give."""


@profile.command()
@click.option("--profile", "code", default="0403", show_default=True, help="The code of the profile.")
@language_option
@json_option
def show(code: str, language: str, as_json: bool) -> None:
    """Show a profile: purpose, result areas, activities, criteria, rules, and what the source leaves open."""
    found = profile_with(code)
    if as_json:
        _write(profile_as_json(found))
    else:
        show_profile(Console(), found, language)


@profile.command("list")
def list_profiles() -> None:
    """List the profiles there are: those of Beheer, and your own in BEHEER_VAR/profiles."""
    for code, one in sorted(profiles().items()):
        click.echo(f"{code}  {one.name.nl} / {one.name.en}")


@profile.command()
@file_argument
def check(file: Path) -> None:
    """Check a profile's FILE: every fault is named with its line."""
    found = read_profile(read_file(file), str(file))
    activities = sum(len(area.activities) for area in found.result_areas)
    click.echo(
        f"{file}: profile {found.code} is right: {len(found.result_areas)} result areas, "
        f"{activities} activities, "
        f"{len(found.criteria)} criteria, levels 1 to {found.lightest}."
    )


@profile.command("grade")
@file_argument
@language_option
@json_option
def grade_post(file: Path, language: str, as_json: bool) -> None:
    """Grade a post by the answers in FILE ("-" reads standard input)."""
    found, answers = _answers(file)
    grading = grade(found, answers)
    if as_json:
        _write(grading_as_json(answers, grading))
    else:
        show_grading(Console(), found, answers, grading, language)


@profile.command("what-if")
@file_argument
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="CRITERION=ANSWER",
    help="Answer otherwise: a level, 1,3 or null.",
)
@language_option
@json_option
def what_if(file: Path, changes: tuple[str, ...], language: str, as_json: bool) -> None:
    """Show what stands between the post and the next level, and what one other answer would give."""
    found, answers = _answers(file)
    for change in changes:
        answers = _changed(found, answers, change)
    grading = grade(found, answers)
    demands = standing_between(found, grading, grading.level - 1) if grading.level not in (None, 1) else ()
    others = alternatives(found, answers) if answers.applies else ()
    if as_json:
        _write(alternatives_as_json(grading, demands, others))
    else:
        show_what_if(Console(), found, grading, demands, others, language)


def _answers(file: Path) -> tuple[Profile, Answers]:
    is_piped = str(file) == "-"
    text, name = (sys.stdin.read(), "standard input") if is_piped else (read_file(file), str(file))
    found, answers = read_answers(text, name, profile_with)
    if missing := unanswered(found, answers):
        click.echo(
            f"Not answered, and counted as if no text described the post: {', '.join(missing)}.", err=True
        )
    return found, answers


def _changed(found: Profile, answers: Answers, change: str) -> Answers:
    """The answers with one changed as `--set` says.

    Raises: InputError that lists what is allowed.
    """
    name, _, value = change.partition("=")
    criterion = found.criterion(name.strip())
    if criterion is None:
        known = ", ".join(one.id for one in found.criteria)
        raise InputError(Problem(f"The profile has no criterion '{name}'.", "--set", f"Allowed: {known}."))
    answer = load(f"[{value}]" if "," in value else value, "--set").value
    placement = effective_choices(found, answers.choices)[PLACEMENT]
    wrong = wrong_in(criterion, answer, placement)
    if wrong is not None:
        raise InputError(Problem(wrong, f"--set {name}", allowed_answers(criterion, placement)))
    return replace(answers, answers={**answers.answers, criterion.id: as_answer(answer)})


def _write(value: dict[str, Any]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
