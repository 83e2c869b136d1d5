"""The result areas, each with its activities: where they are done and what was done."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from beheer.lib.errors import InputError, NotFound, Problem
from beheer.people.models import User
from beheer.permissions.rules import require
from beheer.profile.library import profile_with
from beheer.profile.shown import notes_on
from beheer.workplace.activities.figures import kinds_by_activity
from beheer.workplace.activities.queries import rows_of
from beheer.workplace.activities.registry import ACTIVITIES, PROFILE

DAYS = (30, 90, 365)


@login_required
def area_list(request: HttpRequest) -> HttpResponse:
    """All result areas with how many of their activities have a place."""
    require(cast("User", request.user), "profile.see")
    language = get_language() or "en"
    carried = kinds_by_activity()
    rows = []
    for area in profile_with(PROFILE).result_areas:
        placed = sum(1 for one in area.activities if ACTIVITIES[one.id].places or one.id in carried)
        core = area.core_activity.in_language(language)
        rows.append((area.id, area.name.in_language(language), core, placed, len(area.activities)))
    return render(request, "workplace/area_list.html", {"areas": rows})


@login_required
def area(request: HttpRequest, area_id: int) -> HttpResponse:
    """One result area."""
    reader = cast("User", request.user)
    require(reader, "profile.see")
    profile = profile_with(PROFILE)
    found = profile.area(area_id)
    if found is None:
        raise NotFound(_("There is no such result area."))
    language = get_language() or "en"
    days = _days(request)
    until = timezone.now()
    notes = notes_on(profile, language)
    context = {
        "area": found,
        "area_name": found.name.in_language(language),
        "core": found.core_activity.in_language(language),
        "framework": [text.in_language(language) for text in found.framework],
        "result": [text.in_language(language) for text in found.result],
        "rows": rows_of(found, reader, until - timedelta(days=days), until, language, notes),
        "days": days,
        "day_choices": DAYS,
        "previous": profile.area(area_id - 1),
        "next": profile.area(area_id + 1),
    }
    return render(request, "workplace/area.html", context)


def _days(request: HttpRequest) -> int:
    """The period in days that the address asks for.

    Raises: InputError that lists what is allowed.
    """
    given = request.GET.get("days", "30")
    if given not in {str(days) for days in DAYS}:
        allowed = ", ".join(str(days) for days in DAYS)
        raise InputError(Problem(_("There is no such period."), "days", f"{_('Allowed')}: {allowed}."))
    return int(given)
