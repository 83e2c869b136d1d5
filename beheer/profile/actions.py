"""What is done with posts and levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from beheer.audit.actions import record
from beheer.lib.errors import InputError, Problem
from beheer.permissions.rules import Actor, require
from beheer.profile.case_rules import Terms
from beheer.profile.levels import COMPLEXITIES, STEPS
from beheer.profile.library import profile_with
from beheer.profile.models import GradingTerms, LevelPermission, Post, PostAssignment
from beheer.profile.queries import terms as terms_now

POST_FIELDS = (
    "key", "title", "team_id", "description", "profile_code", "level", "level_since", "ended_on", "is_simulated",
)  # fmt: skip


@transaction.atomic
def save_post(*, actor: Actor, post: Post, now: datetime) -> Post:
    """Make or change a post.

    Raises: NotAllowed; NotFound for an unknown profile; InputError where the profile has no such level;
    ValidationError of Django where a field is wrong.
    """
    before = Post.objects.filter(pk=post.pk).values(*POST_FIELDS).first() if post.pk else None
    require(actor, "profile.change_post", team_id=before["team_id"] if before else post.team_id)
    require(actor, "profile.change_post", team_id=post.team_id)
    levels = profile_with(post.profile_code).levels
    if post.level is not None and post.level not in levels:
        allowed = ", ".join(str(level) for level in levels)
        raise InputError(Problem(f"The profile has no level {post.level}.", "level", f"Allowed: {allowed}."))
    post.full_clean()
    post.save()
    after = {name: getattr(post, name) for name in POST_FIELDS}
    changes: dict[str, Any] = {
        name: [before[name] if before else None, value]
        for name, value in after.items()
        if before is None or before[name] != value
    }
    record(actor=actor, verb="profile.save_post", subject=f"post:{post.key}", changes=changes, now=now)
    return post


@transaction.atomic
def assign_post(*, actor: Actor, post: Post, user_id: int, since: date, now: datetime) -> PostAssignment:
    """Let a person hold a post from a day on.

    Raises: NotAllowed; InputError where that person holds it then already.
    """
    require(actor, "profile.change_post", team_id=post.team_id)
    held = PostAssignment.objects.filter(post=post, user_id=user_id)
    if any(one.until is None or one.until > since for one in held):
        remedy = "End that first, or take a later day."
        raise InputError(Problem("This person holds the post then already.", "user", remedy))
    assignment = PostAssignment(post=post, user_id=user_id, since=since)
    assignment.full_clean()
    assignment.save()
    changes = {"user": user_id, "since": since}
    record(actor=actor, verb="profile.assign_post", subject=f"post:{post.key}", changes=changes, now=now)
    return assignment


@transaction.atomic
def end_assignment(*, actor: Actor, assignment: PostAssignment, until: date, now: datetime) -> PostAssignment:
    """Let a person hold a post no longer from a day on.

    Raises: NotAllowed; ValidationError of Django where it would end before it began.
    """
    require(actor, "profile.change_post", team_id=assignment.post.team_id)
    assignment.until = until
    assignment.full_clean()
    assignment.save(update_fields=["until"])
    record(
        actor=actor,
        verb="profile.end_assignment",
        subject=f"post:{assignment.post.key}",
        changes={"user": assignment.user_id, "until": until},
        now=now,
    )
    return assignment


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds a post (the person's id), from a day until another (not included); None: still."""

    user_id: int
    since: date
    until: date | None


@transaction.atomic
def set_holders(*, actor: Actor, post: Post, holdings: Sequence[Holding], now: datetime) -> None:
    """Let a post be held by these people in these spans, and by no others.

    Raises: NotAllowed; InputError where a person would hold it twice at a time; ValidationError of Django where a span
    ends before it begins.
    """
    require(actor, "profile.change_post", team_id=post.team_id)
    last: dict[int, Holding] = {}
    for one in sorted(holdings, key=lambda one: one.since):
        before = last.get(one.user_id)
        if before is not None and (before.until is None or before.until > one.since):
            raise InputError(
                Problem("A person holds this post twice at a time.", "holders", "Let the spans follow on.")
            )
        last[one.user_id] = one
    held = {Holding(one.user_id, one.since, one.until): one.pk for one in post.assignments.all()}
    if set(held) == set(holdings):
        return
    post.assignments.filter(pk__in=[key for one, key in held.items() if one not in holdings]).delete()
    for one in holdings:
        if one not in held:
            assignment = PostAssignment(post=post, user_id=one.user_id, since=one.since, until=one.until)
            assignment.full_clean()
            assignment.save()
    changes = {"holders": [len(held), len(holdings)]}
    record(actor=actor, verb="profile.set_holders", subject=f"post:{post.key}", changes=changes, now=now)


@transaction.atomic
def set_level_permission(
    *, actor: Actor, complexity: str, step: str, level: int, now: datetime
) -> LevelPermission:
    """Set the lightest level that may take a step in work of a complexity.

    Raises: NotAllowed; InputError that lists what is allowed.
    """
    require(actor, "profile.change_levels")
    for field, value, known in (("complexity", complexity, COMPLEXITIES), ("step", step, STEPS)):
        if value not in known:
            raise InputError(
                Problem(f"There is no {field} '{value}'.", field, f"Allowed: {', '.join(known)}.")
            )
    if not 1 <= level <= 9:
        raise InputError(
            Problem("A level is a number from 1 (the heaviest) to 9.", "level", "Choose one of these.")
        )
    found, _made = LevelPermission.objects.update_or_create(
        complexity=complexity, step=step, defaults={"level": level}
    )
    subject = f"level_permission:{complexity}.{step}"
    record(
        actor=actor, verb="profile.set_level_permission", subject=subject, changes={"level": level}, now=now
    )
    return found


@transaction.atomic
def set_terms(*, actor: Actor, terms: Terms, now: datetime) -> Terms:
    """Set the institution's terms. Cases that are decided provisionally already keep theirs.

    Raises: NotAllowed; InputError where a term is not 1 to 365 days.
    """
    require(actor, "profile.change_levels")
    values = asdict(terms)
    for field, days in values.items():
        if not 1 <= days <= 365:
            raise InputError(Problem("A term is 1 to 365 days.", field, "Choose a number in between."))
    before = asdict(terms_now())
    GradingTerms.objects.update_or_create(pk=1, defaults=values)
    changes = {name: [before[name], value] for name, value in values.items() if before[name] != value}
    record(actor=actor, verb="profile.set_terms", subject="grading_terms:1", changes=changes, now=now)
    return terms
