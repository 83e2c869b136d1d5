"""Who asks: the person who is signed in, as the actor of actions and queries."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from beheer.permissions.rules import Actor


def actor_of(request: HttpRequest) -> Actor:
    """The person who is signed in; for views and operations that only let such people in."""
    return cast("Actor", request.user)
