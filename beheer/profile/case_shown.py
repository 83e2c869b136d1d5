"""What pages show of a grading case."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from beheer.permissions.rules import Actor
from beheer.profile.case_rules import EDITABLE, STEPS, Duty, counts, why_not
from beheer.profile.models import CaseDuty, CaseEvent, CaseParticipant, GradingCase
from beheer.profile.queries import (
    answers_of,
    deadlines_of,
    moments_of,
    profile_of,
    roles_in,
    terms_of,
)
from beheer.profile.rules import grade
from beheer.profile.schema import Criterion, Profile
from beheer.profile.shown import (
    OutcomeRow,
    criteria_rows,
    differ_rows,
    level_rows,
    level_words,
    outcome_rows,
    turning_answers,
)
from beheer.profile.words import (
    CASE_STEPS,
    DEADLINES,
    ROLES,
    STATE_TONES,
    STATES,
    STEP_EXPLANATIONS,
    name_of_criterion,
)


@dataclass(frozen=True)
class StepRow:
    """A step that the reader may take now."""

    key: str
    word: Promise
    explanation: Promise | str


def case_context(case: GradingCase, actor: Actor, language: str) -> dict[str, Any]:
    """What every page of a case shows."""
    profile = profile_of(case)
    roles = roles_in(case, actor)
    return {
        "case": case,
        "post": case.post,
        "profile_name": profile.name.in_language(language),
        "state_word": STATES[case.state],
        "state_tone": STATE_TONES[case.state],
        "my_roles": [ROLES[role] for role in sorted(roles)],
        "may_edit": case.state in EDITABLE and "assessor" in roles,
        "may_add": case.state in EDITABLE and bool(roles & {"assessor", "holder"}),
        "decided_name": level_words(profile, case.level, language),
    }


def case_page(case: GradingCase, actor: Actor, language: str, now: datetime) -> dict[str, Any]:
    """The whole case."""
    profile = profile_of(case)
    answers = answers_of(case)
    grading = grade(profile, answers)
    complete = case.applies is False or set(answers.answers) >= {one.id for one in profile.criteria}
    return {
        **case_context(case, actor, language),
        "level": grading.level,
        "level_name": level_words(profile, grading.level, language),
        "is_complete": complete,
        "outcome_rows": _with_motivation(case, outcome_rows(profile, grading, language)),
        "level_rows": level_rows(profile, grading, language),
        "tested_levels": [level for level, one in grading.levels.items() if one.tested],
        "differ_rows": differ_rows(profile, grading, language) if complete else [],
        **(turning_answers(profile, answers, grading.level, language) if complete and case.applies else {}),
        "area_rows": area_rows(case, profile, language),
        "participants": participant_rows(case),
        "deadlines": [(DEADLINES[one.key], one, one.is_overdue(now)) for one in deadlines_of(case)],
        "events": event_rows(case, profile, language),
        "versions": case.versions.all(),
        "steps": steps_for(case, actor, now),
    }


def _with_motivation(case: GradingCase, rows: list[OutcomeRow]) -> list[OutcomeRow]:
    """The rows with what the case says at each criterion."""
    given = {one.criterion: one for one in case.answers.all()}
    evidence: dict[str, list[Any]] = {}
    for one in case.evidence.all():
        evidence.setdefault(one.criterion, []).append(one)
    return [
        replace(
            row,
            answered=row.id in given,
            motivation=given[row.id].motivation if row.id in given else "",
            evidence=evidence.get(row.id, []),
        )
        for row in rows
    ]


def area_rows(
    case: GradingCase, profile: Profile, language: str
) -> list[tuple[int, str, bool, list[tuple[CaseDuty, bool]]]]:
    """The areas that the post carries, or has a duty in: number, name, whether it is carried, duties and whether each
    counts.
    """
    duties: dict[int, list[tuple[CaseDuty, bool]]] = {}
    for one in case.duties.all():
        counted = counts(
            Duty(one.area, one.assigned_by, one.assigned_on is not None, one.proof, one.is_temporary)
        )
        duties.setdefault(one.area, []).append((one, counted))
    return [
        (area.id, area.name.in_language(language), area.id in case.areas, duties.get(area.id, []))
        for area in profile.result_areas
        if area.id in case.areas or area.id in duties
    ]


def participant_rows(case: GradingCase) -> list[tuple[CaseParticipant, Promise]]:
    """Who takes part, in which part."""
    return [(one, ROLES[one.role]) for one in case.participants.select_related("user")]


def event_rows(case: GradingCase, profile: Profile, language: str) -> list[tuple[CaseEvent, Promise, str]]:
    """What happened: the step, and the level that stood then."""
    return [
        (one, CASE_STEPS[one.step], level_words(profile, one.level, language) if one.level else "")
        for one in case.events.select_related("actor")
    ]


def steps_for(case: GradingCase, actor: Actor, now: datetime) -> list[StepRow]:
    """The steps that the reader may take now."""
    roles = roles_in(case, actor)
    moments, terms = moments_of(case), terms_of(case)
    found = []
    for key, rule in STEPS.items():
        if key == "agree" and case.agreed_at is not None:
            continue
        if not why_not(rule, state=case.state, roles=roles, moments=moments, terms=terms, now=now):
            found.append(StepRow(key, CASE_STEPS[key], STEP_EXPLANATIONS.get(key, "")))
    return found


def criterion_context(case: GradingCase, criterion: Criterion, language: str) -> dict[str, Any]:
    """One criterion: its name and group, its cells, its evidence, and its neighbours."""
    profile = profile_of(case)
    ids = [one.id for one in profile.criteria]
    place = ids.index(criterion.id)
    row = criteria_rows(profile, language)[place]
    return {
        "criterion": row,
        "criterion_name": name_of_criterion(criterion.id),
        "evidence": case.evidence.filter(criterion=criterion.id),
        "previous_id": ids[place - 1] if place else "",
        "next_id": ids[place + 1] if place + 1 < len(ids) else "",
        "place": place + 1,
        "of": len(ids),
    }
