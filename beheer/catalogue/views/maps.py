"""The map of services, drawn and as a table."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from beheer.catalogue.drawing import draw
from beheer.catalogue.fields import LONGEST_LIST
from beheer.catalogue.models import Dependency, Service
from beheer.catalogue.queries import dependency_graph, service_by_key, services
from beheer.catalogue.rules import Graph
from beheer.catalogue.states import states
from beheer.lib.errors import InputError, Problem
from beheer.people.models import Team
from beheer.people.sign_in import person
from beheer.permissions.rules import require

MOST_SERVICES = 400


@require_safe
def service_map(request: HttpRequest) -> HttpResponse:
    """All services with what they need; `?service=` shows only what is tied to one, `?team=` only one team's."""
    require(person(request), "catalogue.see")
    graph = dependency_graph()
    chosen = service_by_key(key) if (key := request.GET.get("service", "").strip()) else None
    rows = services().order_by("-criticality", "name")
    if chosen is not None:
        rows = rows.filter(pk__in=_around(graph, chosen.pk))
    if team := request.GET.get("team", ""):
        rows = rows.filter(team__key=team)
    found = list(rows.select_related("team")[: MOST_SERVICES + 1])
    if len(found) > MOST_SERVICES:
        raise InputError(
            Problem(
                _("More than %(count)s services do not fit a map.") % {"count": MOST_SERVICES},
                "service",
                _("Open a service and choose its map, or choose a team."),
            )
        )
    known = states([service.pk for service in found])
    every_line = request.GET.get("every", "") == "1"
    context = {
        "drawing": draw(found, graph, known, chosen.pk if chosen else None, every_line),
        "every_line": every_line,
        "chosen": chosen,
        "states": known,
        "teams": Team.objects.all(),
        "team": team,
        "choices": list(services().values_list("key", "name")[: LONGEST_LIST + 1]),
        "longest_list": LONGEST_LIST,
        "dependencies": _dependencies(found),
    }
    return render(request, "catalogue/map.html", context)


def _around(graph: Graph, service_id: int) -> set[int]:
    """What a service needs and what needs it; only directly where all of it would not fit."""
    near = graph.needs_all(service_id) | graph.affected_by(service_id) | {service_id}
    if len(near) > MOST_SERVICES:
        direct = {need.needs_id for need in graph.needs.get(service_id, ())}
        near = {service_id, *direct, *graph.needed_by.get(service_id, ())}
    return near


def _dependencies(found: list[Service]) -> list[Dependency]:
    ids = [service.pk for service in found]
    rows = Dependency.objects.filter(service__in=ids, needs__in=ids)
    return list(rows.select_related("service", "needs", "group").order_by("service__name", "needs__name"))
