"""How the services are. Needs no account."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from beheer.people.models import User
from beheer.permissions.rules import allowed_somewhere
from beheer.portal import queries
from beheer.work.models import Item

MOST_NAMED = 8  # in the sentence that says what is disturbed


@login_not_required
@require_GET
def status(request: HttpRequest) -> HttpResponse:
    """How the services are, and what is planned."""
    now, text = timezone.now(), request.GET.get("q", "").strip()
    counts, planned = queries.counts(), queries.planned_work(now)
    worst = queries.statuses(planned)
    context = {
        "statuses": queries.statuses(planned, text) if text else worst,
        "text": text,
        "total": sum(counts.values()),
        "is_all_up": set(counts) == {"up"},
        "not_up": [one for one in worst if one.state in ("down", "degraded")][:MOST_NAMED],
        "more": max(0, counts.get("down", 0) + counts.get("degraded", 0) - MOST_NAMED),
        "planned": planned,
        "disturbances": queries.disturbances(),
        "problems": queries.known_problems(),
        "over": _over(request, now),
        "now": now,
    }
    return render(request, "portal/status.html", context)


def _over(request: HttpRequest, now: datetime) -> list[Item]:
    """The disturbances that the reader follows and that ended lately; none for who did not sign in."""
    if not isinstance(request.user, User) or not allowed_somewhere(request.user, "portal.follow"):
        return []
    return [item for item in queries.followed(request.user, now) if item.solved_at is not None]
