"""Profiles, grading, posts, levels and grading cases in the API."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Schema
from pydantic import ConfigDict

from beheer.lib.documents import Document
from beheer.lib.errors import NotFound
from beheer.permissions.rules import require
from beheer.profile.actions import assign_post, save_post, set_level_permission
from beheer.profile.answers import check_answers
from beheer.profile.asking import actor_of
from beheer.profile.borders import alternatives_as_json, grading_as_json, profile_as_json
from beheer.profile.case_actions import answer_criterion, look_at_case, open_case, take_step
from beheer.profile.levels import COMPLEXITIES, STEPS
from beheer.profile.library import profile_with, profiles
from beheer.profile.models import GradingCase, Post
from beheer.profile.queries import answers_of, case_of, cases_of, deadlines_of, grading_of, level_table
from beheer.profile.rules import alternatives, grade, standing_between

router = Router(tags=["profile"])


class AnswersEntry(Schema):
    """What an answers file holds; it is held against the profile that it names."""

    model_config = ConfigDict(extra="allow")

    profile: Any = None
    applies: Any = None
    areas: Any = None
    answers: Any = None
    choices: Any = None


class PostEntry(Schema):
    """One post as it is given and shown; `level` 1 is the heaviest, null: not graded yet."""

    key: str
    title: str
    description: str = ""
    profile_code: str = "0403"
    level: int | None = None
    level_since: date | None = None
    ended_on: date | None = None


class AssignmentEntry(Schema):
    """Who holds a post, from when."""

    username: str
    since: date


class LevelEntry(Schema):
    """The lightest level that may take a step."""

    level: int


class AnswerEntry(Schema):
    """An answer on a criterion of a case: a level, a list of levels, or null, with its motivation."""

    answer: int | list[int] | None
    motivation: str = ""


class StepEntry(Schema):
    """What is written when a step is taken, and the revision that was read."""

    text: str = ""
    revision: int | None = None


class CaseSummary(Schema):
    """One case in which the caller takes part."""

    reference: str
    post: str
    state: str
    level: int | None
    version: int
    revision: int


@router.get("/profiles", summary="The profiles there are")
def list_profiles(request: HttpRequest) -> dict[str, dict[str, str]]:
    """Code → name in Dutch and English."""
    require(actor_of(request), "profile.see")
    return {code: {"nl": one.name.nl, "en": one.name.en} for code, one in sorted(profiles().items())}


@router.post("/profiles/grade", summary="Grade a post by answers")
def grade_answers(request: HttpRequest, entry: AnswersEntry) -> dict[str, Any]:
    """Takes what an answers file holds and gives what `beheer profile grade --json` gives. Nothing is kept."""
    require(actor_of(request), "profile.see")
    profile, checked = check_answers(Document("", entry.dict(exclude_unset=True)), profile_with)
    return grading_as_json(checked, grade(profile, checked))


@router.post("/profiles/what-if", summary="What another answer would give")
def what_if(request: HttpRequest, entry: AnswersEntry) -> dict[str, Any]:
    """What stands between the post and the next level, and the level by each single other answer. Nothing is kept."""
    require(actor_of(request), "profile.see")
    profile, checked = check_answers(Document("", entry.dict(exclude_unset=True)), profile_with)
    grading = grade(profile, checked)
    demands = () if grading.level in (None, 1) else standing_between(profile, grading, grading.level - 1)
    return alternatives_as_json(grading, demands, alternatives(profile, checked) if checked.applies else ())


@router.get("/profiles/{code}", summary="A profile, whole")
def get_profile(request: HttpRequest, code: str) -> dict[str, Any]:
    """The profile as its file has it, with the choices it leaves open."""
    require(actor_of(request), "profile.see")
    return profile_as_json(profile_with(code))


@router.get("/posts", response=list[PostEntry], summary="Posts")
def list_posts(request: HttpRequest) -> list[Post]:
    """All posts."""
    require(actor_of(request), "profile.see")
    return list(Post.objects.all())


@router.put("/posts/{key}", response=PostEntry, summary="Make or change a post")
def put_post(request: HttpRequest, key: str, entry: PostEntry) -> Post:
    """The post with this key becomes as given."""
    post = Post.objects.filter(key=key).first() or Post(key=key)
    for name, value in entry.dict().items():
        setattr(post, name, value)
    return save_post(actor=actor_of(request), post=post, now=timezone.now())


@router.post("/posts/{key}/assignments", response=AssignmentEntry, summary="Let a person hold a post")
def post_assignment(request: HttpRequest, key: str, entry: AssignmentEntry) -> AssignmentEntry:
    """From a day on."""
    post = get_object_or_404(Post, key=key)
    user = get_user_model()._default_manager.filter(username=entry.username).first()
    if user is None:
        raise NotFound(f"There is no person '{entry.username}'.")
    assign_post(actor=actor_of(request), post=post, user_id=user.pk, since=entry.since, now=timezone.now())
    return entry


@router.get("/profile/levels", summary="Which level may take which step")
def get_levels(request: HttpRequest) -> dict[str, dict[str, int]]:
    """Complexity → step → the lightest level that may."""
    require(actor_of(request), "profile.see")
    table = level_table()
    return {one: {step: table.lightest(one, step) for step in STEPS} for one in COMPLEXITIES}


@router.put("/profile/levels/{complexity}/{step}", summary="Set the level for a step")
def put_level(
    request: HttpRequest, complexity: str, step: str, entry: LevelEntry
) -> dict[str, dict[str, int]]:
    """Gives the whole table as it is then."""
    set_level_permission(
        actor=actor_of(request), complexity=complexity, step=step, level=entry.level, now=timezone.now()
    )
    return get_levels(request)


@router.get("/grading-cases", response=list[CaseSummary], summary="Grading cases in which you take part")
def list_cases(request: HttpRequest) -> list[CaseSummary]:
    """Others are shown to nobody."""
    return [_summary(case) for case in cases_of(actor_of(request))]


@router.post("/posts/{key}/grading-cases", response=CaseSummary, summary="Open a grading case")
def post_case(request: HttpRequest, key: str) -> CaseSummary:
    """Who opens it is its assessor."""
    post = get_object_or_404(Post, key=key)
    return _summary(open_case(actor=actor_of(request), post=post, now=timezone.now()))


@router.get("/grading-cases/{reference}", summary="A grading case, whole")
def get_case(request: HttpRequest, reference: str) -> dict[str, Any]:
    """Only for its participants; the look is audited."""
    case = look_at_case(actor=actor_of(request), reference=reference, now=timezone.now(), at="API")
    return {
        **_summary(case).dict(),
        "applies": case.applies,
        "motivation": case.motivation,
        "areas": case.areas,
        "grading": grading_as_json(answers_of(case), grading_of(case)),
        "motivations": {one.criterion: one.motivation for one in case.answers.all()},
        "deadlines": {one.key: {"due_at": one.due_at, "met_at": one.met_at} for one in deadlines_of(case)},
    }


@router.put(
    "/grading-cases/{reference}/answers/{criterion}", response=CaseSummary, summary="Answer a criterion"
)
def put_answer(request: HttpRequest, reference: str, criterion: str, entry: AnswerEntry) -> CaseSummary:
    """While the case is a draft; by its assessor."""
    case = case_of(actor_of(request), reference)
    answer_criterion(
        actor=actor_of(request),
        case=case,
        criterion=criterion,
        answer=entry.answer,
        motivation=entry.motivation,
        now=timezone.now(),
    )
    return _summary(case)


@router.post("/grading-cases/{reference}/steps/{step}", response=CaseSummary, summary="Take a step in a case")
def post_step(request: HttpRequest, reference: str, step: str, entry: StepEntry) -> CaseSummary:
    """Submit, advise, decide…, each by the part that takes it."""
    actor = actor_of(request)
    case = case_of(actor, reference)
    done = take_step(
        actor=actor, case=case, step=step, text=entry.text, revision=entry.revision, now=timezone.now()
    )
    return _summary(done)


def _summary(case: GradingCase) -> CaseSummary:
    return CaseSummary(
        reference=case.reference,
        post=case.post.key,
        state=case.state,
        level=case.level,
        version=case.version,
        revision=case.revision,
    )
