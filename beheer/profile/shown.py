"""What pages and letters show of a profile and a grading: rows with words in the language of the screen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from beheer.profile.rules import (
    Alternative,
    Answers,
    Grading,
    alternatives,
    levels_of,
    offered_choices,
    standing_between,
)
from beheer.profile.schema import Profile, Reference, Text
from beheer.profile.words import CHOICE_VALUES, CHOICES, REASONS, name_of_criterion

Words = str | Promise


@dataclass(frozen=True)
class Cell:
    """One criterion at one level: its text (empty: none), and `note`: why there is none, or where it stands."""

    level: int
    text: str
    note: str = ""
    level_seen: int | None = None


@dataclass(frozen=True)
class CriterionRow:
    """One criterion with its cells, for the table of the profile."""

    id: str
    name: str
    group: str
    scale: bool
    cells: list[Cell]
    indication: str = ""


@dataclass(frozen=True)
class PointRow:
    """An open point with its reading, and the choice it leaves: (value, words), the default first."""

    point: str
    reading: str
    name: str = ""
    choices: Sequence[tuple[str, Words]] = ()


@dataclass(frozen=True)
class OutcomeCell:
    """What became of a criterion at a level."""

    level: int
    met: bool
    asked: bool
    word: Words
    text: str


@dataclass(frozen=True)
class OutcomeRow:
    """What was answered on a criterion, the texts that describe the post, and the outcome at each tested level."""

    id: str
    name: str
    group: str
    answered: bool
    levels: str
    texts: list[str]
    cells: list[OutcomeCell]
    motivation: str = ""
    evidence: list[Any] = field(default_factory=list)

    @property
    def met_at(self) -> list[int]:
        """The tested levels at which the criterion is met."""
        return [cell.level for cell in self.cells if cell.met]


@dataclass(frozen=True)
class LevelRow:
    """One level: whether it holds, and what stands in the way: (criterion's name, the text asked).

    `is_next` marks the next heavier level than the outcome.
    """

    level: int
    name: str
    holds: bool
    tested: bool
    is_outcome: bool
    is_next: bool
    unmet: list[tuple[str, str]]
    below: list[int]


@dataclass(frozen=True)
class DifferRow:
    """A choice that would give another level."""

    question: Words
    value: Words
    level: str


def criteria_rows(profile: Profile, language: str) -> list[CriterionRow]:
    """The criteria as the source has them."""
    rows = []
    for criterion in profile.criteria:
        cells = []
        for level in profile.levels:
            cell = criterion.levels[level]
            if isinstance(cell, Text):
                cells.append(Cell(level, cell.in_language(language)))
            elif isinstance(cell, Reference):
                cells.append(Cell(level, "", "see", cell.see))
            else:
                cells.append(Cell(level, "", cell))
        group = criterion.group.in_language(language)
        indication = criterion.indication.in_language(language) if criterion.indication else ""
        name = name_of_criterion(criterion.id)
        rows.append(CriterionRow(criterion.id, name, group, criterion.scale, cells, indication))
    return rows


def point_rows(profile: Profile, language: str) -> list[PointRow]:
    """The open points with their readings and choices."""
    rows = []
    names = {values: name for name, values in offered_choices(profile).items()}
    for point in profile.open_points:
        title, reading = point.words(language)
        choices = [(value, CHOICE_VALUES[value]) for value in point.choice]
        rows.append(PointRow(title, reading, names.get(point.choice, ""), choices))
    return rows


def notes_on(profile: Profile, language: str) -> dict[str, str]:
    """Activity id → what an open point says of it."""
    found = {}
    for point in profile.open_points:
        title, reading = point.words(language)
        for activity in re.findall(r"\b\d+\.\d+\b", title):
            found[activity] = f"{title}: {reading}"
    return found


def outcome_rows(profile: Profile, grading: Grading, language: str) -> list[OutcomeRow]:
    """Every criterion with what was answered and the outcome at each tested level."""
    rows = []
    tested = [level for level, one in grading.levels.items() if one.tested]
    for criterion in profile.criteria:
        one = grading.criteria[criterion.id]
        cells = []
        for level in tested:
            at = one.at[level]
            text = at.text.in_language(language) if at.text else ""
            cells.append(OutcomeCell(level, at.met, at.text is not None, REASONS[at.reason], text))
        levels = levels_of(one.answered)
        rows.append(
            OutcomeRow(
                criterion.id,
                name_of_criterion(criterion.id),
                criterion.group.in_language(language),
                one.answered is not None,
                ", ".join(str(level) for level in sorted(levels)),
                [text.in_language(language) for text in one.texts],
                cells,
            )
        )
    return rows


def level_rows(profile: Profile, grading: Grading, language: str) -> list[LevelRow]:
    """Every level, the heaviest first, with what stands in its way."""
    rows = []
    for level, one in grading.levels.items():
        demands = standing_between(profile, grading, level)
        unmet = [
            (name_of_criterion(demand.criterion), demand.text.in_language(language))
            for demand in demands
            if demand.level == level
        ]
        name = profile.level_name(level, language)
        rows.append(
            LevelRow(
                level,
                name,
                one.holds,
                one.tested,
                level == grading.level,
                grading.level is not None and level == grading.level - 1,
                unmet,
                sorted(one.unmet_below),
            )
        )
    return rows


def differ_rows(profile: Profile, grading: Grading, language: str) -> list[DifferRow]:
    """The choices that would give another level."""
    return [
        DifferRow(CHOICES[one.choice], CHOICE_VALUES[one.value], level_words(profile, one.level, language))
        for one in grading.differs
    ]


def level_words(profile: Profile, level: int | None, language: str) -> str:
    """The name of a level; a dash where there is none."""
    return "–" if level is None else profile.level_name(level, language)


@dataclass(frozen=True)
class TurnRow:
    """One other answer that would change the level: the criterion's name, the texts so answered, the level then."""

    name: str
    texts: list[str]
    level: str


def turning_answers(profile: Profile, answers: Answers, level: int | None, language: str) -> dict[str, Any]:
    """The single other answers that would give a heavier, and a lighter level, as pages take them."""
    heavier: list[TurnRow] = []
    lighter: list[TurnRow] = []
    for one in _distinct(profile, alternatives(profile, answers)):
        if one.level == level or one.level is None or level is None:
            continue
        criterion = profile.criterion(one.criterion)
        assert criterion is not None
        texts = dict.fromkeys(
            text for number in levels_of(one.answer) if (text := criterion.source_text(number))
        )
        words = [text.in_language(language) for text in texts]
        row = TurnRow(name_of_criterion(one.criterion), words, level_words(profile, one.level, language))
        (heavier if one.level < level else lighter).append(row)
    return {"turning_heavier": heavier, "turning_lighter": lighter, "turning_known": True}


def _distinct(profile: Profile, found: tuple[Alternative, ...]) -> list[Alternative]:
    """Without alternatives that name the same texts by another level."""
    seen = set()
    kept = []
    for one in found:
        criterion = profile.criterion(one.criterion)
        assert criterion is not None
        texts = frozenset(
            text.nl for level in levels_of(one.answer) if (text := criterion.source_text(level))
        )
        if (one.criterion, texts) not in seen:
            seen.add((one.criterion, texts))
            kept.append(one)
    return kept
