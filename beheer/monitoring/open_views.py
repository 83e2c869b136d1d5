"""Doors without sign-in: a job calls, somebody asks whether Beheer is there."""

from __future__ import annotations

import ipaddress
from typing import cast

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from beheer.lib.errors import NotFound
from beheer.measurements.schema import StoreFailed
from beheer.monitoring.actions.heartbeats import Said, ping
from beheer.monitoring.exposition import own_figures

LARGEST_BODY = 10_000
WORDS: dict[str, Said] = {"": "success", "start": "start", "success": "success", "fail": "fail"}


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def ping_view(request: HttpRequest, token: str, said: str = "") -> HttpResponse:
    """A job says that it started, succeeded or failed. A wrong address is not there, and nothing more is said."""
    if said not in WORDS:
        return _plain("not found", 404)
    body = request.read(LARGEST_BODY).decode("utf-8", "replace").replace("\x00", "")
    try:
        ping(token=token, said=WORDS[said], body=body, now=timezone.now())
    except NotFound:
        return _plain("not found", 404)
    except StoreFailed:
        return _plain("could not be stored; call again later", 503)
    return _plain("OK", 200)


@login_not_required
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Whether pages and store work: "OK", or status 500."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return _plain("OK", 200)


@login_not_required
@require_safe
def own_metrics(request: HttpRequest) -> HttpResponse:
    """Beheer's own figures in Prometheus' format, for programs on this machine."""
    if not _is_here(request) and not request.user.is_authenticated:
        return _plain("not found", 404)
    return HttpResponse(own_figures(timezone.now()), content_type="text/plain; version=0.0.4; charset=utf-8")


def _is_here(request: HttpRequest) -> bool:
    """Whether the caller is on this machine, and not merely let through by a proxy on it."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(cast(str, request.META.get("REMOTE_ADDR", ""))).is_loopback
    except ValueError:
        return False


def _plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
