"""Error pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return render(request, "ui/error.html", {"error": exception, "status": 400}, status=400)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return render(request, "ui/error.html", {"error": exception, "status": 403}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return render(request, "ui/error.html", {"error": exception, "status": 404}, status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """500."""
    return render(request, "ui/error.html", {"error": "", "status": 500}, status=500)
