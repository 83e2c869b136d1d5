"""Questions about people."""

from __future__ import annotations

from django.utils import timezone

from beheer.people.models import ApiToken, User
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
