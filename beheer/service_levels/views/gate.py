"""Who may open the pages of this room."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from beheer.people.models import User
from beheer.permissions.rules import require_somewhere

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def staff(view: View) -> View:
    """A page for whoever is signed in and may see service levels somewhere."""

    @wraps(view)
    def seen(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require_somewhere(actor_of(request), "service_levels.see")
        return view(request, *args, **kwargs)

    return cast(View, login_required(seen))


def actor_of(request: HttpRequest) -> User:
    """Who asks, on a page that needs somebody to be signed in."""
    assert isinstance(request.user, User)
    return request.user
