"""What is done with people: accounts, roles, tokens."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from beheer.audit.actions import record
from beheer.audit.changes import assign
from beheer.lib.errors import InputError, Problem
from beheer.people.models import ApiToken, Membership, RoleGrant, Team, User
from beheer.people.rules import new_token, token_hash
from beheer.permissions.rules import Actor, require

LONGEST_TOKEN_DAYS = 366


@transaction.atomic
def create_user(
    *,
    actor: Actor,
    username: str,
    email: str,
    now: datetime,
    display_name: str = "",
    language: str = "",
    password: str = "",
) -> tuple[User, str]:
    """Make an account. Gives it and its one-time password (the one given, or one made here).

    Raises: NotAllowed; ValidationError of Django where a field is wrong or taken.
    """
    require(actor, "people.change_user")
    one_time = password or secrets.token_urlsafe(12)
    user = User(
        username=username,
        email=email,
        display_name=display_name,
        language=language,
        must_change_password=True,
    )
    user.set_password(one_time)
    user.full_clean()
    user.save()
    record(
        actor=actor, verb="people.create_user", subject=f"user:{username}", changes={"email": email}, now=now
    )
    return user, one_time


@transaction.atomic
def create_user_without_password(
    *, actor: Actor, username: str, values: Mapping[str, Any], now: datetime
) -> User:
    """Make an account with which nobody can sign in until `give_one_time_password`. `values` are fields of User."""
    require(actor, "people.change_user")
    user = User(username=username, **values)
    user.set_unusable_password()
    user.full_clean(exclude=["password"])
    user.save()
    changes = {"email": user.email, "is_simulated": user.is_simulated}
    record(actor=actor, verb="people.create_user", subject=f"user:{username}", changes=changes, now=now)
    return user


@transaction.atomic
def change_user(*, actor: Actor, user: User, values: Mapping[str, Any], now: datetime) -> User:
    """Change somebody's account. One's own name and language need no right; the rest does.

    Raises: NotAllowed; InputError where the last administrator would be switched off; ValidationError of Django.
    """
    if actor.actor_id != user.pk or not set(values) <= {"display_name", "language"}:
        require(actor, "people.change_user")
    changes = assign(user, values)
    if not changes:
        return user
    if "is_active" in changes and not user.is_active:
        _require_other_administrator(user.role_grants.filter(role="administrator").first())
    user.full_clean(exclude=["password"])
    user.save(update_fields=list(changes))
    record(actor=actor, verb="people.change_user", subject=f"user:{user.username}", changes=changes, now=now)
    return user


@transaction.atomic
def give_one_time_password(*, actor: Actor, user: User, now: datetime) -> str:
    """Give somebody a new password that works once; the old one no longer works. It is shown this once only."""
    require(actor, "people.change_user")
    one_time = secrets.token_urlsafe(12)
    user.set_password(one_time)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    record(actor=actor, verb="people.give_one_time_password", subject=f"user:{user.username}", now=now)
    return one_time


@transaction.atomic
def create_team(*, actor: Actor, key: str, name: str, now: datetime, email: str = "") -> Team:
    """Make a team, without members yet."""
    require(actor, "people.change_team")
    team = Team(key=key, name=name, email=email)
    team.full_clean()
    team.save()
    record(actor=actor, verb="people.create_team", subject=f"team:{key}", changes={"name": name}, now=now)
    return team


@transaction.atomic
def change_team(*, actor: Actor, team: Team, values: Mapping[str, Any], now: datetime) -> Team:
    """Change a team's name or address."""
    require(actor, "people.change_team", team_id=team.pk)
    changes = assign(team, values)
    if changes:
        team.full_clean()
        team.save(update_fields=list(changes))
        record(actor=actor, verb="people.change_team", subject=f"team:{team.key}", changes=changes, now=now)
    return team


@transaction.atomic
def set_members(
    *, actor: Actor, team: Team, members: Sequence[str], leads: Sequence[str], now: datetime
) -> None:
    """Make these people, by user name, the team's members and leads, and nobody else.

    Raises: NotAllowed; InputError where a name is not known.
    """
    require(actor, "people.change_team", team_id=team.pk)
    wanted = dict.fromkeys(members, False) | dict.fromkeys(leads, True)
    users = {user.username: user for user in User.objects.filter(username__in=wanted)}
    if missing := sorted(set(wanted) - set(users)):
        raise InputError(Problem(f"Nobody has the user name {', '.join(missing)}.", "members", "Check it."))
    before = {row.user.username: row.is_lead for row in team.memberships.select_related("user")}
    if before == wanted:
        return
    team.memberships.exclude(user__username__in=wanted).delete()
    for name, is_lead in wanted.items():
        Membership.objects.update_or_create(team=team, user=users[name], defaults={"is_lead": is_lead})
    changes = {"members": [sorted(before), sorted(wanted)], "leads": sorted(leads)}
    record(actor=actor, verb="people.set_members", subject=f"team:{team.key}", changes=changes, now=now)


@transaction.atomic
def grant_role(
    *,
    actor: Actor,
    user: User,
    role: str,
    now: datetime,
    team: Team | None = None,
    service_id: int | None = None,
) -> RoleGrant:
    """Give a person a role: everywhere, for a team, or for a service. Giving it twice is giving it once."""
    require(actor, "people.grant_role")
    grant = RoleGrant(user=user, role=role, team=team, service_id=service_id)
    found = RoleGrant.objects.filter(user=user, role=role, team=team, service_id=service_id).first()
    if found is not None:
        return found
    grant.full_clean()
    grant.save()
    changes = {"role": role, "team": team.key if team else None, "service_id": service_id}
    record(actor=actor, verb="people.grant_role", subject=f"user:{user.username}", changes=changes, now=now)
    return grant


@transaction.atomic
def withdraw_role(*, actor: Actor, grant: RoleGrant, now: datetime) -> None:
    """Take a role from a person. The last administrator keeps his.

    Raises: NotAllowed; InputError where nobody would be left to administer.
    """
    require(actor, "people.grant_role")
    _require_other_administrator(grant)
    subject, role = f"user:{grant.user.username}", grant.role
    grant.delete()
    record(actor=actor, verb="people.withdraw_role", subject=subject, changes={"role": role}, now=now)


def _require_other_administrator(grant: RoleGrant | None) -> None:
    """Stop where `grant` is the last that makes an active person administrator of everything; None: it is not."""
    if grant is None or grant.role != "administrator":
        return
    others = RoleGrant.objects.filter(
        role="administrator", team=None, service_id=None, user__is_active=True
    ).exclude(pk=grant.pk)
    if not others.exists():
        raise InputError(
            Problem(
                "Nobody would be left as administrator.", "role", "Make somebody else administrator first."
            )
        )


@transaction.atomic
def create_token(
    *, actor: Actor, user: User, name: str, days: int, is_read_only: bool, now: datetime
) -> tuple[ApiToken, str]:
    """Make a token that acts for `user`; one's own, unless one may change users. The text is shown this once only."""
    if actor.actor_id != user.pk:
        require(actor, "people.change_user")
    if not 1 <= days <= LONGEST_TOKEN_DAYS:
        raise InputError(
            Problem(f"A token lasts 1 to {LONGEST_TOKEN_DAYS} days.", "days", "Choose a number in between.")
        )
    text = new_token()
    token = ApiToken(
        user=user,
        name=name,
        token_hash=token_hash(text),
        is_read_only=is_read_only,
        created_at=now,
        ends_at=now + timedelta(days=days),
    )
    token.full_clean()
    token.save()
    changes = {"name": name, "ends_at": token.ends_at, "is_read_only": is_read_only}
    record(actor=actor, verb="people.create_token", subject=f"user:{user.username}", changes=changes, now=now)
    return token, text


@transaction.atomic
def end_token(*, actor: Actor, token: ApiToken, now: datetime) -> None:
    """Make a token useless from now on."""
    if actor.actor_id != token.user_id:
        require(actor, "people.change_user")
    token.ends_at = now
    token.save(update_fields=["ends_at"])
    record(
        actor=actor,
        verb="people.end_token",
        subject=f"user:{token.user.username}",
        changes={"name": token.name},
        now=now,
    )


def ensure_first_administrator(*, actor: Actor, email: str, now: datetime) -> tuple[User, str] | None:
    """Where nobody has an account yet, make the first administrator. Gives it with its one-time password, else None."""
    if User.objects.filter(is_simulated=False).exists():
        return None
    user, password = create_user(actor=actor, username="administrator", email=email, now=now, display_name="")
    grant_role(actor=actor, user=user, role="administrator", now=now)
    return user, password
