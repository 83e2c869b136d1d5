"""Pages of services."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from beheer.catalogue.actions import change_service, create_service, retire_service
from beheer.catalogue.forms import RetireForm, ServiceForm, without_key
from beheer.catalogue.models import Criticality, Dependency, Service
from beheer.catalogue.queries import dependency_graph, service_by_key
from beheer.catalogue.states import parts, states
from beheer.people.models import Team
from beheer.people.sign_in import person
from beheer.permissions.rules import allowed, allowed_somewhere, require
from beheer.ui.form_pages import form_page
from beheer.ui.lists import Choice, Column, ListPage


@require_safe
def service_list(request: HttpRequest) -> HttpResponseBase:
    """All services in use."""
    actor = person(request)
    require(actor, "catalogue.see")
    known: dict[int, str] = {}
    rows = Service.objects.filter(retired_on=None) if "retired" not in request.GET else Service.objects.all()
    may_add = allowed_somewhere(actor, "catalogue.change_service")
    page = ListPage(
        request,
        rows.select_related("team", "owner").annotate(needs_count=_count_of_needs()),
        columns=[
            Column("name", _("Service"), sort="name", cell="catalogue/cells/service.html"),
            Column(
                "state",
                _("State"),
                value=lambda row: known.get(row.pk, "unknown"),
                cell="catalogue/cells/state.html",
            ),
            Column(
                "criticality",
                _("Criticality"),
                value=lambda row: row.get_criticality_display(),
                sort="-criticality",
            ),
            Column("users_served", _("Users"), sort="-users_served", numeric=True),
            Column("team", _("Team"), value="team.name", sort="team__name"),
            Column("owner", _("Owner"), value=lambda row: str(row.owner or "")),
            Column("needs", _("Needs"), value="needs_count", numeric=True),
        ],
        filters=[
            Choice(
                "criticality", _("Criticality"), [(str(value), text) for value, text in Criticality.choices]
            ),
            Choice("team", _("Team"), _teams, field="team__key"),
        ],
        search_fields=("name", "key", "description"),
        name="services",
        label=_("Services"),
        nothing_yet=_("No services yet"),
        nothing_yet_hint=_(
            "A service is what customers use, or what other services need. Add the first one."
        ),
        action_url=reverse("catalogue:service_new") if may_add else "",
        action_text=_("New service"),
    )
    known.update(states() if "export" in request.GET else states([row.pk for row in page.stretch.objects]))
    return page.response("catalogue/service_list.html", {"may_add": may_add})


def _count_of_needs() -> Subquery:
    """How many services each needs: counted for the rows of the page only."""
    rows = Dependency.objects.filter(service=OuterRef("pk")).order_by().values("service")
    return Subquery(rows.annotate(number=Count("pk")).values("number"))


def _teams() -> list[tuple[str, str]]:
    return list(Team.objects.values_list("key", "name"))


@require_safe
def service_detail(request: HttpRequest, key: str) -> HttpResponse:
    """Everything about one service: facts, what it needs, who needs it, its items; other rooms add their parts."""
    actor = person(request)
    service = service_by_key(key)
    scope: dict[str, Any] = {"team_id": service.team_id, "service_id": service.pk}
    require(actor, "catalogue.see", **scope)
    graph = dependency_graph()
    near = {service.pk, *(need.needs_id for need in graph.needs.get(service.pk, ()))}
    known = states(near | set(graph.needed_by.get(service.pk, ())))
    context = {
        "service": service,
        "state": known.get(service.pk, "unknown"),
        "states": known,
        "customers": service.customers.all(),
        "items": service.items.all()[:200],
        "needs": _needs(service),
        "groups": service.redundancy_groups.prefetch_related("dependencies__needs"),
        "dependents": _dependents(service),
        "reach": len(graph.affected_by(service.pk)),
        "parts": parts(service.key),
        "may_change": allowed(actor, "catalogue.change_service", **scope),
        "may_add_item": allowed(actor, "catalogue.change_item", **scope),
    }
    return render(request, "catalogue/service_detail.html", context)


def _needs(service: Service) -> QuerySet[Any]:
    return service.dependencies.filter(group=None).select_related("needs").order_by("needs__name")


def _dependents(service: Service) -> QuerySet[Any]:
    return service.dependents.select_related("service", "group").order_by("service__name")


@require_http_methods(["GET", "HEAD", "POST"])
def service_new(request: HttpRequest) -> HttpResponse:
    """Make a service."""
    actor = person(request)
    if not allowed_somewhere(actor, "catalogue.change_service"):
        require(actor, "catalogue.change_service")
    form = ServiceForm(request.POST or None)

    def save() -> HttpResponse:
        service = create_service(
            actor=actor,
            values=form.service_values(),
            customers=form.cleaned_data["customers"],
            now=timezone.now(),
        )
        messages.success(request, _("%(name)s is in the catalogue.") % {"name": service.name})
        return redirect("catalogue:service_detail", service.key)

    return form_page(
        request,
        form,
        save=save,
        heading=_("New service"),
        back=(_("Services"), reverse("catalogue:service_list")),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def service_change(request: HttpRequest, key: str) -> HttpResponse:
    """Change a service."""
    actor = person(request)
    service = service_by_key(key)
    require(actor, "catalogue.change_service", team_id=service.team_id, service_id=service.pk)
    form = ServiceForm(request.POST or None, instance=service_by_key(key))
    without_key(form)

    def save() -> HttpResponse:
        change_service(
            actor=actor,
            service=service,
            values=form.service_values(),
            customers=form.cleaned_data["customers"],
            now=timezone.now(),
        )
        messages.success(request, _("Saved."))
        return redirect("catalogue:service_detail", key)

    return form_page(
        request,
        form,
        save=save,
        heading=service.name,
        back=(service.name, reverse("catalogue:service_detail", args=[key])),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def service_retire(request: HttpRequest, key: str) -> HttpResponse:
    """Take a service out of use."""
    actor = person(request)
    service = service_by_key(key)
    require(actor, "catalogue.change_service", team_id=service.team_id, service_id=service.pk)
    form = RetireForm(request.POST or None, initial={"on": timezone.localdate()})

    def save() -> HttpResponse:
        retire_service(actor=actor, service=service, on=form.cleaned_data["on"], now=timezone.now())
        messages.success(request, _("%(name)s is out of use.") % {"name": service.name})
        return redirect("catalogue:service_list")

    return form_page(
        request,
        form,
        save=save,
        heading=_("Take %(name)s out of use") % {"name": service.name},
        back=(service.name, reverse("catalogue:service_detail", args=[key])),
        lead=_("Its history, figures and reports stay."),
        submit=_("Take out of use"),
        danger=True,
    )
