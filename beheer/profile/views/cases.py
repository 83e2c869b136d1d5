"""Grading cases: only for their participants, every look audited."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from beheer.lib.errors import InputError, NotFound
from beheer.profile.asking import actor_of
from beheer.profile.case_actions import (
    add_duty,
    add_evidence,
    add_participant,
    answer_criterion,
    describe_case,
    look_at_case,
    remove_duty,
    remove_evidence,
    remove_participant,
    take_step,
)
from beheer.profile.case_rules import EDITABLE, STEPS
from beheer.profile.case_shown import case_context, case_page, criterion_context
from beheer.profile.evidence import proposals
from beheer.profile.forms import (
    AnswerForm,
    DescribeForm,
    DutyForm,
    EvidenceForm,
    ParticipantForm,
    StepForm,
    initial_answer,
)
from beheer.profile.letter import letter_pdf
from beheer.profile.models import CaseDuty, CaseEvidence, CaseParticipant, GradingCase
from beheer.profile.queries import answers_of, case_of, cases_of, placement_of, profile_of
from beheer.profile.words import CASE_STEPS, STATES, STEP_EXPLANATIONS
from beheer.ui.forms import add_problems
from beheer.ui.lists import Choice, Column, ListPage


@login_required
def case_list(request: HttpRequest) -> HttpResponseBase:
    """The cases in which the reader takes part."""
    found = ListPage(
        request,
        cases_of(actor_of(request)),
        name="cases",
        label=_("Grading cases"),
        columns=[
            Column(
                "reference",
                _("Case"),
                sort="reference",
                link=lambda case: reverse("profile:case", args=[case.reference]),
            ),
            Column("post", _("Post"), value="post.title", sort="post__title"),
            Column("state", _("State"), value=lambda case: STATES[case.state], sort="state"),
            Column("level", _("Level"), sort="level", numeric=True),
            Column("version", _("Version"), numeric=True),
            Column("opened_at", _("Opened"), sort="-opened_at"),
        ],
        filters=[Choice("state", _("State"), list(STATES.items()), "state")],
        search_fields=("reference", "post__title"),
        nothing_yet=_("You take part in no grading case"),
        nothing_yet_hint=_("Open one from a post. Cases of others are not shown, to nobody."),
        action_url=reverse("profile:post_list"),
        action_text=_("To the posts"),
    )
    return found.response("profile/case_list.html")


@login_required
def case(request: HttpRequest, reference: str) -> HttpResponse:
    """One case, whole: what is described, answered, shown, advised and decided, and what comes next."""
    found = look_at_case(actor=actor_of(request), reference=reference, now=timezone.now())
    context = case_page(found, actor_of(request), get_language() or "en", timezone.now())
    return render(request, "profile/case.html", context)


@login_required
def describe(request: HttpRequest, reference: str) -> HttpResponse:
    """Whether the profile applies, the areas, and the readings."""
    found = look_at_case(actor=actor_of(request), reference=reference, now=timezone.now(), at="description")
    initial = {
        "applies": {True: "yes", False: "no", None: ""}[found.applies],
        "motivation": found.motivation,
        "areas": found.areas,
        **{f"choice_{name}": value for name, value in found.choices.items()},
    }
    form = DescribeForm(request.POST or None, initial=initial, profile=profile_of(found))
    if request.method == "POST" and form.is_valid():
        try:
            describe_case(
                actor=actor_of(request),
                case=found,
                applies=form.cleaned_data["applies"],
                motivation=form.cleaned_data["motivation"],
                areas=form.cleaned_data["areas"],
                choices=form.chosen(),
                now=timezone.now(),
            )
        except InputError as error:
            add_problems(form, error)
        else:
            return redirect("profile:case", reference)
    return _form_page(request, found, form, _("Profile and areas"))


@login_required
def criterion(request: HttpRequest, reference: str, criterion_id: str) -> HttpResponse:
    """One criterion: its texts, the answer with motivation, evidence, and what Beheer can show for it."""
    found = look_at_case(actor=actor_of(request), reference=reference, now=timezone.now(), at=criterion_id)
    asked = profile_of(found).criterion(criterion_id)
    if asked is None:
        raise NotFound(_("The profile has no such criterion."))
    placement = placement_of(found)
    given = found.answers.filter(criterion=criterion_id).first()
    initial = {"motivation": given.motivation if given else ""}
    if given:
        answer = answers_of(found).answers[criterion_id]
        initial["answer"] = initial_answer(asked, placement, answer)  # type: ignore[assignment]  # a list without scale
    form = AnswerForm(request.POST or None, initial=initial, criterion=asked, placement=placement)
    if request.method == "POST" and form.is_valid():
        motivation = form.cleaned_data["motivation"]
        try:
            answer_criterion(
                actor=actor_of(request),
                case=found,
                criterion=criterion_id,
                answer=form.given(),
                motivation=motivation,
                now=timezone.now(),
            )
        except InputError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("The answer is saved."))
            return redirect(request.path)
    context = {
        **case_context(found, actor_of(request), get_language() or "en"),
        **criterion_context(found, asked, get_language() or "en"),
        "form": form,
        "evidence_form": EvidenceForm(),
        "proposals": proposals(found.post, timezone.now(), criterion_id) if found.state in EDITABLE else [],
    }
    return render(request, "profile/case_criterion.html", context)


@login_required
@require_POST
def evidence(request: HttpRequest, reference: str, criterion_id: str) -> HttpResponse:
    """Add evidence: written, or one of the proposals by the name of its query."""
    found = case_of(actor_of(request), reference)
    query = request.POST.get("query", "")
    if query:
        new = _proposed(found, criterion_id, query)
    else:
        form = EvidenceForm(request.POST, instance=CaseEvidence(case=found, criterion=criterion_id))
        if not form.is_valid():
            return _form_page(request, found, form, _("Evidence"), status=422)
        new = form.save(commit=False)
    add_evidence(actor=actor_of(request), evidence=new, now=timezone.now())
    return redirect("profile:case_criterion", reference, criterion_id)


def _proposed(found: GradingCase, criterion_id: str, query: str) -> CaseEvidence:
    """The proposal with this query, measured now."""
    for one in proposals(found.post, timezone.now(), criterion_id):
        if one.query == query:
            return CaseEvidence(
                case=found,
                criterion=criterion_id,
                text=one.text,
                query=one.query,
                since=one.since,
                until=one.until,
                limits=one.limits,
            )
    raise NotFound(_("There is no such query for this criterion."))


@login_required
@require_POST
def drop_evidence(request: HttpRequest, reference: str, evidence_id: int) -> HttpResponse:
    """Take evidence out of a draft."""
    found = case_of(actor_of(request), reference)
    one = get_object_or_404(CaseEvidence, pk=evidence_id, case=found)
    remove_evidence(actor=actor_of(request), evidence=one, now=timezone.now())
    return redirect("profile:case_criterion", reference, one.criterion)


@login_required
def duty(request: HttpRequest, reference: str) -> HttpResponse:
    """Add a duty to the description of the post."""
    found = look_at_case(actor=actor_of(request), reference=reference, now=timezone.now(), at="duties")
    form = DutyForm(request.POST or None, instance=CaseDuty(case=found), profile=profile_of(found))
    if request.method == "POST" and form.is_valid():
        try:
            add_duty(actor=actor_of(request), duty=form.save(commit=False), now=timezone.now())
        except InputError as error:
            add_problems(form, error)
        else:
            return redirect("profile:case", reference)
    return _form_page(request, found, form, _("Add a duty"))


@login_required
@require_POST
def drop_duty(request: HttpRequest, reference: str, duty_id: int) -> HttpResponse:
    """Take a duty out of a draft."""
    one = get_object_or_404(CaseDuty, pk=duty_id, case=case_of(actor_of(request), reference))
    remove_duty(actor=actor_of(request), duty=one, now=timezone.now())
    return redirect("profile:case", reference)


@login_required
def participant(request: HttpRequest, reference: str) -> HttpResponse:
    """Let a person take part."""
    found = look_at_case(actor=actor_of(request), reference=reference, now=timezone.now(), at="participants")
    form = ParticipantForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_participant(
                actor=actor_of(request),
                case=found,
                user_id=form.cleaned_data["user"].pk,
                role=form.cleaned_data["role"],
                now=timezone.now(),
            )
        except InputError as error:
            add_problems(form, error)
        else:
            return redirect("profile:case", reference)
    return _form_page(request, found, form, _("Let a person take part"))


@login_required
@require_POST
def drop_participant(request: HttpRequest, reference: str, part_id: int) -> HttpResponse:
    """End a person's part."""
    part = get_object_or_404(CaseParticipant, pk=part_id, case=case_of(actor_of(request), reference))
    remove_participant(actor=actor_of(request), part=part, now=timezone.now())
    return redirect("profile:case", reference)


@login_required
def step(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """Take a step, in writing."""
    if key not in STEPS:
        raise NotFound(_("There is no such step."))
    found = look_at_case(actor=actor_of(request), reference=reference, now=timezone.now(), at=key)
    form = StepForm(request.POST or None, initial={"revision": found.revision})
    form.fields["text"].required = STEPS[key].needs_text
    if request.method == "POST" and form.is_valid():
        try:
            take_step(
                actor=actor_of(request),
                case=found,
                step=key,
                now=timezone.now(),
                text=form.cleaned_data["text"],
                revision=form.cleaned_data["revision"],
            )
        except InputError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("Done: %(step)s.") % {"step": CASE_STEPS[key]})
            return redirect("profile:case", reference)
    return _form_page(request, found, form, str(CASE_STEPS[key]), lead=str(STEP_EXPLANATIONS[key]))


@login_required
def letter(request: HttpRequest, reference: str, language: str) -> HttpResponse:
    """The letter on the decision, as PDF, in Dutch or English."""
    found = look_at_case(actor=actor_of(request), reference=reference, now=timezone.now(), at="letter")
    response = HttpResponse(letter_pdf(found, language, timezone.now()), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.reference}-{language}.pdf"'
    response["Cache-Control"] = "no-store"
    return response


@login_required
def version(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """What was submitted as a version, as it stood."""
    found = look_at_case(
        actor=actor_of(request), reference=reference, now=timezone.now(), at=f"version {number}"
    )
    kept = get_object_or_404(found.versions, number=number)
    context = {**case_context(found, actor_of(request), get_language() or "en"), "kept": kept}
    return render(request, "profile/case_version.html", context)


def _form_page(
    request: HttpRequest, found: GradingCase, form: Any, title: str, lead: str = "", status: int = 200
) -> HttpResponse:
    context = {
        **case_context(found, actor_of(request), get_language() or "en"),
        "form": form,
        "form_title": title,
        "form_lead": lead,
    }
    return render(request, "profile/case_form.html", context, status=422 if form.errors else status)
