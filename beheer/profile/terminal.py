"""Writes profiles and gradings for people at a terminal."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Line

from beheer.profile.rules import (
    Alternative,
    Answer,
    Answers,
    Demand,
    Grading,
    Reason,
    levels_of,
    offered_choices,
)
from beheer.profile.schema import Profile, Reference, ResultArea, Text
from beheer.profile.wording import CHOICE_QUESTIONS, REASONS, pick, say


def show_profile(console: Console, profile: Profile, language: str) -> None:
    """Purpose, areas with activities, criteria by level, rules, and open points with their choices."""
    console.print(Line(f"{profile.code}  {profile.name.in_language(language)}", style="bold"))
    console.print(Line(profile.purpose.in_language(language)))
    if profile.reports_to:
        whom = ", ".join(text.in_language(language) for text in profile.reports_to)
        console.print(Line(f"{say('reports_to', language)}: {whom}"))
    _heading(console, say("result_areas", language))
    for area in profile.result_areas:
        console.print(_area(area, language))
    _heading(console, say("criteria", language))
    console.print(_criteria_table(profile, language))
    _heading(console, say("rules", language))
    for rule in profile.rules:
        console.print(Line(f"{rule.level}  {rule.in_language(language)}."))
    _heading(console, say("open_points", language))
    for point in profile.open_points:
        title, reading = point.words(language)
        console.print(Line(f"• {title}", style="bold"))
        console.print(Padding(Line(reading), (0, 0, 0, 2)))
        if point.choice:
            console.print(Padding(Line(_choice_line(profile, point.choice, language)), (0, 0, 0, 2)))


def _choice_line(profile: Profile, values: tuple[str, ...], language: str) -> str:
    name = next(name for name, offered in offered_choices(profile).items() if offered == values)
    allowed = ", ".join([f"{values[0]} ({say('default', language)})", *values[1:]])
    return f"{name}: {allowed}"


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Line(text, style="bold underline"))


def _area(area: ResultArea, language: str) -> RenderableType:
    lines: list[RenderableType] = [Line(f"{area.id}. {area.name.in_language(language)}", style="bold")]
    facts = (("core_activity", (area.core_activity,)), ("framework", area.framework), ("result", area.result))
    for word, texts in facts:
        told = "; ".join(text.in_language(language) for text in texts)
        lines.append(Padding(Line(f"{say(word, language)}: {told}"), (0, 0, 0, 3)))
    lines.extend(
        Padding(Line(f"{activity.id}  {activity.in_language(language)}"), (0, 0, 0, 3))
        for activity in area.activities
    )
    return Group(*lines)


def _criteria_table(profile: Profile, language: str) -> Table:
    table = Table(show_lines=True)
    table.add_column(say("criterion", language), overflow="fold")
    for level in profile.levels:
        table.add_column(
            profile.level_name(level, language).removeprefix(profile.name.in_language(language)).strip()
        )
    for criterion in profile.criteria:
        cells = []
        for level in profile.levels:
            cell = criterion.levels[level]
            if isinstance(cell, Text):
                cells.append(cell.in_language(language))
            elif isinstance(cell, Reference):
                cells.append(say("see", language, level=cell.see))
            else:
                cells.append(say(cell, language))
        note = "" if criterion.scale else "\nscale: false"
        table.add_row(f"{criterion.id}{note}", *cells)
    return table


def show_grading(
    console: Console, profile: Profile, answers: Answers, grading: Grading, language: str
) -> None:
    """The level, what each criterion says at each level, what stands in the way, and where another choice
    decides.
    """
    console.print(Line(level_in_words(profile, grading.level, language), style="bold"))
    if answers.applies and answers.areas is None:
        console.print(Line(say("no_areas", language)))
    console.print()
    console.print(_outcome_table(profile, grading, language))
    console.print()
    for level, one in grading.levels.items():
        word = say("holds" if one.holds else "fails", language)
        line = f"{profile.level_name(level, language)}: {word}"
        if not one.tested:
            line += f"; {say('shown_only', language)}"
        elif one.unmet:
            line += f"; {say('unmet', language)}: {', '.join(one.unmet)}"
        for lighter in one.unmet_below:
            line += f"; {say('below', language, level=lighter)}"
        console.print(Line(line))
    _show_texts(console, grading, language)
    _show_choices(console, profile, grading, language)


def _show_texts(console: Console, grading: Grading, language: str) -> None:
    """The texts that the answers point at."""
    _heading(console, say("decided", language))
    for name, one in grading.criteria.items():
        for text in one.texts:
            console.print(Line(f"{name}: {text.in_language(language)}"))


def _outcome_table(profile: Profile, grading: Grading, language: str) -> Table:
    tested = [level for level, one in grading.levels.items() if one.tested]
    table = Table()
    table.add_column(say("criterion", language), no_wrap=True)
    table.add_column(say("answered", language))
    for level in tested:
        table.add_column(str(level))
    for name, one in grading.criteria.items():
        told = [
            Line(pick(REASONS[one.at[level].reason], language), style=_style(one.at[level].reason))
            for level in tested
        ]
        table.add_row(name, answer_in_words(one.answered, language), *told)
    return table


def _style(reason: Reason) -> str:
    return {Reason.UNMET: "red", Reason.NO_DEMAND: "dim"}.get(reason, "green")


def _show_choices(console: Console, profile: Profile, grading: Grading, language: str) -> None:
    console.print()
    offered = offered_choices(profile)
    for name in offered:
        console.print(
            Line(f"{pick(CHOICE_QUESTIONS[name], language)} {name}: {grading.choices[name]}", style="dim")
        )
    if not grading.differs:
        console.print(Line(say("differs_not", language)))
        return
    console.print(Line(say("differs", language), style="bold"))
    for one in grading.differs:
        console.print(Line(f"  {one.choice}: {one.value} → {level_in_words(profile, one.level, language)}"))


def show_what_if(
    console: Console,
    profile: Profile,
    grading: Grading,
    demands: tuple[Demand, ...],
    changes: tuple[Alternative, ...],
    language: str,
) -> None:
    """What stands between the post and the next level, and which single answers would change the level."""
    console.print(Line(level_in_words(profile, grading.level, language), style="bold"))
    if grading.level == 1:
        console.print(Line(say("no_between", language)))
    elif grading.level is not None:
        console.print(Line(say("between", language, level=grading.level - 1), style="bold"))
        for demand in demands:
            text = demand.text.in_language(language)
            console.print(Line(f"  {demand.criterion} ({say('level', language)} {demand.level}): {text}"))
    turning = [one for one in changes if one.level != grading.level]
    if not turning:
        console.print(Line(say("no_change", language)))
        return
    console.print(Line(say("what_if", language), style="bold"))
    for one in turning:
        answer = answer_in_words(one.answer, language)
        level = level_in_words(profile, one.level, language)
        console.print(Line(f"  {one.criterion}: {answer} → {level}"))


def answer_in_words(answer: Answer, language: str) -> str:
    """An answer as people write it: "2", "1, 3" or the word for none."""
    levels = levels_of(answer)
    return ", ".join(str(level) for level in levels) if levels else say("none", language)


def level_in_words(profile: Profile, level: int | None, language: str) -> str:
    """The level's name, or that there is none."""
    return say("no_level", language) if level is None else profile.level_name(level, language)
