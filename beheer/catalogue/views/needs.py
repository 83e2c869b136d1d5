"""The page on which a service's needs are laid down."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from beheer.catalogue.dependencies import add_dependency, add_group, remove_dependency
from beheer.catalogue.forms import GroupForm, NeedForm
from beheer.catalogue.models import Dependency
from beheer.catalogue.queries import service_by_key
from beheer.people.sign_in import person
from beheer.permissions.rules import require
from beheer.ui.forms import problems_on


@require_http_methods(["GET", "HEAD", "POST"])
def service_needs(request: HttpRequest, key: str) -> HttpResponse:
    """What a service needs: take away, add one, add a group of which some suffice."""
    actor = person(request)
    service = service_by_key(key)
    require(actor, "catalogue.change_service", team_id=service.team_id, service_id=service.pk)
    is_group = request.POST.get("form") == "group"
    posted = request.POST if request.method == "POST" else None
    need_form = NeedForm(None if is_group else posted, service=service, auto_id="need_%s")
    group_form = GroupForm(posted if is_group else None, service=service, auto_id="group_%s")
    if need_form.is_bound and need_form.is_valid():
        with problems_on(need_form):
            add_dependency(actor=actor, service=service, now=timezone.now(), **need_form.cleaned_data)
            messages.success(request, _("Added."))
            return redirect("catalogue:service_needs", key)
    if group_form.is_bound and group_form.is_valid():
        with problems_on(group_form):
            values = {**group_form.cleaned_data, "of": list(group_form.cleaned_data["of"])}
            del values["form"]
            add_group(actor=actor, service=service, now=timezone.now(), **values)
            messages.success(request, _("Added."))
            return redirect("catalogue:service_needs", key)
    context = {
        "service": service,
        "dependencies": service.dependencies.select_related("needs", "group").order_by(
            "group__name", "needs__name"
        ),
        "need_form": need_form,
        "group_form": group_form,
    }
    return render(request, "catalogue/service_needs.html", context)


@require_POST
def dependency_remove(request: HttpRequest, key: str, dependency_id: int) -> HttpResponse:
    """Take one need away."""
    service = service_by_key(key)
    dependency = get_object_or_404(Dependency, pk=dependency_id, service=service)
    remove_dependency(actor=person(request), dependency=dependency, now=timezone.now())
    messages.success(request, _("Removed."))
    return redirect("catalogue:service_needs", key)
