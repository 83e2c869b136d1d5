"""Who is asking. Deny by default: a page without its own mark is only for people who are signed in."""

from __future__ import annotations

from django.http import HttpRequest

from beheer.lib.errors import NotAllowed
from beheer.people.models import User


def person(request: HttpRequest) -> User:
    """The person who is signed in, or for whom a token acts.

    Raises: NotAllowed where nobody is; pages never come here then, since the middleware sends them to sign in.
    """
    if not isinstance(request.user, User):
        raise NotAllowed("Sign in first.")
    return request.user
