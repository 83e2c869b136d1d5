"""Turns the errors that Beheer raises on purpose into pages."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from beheer.lib.errors import BeheerError, Conflict, InputError, NotAllowed, NotFound

STATUS: dict[type[BeheerError], int] = {InputError: 422, NotAllowed: 403, NotFound: 404, Conflict: 409}


class ErrorsMiddleware:
    """An error that a view let pass becomes a page that says what and what to do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page for `exception`, or None if it was not raised on purpose."""
        if not isinstance(exception, BeheerError):
            return None
        status = next((code for kind, code in STATUS.items() if isinstance(exception, kind)), 400)
        return render(request, "ui/error.html", {"error": exception, "status": status}, status=status)
