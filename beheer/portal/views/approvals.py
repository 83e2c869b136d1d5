"""Deciding in the portal, for who leads a team of users and is not of the ICT department."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from beheer.lib.errors import InputError, NotFound
from beheer.people.sign_in import person
from beheer.portal import queries
from beheer.work.actions.approvals import decide
from beheer.work.definitions import definition
from beheer.work.wording import field_name, value_text


@login_required
@require_http_methods(["GET", "POST"])
def approval(request: HttpRequest, pk: int) -> HttpResponse:
    """What is laid before the person, and yes or no."""
    user, now = person(request), timezone.now()
    found = next((row for row in queries.to_decide(user, now) if row.pk == pk), None)
    if found is None:
        raise NotFound("There is no such decision that waits for you.")
    wrong = ""
    if request.method == "POST":
        is_approved = request.POST.get("word") == "approve"
        try:
            reason = request.POST.get("reason", "")
            decide(actor=user, approval=found, is_approved=is_approved, reason=reason, now=now)
        except InputError:
            wrong = _("A refusal needs a reason: say what should be otherwise.")
        else:
            messages.success(request, _("Thank you: your decision is known now."))
            return redirect("portal:requests")
    kind = definition(found.item)
    bound = [
        (field_name(kind, name), value_text(kind, name, value))
        for name, value in found.bound.items()
        if value not in (None, "", [])
    ]
    context = {"row": found, "item": found.item, "bound": bound, "wrong": wrong}
    return render(request, "portal/approval.html", context, status=422 if wrong else 200)
