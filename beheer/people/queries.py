"""Questions about people."""

from __future__ import annotations

from django.utils import timezone

from beheer.lib.errors import NotFound
from beheer.people.models import ApiToken, Team, User
from beheer.people.rules import token_hash


def user_for_token(token: str) -> User | None:
    """The person for whom this token acts; None if it is unknown, has ended, or its owner is inactive.

    `user.token_is_read_only` says whether the token may only read.
    """
    now = timezone.now()
    found = (
        ApiToken.objects.select_related("user").filter(token_hash=token_hash(token), ends_at__gt=now).first()
    )
    if found is None or not found.user.is_active:
        return None
    if found.last_used_on != now.date():
        ApiToken.objects.filter(pk=found.pk).update(last_used_on=now.date())
    found.user.token_is_read_only = found.is_read_only
    return found.user


def user_by_name(username: str) -> User:
    """The person with this user name. Raises: NotFound."""
    found = User.objects.filter(username=username).first()
    if found is None:
        raise NotFound(f"Nobody has the user name '{username}'.")
    return found


def team_by_key(key: str) -> Team:
    """The team with this key. Raises: NotFound."""
    found = Team.objects.filter(key=key).first()
    if found is None:
        raise NotFound(f"There is no team '{key}'.")
    return found
