"""Pages of accounts and their roles."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beheer.people.actions import (
    change_user,
    create_user,
    give_one_time_password,
    grant_role,
    withdraw_role,
)
from beheer.people.forms import RoleForm, UserChangeForm, UserForm
from beheer.people.models import RoleGrant, Team, User
from beheer.people.queries import user_by_name
from beheer.people.scopes import services
from beheer.people.sign_in import person
from beheer.people.views.knowledge import knowledge_context
from beheer.people.words import ROLE_WORDS
from beheer.permissions.rules import ROLES, allowed, require
from beheer.ui.form_pages import form_page
from beheer.ui.lists import Choice, Column, ListPage


@require_safe
def user_list(request: HttpRequest) -> HttpResponseBase:
    """Everybody with an account."""
    actor = person(request)
    require(actor, "people.see")
    may_change = allowed(actor, "people.change_user")
    page = ListPage(
        request,
        User.objects.prefetch_related("teams", "role_grants"),
        columns=[
            Column("username", _("User name"), sort="username", cell="people/cells/user.html"),
            Column("display_name", _("Name"), sort="display_name"),
            Column("email", _("E-mail address"), sort="email"),
            Column("teams", _("Teams"), value=lambda row: ", ".join(team.name for team in row.teams.all())),
            Column("roles", _("Roles"), value=_roles),
            Column("last_login", _("Last signed in"), sort="-last_login"),
        ],
        filters=[
            Choice("team", _("Team"), _teams, field="teams__key"),
            Choice(
                "active",
                _("Account"),
                [("true", _("may sign in")), ("false", _("switched off"))],
                "is_active",
            ),
        ],
        search_fields=("username", "display_name", "email"),
        name="people",
        label=_("People"),
    )
    return page.response("people/user_list.html", {"may_change": may_change})


def _teams() -> list[tuple[str, str]]:
    return list(Team.objects.values_list("key", "name"))


def _roles(user: User) -> str:
    words = dict.fromkeys(str(ROLE_WORDS.get(grant.role, grant.role)) for grant in user.role_grants.all())
    return ", ".join(words)


@require_safe
def user_detail(request: HttpRequest, username: str) -> HttpResponse:
    """One account: roles, teams, tokens."""
    actor = person(request)
    require(actor, "people.see")
    user = user_by_name(username)
    held = user.role_grants.exclude(service_id=None).values_list("service_id", flat=True)
    names = {pk: name for pk, _key, name in services(ids=[one for one in held if one])}
    grants = [
        {"grant": grant, "word": ROLE_WORDS.get(grant.role, grant.role), "scope": _scope(grant, names)}
        for grant in user.role_grants.select_related("team").order_by("role")
    ]
    context = {
        "account": user,
        "grants": grants,
        "memberships": user.memberships.select_related("team"),
        "role_form": RoleForm(),
        "may_change": allowed(actor, "people.change_user"),
        "may_grant": allowed(actor, "people.grant_role"),
        "tokens": user.api_tokens.filter(ends_at__gt=timezone.now()),
        **knowledge_context(actor, user),
    }
    return render(request, "people/user_detail.html", context)


def _scope(grant: RoleGrant, names: dict[int, str]) -> str:
    if grant.team:
        return _("team %(name)s") % {"name": grant.team.name}
    if grant.service_id:
        return _("service %(name)s") % {"name": names.get(grant.service_id, grant.service_id)}
    return _("everything")


@require_http_methods(["GET", "HEAD", "POST"])
def user_new(request: HttpRequest) -> HttpResponse:
    """Make an account; the one-time password is shown once."""
    actor = person(request)
    require(actor, "people.change_user")
    form = UserForm(request.POST or None)

    def save() -> HttpResponse:
        user, password = create_user(actor=actor, now=timezone.now(), **form.cleaned_data)
        return _show_password(request, user, password)

    return form_page(
        request, form, save=save, heading=_("New account"), back=(_("People"), reverse("people:user_list"))
    )


@require_http_methods(["GET", "HEAD", "POST"])
def user_change(request: HttpRequest, username: str) -> HttpResponse:
    """Change an account."""
    actor = person(request)
    require(actor, "people.change_user")
    user = user_by_name(username)
    form = UserChangeForm(request.POST or None, instance=user_by_name(username))

    def save() -> HttpResponse:
        change_user(actor=actor, user=user, values=form.cleaned_data, now=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("people:user_detail", username)

    return form_page(
        request,
        form,
        save=save,
        heading=str(user),
        back=(str(user), reverse("people:user_detail", args=[username])),
    )


@require_POST
def user_password(request: HttpRequest, username: str) -> HttpResponse:
    """Give somebody a new one-time password, shown once."""
    user = user_by_name(username)
    password = give_one_time_password(actor=person(request), user=user, now=timezone.now())
    return _show_password(request, user, password)


@require_POST
def role_grant(request: HttpRequest, username: str) -> HttpResponse:
    """Give somebody a role."""
    actor = person(request)
    require(actor, "people.grant_role")
    user = user_by_name(username)
    form = RoleForm(request.POST)

    def save() -> HttpResponse:
        grant_role(actor=actor, user=user, now=timezone.now(), **form.values())
        messages.success(request, _("The role was given."))
        return redirect("people:user_detail", username)

    return form_page(
        request,
        form,
        save=save,
        heading=str(user),
        back=(str(user), reverse("people:user_detail", args=[username])),
    )


@require_POST
def role_withdraw(request: HttpRequest, username: str, grant_id: int) -> HttpResponse:
    """Take a role from somebody."""
    grant = get_object_or_404(RoleGrant, pk=grant_id, user__username=username)
    withdraw_role(actor=person(request), grant=grant, now=timezone.now())
    messages.success(request, _("The role was taken back."))
    return redirect("people:user_detail", username)


@require_safe
def role_list(request: HttpRequest) -> HttpResponse:
    """What each role may do."""
    require(person(request), "people.see")
    roles = [{"word": ROLE_WORDS[role], "key": role, "rights": rights} for role, rights in ROLES.items()]
    return render(request, "people/role_list.html", {"roles": roles})


def _show_password(request: HttpRequest, user: User, password: str) -> HttpResponse:
    response = render(request, "people/one_time_password.html", {"account": user, "password": password})
    response["Cache-Control"] = "no-store"
    return response
