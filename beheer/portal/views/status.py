"""How the services are. Needs no account."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from beheer.portal import queries

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
        "now": now,
    }
    return render(request, "portal/status.html", context)
