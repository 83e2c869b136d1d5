"""The pages of work are for who may see work; users have the portal."""

from __future__ import annotations

from django.http import HttpRequest

from beheer.people.models import User
from beheer.people.sign_in import person
from beheer.permissions.rules import require_somewhere


def staff(request: HttpRequest) -> User:
    """The person who is signed in and may see work somewhere.

    Raises: NotAllowed.
    """
    user = person(request)
    require_somewhere(user, "work.see")
    return user
