"""The API: one door at /api/, each room's operations in its `api.py`. Documentation at /api/docs."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as DjangoInvalid
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.security import HttpBearer, SessionAuth

from beheer import __version__
from beheer.lib.documents import in_words
from beheer.lib.errors import BeheerError, Conflict, InputError, NotAllowed, NotFound, Problem
from beheer.people.queries import user_for_token
from beheer.ui.api_pages import ApiPages

ROOMS = (
    "people", "profile", "catalogue", "monitoring", "service_levels", "work", "notifications", "audit",
    "measurements", "workplace", "configuration",
)  # fmt: skip


class Token(HttpBearer):
    """`Authorization: Bearer …` with a token that somebody made on their account page."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        user = user_for_token(token)
        if user is None:
            return None
        if user.token_is_read_only and request.method not in {"GET", "HEAD", "OPTIONS"}:
            raise NotAllowed(
                "This token may only read. Make one on your account page that may change things."
            )
        request.user = user
        return user


api = NinjaAPI(
    title="Beheer",
    version=__version__,
    description="Everything a page does, through the same actions.",
    auth=[Token(), SessionAuth()],
    docs=ApiPages(),
    docs_url="/docs",
    urls_namespace="api",
)

for _room in ROOMS:
    if importlib.util.find_spec(f"beheer.{_room}.api"):
        api.add_router("", importlib.import_module(f"beheer.{_room}.api").router)

STATUS: dict[type[BeheerError], int] = {InputError: 422, NotAllowed: 403, NotFound: 404, Conflict: 409}


@api.exception_handler(BeheerError)
def _on_error(request: HttpRequest, error: BeheerError) -> HttpResponse:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
    problems = error.problems if isinstance(error, InputError) else (Problem(str(error)),)
    return api.create_response(
        request, {"problems": [_as_json(problem) for problem in problems]}, status=status
    )


@api.exception_handler(ValidationError)
def _on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    problems = []
    for item in error.errors:
        message, remedy = in_words(item)
        problems.append(_as_json(Problem(message, _place(item["loc"]), remedy)))
    return api.create_response(request, {"problems": problems}, status=422)


def _place(parts: Sequence[str | int]) -> str:
    """The field of what was sent: without where it was sent, and without our name for the whole body."""
    skipped = 2 if parts[0] == "body" and len(parts) > 2 else 1
    return ".".join(str(part) for part in parts[skipped:])


@api.exception_handler(DjangoInvalid)
def _on_wrong_field(request: HttpRequest, error: DjangoInvalid) -> HttpResponse:
    found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    problems = [
        {"field": "" if field == NON_FIELD_ERRORS else field, "message": message, "remedy": ""}
        for field, messages in found.items()
        for message in messages
    ]
    return api.create_response(request, {"problems": problems}, status=422)


def _as_json(problem: Problem) -> dict[str, str]:
    return {"field": problem.field, "message": problem.message, "remedy": problem.remedy}
