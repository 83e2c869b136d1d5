"""Disturbances that are known: seeing what is told of them, and saying "me too"."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from beheer.people.sign_in import person
from beheer.portal import queries
from beheer.work.actions.requests import say_me_too
from beheer.work.wording import item_state_name


@login_required
@require_GET
def disturbance(request: HttpRequest, number: str) -> HttpResponse:
    """What users may know of one disturbance."""
    user = person(request)
    item = queries.disturbance(user, number)
    services = [item.service, *item.services.all()]
    context = {
        "item": item,
        "services": {one.pk: one for one in services if one is not None and one.is_public}.values(),
        "state_name": item_state_name(item),
        "is_followed": item.me_too.filter(user=user).exists(),
        "others": item.me_too.count(),
    }
    return render(request, "portal/disturbance.html", context)


@login_required
@require_POST
def me_too(request: HttpRequest, number: str) -> HttpResponse:
    """Follow a disturbance rather than report it again."""
    user = person(request)
    say_me_too(actor=user, item=queries.disturbance(user, number), now=timezone.now())
    messages.success(request, _("You follow this disturbance. There is no need to report it."))
    return redirect("portal:disturbance", number)
