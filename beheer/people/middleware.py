"""What must be so before a person does anything: own language, own password, a second factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from beheer.people.models import User
from beheer.ui.errors import written_texts

ALWAYS_OPEN = ("/account/", "/language/", "/static/", "/api/")
SAFE = {"GET", "HEAD", "OPTIONS"}


class PersonMiddleware:
    """Sends a person with a one-time password to choosing one, and asks for a second factor before the first change."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User):
            return self.get_response(request)
        if user.language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            translation.activate(user.language)
        return self._barrier(request, user) or self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Send whoever is not signed in to do so, unless the view says by `@login_not_required` that it is for all.

        The API asks for a token itself.
        """
        if isinstance(request.user, User) or not getattr(view, "login_required", True):
            return None
        if request.path.startswith(ALWAYS_OPEN):
            return None
        return redirect_to_login(request.get_full_path())

    def _barrier(self, request: HttpRequest, user: User) -> HttpResponse | None:
        """The answer that stops this request, or None."""
        if request.path.startswith("/api/"):
            if request.method not in SAFE and needs_second_factor(user):
                return HttpResponseForbidden(
                    _("Set up a second factor at /account/2fa/ before you change anything.")
                )
            return None
        if request.path.startswith(ALWAYS_OPEN):
            return None
        if user.must_change_password:
            messages.info(request, _("Choose a password of your own first: the one you used works once."))
            return redirect("account_change_password")
        if request.method not in SAFE and needs_second_factor(user):
            if written := written_texts(request):
                return render(request, "people/second_factor_first.html", {"written": written}, status=403)
            messages.warning(
                request,
                _(
                    "Nothing was changed yet. Whoever may change something needs a second factor: set it up here."
                ),
            )
            return redirect("mfa_activate_totp")
        return None


def needs_second_factor(user: User) -> bool:
    """Whether this person must set up a second factor first: who has only a user's or auditor's role need not."""
    if settings.MFA != "required" or is_mfa_enabled(user):
        return False
    return any(grant.role not in {"user", "auditor"} for grant in user.grants())
