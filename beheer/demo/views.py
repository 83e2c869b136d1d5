"""The button that loads the demonstration institution."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from beheer.demo.actions import load_demo, remove_demo
from beheer.people.sign_in import person


@require_POST
def load(request: HttpRequest) -> HttpResponse:
    """Load the demonstration institution, and go home."""
    counts = load_demo(actor=person(request), now=timezone.now())
    text = _(
        "The demonstration institution is there: %(outages)s outages and %(incidents)s incidents, all simulated."
    )
    messages.success(request, text % counts)
    return redirect("/")


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Remove everything that is simulated, and go home."""
    done = remove_demo(actor=person(request), now=timezone.now())
    messages.success(request, _("Everything simulated was removed."))
    for line in done.stays:
        messages.warning(request, _("Stays: %(what)s") % {"what": line})
    return redirect("/")
