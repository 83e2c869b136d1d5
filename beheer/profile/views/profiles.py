"""The profile itself, and trying out a grading."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from beheer.permissions.rules import require
from beheer.profile.asking import actor_of
from beheer.profile.choices import PLACEMENT
from beheer.profile.forms import TryForm
from beheer.profile.library import profile_with, profiles
from beheer.profile.rules import Answers, effective_choices, grade
from beheer.profile.schema import Profile
from beheer.profile.shown import (
    criteria_rows,
    differ_rows,
    level_rows,
    level_words,
    outcome_rows,
    point_rows,
    turning_answers,
)

DEFAULT_CODE = "0403"


@login_required
def show(request: HttpRequest, code: str = DEFAULT_CODE) -> HttpResponse:
    """A profile: purpose, result areas, criteria by level, open points."""
    require(actor_of(request), "profile.see")
    profile = profile_with(code)
    language = get_language() or "en"
    context = {
        **profile_words(profile, language),
        "purpose": profile.purpose.in_language(language),
        "reports_to": [text.in_language(language) for text in profile.reports_to],
        "areas": [
            (area.id, area.name.in_language(language), area.core_activity.in_language(language))
            for area in profile.result_areas
        ],
        "criteria": criteria_rows(profile, language),
        "levels": [(level, profile.level_name(level, language)) for level in profile.levels],
        "rules": [(rule.level, rule.in_language(language)) for rule in profile.rules],
        "points": point_rows(profile, language),
        "has_place": code == DEFAULT_CODE,
        "others": [
            (one.code, one.name.in_language(language)) for one in profiles().values() if one.code != code
        ],
    }
    return render(request, "profile/profile.html", context)


@login_required
def try_out(request: HttpRequest, code: str = DEFAULT_CODE) -> HttpResponse:
    """Answer the criteria and see the level, what stands in the way, and what another answer would give."""
    require(actor_of(request), "profile.see")
    profile = profile_with(code)
    language = get_language() or "en"
    asked = {
        key.removeprefix("choice_"): value
        for key, value in request.GET.dict().items()
        if key.startswith("choice_")
    }
    placement = effective_choices(profile, asked)[PLACEMENT]
    form = TryForm(request.GET if "tried" in request.GET else None, profile=profile, placement=placement)
    context: dict[str, Any] = {**profile_words(profile, language), "form": form}
    if form.is_bound and form.is_valid():
        answers = Answers(code, True, None, form.answers(profile), form.chosen())
        context |= outcome(profile, answers, language)
    return render(request, "profile/try.html", context)


def profile_words(profile: Profile, language: str) -> dict[str, Any]:
    """What every page on a profile says of it."""
    return {"code": profile.code, "profile_name": profile.name.in_language(language)}


def outcome(profile: Profile, answers: Answers, language: str) -> dict[str, Any]:
    """A grading as pages show it."""
    grading = grade(profile, answers)
    return {
        "level": grading.level,
        "level_name": level_words(profile, grading.level, language),
        "outcome_rows": outcome_rows(profile, grading, language),
        "level_rows": level_rows(profile, grading, language),
        "tested_levels": [level for level, one in grading.levels.items() if one.tested],
        "differ_rows": differ_rows(profile, grading, language),
        **turning_answers(profile, answers, grading.level, language),
    }
