"""The letter on a grading, as PDF, in Dutch and English."""

from __future__ import annotations

from datetime import datetime

from django.template.loader import render_to_string
from django.utils import translation

from beheer.lib.errors import Conflict, InputError, NotFound, Problem
from beheer.profile.case_shown import area_rows, participant_rows
from beheer.profile.models import GradingCase
from beheer.profile.queries import answers_of, deadlines_of, profile_of
from beheer.profile.rules import grade, offered_choices
from beheer.profile.shown import differ_rows, level_rows, level_words, outcome_rows
from beheer.profile.words import CHOICE_VALUES, CHOICES, DEADLINES

LANGUAGES = ("nl", "en")
LETTERED = ("provisional", "reservations", "heard", "decided", "objection", "closed")


def letter_html(case: GradingCase, language: str, now: datetime) -> str:
    """The letter as a page of its own.

    Raises: InputError for another language; Conflict where nothing is decided yet.
    """
    if language not in LANGUAGES:
        raise InputError(Problem("A letter is in Dutch or English.", "language", "Allowed: nl, en."))
    if case.state not in LETTERED:
        with translation.override(language):
            raise Conflict(translation.gettext("Nothing is decided in this case yet, so there is no letter."))
    profile = profile_of(case)
    grading = grade(profile, answers_of(case))
    is_definite = case.decided_at is not None
    deciding = case.events.filter(step="decide" if is_definite else "decide_provisionally").last()
    if deciding is None:
        raise NotFound("The decision of this case is not in its events.")
    advice = case.events.filter(step="advise", version=case.version).last()
    motivations = {one.criterion: one.motivation for one in case.answers.all()}
    with translation.override(language):
        context = {
            "language": language,
            "case": case,
            "post": case.post,
            "profile": profile,
            "profile_name": profile.name.in_language(language),
            "purpose": profile.purpose.in_language(language),
            "level_name": level_words(profile, case.level, language),
            "is_definite": is_definite,
            "decided_at": deciding.at,
            "decided_by": deciding.actor,
            "reasons": deciding.text,
            "advice": advice,
            "areas": [row for row in area_rows(case, profile, language) if row[2]],
            "rows": [(row, motivations.get(row.id, "")) for row in outcome_rows(profile, grading, language)],
            "levels": level_rows(profile, grading, language),
            "readings": [
                (CHOICES[name], CHOICE_VALUES[grading.choices[name]]) for name in offered_choices(profile)
            ],
            "differs": differ_rows(profile, grading, language),
            "holders": [part.user for part, _word in participant_rows(case) if part.role == "holder"],
            "deadlines": {one.key: one.due_at for one in deadlines_of(case)},
            "deadline_words": DEADLINES,
            "now": now,
        }
        return render_to_string("profile/letter.html", context)


def letter_pdf(case: GradingCase, language: str, now: datetime) -> bytes:
    """The letter as PDF. Fetches nothing from outside."""
    from weasyprint import HTML  # noqa: PLC0415  # takes half a second to load, and few pages need it

    return bytes(HTML(string=letter_html(case, language, now), url_fetcher=_fetch_nothing).write_pdf())


def _fetch_nothing(url: str) -> dict[str, object]:
    raise ValueError(f"A letter holds everything itself; {url} is not fetched.")
