"""Pages of the frame itself: errors, the choice of colours, and the gallery of components."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from beheer.lib.errors import InputError, Problem
from beheer.ui import gallery
from beheer.ui.context import THEME_COOKIE, THEMES
from beheer.ui.errors import error_page

YEAR_S = 365 * 86400


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return error_page(request, 400)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return error_page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return error_page(request, 404)


def failed(request: HttpRequest) -> HttpResponse:
    """500: a page that needs no store, no session and no person, for any of these may be what failed."""
    return HttpResponse(render_to_string("ui/failed.html"), status=500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that did not come from one of our pages, or whose page stood open too long."""
    return render(request, "ui/csrf.html", {"status": 403}, status=403)


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep light or dark colours in a cookie; "system" forgets it. Raises InputError for another answer."""
    theme = request.POST.get("theme", "")
    if theme not in (*THEMES, "system"):
        problem = Problem(_("There is no such set of colours."), "theme", _("Choose light, dark or system."))
        raise InputError(problem)
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = "/"
    response = HttpResponseRedirect(target)
    if theme == "system":
        response.delete_cookie(THEME_COOKIE)
    else:
        response.set_cookie(
            THEME_COOKIE, theme, max_age=YEAR_S, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
    return response


@login_required
def show_gallery(request: HttpRequest) -> HttpResponse:
    """Every component once, with what it is for."""
    return render(request, "ui/gallery.html", gallery.examples(request, timezone.now()))
