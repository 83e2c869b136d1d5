"""What somebody knows, and when they are away."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from beheer.people.knowledge import add_absence, may_keep, remove_absence, set_knowledge
from beheer.people.knowledge_forms import AbsenceForm, KnowledgeForm
from beheer.people.models import Absence, User
from beheer.people.queries import user_by_name
from beheer.people.scopes import services
from beheer.people.sign_in import person
from beheer.permissions.rules import Actor, require
from beheer.ui.form_pages import form_page


def knowledge_context(actor: Actor, user: User) -> dict[str, Any]:
    """What the page of an account shows of it."""
    rows = list(user.knows.all())
    names = {pk: name for pk, _key, name in services(ids=[row.service_id for row in rows])} if rows else {}
    return {
        "knows": [(names[row.service_id], row) for row in rows if row.service_id in names],
        "absences": user.absences.filter(ends_on__gte=timezone.localdate()),
        "may_keep": may_keep(actor, user),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def knowledge_set(request: HttpRequest, username: str) -> HttpResponse:
    """Say how well somebody knows a service."""
    actor = person(request)
    require(actor, "people.see")
    user = user_by_name(username)
    form = KnowledgeForm(request.POST or None)

    def save() -> HttpResponse:
        given = form.cleaned_data
        set_knowledge(
            actor=actor, user=user, service_id=given["service"], level=given["level"], now=timezone.now()
        )
        messages.success(request, _("Saved."))
        return redirect("people:user_detail", username)

    heading = _("What %(name)s knows") % {"name": user}
    return form_page(request, form, save=save, heading=heading, back=_back(user))


@require_http_methods(["GET", "HEAD", "POST"])
def absence_new(request: HttpRequest, username: str) -> HttpResponse:
    """Say that somebody is away."""
    actor = person(request)
    require(actor, "people.see")
    user = user_by_name(username)
    form = AbsenceForm(request.POST or None)

    def save() -> HttpResponse:
        add_absence(actor=actor, user=user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("people:user_detail", username)

    heading = _("%(name)s is away") % {"name": user}
    return form_page(request, form, save=save, heading=heading, back=_back(user))


def _back(user: User) -> tuple[str, str]:
    return str(user), reverse("people:user_detail", args=[user.username])


@require_POST
def absence_remove(request: HttpRequest, username: str, pk: int) -> HttpResponse:
    """Somebody is there after all."""
    row = get_object_or_404(Absence, pk=pk, user__username=username)
    remove_absence(actor=person(request), absence=row, now=timezone.now())
    messages.success(request, _("Removed."))
    return redirect("people:user_detail", username)
