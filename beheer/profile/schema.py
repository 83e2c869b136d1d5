"""What a profile's file holds: purpose, result areas with activities, criteria with a cell a level, rules,
open points.

The models are the values that the rules work with too. `read_profile` reads a file; all that is wrong is
named at once.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from beheer.lib.documents import Document, check, load
from beheer.lib.errors import DocumentError, Problem
from beheer.profile.choices import choice_of_values, known_choices_in_words

Language = Literal["nl", "en"]


class Frozen(BaseModel):
    """A value that is read from a file and never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Text(Frozen):
    """One text in both languages; `nl` is the source where the source is Dutch."""

    nl: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def in_language(self, language: str) -> str:
        """The text in `language`: Dutch for "nl" (and "nl-…"), English for any other."""
        return self.nl if language.startswith("nl") else self.en


class Reference(Frozen):
    """A cell that holds the text of another level."""

    see: int = Field(ge=1)


def _kind_of_cell(value: Any) -> str:
    if isinstance(value, str):
        return "word"
    if isinstance(value, Reference) or (isinstance(value, dict) and "see" in value):
        return "reference"
    return "text"


Cell = Annotated[
    Annotated[Literal["not_applicable", "empty"], Tag("word")]
    | Annotated[Reference, Tag("reference")]
    | Annotated[Text, Tag("text")],
    Discriminator(_kind_of_cell),
]

Wording = Annotated[
    Annotated[str, Tag("word")] | Annotated[Text, Tag("text")],
    Discriminator(lambda value: "word" if isinstance(value, str) else "text"),
]


class Activity(Frozen):
    """One activity of a result area, with its number in the source ("3.4")."""

    id: str = Field(pattern=r"^[1-9][0-9]*\.[1-9][0-9]*$")
    nl: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def in_language(self, language: str) -> str:
        """The activity's text in `language`."""
        return self.nl if language.startswith("nl") else self.en


class ResultArea(Frozen):
    """One result area: what is done at its core, within which framework, with which result."""

    id: int = Field(ge=1)
    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: Text
    core_activity: Text
    framework: tuple[Text, ...]
    result: tuple[Text, ...]
    activities: tuple[Activity, ...] = Field(min_length=1)


class Criterion(Frozen):
    """One criterion with a cell for each level. Without `scale` each text is answered by itself.

    `indication`: figures by which the institution reads words of degree. They are shown, and decide nothing.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")
    group: Text
    scale: bool = True
    indication: Text | None = None
    levels: dict[int, Cell]

    def source_text(self, level: int) -> Text | None:
        """The text that stands at `level` in the source, references followed; None where no text stands."""
        cell = self.levels[level]
        if isinstance(cell, Reference):
            cell = self.levels[cell.see]
        return cell if isinstance(cell, Text) else None


class LevelRule(Frozen):
    """When a level applies, in the words of the source."""

    level: int = Field(ge=1)
    nl: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def in_language(self, language: str) -> str:
        """The rule's text in `language`."""
        return self.nl if language.startswith("nl") else self.en


class OpenPoint(Frozen):
    """Something the source leaves open, and the reading taken; `choice` where the institution may read
    otherwise.
    """

    point: Wording
    reading: Wording
    choice: tuple[str, ...] = ()

    def words(self, language: str) -> tuple[str, str]:
        """The point and its reading in `language`."""
        point, reading = (
            part if isinstance(part, str) else part.in_language(language)
            for part in (self.point, self.reading)
        )
        return point, reading


class Profile(Frozen):
    """A function profile. Levels run downward: 1 is the heaviest; the lightest holds if the profile
    applies.
    """

    code: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
    name: Text
    purpose: Text
    reports_to: tuple[Text, ...] = ()
    result_areas: tuple[ResultArea, ...] = Field(min_length=1)
    criteria: tuple[Criterion, ...] = Field(min_length=1)
    rules: tuple[LevelRule, ...] = Field(min_length=2)
    open_points: tuple[OpenPoint, ...] = ()

    @property
    def levels(self) -> tuple[int, ...]:
        """All levels, the heaviest (1) first."""
        return tuple(sorted(rule.level for rule in self.rules))

    @property
    def lightest(self) -> int:
        """The level that holds as soon as the profile applies."""
        return max(rule.level for rule in self.rules)

    def criterion(self, criterion_id: str) -> Criterion | None:
        """The criterion with this id; None if there is none."""
        return next((one for one in self.criteria if one.id == criterion_id), None)

    def area(self, area_id: int) -> ResultArea | None:
        """The result area with this number; None if there is none."""
        return next((one for one in self.result_areas if one.id == area_id), None)

    def level_name(self, level: int, language: str) -> str:
        """ "ICT administrator 1 (highest)": the name of a level, saying which end is the heavy one."""
        name = f"{self.name.in_language(language)} {level}"
        if level == 1:
            name += " (hoogste)" if language.startswith("nl") else " (highest)"
        return name


def read_profile(text: str, name: str) -> Profile:
    """Read a profile from the text of its file.

    Raises: DocumentError that names every fault with its line and a remedy.
    """
    document = load(text, name)
    if not isinstance(document.value, dict):
        raise DocumentError(
            Problem("This is no profile.", remedy="A profile begins with `code:`.", line=1, file=name)
        )
    profile = check(document, Profile)
    problems = [
        *_problems_of_areas(document, profile),
        *_problems_of_levels(document, profile),
        *_problems_of_criteria(document, profile),
        *_problems_of_choices(document, profile),
    ]
    if problems:
        raise DocumentError(problems)
    return profile


def _problems_of_areas(document: Document, profile: Profile) -> list[Problem]:
    problems = []
    seen_areas: set[int | str] = set()
    seen_activities: set[str] = set()
    for index, area in enumerate(profile.result_areas):
        names: tuple[tuple[str, int | str], ...] = (("id", area.id), ("key", area.key))
        for field, value in names:
            if value in seen_areas:
                problems.append(
                    document.problem(
                        ("result_areas", index, field),
                        f"Another area has '{value}' already.",
                        "Give it its own.",
                    )
                )
            seen_areas.add(value)
        for place, activity in enumerate(area.activities):
            path = ("result_areas", index, "activities", place, "id")
            if not activity.id.startswith(f"{area.id}."):
                remedy = f"Ids of area {area.id} begin with '{area.id}.'."
                problems.append(document.problem(path, f"'{activity.id}' is no id of this area.", remedy))
            if activity.id in seen_activities:
                problems.append(
                    document.problem(path, f"'{activity.id}' stands here twice.", "Number it on.")
                )
            seen_activities.add(activity.id)
    return problems


def _problems_of_levels(document: Document, profile: Profile) -> list[Problem]:
    expected = tuple(range(1, len(profile.rules) + 1))
    if profile.levels == expected:
        return []
    given = ", ".join(str(level) for level in profile.levels)
    return [
        document.problem(
            ("rules",),
            f"The rules are for levels {given}.",
            f"Give one rule for each level from 1 (the heaviest) to {len(profile.rules)}.",
        )
    ]


def _problems_of_criteria(document: Document, profile: Profile) -> list[Problem]:
    problems = []
    seen: set[str] = set()
    levels = ", ".join(str(level) for level in profile.levels)
    for index, criterion in enumerate(profile.criteria):
        path = ("criteria", index)
        if criterion.id in seen:
            problems.append(
                document.problem((*path, "id"), f"'{criterion.id}' stands here twice.", "Rename one.")
            )
        seen.add(criterion.id)
        if set(criterion.levels) != set(profile.levels):
            given = ", ".join(str(level) for level in sorted(criterion.levels))
            remedy = f"Give one cell for each level: {levels}."
            problems.append(document.problem((*path, "levels"), f"It has cells for {given}.", remedy))
        elif not any(
            criterion.source_text(level) for level in profile.levels if _refers_well(criterion, level)
        ):
            remedy = "Give at least one level a text."
            problems.append(document.problem((*path, "levels"), "No level has a text.", remedy))
        for level in criterion.levels:
            if not _refers_well(criterion, level):
                remedy = "`see` names a level of the same criterion that has a text of its own."
                problems.append(document.problem((*path, "levels", level), "This refers to no text.", remedy))
    return problems


def _refers_well(criterion: Criterion, level: int) -> bool:
    cell = criterion.levels[level]
    return not isinstance(cell, Reference) or isinstance(criterion.levels.get(cell.see), Text)


def _problems_of_choices(document: Document, profile: Profile) -> list[Problem]:
    problems = []
    seen: set[str] = set()
    for index, point in enumerate(profile.open_points):
        if not point.choice:
            continue
        path = ("open_points", index, "choice")
        name = choice_of_values(point.choice)
        if name is None:
            given = ", ".join(point.choice)
            remedy = f"Beheer knows these: {known_choices_in_words()}."
            problems.append(document.problem(path, f"'{given}' is no choice that the rules know.", remedy))
        elif name in seen or len(set(point.choice)) < len(point.choice):
            problems.append(
                document.problem(path, "This choice or a value of it stands here twice.", "Keep one.")
            )
        seen.add(name or "")
    return problems
