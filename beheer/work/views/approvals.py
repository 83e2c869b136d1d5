"""Approvals that wait, and who decides in whose place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beheer.people.models import Team, User
from beheer.permissions.rules import allowed
from beheer.ui.forms import problems_on
from beheer.work.actions.approvals import end_deputy, set_deputy
from beheer.work.approvers import asked_approvals, asked_now, decides_for
from beheer.work.definitions import definition
from beheer.work.forms import DeputyForm
from beheer.work.gate import staff
from beheer.work.models import Approval, Decision, Deputy
from beheer.work.wording import language

MOST = 300


@dataclass(frozen=True, slots=True)
class Line:
    """An approval in a list: in whose place one decides (None: one's own), and for whom it waits."""

    approval: Approval
    name: str
    for_user: User | None = None
    people: tuple[User, ...] = ()


@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """What waits for the reader's word, what they asked, and what they decided."""
    user = staff(request)
    now = timezone.now()
    mine, asked = [], []
    for row in asked_approvals()[:MOST]:
        people = asked_now(row, now)
        name = definition(row.item).approvals[row.key].name.text(language())
        if user.pk in people:
            mine.append(Line(row, name, decides_for(row, user, now)))
        if row.asked_by_id == user.pk:
            asked.append(
                Line(row, name, None, tuple(User.objects.filter(pk__in=people).order_by("username")))
            )
    decided = Decision.objects.filter(user=user).select_related("approval__item", "for_user")
    context = {"waiting": mine, "asked": asked, "decided": decided.order_by("-decided_at")[:30]}
    return render(request, "work/approvals.html", context)


@require_http_methods(["GET", "POST"])
def deputies(request: HttpRequest) -> HttpResponse:
    """Name a deputy for oneself, or for somebody of a team one leads."""
    user = staff(request)
    now = timezone.now()
    persons = _persons_of(user)
    form = DeputyForm(request.POST or None, persons=persons, initial={"person": user.pk})
    if request.method == "POST" and form.is_valid():
        with problems_on(form):
            row = set_deputy(actor=user, now=now, **form.cleaned_data)
            words = {"deputy": row.deputy, "person": row.person}
            messages.success(request, _("%(deputy)s decides for %(person)s in that time.") % words)
            return redirect("work:deputies")
    context = {
        "form": form,
        "rows": _rows(user, persons, now),
        "now": now,
        "ends": {one.pk for one in persons},
    }
    return render(request, "work/deputies.html", context)


def _persons_of(user: User) -> QuerySet[User]:
    """For whom this person may name a deputy: themselves, and the people of the teams they lead."""
    if allowed(user, "work.set_deputy"):
        return User.objects.filter(Q(pk=user.pk) | Q(memberships__isnull=False), is_active=True).distinct()
    teams = [one.pk for one in Team.objects.all() if allowed(user, "work.set_deputy", team_id=one.pk)]
    wanted = Q(pk=user.pk) | Q(memberships__team__in=teams)
    return User.objects.filter(wanted, is_active=True).distinct()


def _rows(user: User, persons: QuerySet[User], now: datetime) -> QuerySet[Deputy]:
    concerned = Q(person__in=persons) | Q(deputy=user)
    rows = Deputy.objects.filter(concerned, ends_at__gt=now).select_related("person", "deputy")
    return rows.order_by("starts_at", "pk").distinct()


@require_POST
def deputy_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a deputy decide no more."""
    user = staff(request)
    end_deputy(actor=user, row=get_object_or_404(Deputy, pk=pk), now=timezone.now())
    messages.success(request, _("The deputy decides no more."))
    return redirect("work:deputies")
