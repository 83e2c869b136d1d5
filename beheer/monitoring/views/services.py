"""What monitoring knows of a service: a part of its page in the catalogue, and a page of its own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beheer.catalogue.models import Service
from beheer.catalogue.queries import service_by_key
from beheer.monitoring.actions.groups import create_group, remove_group
from beheer.monitoring.forms import GroupForm
from beheer.monitoring.graphs import strip_of
from beheer.monitoring.models import CheckGroup, ServiceState, State, StateChange
from beheer.monitoring.queries import checks, timelines
from beheer.people.sign_in import person
from beheer.permissions.rules import allowed, require
from beheer.ui.forms import problems_on
from beheer.ui.lists import Choice, Column, ListPage
from beheer.ui.ranges import chosen_range

MOST_CHECKS = 200


@require_safe
def service_part(request: HttpRequest, key: str) -> HttpResponse:
    """The state of a service over time, and its checks: whole page, or the part where htmx asks."""
    actor = person(request)
    service = service_by_key(key)
    scope = {"team_id": service.team_id, "service_id": service.pk}
    require(actor, "monitoring.see", **scope)
    now = timezone.now()
    span = chosen_range(request, now, "7d")
    changes = timelines([service.pk], span.since, span.until).get(service.pk, [])
    context = {
        "service": service,
        "range": span,
        "state": ServiceState.objects.select_related("cause_service", "cause_check")
        .filter(service=service)
        .first(),
        "strip": strip_of(changes, span.since, span.until, now, _("States"), "service-states"),
        "checks": checks().select_related("group").filter(service=service).order_by("name")[:MOST_CHECKS],
        "groups": service.check_groups.all(),
        "may_change": allowed(actor, "monitoring.change_check", **scope),
        "page_url": reverse("monitoring:service_part", args=[key]),
    }
    is_part = bool(getattr(request, "htmx", False)) and not request.GET
    name = "monitoring/service_part.html" if is_part else "monitoring/service_page.html"
    return render(request, name, context)


@require_http_methods(["GET", "HEAD", "POST"])
def group_new(request: HttpRequest, key: str) -> HttpResponse:
    """Make a group of checks that stand in for each other."""
    actor = person(request)
    service = service_by_key(key)
    require(actor, "monitoring.change_check", team_id=service.team_id, service_id=service.pk)
    form = GroupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with problems_on(form):
            create_group(actor=actor, service=service, now=timezone.now(), **form.cleaned_data)
            return redirect("monitoring:service_part", key)
    return render(request, "monitoring/group_form.html", {"form": form, "service": service})


@require_POST
def group_remove(request: HttpRequest, key: str, group_id: int) -> HttpResponse:
    """Take a group of checks away."""
    service = service_by_key(key)
    group = CheckGroup.objects.filter(service=service, pk=group_id).first()
    if group is not None:
        remove_group(actor=person(request), group=group, now=timezone.now())
    return redirect("monitoring:service_part", key)


@require_safe
def state_change_list(request: HttpRequest) -> HttpResponseBase:
    """All state changes of services, newest first."""
    actor = person(request)
    require(actor, "monitoring.see")
    rows = StateChange.objects.filter(component=None).select_related(
        "service", "cause_service", "cause_check"
    )
    page = ListPage(
        request,
        rows.order_by("-pk"),
        columns=[
            Column("happened", _("From"), "first_bad_at", cell="monitoring/cells/instant.html"),
            Column("state", _("State"), cell="monitoring/cells/change.html"),
            Column("service", _("Service"), "service.name", link=_service_url),
            Column("cause", _("Nearest the cause"), "cause_service.name", cell="monitoring/cells/cause.html"),
            Column("reason", _("Reason"), cell="monitoring/cells/message.html"),
            Column("confirmed", _("Confirmed"), "confirmed_at", cell="monitoring/cells/instant.html"),
            Column("recorded", _("Recorded"), "recorded_at", cell="monitoring/cells/instant.html"),
        ],
        filters=[
            Choice("state", _("State"), [(v, str(t)) for v, t in State.choices if v != "off"]),
            Choice("is_simulated", _("Simulated"), [("true", _("yes")), ("false", _("no"))]),
        ],
        search_fields=("service__name", "service__key"),
        name="changes",
        label=_("State changes"),
        nothing_yet=_("Nothing changed yet"),
        nothing_yet_hint=_(
            "Every change of a service's state is kept here, with what lies nearest its cause."
        ),
    )
    return page.response("monitoring/state_change_list.html")


def _service_url(row: StateChange) -> str:
    service: Service = row.service
    return reverse("catalogue:service_detail", args=[service.key])
