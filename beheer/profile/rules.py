"""Grades a post: from answers on the criteria of a profile to a level, with the reason for each.

The rule of the source: the lightest level holds if the profile applies; any other holds if all its criteria
are met.
The post gets the heaviest level that holds. Where the source leaves a point open, `choices` says how it is
read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from beheer.profile.choices import CUMULATIVE, KNOWN_CHOICES, PARAGRAPHS, PLACEMENT, SCALE, choice_of_values
from beheer.profile.schema import Criterion, Profile, Text

Answer = int | tuple[int, ...] | None
"""The level whose text describes the post; for a criterion without scale every such level; None: no text
does.
"""

PARAGRAPH_GROUP = "development_research."
AREAS_AT_THE_CORE = (1, 2, 3, 4, 5)


class Reason(StrEnum):
    """Why a criterion is met at a level, or is not."""

    NO_DEMAND = "no_demand"
    """The cell is not applicable or empty: it asks nothing."""
    TEXT = "text"
    """The text of this level describes the post."""
    HEAVIER_TEXT = "heavier_text"
    """The text of a heavier level describes the post, and the texts form a scale."""
    OTHER_PARAGRAPH = "other_paragraph"
    """The other paragraph of the same row is met, and one of the two suffices by the choice taken."""
    UNMET = "unmet"
    """Neither this level's text nor one that counts for it describes the post."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What is answered about a post. `areas` is None where they were not given; `choices` names only what
    is chosen.
    """

    profile: str
    applies: bool
    areas: tuple[int, ...] | None
    answers: Mapping[str, Answer]
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AtLevel:
    """One criterion at one level: the text that is asked there (None: nothing is asked), whether it is met,
    and why.
    """

    met: bool
    reason: Reason
    text: Text | None


@dataclass(frozen=True, slots=True)
class CriterionGrade:
    """One criterion: the answer as given, the texts it points at, and the outcome at each level."""

    answered: Answer
    scale: bool
    texts: tuple[Text, ...]
    at: Mapping[int, AtLevel]


@dataclass(frozen=True, slots=True)
class LevelGrade:
    """One level: whether its rule holds, and which criteria stand in its way.

    `tested` is False for the lightest level: its texts describe, and only the profile's being applicable
    decides.
    `unmet` are the criteria it asks that are not met; `unmet_below` those that a lighter level asks, by
    level, where
    the choice is cumulative. A level holds if the profile applies and both are empty.
    """

    holds: bool
    tested: bool
    unmet: tuple[str, ...]
    unmet_below: Mapping[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Difference:
    """A choice that, changed alone, would give the post another level (None: the profile does not apply)."""

    choice: str
    value: str
    level: int | None


@dataclass(frozen=True, slots=True)
class Grading:
    """The outcome. `level` is the heaviest that holds; None if the profile does not apply."""

    level: int | None
    levels: Mapping[int, LevelGrade]
    criteria: Mapping[str, CriterionGrade]
    choices: Mapping[str, str]
    differs: tuple[Difference, ...]


def offered_choices(profile: Profile) -> dict[str, tuple[str, ...]]:
    """The choices that this profile leaves open, each with its values, the default first."""
    offered = {}
    for point in profile.open_points:
        name = choice_of_values(point.choice)
        if name is not None:
            offered[name] = point.choice
    return offered


def effective_choices(profile: Profile, chosen: Mapping[str, str]) -> dict[str, str]:
    """Every known choice with its value: as chosen, else the profile's default, else the rule's own."""
    offered = offered_choices(profile)
    return {name: chosen.get(name, offered.get(name, values)[0]) for name, values in KNOWN_CHOICES.items()}


def demands(criterion: Criterion, placement: str) -> dict[int, Text | None]:
    """The text that each level asks; None where it asks nothing. A row with an empty second cell is placed
    as chosen.
    """
    texts = {level: criterion.source_text(level) for level in sorted(criterion.levels)}
    if criterion.levels.get(2) == "empty" and placement != "level_1_only":
        texts[2] = texts[1]
        if placement == "level_2_only":
            texts[1] = None
    return texts


def answerable(criterion: Criterion, placement: str) -> dict[int, Text]:
    """The levels that an answer may name, with their texts: where a text stands in the source or by the
    choice taken.
    """
    found = {}
    for level, asked in demands(criterion, placement).items():
        text = asked or criterion.source_text(level)
        if text is not None:
            found[level] = text
    return found


def levels_of(answer: Answer) -> tuple[int, ...]:
    """The levels that an answer names."""
    if answer is None:
        return ()
    return (answer,) if isinstance(answer, int) else answer


def outcomes(criterion: Criterion, answer: Answer, choices: Mapping[str, str]) -> dict[int, AtLevel]:
    """Whether the criterion by itself is met at each level, and why. Equal texts are one text: one answer
    serves all.
    """
    asked = demands(criterion, choices[PLACEMENT])
    spoken = answerable(criterion, choices[PLACEMENT])
    described = {spoken[level].nl for level in levels_of(answer)}
    heaviest = min((level for level, text in asked.items() if text and text.nl in described), default=None)
    heavier_counts = criterion.scale and choices[SCALE] == "by_scale"
    result = {}
    for level, text in asked.items():
        if text is None:
            reason = Reason.NO_DEMAND
        elif text.nl in described:
            reason = Reason.TEXT
        elif heavier_counts and heaviest is not None and heaviest < level:
            reason = Reason.HEAVIER_TEXT
        else:
            reason = Reason.UNMET
        result[level] = AtLevel(reason is not Reason.UNMET, reason, text)
    return result


def grade(profile: Profile, answers: Answers) -> Grading:
    """Grade a post. A criterion that is not answered counts as one that no text describes.

    `differs` holds single changes of one choice from those taken. The answers must be checked
    (`answers.read_answers`).
    """
    choices = effective_choices(profile, answers.choices)
    criteria = _criteria(profile, answers, choices)
    levels = level_outcomes(
        profile, {name: one.at for name, one in criteria.items()}, choices, answers.applies
    )
    level = heaviest_holding(levels)
    return Grading(level, levels, criteria, choices, _differences(profile, answers, choices, level))


def _criteria(profile: Profile, answers: Answers, choices: Mapping[str, str]) -> dict[str, CriterionGrade]:
    found = {}
    for criterion in profile.criteria:
        answer = answers.answers.get(criterion.id)
        spoken = answerable(criterion, choices[PLACEMENT])
        texts = tuple(dict.fromkeys(spoken[level] for level in levels_of(answer)))
        found[criterion.id] = CriterionGrade(
            answer, criterion.scale, texts, outcomes(criterion, answer, choices)
        )
    return _with_paragraphs(found) if choices[PARAGRAPHS] == "either" else found


def _with_paragraphs(criteria: dict[str, CriterionGrade]) -> dict[str, CriterionGrade]:
    """The two paragraphs of one row, where either suffices: one that is met makes the other count as met."""
    row = {name: one for name, one in criteria.items() if name.startswith(PARAGRAPH_GROUP)}
    result = dict(criteria)
    for name, one in row.items():
        others = [other for key, other in row.items() if key != name]
        at = {
            level: replace(outcome, met=True, reason=Reason.OTHER_PARAGRAPH)
            if not outcome.met and any(other.at[level].met for other in others)
            else outcome
            for level, outcome in one.at.items()
        }
        result[name] = replace(one, at=at)
    return result


def level_outcomes(
    profile: Profile,
    outcomes_by_criterion: Mapping[str, Mapping[int, AtLevel]],
    choices: Mapping[str, str],
    applies: bool,
) -> dict[int, LevelGrade]:
    """Which levels hold, and which criteria stand in the way. The texts of the lightest level are not
    tested.
    """
    tested = [level for level in profile.levels if level != profile.lightest]
    own = {
        level: tuple(name for name, at in outcomes_by_criterion.items() if not at[level].met)
        for level in tested
    }
    own[profile.lightest] = ()
    cumulative = choices[CUMULATIVE] == "cumulative"
    result = {}
    for level in profile.levels:
        below = {
            lighter: own[lighter] for lighter in tested if cumulative and lighter > level and own[lighter]
        }
        result[level] = LevelGrade(
            applies and not own[level] and not below, level in tested, own[level], below
        )
    return result


def heaviest_holding(levels: Mapping[int, LevelGrade]) -> int | None:
    """The heaviest level that holds (the lowest number); None if none does."""
    return min((level for level, one in levels.items() if one.holds), default=None)


def _differences(
    profile: Profile, answers: Answers, choices: Mapping[str, str], level: int | None
) -> tuple[Difference, ...]:
    found = []
    for name, values in offered_choices(profile).items():
        for value in values:
            if value == choices[name]:
                continue
            other = level_by(profile, answers, {**choices, name: value})
            if other != level:
                found.append(Difference(name, value, other))
    return tuple(found)


def level_by(profile: Profile, answers: Answers, choices: Mapping[str, str]) -> int | None:
    """The level of the same answers under other choices. An answer keeps the text it pointed at, wherever
    that stands.
    """
    read = effective_choices(profile, choices)
    at = {name: one.at for name, one in _criteria(profile, answers, read).items()}
    return heaviest_holding(level_outcomes(profile, at, read, answers.applies))


@dataclass(frozen=True, slots=True)
class Alternative:
    """What the level would be if one criterion were answered otherwise."""

    criterion: str
    answer: Answer
    level: int | None


@dataclass(frozen=True, slots=True)
class Demand:
    """A criterion that stands between the post and a level: what the level asks of it."""

    criterion: str
    level: int
    text: Text


def alternatives(profile: Profile, answers: Answers) -> tuple[Alternative, ...]:
    """Every single change of one answer, with the level it would give."""
    placement = effective_choices(profile, answers.choices)[PLACEMENT]
    found = []
    for criterion in profile.criteria:
        given = answers.answers.get(criterion.id)
        for answer in possible_answers(criterion, placement):
            if set(levels_of(answer)) != set(levels_of(given)):
                changed = replace(answers, answers={**answers.answers, criterion.id: answer})
                found.append(Alternative(criterion.id, answer, level_by(profile, changed, answers.choices)))
    return tuple(found)


def possible_answers(criterion: Criterion, placement: str) -> list[Answer]:
    """All answers that a criterion takes: one level or none on a scale, any set of levels without one."""
    levels = sorted(answerable(criterion, placement))
    if criterion.scale:
        return [*levels, None]
    return [
        tuple(level for place, level in enumerate(levels) if chosen >> place & 1)
        for chosen in range(2 ** len(levels))
    ]


def standing_between(profile: Profile, grading: Grading, level: int) -> tuple[Demand, ...]:
    """What stands between a post and `level`: each text that it asks, itself or through a lighter level,
    and that is unmet.
    """
    found = []
    one = grading.levels[level]
    for asked_at, names in [(level, one.unmet), *sorted(one.unmet_below.items())]:
        for name in names:
            text = grading.criteria[name].at[asked_at].text
            assert text is not None, "a criterion that asks nothing is met"
            found.append(Demand(name, asked_at, text))
    return tuple(found)


def areas_that_decide(areas: Iterable[int]) -> tuple[int, ...]:
    """Those of `areas` on which the profile's being applicable rests: at least one of areas 1 to 5 must be
    carried.
    """
    return tuple(area for area in areas if area in AREAS_AT_THE_CORE)
