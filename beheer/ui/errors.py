"""Pages for what went wrong: what happened, what to do, and never more than the reader may know."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from beheer.lib.errors import BeheerError, Conflict, InputError, NotAllowed, NotFound
from beheer.ui.sentences import problem_told, told

STATUS: dict[type[BeheerError], int] = {InputError: 422, NotAllowed: 403, NotFound: 404, Conflict: 409}

_SECRET = re.compile("password|secret|token|settings|key", re.IGNORECASE)

WORDS: dict[int, tuple[Promise, Promise]] = {
    400: (
        _("This request is not right"),
        _("The address or the form holds something that cannot be understood."),
    ),
    403: (
        _("You may not do this"),
        _("Nothing was changed. Ask your team leader or an administrator for the right."),
    ),
    404: (_("This page is not there"), _("It may have moved, or it may not be for you. Search, or go back.")),
    409: (
        _("This cannot be done now"),
        _("It changed in the meantime. Go back, look again, and then decide."),
    ),
    422: (_("Something given is not right"), _("Nothing was changed. This is what to correct:")),
}


def page_for(request: HttpRequest, error: BeheerError) -> HttpResponse:
    """The page for an error that was raised on purpose."""
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
    return error_page(request, status, error)


def error_page(request: HttpRequest, status: int, error: BeheerError | None = None) -> HttpResponse:
    """A page in the frame, with the problems of an InputError one by one."""
    title, explanation = WORDS[status]
    context = {
        "status": status,
        "title": title,
        "explanation": explanation,
        "problems": told(error) if isinstance(error, InputError) else (),
        "detail": problem_told(str(error or "")),
        "back": _back(request),
        "written": written_texts(request) if status == 409 else [],
    }
    return render(request, "ui/error.html", context, status=status)


def _back(request: HttpRequest) -> str:
    """The page the reader came from, if it is one of ours and not this one."""
    came_from = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, request.is_secure())
    if ours and came_from != request.build_absolute_uri():
        return came_from
    return _above(request.path) if request.method == "POST" else ""


def _above(path: str) -> str:
    """The page that this one belongs to: the first address above it that is one; empty at the front door."""
    above = path.rstrip("/").rpartition("/")[0]
    while above:
        try:
            resolve(f"{above}/")
        except Resolver404:
            above = above.rpartition("/")[0]
        else:
            return f"{above}/"
    return ""


def written_texts(request: HttpRequest) -> list[str]:
    """The texts of several words that were sent, so that nobody has to write them again; never what is kept secret."""
    sent = ((name, text) for name, texts in request.POST.lists() for text in texts)
    return [text for name, text in sent if " " in text.strip() and not _SECRET.search(name)]
