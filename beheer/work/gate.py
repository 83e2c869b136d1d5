"""The pages of work are for who may see work; users have the portal."""

from __future__ import annotations

from django.http import HttpRequest

from beheer.people.models import User
from beheer.people.sign_in import person
from beheer.permissions.rules import allowed_somewhere, require


def staff(request: HttpRequest) -> User:
    """The person who is signed in and may see work somewhere.

    Raises: NotAllowed.
    """
    user = person(request)
    if not allowed_somewhere(user, "work.see"):
        require(user, "work.see")
    return user
