"""What the page frame tells a person about their own account."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

from beheer.people.middleware import needs_second_factor
from beheer.people.models import User


def account(request: HttpRequest) -> dict[str, Callable[[], bool]]:
    """`asks_second_factor`: whether to say that one is needed before anything is changed; asked by whole pages only."""

    def asks_second_factor() -> bool:
        user = getattr(request, "user", None)
        return (
            isinstance(user, User) and not request.path.startswith("/account/") and needs_second_factor(user)
        )

    return {"asks_second_factor": asks_second_factor}
