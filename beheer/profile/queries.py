"""Questions about posts, levels and grading cases."""

from __future__ import annotations

from datetime import date

from django.db.models import Min, Q, QuerySet

from beheer.lib.errors import NotFound
from beheer.permissions.rules import Actor
from beheer.profile.case_rules import Deadline, Duty, Moments, Terms, deadlines
from beheer.profile.choices import PLACEMENT
from beheer.profile.levels import LevelTable
from beheer.profile.levels import may_take as may_take_by_rule
from beheer.profile.models import GradingCase, GradingTerms, LevelPermission, Post, PostAssignment
from beheer.profile.rules import Answer, Answers, Grading, effective_choices, grade
from beheer.profile.schema import Profile


def level_table() -> LevelTable:
    """The table of complexity, step and level as the institution has it."""
    rows = LevelPermission.objects.values_list("complexity", "step", "level")
    return LevelTable({(complexity, step): level for complexity, step, level in rows})


def current_assignments(on: date) -> QuerySet[PostAssignment]:
    """Who holds which post on a day."""
    running = Q(until__isnull=True) | Q(until__gt=on)
    lasting = Q(post__ended_on__isnull=True) | Q(post__ended_on__gt=on)
    return PostAssignment.objects.filter(running, lasting, since__lte=on)


def levels_of_people(on: date, user_ids: list[int] | None = None) -> dict[int, int]:
    """The heaviest level of the graded posts that each person holds on a day; people without one are not in
    it.
    """
    rows = current_assignments(on).filter(post__level__isnull=False)
    if user_ids is not None:
        rows = rows.filter(user_id__in=user_ids)
    return dict(
        rows.values_list("user_id").annotate(level=Min("post__level")).values_list("user_id", "level")
    )


def level_of(user_id: int, on: date) -> int | None:
    """The heaviest level of the graded posts that a person holds on a day; None without one."""
    return levels_of_people(on, [user_id]).get(user_id)


def levels_in_use() -> bool:
    """Whether any real post has a level. Where none has, the table limits nobody but holders of simulated posts."""
    return Post.objects.filter(level__isnull=False, is_simulated=False).exists()


def may_take(user_id: int, complexity: str, step: str = "carry_out", *, on: date) -> bool:
    """Whether a person may take a step in work of a complexity, by the level of the posts held on that day.

    Where no post has a level yet, everybody may.
    """
    level = level_of(user_id, on)
    if level is None and not levels_in_use():
        return True
    return may_take_by_rule(level, complexity, step, level_table())


def terms() -> Terms:
    """The institution's terms of grading."""
    row = GradingTerms.objects.first() or GradingTerms()
    return Terms(row.reservations_days, row.hearing_days, row.decision_days, row.objection_days)


def cases_of(actor: Actor) -> QuerySet[GradingCase]:
    """The cases in which the actor takes part. Nobody sees others, whatever the role."""
    if actor.actor_id is None:
        return GradingCase.objects.none()
    return GradingCase.objects.filter(participants__user_id=actor.actor_id).select_related("post")


def case_of(actor: Actor, reference: str) -> GradingCase:
    """A case in which the actor takes part. To show it, use the action `look_at_case`, which audits the look.

    Raises: NotFound, for others too: they may not know that it is there.
    """
    found = cases_of(actor).filter(reference=reference).first()
    if found is None:
        raise NotFound(f"There is no grading case '{reference}' in which you take part.")
    return found


def profile_of(case: GradingCase) -> Profile:
    """The profile as it read when the case was opened."""
    return Profile.model_validate(case.profile_text)


def roles_in(case: GradingCase, actor: Actor) -> frozenset[str]:
    """The parts of the actor in a case (one, or none)."""
    if actor.actor_id is None:
        return frozenset()
    return frozenset(case.participants.filter(user_id=actor.actor_id).values_list("role", flat=True))


def answers_of(case: GradingCase) -> Answers:
    """What is answered in a case so far, as the rule takes it."""
    given: dict[str, Answer] = {
        one.criterion: tuple(one.answer) if isinstance(one.answer, list) else one.answer
        for one in case.answers.all()
    }
    return Answers(profile_of(case).code, bool(case.applies), tuple(case.areas), given, case.choices)


def grading_of(case: GradingCase) -> Grading:
    """The outcome of the rule on what is answered so far."""
    return grade(profile_of(case), answers_of(case))


def duties_of(case: GradingCase) -> list[Duty]:
    """The duties of a case, as the rule takes them."""
    return [
        Duty(one.area, one.assigned_by, one.assigned_on is not None, one.proof, one.is_temporary)
        for one in case.duties.all()
    ]


def moments_of(case: GradingCase) -> Moments:
    """When what happened in a case."""
    return Moments(
        case.provisional_at,
        case.agreed_at,
        case.reservations_at,
        case.heard_at,
        case.decided_at,
        case.objection_at,
    )


def terms_of(case: GradingCase) -> Terms:
    """The terms of a case: those in force at its provisional decision, before it those of now."""
    return Terms(**case.terms) if case.terms else terms()


def deadlines_of(case: GradingCase) -> tuple[Deadline, ...]:
    """The terms that run, or ran, in a case."""
    return deadlines(terms_of(case), moments_of(case))


def placement_of(case: GradingCase) -> str:
    """Where the first text of the row with an empty second cell stands, by the case's reading."""
    return effective_choices(profile_of(case), case.choices)[PLACEMENT]
