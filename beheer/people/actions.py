"""What is done with people: accounts, roles, tokens."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from beheer.audit.actions import record
from beheer.lib.errors import InputError, Problem
from beheer.people.models import ApiToken, RoleGrant, Team, User
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
    others = RoleGrant.objects.filter(
        role="administrator", team=None, service_id=None, user__is_active=True
    ).exclude(pk=grant.pk)
    if grant.role == "administrator" and not others.exists():
        raise InputError(
            Problem(
                "Nobody would be left as administrator.", "role", "Make somebody else administrator first."
            )
        )
    subject, role = f"user:{grant.user.username}", grant.role
    grant.delete()
    record(actor=actor, verb="people.withdraw_role", subject=subject, changes={"role": role}, now=now)


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


def ensure_first_administrator(*, now: datetime, actor: Actor, email: str) -> tuple[User, str] | None:
    """Where nobody has an account yet, make the first administrator. Gives it with its one-time password, else None."""
    if User.objects.filter(is_simulated=False).exists():
        return None
    user, password = create_user(actor=actor, username="administrator", email=email, now=now, display_name="")
    grant_role(actor=actor, user=user, role="administrator", now=now)
    return user, password
