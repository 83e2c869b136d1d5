"""Pages of agents."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beheer.monitoring.actions.agents import register_agent, renew_token, switch_agent
from beheer.monitoring.forms import AgentForm
from beheer.monitoring.models import Agent, Check
from beheer.monitoring.probes import PASSIVE
from beheer.monitoring.queries import agent_by_key
from beheer.people.sign_in import person
from beheer.permissions.rules import allowed, require
from beheer.ui.forms import problems_on

SILENT_S = 60
OWN = ("lag_s", "spool_bytes", "spool_oldest_s", "spool_dropped_results")


@require_safe
def agent_list(request: HttpRequest) -> HttpResponse:
    """All agents, and how they do."""
    actor = person(request)
    require(actor, "monitoring.see")
    now = timezone.now()
    runs = Q(checks__removed_at=None, checks__is_enabled=True, checks__is_simulated=False)
    agents = list(Agent.objects.annotate(own_checks=Count("checks", filter=runs)))
    shared = Check.objects.filter(agent=None, removed_at=None, is_enabled=True, is_simulated=False).exclude(
        kind__in=PASSIVE
    )
    unassigned = shared.count()
    rows = [
        {
            "agent": agent,
            "checks": agent.own_checks + (unassigned if agent.is_local else 0),
            "own": {name: agent.own.get(name) for name in OWN},
            "is_silent": agent.last_seen_at is None or (now - agent.last_seen_at).total_seconds() > SILENT_S,
        }
        for agent in agents
    ]
    context = {"rows": rows, "may_change": allowed(actor, "monitoring.change_agent")}
    return render(request, "monitoring/agent_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def agent_new(request: HttpRequest) -> HttpResponse:
    """Make an agent known, and show its token once."""
    actor = person(request)
    require(actor, "monitoring.change_agent")
    form = AgentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with problems_on(form):
            agent, token = register_agent(actor=actor, now=timezone.now(), **form.cleaned_data)
            return _token_page(request, agent, token)
    return render(request, "monitoring/agent_form.html", {"form": form})


@require_POST
def agent_token(request: HttpRequest, key: str) -> HttpResponse:
    """Give an agent a new token, and show it once."""
    agent = agent_by_key(key)
    token = renew_token(actor=person(request), agent=agent, now=timezone.now())
    return _token_page(request, agent, token)


@require_POST
def agent_switch(request: HttpRequest, key: str) -> HttpResponse:
    """Let an agent report, or no longer."""
    agent = agent_by_key(key)
    switch_agent(actor=person(request), agent=agent, is_enabled=not agent.is_enabled, now=timezone.now())
    messages.success(
        request, _("It may report again.") if agent.is_enabled else _("It is not heard any more.")
    )
    return redirect("monitoring:agent_list")


def _token_page(request: HttpRequest, agent: Agent, token: str) -> HttpResponse:
    context = {"agent": agent, "token": token, "server": request.build_absolute_uri("/").rstrip("/")}
    answer = render(request, "monitoring/agent_token.html", context)
    answer["Cache-Control"] = "no-store"
    return answer
