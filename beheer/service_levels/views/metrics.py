"""Beheer's own figures and how norms stand, in Prometheus' format."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from beheer.monitoring.open_views import own_metrics
from beheer.service_levels.exposition import exposition


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """What monitoring says of itself, to whom it says it; and the norms."""
    answer = own_metrics(request)
    if answer.status_code == 200 and request.method == "GET":
        answer.content += exposition(timezone.now()).encode()
    return answer
