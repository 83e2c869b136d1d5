"""Posts and the table of levels in configuration as code. Grading cases never stand in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from pydantic import BaseModel, ConfigDict, Field

from beheer.lib.configuration import After, Entry, Finding, Section, unknown
from beheer.permissions.rules import Actor
from beheer.profile.actions import Holding, save_post, set_holders, set_level_permission
from beheer.profile.levels import DEFAULT_LEVELS
from beheer.profile.library import profiles
from beheer.profile.models import LevelPermission, Post


class Holder(BaseModel):
    """Who holds a post, from a day until another (not included), or still."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    person: str
    since: date
    until: date | None = None


class PostEntry(Entry):
    """One post with who holds it."""

    unordered = ("holders",)
    key: str = Field(min_length=1, max_length=50, pattern=r"^[-a-zA-Z0-9_]+$")
    title: str = Field(min_length=1, max_length=150)
    team: str | None = None
    description: str = ""
    profile: str = "0403"
    level: int | None = None
    level_since: date | None = None
    ended_on: date | None = None
    simulated: bool = False
    holders: list[Holder] = []


class LevelEntry(Entry):
    """The lightest level that may take a step, where the institution set its own: "normal.carry_out"."""

    key: str
    level: int = Field(ge=1, le=9)


def current_posts() -> dict[str, PostEntry]:
    """All posts, by key; holders in order of the day they began."""
    found = {}
    for post in Post.objects.order_by("key").select_related("team").prefetch_related("assignments__user"):
        rows = sorted((one.since, one.user.username, one.until) for one in post.assignments.all())
        found[post.key] = PostEntry(
            key=post.key,
            title=post.title,
            team=post.team.key if post.team else None,
            description=post.description,
            profile=post.profile_code,
            level=post.level,
            level_since=post.level_since,
            ended_on=post.ended_on,
            simulated=post.is_simulated,
            holders=[Holder(person=person, since=since, until=until) for since, person, until in rows],
        )
    return found


def save_entry(*, actor: Actor, entry: PostEntry, now: datetime) -> None:
    """Make or change a post."""
    post = Post.objects.filter(key=entry.key).first() or Post(key=entry.key)
    team = (
        apps.get_model("people", "Team")._default_manager.filter(key=entry.team).first()
        if entry.team
        else None
    )
    post.title, post.team_id, post.description = entry.title, team.pk if team else None, entry.description
    post.profile_code, post.level, post.level_since = entry.profile, entry.level, entry.level_since
    post.ended_on, post.is_simulated = entry.ended_on, entry.simulated
    save_post(actor=actor, post=post, now=now)


def link_holders(*, actor: Actor, entries: Sequence[PostEntry], now: datetime) -> None:
    """Let each post be held by the people that the file names, and by no others."""
    names = {one.person for entry in entries for one in entry.holders}
    ids = dict(get_user_model()._default_manager.filter(username__in=names).values_list("username", "pk"))
    for entry in entries:
        holdings = [Holding(ids[one.person], one.since, one.until) for one in entry.holders]
        set_holders(actor=actor, post=Post.objects.get(key=entry.key), holdings=holdings, now=now)


def post_problems(after: After) -> Iterator[Finding]:
    """Teams, people, profiles and levels that are not there."""
    known = profiles()
    for key, post in after["posts"].items():
        yield from unknown(after, "teams", post.team, entry=key, path=("team",))
        for place, holder in enumerate(post.holders):
            yield from unknown(after, "people", holder.person, entry=key, path=("holders", place, "person"))
            if holder.until is not None and holder.until <= holder.since:
                path = ("holders", place, "until")
                yield Finding(key, path, "This ends before it begins.", "Give a later day, or leave it out.")
        if post.profile not in known:
            yield Finding(
                key, ("profile",), f"There is no profile '{post.profile}'.", f"There is: {', '.join(known)}."
            )
        elif post.level is not None and post.level not in known[post.profile].levels:
            allowed = ", ".join(str(level) for level in known[post.profile].levels)
            yield Finding(key, ("level",), f"The profile has no level {post.level}.", f"Allowed: {allowed}.")


def current_levels() -> dict[str, LevelEntry]:
    """What the institution set in the table of levels, by complexity and step."""
    rows = LevelPermission.objects.order_by("complexity", "step")
    return {
        f"{one.complexity}.{one.step}": LevelEntry(key=f"{one.complexity}.{one.step}", level=one.level)
        for one in rows
    }


def save_level(*, actor: Actor, entry: LevelEntry, now: datetime) -> None:
    """Set the level for a step."""
    complexity, _, step = entry.key.partition(".")
    set_level_permission(actor=actor, complexity=complexity, step=step, level=entry.level, now=now)


def level_problems(after: After) -> Iterator[Finding]:
    """Rows that the table does not have."""
    known = [f"{complexity}.{step}" for complexity, step in DEFAULT_LEVELS]
    for key in after["level_permissions"]:
        if key not in known:
            yield Finding(key, ("key",), f"The table has no row '{key}'.", f"Allowed: {', '.join(known)}.")


SECTIONS: tuple[Section[Any], ...] = (
    Section("posts", PostEntry, current_posts, save_entry, link=link_holders, problems=post_problems),
    Section("level_permissions", LevelEntry, current_levels, save_level, problems=level_problems),
)
