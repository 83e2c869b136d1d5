"""Turns the errors that Beheer raises on purpose into pages."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from beheer.lib.errors import BeheerError
from beheer.ui.errors import page_for


class ErrorsMiddleware:
    """An error that a view let pass becomes a page that says what and what to do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page for `exception`, or None if it was not raised on purpose."""
        return page_for(request, exception) if isinstance(exception, BeheerError) else None
