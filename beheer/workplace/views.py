"""The front door: home, the service board, and searching everywhere."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from beheer.catalogue.models import Criticality
from beheer.lib.errors import InputError, Problem
from beheer.people.models import Team, User
from beheer.permissions.rules import allowed_somewhere, require_somewhere
from beheer.service_levels.models import Verdict
from beheer.workplace.queries.addresses import address
from beheer.workplace.queries.areas import areas, norms_standing
from beheer.workplace.queries.beginning import beginning
from beheer.workplace.queries.board import Wish, board
from beheer.workplace.queries.needs import needs_of
from beheer.workplace.queries.searching import search as found_for

MOST_ON_HOME = 12


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """State first, then what needs the reader, then the twelve result areas. ICT users are led to their portal."""
    user = cast("User", request.user)
    if not allowed_somewhere(user, "workplace.see") and (portal := address("portal:status")):
        return redirect(portal)
    require_somewhere(user, "workplace.see")
    now = timezone.now()
    context = {
        "board": board(user, Wish(), now, quiet=False, most=MOST_ON_HOME),
        "breached": norms_standing(now, Verdict.BREACHED),
        "at_risk": norms_standing(now, Verdict.AT_RISK),
        "levels_url": address("service_levels:overview"),
        "needs": needs_of(user, now),
        "areas": areas(user, now, get_language() or "en"),
        "beginning": beginning(),
        "may_remove": allowed_somewhere(user, "demo.remove"),
        "work_url": address("work:mine"),
        "checks_url": address("monitoring:check_list", query="state=unknown"),
    }
    return render(request, "workplace/home.html", context)


@login_required
def show_board(request: HttpRequest) -> HttpResponse:
    """Every service, trouble first; fetches itself again."""
    user = cast("User", request.user)
    require_somewhere(user, "workplace.see")
    wish = _wish(request)
    context = {
        "board": board(user, wish, timezone.now()),
        "wish": wish,
        "teams": Team.objects.order_by("name"),
        "criticalities": [(str(value), label) for value, label in reversed(Criticality.choices)],
        "here": request.get_full_path(),
        "list_url": address("catalogue:service_list"),
    }
    return render(request, "workplace/board.html", context)


def _wish(request: HttpRequest) -> Wish:
    """What part of the board the address asks for.

    Raises: InputError, naming `criticality`.
    """
    criticality = request.GET.get("criticality", "")
    known = [str(value) for value in Criticality.values]
    if criticality and criticality not in known:
        remedy = _("Choose one of: %(answers)s.") % {"answers": ", ".join(known)}
        raise InputError(Problem(_("There is no such criticality."), "criticality", remedy))
    text = request.GET.get("q", "").replace("\x00", "").strip()
    return Wish(request.GET.get("team", "").replace("\x00", ""), criticality, text)


@login_required
def search(request: HttpRequest) -> HttpResponse:
    """What the reader may see that has the words asked for."""
    user = cast("User", request.user)
    require_somewhere(user, "workplace.see")
    text = request.GET.get("q", "").replace("\x00", "").strip()
    return render(request, "workplace/search.html", {"text": text, "found": found_for(user, text)})
