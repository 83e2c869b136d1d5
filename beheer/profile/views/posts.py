"""Posts, who holds them, the table of levels, and the institution's terms."""

from __future__ import annotations

from dataclasses import fields

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from beheer.lib.errors import InputError
from beheer.permissions.rules import allowed, allowed_somewhere, require
from beheer.profile.actions import assign_post, end_assignment, save_post, set_level_permission, set_terms
from beheer.profile.asking import actor_of
from beheer.profile.case_actions import open_case
from beheer.profile.case_rules import Terms
from beheer.profile.forms import AssignForm, PostForm, TermsForm
from beheer.profile.levels import COMPLEXITIES, DEFAULT_LEVELS, STEPS
from beheer.profile.models import GradingTerms, Post, PostAssignment
from beheer.profile.queries import cases_of, level_table
from beheer.profile.words import COMPLEXITIES as COMPLEXITY_WORDS
from beheer.profile.words import STEPS as STEP_WORDS
from beheer.ui.forms import add_problems
from beheer.ui.lists import Choice, Column, ListPage


@login_required
def post_list(request: HttpRequest) -> HttpResponseBase:
    """All posts with team and level."""
    require(actor_of(request), "profile.see")
    may_change = allowed_somewhere(actor_of(request), "profile.change_post")
    levels = [(str(level), str(level)) for level in (1, 2, 3, 4)]
    found = ListPage(
        request,
        Post.objects.select_related("team"),
        name="posts",
        label=_("Posts"),
        columns=[
            Column(
                "title", _("Post"), sort="title", link=lambda post: reverse("profile:post", args=[post.key])
            ),
            Column("team", _("Team"), value="team.name", sort="team__name"),
            Column("profile_code", _("Profile"), sort="profile_code"),
            Column("level", _("Level"), sort="level", numeric=True),
            Column("level_since", _("Since"), sort="level_since"),
            Column("ended_on", _("Ended"), sort="ended_on"),
        ],
        filters=[Choice("level", _("Level"), levels, "level")],
        search_fields=("title", "key", "description"),
        nothing_yet=_("No posts yet"),
        nothing_yet_hint=_("A post has a level, and its holder may take the steps that the level allows."),
        action_url=reverse("profile:new_post") if may_change else "",
        action_text=_("New post"),
    )
    return found.response("profile/post_list.html", {"may_change": may_change})


@login_required
def post(request: HttpRequest, key: str) -> HttpResponse:
    """One post: what it is, who holds it, the cases in which the reader takes part."""
    require(actor_of(request), "profile.see")
    found = get_object_or_404(Post.objects.select_related("team"), key=key)
    may_change = allowed(actor_of(request), "profile.change_post", team_id=found.team_id)
    today = timezone.localdate()
    context = {
        "post": found,
        "assignments": found.assignments.select_related("user"),
        "today": today,
        "cases": cases_of(actor_of(request)).filter(post=found),
        "may_change": may_change,
        "may_open": allowed(actor_of(request), "profile.open_case", team_id=found.team_id),
        "assign_form": AssignForm(initial={"since": today}) if may_change else None,
    }
    return render(request, "profile/post.html", context)


@login_required
def edit_post(request: HttpRequest, key: str = "") -> HttpResponse:
    """Make or change a post."""
    found = get_object_or_404(Post, key=key) if key else Post()
    require(actor_of(request), "profile.change_post", team_id=found.team_id) if key else None
    form = PostForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_post(actor=actor_of(request), post=form.save(commit=False), now=timezone.now())
        except InputError as error:
            add_problems(form, error)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The post is saved."))
            return redirect("profile:post", saved.key)
    return render(request, "profile/post_form.html", {"form": form, "post": found if key else None})


@login_required
@require_POST
def assign(request: HttpRequest, key: str) -> HttpResponse:
    """Let a person hold a post."""
    found = get_object_or_404(Post, key=key)
    form = AssignForm(request.POST)
    if form.is_valid():
        try:
            assign_post(
                actor=actor_of(request),
                post=found,
                user_id=form.cleaned_data["user"].pk,
                since=form.cleaned_data["since"],
                now=timezone.now(),
            )
        except InputError as error:
            add_problems(form, error)
        else:
            return redirect("profile:post", key)
    return render(request, "profile/assign_form.html", {"form": form, "post": found}, status=422)


@login_required
@require_POST
def end(request: HttpRequest, key: str, assignment_id: int) -> HttpResponse:
    """Let a person hold a post no longer from today on; one that began today is as if it had not been."""
    assignment = get_object_or_404(PostAssignment, pk=assignment_id, post__key=key)
    end_assignment(
        actor=actor_of(request), assignment=assignment, until=timezone.localdate(), now=timezone.now()
    )
    return redirect("profile:post", key)


@login_required
@require_POST
def grade_post(request: HttpRequest, key: str) -> HttpResponse:
    """Open a grading case on a post."""
    case = open_case(actor=actor_of(request), post=get_object_or_404(Post, key=key), now=timezone.now())
    return redirect("profile:case", case.reference)


@login_required
def levels(request: HttpRequest) -> HttpResponse:
    """Which level may take which step in work of which complexity; the institution changes it here."""
    require(actor_of(request), "profile.see")
    table = level_table()
    may_change = allowed(actor_of(request), "profile.change_levels")
    if request.method == "POST":
        for complexity, step in DEFAULT_LEVELS:
            value = request.POST.get(f"{complexity}.{step}", "")
            if value.isdecimal() and int(value) != table.lightest(complexity, step):
                set_level_permission(
                    actor=actor_of(request),
                    complexity=complexity,
                    step=step,
                    level=int(value),
                    now=timezone.now(),
                )
        messages.success(request, _("The table is saved."))
        return redirect("profile:levels")
    rows = [
        (
            COMPLEXITY_WORDS[complexity],
            [(f"{complexity}.{step}", STEP_WORDS[step], table.lightest(complexity, step)) for step in STEPS],
        )
        for complexity in COMPLEXITIES
    ]
    heads = [STEP_WORDS[step] for step in STEPS]
    context = {"rows": rows, "heads": heads, "may_change": may_change, "levels": (1, 2, 3, 4)}
    return render(request, "profile/levels.html", context)


@login_required
def terms(request: HttpRequest) -> HttpResponse:
    """The institution's terms of grading."""
    require(actor_of(request), "profile.see")
    may_change = allowed(actor_of(request), "profile.change_levels")
    form = TermsForm(request.POST or None, instance=GradingTerms.objects.first() or GradingTerms())
    if request.method == "POST" and form.is_valid():
        given = Terms(**{field.name: form.cleaned_data[field.name] for field in fields(Terms)})
        try:
            set_terms(actor=actor_of(request), terms=given, now=timezone.now())
        except InputError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("The terms are saved."))
            return redirect("profile:terms")
    return render(request, "profile/terms.html", {"form": form, "may_change": may_change})
