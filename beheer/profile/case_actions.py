"""What is done in a grading case. Only its participants act, each by the part they have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from beheer.audit.actions import record
from beheer.lib.errors import Conflict, InputError, NotAllowed, Problem
from beheer.permissions.rules import Actor, require
from beheer.profile.answers import allowed_answers, wrong_in
from beheer.profile.borders import grading_as_json
from beheer.profile.case_rules import (
    EDITABLE,
    ROLES,
    STEPS,
    CaseStep,
    areas_without_duty,
    missing_parts,
    why_not,
)
from beheer.profile.choices import PLACEMENT
from beheer.profile.library import profile_with
from beheer.profile.models import (
    CaseAnswer,
    CaseDuty,
    CaseEvent,
    CaseEvidence,
    CaseParticipant,
    CaseVersion,
    GradingCase,
    Post,
)
from beheer.profile.queries import (
    answers_of,
    case_of,
    duties_of,
    grading_of,
    moments_of,
    profile_of,
    roles_in,
    terms,
    terms_of,
)
from beheer.profile.rules import AREAS_AT_THE_CORE, areas_that_decide, effective_choices, offered_choices


@transaction.atomic
def open_case(*, actor: Actor, post: Post, now: datetime) -> GradingCase:
    """Open a grading of a post; who opens it is its assessor.

    Raises: NotAllowed; NotFound for an unknown profile; Conflict where another of the post runs.
    """
    require(actor, "profile.open_case", team_id=post.team_id)
    if actor.actor_id is None:
        raise NotAllowed(_("A case is opened by a person, who then is its assessor."))
    if post.cases.exclude(state__in=("closed", "withdrawn")).exists():
        raise Conflict(_("Another grading of this post runs. Close or withdraw that first."))
    profile = profile_with(post.profile_code)
    case = GradingCase.objects.create(
        reference=_next_reference(now.year),
        post=post,
        profile_text=profile.model_dump(mode="json", exclude_defaults=True),
        opened_at=now,
    )
    CaseParticipant.objects.create(case=case, user_id=actor.actor_id, role="assessor")
    _event(case, actor, "open", now)
    _audit(actor, "profile.open_case", case, now)
    return case


def _next_reference(year: int) -> str:
    """The reference after the highest of a year, so that none is given out again."""
    given = GradingCase.objects.filter(reference__startswith=f"G{year}-").values_list("reference", flat=True)
    highest = max((int(one.rpartition("-")[2]) for one in given), default=0)
    return f"G{year}-{highest + 1:03d}"


@transaction.atomic
def look_at_case(*, actor: Actor, reference: str, now: datetime, at: str = "page") -> GradingCase:
    """Give a case to show it, and audit the look. `at` says what was looked at: page, letter, API.

    Raises: NotFound for whoever takes no part in it.
    """
    case = case_of(actor, reference)
    _audit(actor, "profile.look_at_case", case, now, {"at": at})
    return case


@transaction.atomic
def add_participant(
    *, actor: Actor, case: GradingCase, user_id: int, role: str, now: datetime
) -> CaseParticipant:
    """Let a person take part in a case.

    Raises: NotAllowed; InputError for an unknown part, or a person or authorisation that is there already.
    """
    _require_part(case, actor, {"assessor"})
    if role not in ROLES:
        raise InputError(Problem(_("There is no such part."), "role", f"{_('Allowed')}: {', '.join(ROLES)}."))
    if case.participants.filter(user_id=user_id).exists():
        raise InputError(Problem(_("This person takes part already; nobody has two parts."), "user"))
    if role == "authorised" and case.participants.filter(role=role).exists():
        raise InputError(
            Problem(_("One person decides. There is one already."), "role", _("End that part first."))
        )
    part = CaseParticipant.objects.create(case=case, user_id=user_id, role=role)
    _audit(actor, "profile.add_participant", case, now, {"user": user_id, "role": role})
    return part


@transaction.atomic
def remove_participant(*, actor: Actor, part: CaseParticipant, now: datetime) -> None:
    """End a person's part in a case, while it is still a draft. The assessor's own part stays.

    Raises: NotAllowed; Conflict; InputError.
    """
    _require_part(part.case, actor, {"assessor"})
    _require_draft(part.case)
    if part.role == "assessor":
        raise InputError(Problem(_("A case has an assessor."), "user"))
    _audit(actor, "profile.remove_participant", part.case, now, {"user": part.user_id, "role": part.role})
    part.delete()


@transaction.atomic
def describe_case(
    *,
    actor: Actor,
    case: GradingCase,
    applies: bool | None,
    motivation: str,
    areas: Iterable[int],
    choices: dict[str, str],
    now: datetime,
) -> GradingCase:
    """Say whether the profile applies and why, which areas the post carries, and how open points are read.

    Raises: NotAllowed; Conflict where it is no draft; InputError that lists what is allowed.
    """
    _require_part(case, actor, {"assessor"})
    _require_draft(case)
    profile = profile_of(case)
    known = [area.id for area in profile.result_areas]
    chosen = sorted(set(areas))
    problems = [
        Problem(_("The profile has no such result area."), "areas", f"{_('Allowed')}: {known}")
        for area in chosen
        if area not in known
    ]
    offered = offered_choices(profile)
    for name, value in choices.items():
        if value not in offered.get(name, ()):
            allowed = ", ".join(offered.get(name, offered))
            problems.append(
                Problem(
                    _("The profile leaves no such choice."), f"choices.{name}", f"{_('Allowed')}: {allowed}."
                )
            )
    if problems:
        raise InputError(problems)
    case.applies, case.motivation, case.areas, case.choices = applies, motivation.strip(), chosen, choices
    _save(case, ["applies", "motivation", "areas", "choices"])
    _audit(actor, "profile.describe_case", case, now)
    return case


@transaction.atomic
def answer_criterion(
    *, actor: Actor, case: GradingCase, criterion: str, answer: Any, motivation: str, now: datetime
) -> CaseAnswer:
    """Answer one criterion: a level, a list of levels, or None, with the motivation.

    Raises: NotAllowed; Conflict where it is no draft; InputError that lists what is allowed.
    """
    _require_part(case, actor, {"assessor"})
    _require_draft(case)
    profile = profile_of(case)
    asked = profile.criterion(criterion)
    if asked is None:
        known = ", ".join(one.id for one in profile.criteria)
        raise InputError(
            Problem(_("The profile has no such criterion."), "criterion", f"{_('Allowed')}: {known}.")
        )
    placement = effective_choices(profile, case.choices)[PLACEMENT]
    wrong = wrong_in(asked, answer, placement)
    if wrong is not None:
        raise InputError(Problem(wrong, criterion, allowed_answers(asked, placement)))
    found, _made = CaseAnswer.objects.update_or_create(
        case=case, criterion=criterion, defaults={"answer": answer, "motivation": motivation.strip()}
    )
    _save(case, [])
    _audit(actor, "profile.answer_criterion", case, now, {"criterion": criterion})
    return found


@transaction.atomic
def add_duty(*, actor: Actor, duty: CaseDuty, now: datetime) -> CaseDuty:
    """Add a duty to the description of the post. `duty.case` says to which case.

    Raises: NotAllowed; Conflict; ValidationError of Django; InputError for an unknown area.
    """
    case = duty.case
    _require_part(case, actor, {"assessor", "holder"})
    _require_draft(case)
    known = [area.id for area in profile_of(case).result_areas]
    if duty.area not in known:
        raise InputError(
            Problem(_("The profile has no such result area."), "area", f"{_('Allowed')}: {known}")
        )
    duty.full_clean()
    duty.save()
    _save(case, [])
    _audit(actor, "profile.add_duty", case, now, {"area": duty.area})
    return duty


@transaction.atomic
def remove_duty(*, actor: Actor, duty: CaseDuty, now: datetime) -> None:
    """Take a duty out of the description of the post, while the case is a draft."""
    _require_part(duty.case, actor, {"assessor", "holder"})
    _require_draft(duty.case)
    _audit(actor, "profile.remove_duty", duty.case, now, {"area": duty.area})
    duty.delete()


@transaction.atomic
def add_evidence(*, actor: Actor, evidence: CaseEvidence, now: datetime) -> CaseEvidence:
    """Add evidence to a criterion. It informs; it answers nothing.

    Raises: NotAllowed; Conflict; InputError for an unknown criterion; ValidationError of Django.
    """
    case = evidence.case
    _require_part(case, actor, {"assessor", "holder"})
    _require_draft(case)
    if profile_of(case).criterion(evidence.criterion) is None:
        raise InputError(Problem(_("The profile has no such criterion."), "criterion"))
    evidence.full_clean()
    evidence.save()
    _save(case, [])
    changes = {"criterion": evidence.criterion, "query": evidence.query}
    _audit(actor, "profile.add_evidence", case, now, changes)
    return evidence


@transaction.atomic
def remove_evidence(*, actor: Actor, evidence: CaseEvidence, now: datetime) -> None:
    """Take evidence out of a case, while it is a draft."""
    _require_part(evidence.case, actor, {"assessor", "holder"})
    _require_draft(evidence.case)
    _audit(actor, "profile.remove_evidence", evidence.case, now, {"criterion": evidence.criterion})
    evidence.delete()


@transaction.atomic
def take_step(
    *, actor: Actor, case: GradingCase, step: str, now: datetime, text: str = "", revision: int | None = None
) -> GradingCase:
    """Take a step in a case: submit, advise, decide… with what is written there.

    `revision` is the one that was read; None skips the check that nobody changed it meanwhile.
    Raises: NotAllowed by the wrong part; Conflict in the wrong state, out of term, or changed meanwhile; InputError
    where something is missing.
    """
    case = GradingCase.objects.select_for_update().get(pk=case.pk)
    rule = STEPS.get(step)
    if rule is None:
        raise InputError(Problem(_("There is no such step."), "step", f"{_('Allowed')}: {', '.join(STEPS)}."))
    if revision is not None and revision != case.revision:
        raise Conflict(_("Somebody changed this case since you read it. Read it again."))
    _require_step(case, actor, rule, now)
    if rule.needs_text and not text.strip():
        raise InputError(Problem(_("This step is taken in writing."), "text", _("Write the reasons.")))
    if step in _BEFORE:
        _BEFORE[step](case)
    changed = _EFFECTS[step](case, now) if step in _EFFECTS else []
    before, case.state = case.state, rule.target
    _save(case, ["state", *changed])
    _event(case, actor, step, now, text.strip())
    if step == "submit":
        _keep_version(case, now)
    _audit(actor, f"profile.{step}_case", case, now, {"state": [before, case.state]})
    return case


def _require_step(case: GradingCase, actor: Actor, rule: CaseStep, now: datetime) -> None:
    reason = why_not(
        rule,
        state=case.state,
        roles=roles_in(case, actor),
        moments=moments_of(case),
        terms=terms_of(case),
        now=now,
    )
    if reason == "role":
        raise NotAllowed(_("Your part in this case does not take this step."))
    messages = {
        "state": _("The case is not in a state from which this step is taken."),
        "too_late": _("The term for this has passed."),
        "too_early": _("The term in which another may still respond has not passed."),
    }
    if reason:
        raise Conflict(messages[reason])


def _check_complete(case: GradingCase) -> None:
    """Whether a case can be submitted.

    Raises: InputError that names all that is missing.
    """
    problems = [
        Problem(_("Nobody has this part yet."), f"participants.{part}", _("Add a person with this part."))
        for part in missing_parts(case.participants.values_list("role", flat=True))
    ]
    if case.applies is None:
        problems.append(Problem(_("It is not said whether the profile applies."), "applies"))
    if not case.motivation:
        problems.append(
            Problem(_("The decision that the profile applies, or not, needs a motivation."), "motivation")
        )
    if case.applies:
        problems.extend(_missing_answers(case))
        problems.extend(_missing_areas(case))
    if problems:
        raise InputError(problems)


def _missing_answers(case: GradingCase) -> list[Problem]:
    given = {one.criterion: one for one in case.answers.all()}
    problems = []
    for criterion in profile_of(case).criteria:
        one = given.get(criterion.id)
        if one is None:
            problems.append(Problem(_("This criterion is not answered."), criterion.id))
        elif not one.motivation:
            problems.append(Problem(_("This answer has no motivation."), criterion.id))
    return problems


def _missing_areas(case: GradingCase) -> list[Problem]:
    problems = []
    known = {area.id for area in profile_of(case).result_areas}
    if known & set(AREAS_AT_THE_CORE) and not areas_that_decide(case.areas):
        remedy = _("Add at least one of areas 1 to 5, or say that the profile does not apply.")
        problems.append(
            Problem(_("None of the areas at the core of the profile is carried."), "areas", remedy)
        )
    for area in areas_without_duty(case.areas, duties_of(case)):
        remedy = _(
            "Add a lasting duty with who assigned it, when, and the document that proves it; or drop the area."
        )
        problems.append(Problem(_("No duty counts for this area."), f"areas.{area}", remedy))
    return problems


def _provisional(case: GradingCase, now: datetime) -> list[str]:
    case.provisional_at = now
    case.terms = asdict(terms())
    case.level = grading_of(case).level
    return ["provisional_at", "terms", "level"]


def _decided(case: GradingCase, now: datetime) -> list[str]:
    case.decided_at = now
    case.post.level, case.post.level_since = case.level, now.date()
    case.post.save(update_fields=["level", "level_since"])
    return ["decided_at"]


def _again(case: GradingCase, now: datetime) -> list[str]:
    """Back to a draft: the next version, whose terms begin anew."""
    names = ["provisional_at", "agreed_at", "reservations_at", "heard_at", "decided_at", "objection_at"]
    for name in names:
        setattr(case, name, None)
    case.version += 1
    case.level, case.terms = None, {}
    return [*names, "version", "level", "terms"]


def _moment(name: str) -> Callable[[GradingCase, datetime], list[str]]:
    def note(case: GradingCase, now: datetime) -> list[str]:
        setattr(case, name, now)
        return [name]

    return note


_BEFORE: dict[str, Callable[[GradingCase], None]] = {"submit": _check_complete}
_EFFECTS: dict[str, Callable[[GradingCase, datetime], list[str]]] = {
    "decide_provisionally": _provisional,
    "agree": _moment("agreed_at"),
    "state_reservations": _moment("reservations_at"),
    "hear": _moment("heard_at"),
    "decide": _decided,
    "object": _moment("objection_at"),
    "return": _again,
    "reopen": _again,
}


def _keep_version(case: GradingCase, now: datetime) -> None:
    """Keep what was submitted, as it stood, with the outcome of the rule."""
    content = {
        "applies": case.applies,
        "motivation": case.motivation,
        "areas": case.areas,
        "grading": grading_as_json(answers_of(case), grading_of(case)),
        "answers": list(case.answers.values("criterion", "answer", "motivation")),
        "duties": [
            {**duty, "assigned_on": duty["assigned_on"] and duty["assigned_on"].isoformat()}
            for duty in case.duties.values(
                "area", "text", "assigned_by", "assigned_on", "proof", "is_temporary"
            )
        ],
        "evidence": list(case.evidence.values("criterion", "text", "query", "limits")),
    }
    CaseVersion.objects.create(case=case, number=case.version, made_at=now, content=content)


def _require_part(case: GradingCase, actor: Actor, parts: set[str]) -> None:
    if not roles_in(case, actor) & parts:
        raise NotAllowed(_("Your part in this case does not allow this."))


def _require_draft(case: GradingCase) -> None:
    if case.state not in EDITABLE:
        raise Conflict(_("The case is no draft any more: what was submitted stays as it is."))


def _save(case: GradingCase, fields: list[str]) -> None:
    case.revision += 1
    case.save(update_fields=["revision", *fields])


def _event(case: GradingCase, actor: Actor, step: str, now: datetime, text: str = "") -> None:
    CaseEvent.objects.create(
        case=case,
        at=now,
        actor_id=actor.actor_id,
        step=step,
        version=case.version,
        text=text,
        level=case.level,
    )


def _audit(
    actor: Actor, verb: str, case: GradingCase, now: datetime, changes: dict[str, Any] | None = None
) -> None:
    """The audit trail says who did what in which case, never what was answered or written in it."""
    record(actor=actor, verb=verb, subject=f"grading_case:{case.reference}", changes=changes, now=now)
