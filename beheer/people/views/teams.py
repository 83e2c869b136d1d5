"""Pages of teams."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from beheer.people.actions import change_team, create_team, set_members
from beheer.people.forms import TeamForm
from beheer.people.models import Team
from beheer.people.queries import team_by_key
from beheer.people.sign_in import person
from beheer.permissions.rules import allowed, require
from beheer.ui.form_pages import form_page
from beheer.ui.lists import Column, ListPage


@require_safe
def team_list(request: HttpRequest) -> HttpResponseBase:
    """All teams."""
    actor = person(request)
    require(actor, "people.see")
    may_add = allowed(actor, "people.change_team")
    page = ListPage(
        request,
        Team.objects.annotate(people=Count("memberships")),
        columns=[
            Column(
                "name", _("Team"), sort="name", link=lambda row: reverse("people:team_detail", args=[row.key])
            ),
            Column("email", _("E-mail address")),
            Column("people", _("People"), sort="-people", numeric=True),
        ],
        search_fields=("name", "key"),
        name="teams",
        label=_("Teams"),
        nothing_yet=_("No teams yet"),
        nothing_yet_hint=_("Work is handed to teams, and roles can be given for one team."),
        action_url=reverse("people:team_new") if may_add else "",
        action_text=_("New team"),
    )
    return page.response("people/team_list.html", {"may_add": may_add})


@require_safe
def team_detail(request: HttpRequest, key: str) -> HttpResponse:
    """One team with its people."""
    actor = person(request)
    team = team_by_key(key)
    require(actor, "people.see", team_id=team.pk)
    context = {
        "team": team,
        "memberships": team.memberships.select_related("user").order_by("-is_lead", "user__username"),
        "may_change": allowed(actor, "people.change_team", team_id=team.pk),
    }
    return render(request, "people/team_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def team_new(request: HttpRequest) -> HttpResponse:
    """Make a team."""
    actor = person(request)
    require(actor, "people.change_team")
    form = TeamForm(request.POST or None)

    def save() -> HttpResponse:
        values = {name: form.cleaned_data[name] for name in ("key", "name", "email")}
        team = create_team(actor=actor, now=timezone.now(), **values)
        _set_members(request, team, form)
        return redirect("people:team_detail", team.key)

    return form_page(
        request, form, save=save, heading=_("New team"), back=(_("Teams"), reverse("people:team_list"))
    )


@require_http_methods(["GET", "HEAD", "POST"])
def team_change(request: HttpRequest, key: str) -> HttpResponse:
    """Change a team and who is in it."""
    actor = person(request)
    team = team_by_key(key)
    require(actor, "people.change_team", team_id=team.pk)
    form = TeamForm(request.POST or None, instance=team_by_key(key))
    del form.fields["key"]

    def save() -> HttpResponse:
        values = {name: form.cleaned_data[name] for name in ("name", "email")}
        change_team(actor=actor, team=team, values=values, now=timezone.now())
        _set_members(request, team, form)
        messages.success(request, _("Saved."))
        return redirect("people:team_detail", key)

    return form_page(
        request,
        form,
        save=save,
        heading=team.name,
        back=(team.name, reverse("people:team_detail", args=[key])),
    )


def _set_members(request: HttpRequest, team: Team, form: TeamForm) -> None:
    members, leads = form.names("members"), form.names("leads")
    set_members(actor=person(request), team=team, members=members, leads=leads, now=timezone.now())
