"""Reporting, following, answering, confirming: what is a person's own."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from beheer.lib.errors import InputError, NotFound
from beheer.people.models import User
from beheer.portal import queries
from beheer.portal.forms import AnswerForm, ReopenForm, ReportForm
from beheer.ui.sentences import problem_told
from beheer.work.actions.answering import answer as speak
from beheer.work.actions.conversation import attach, give_satisfaction
from beheer.work.actions.items import create
from beheer.work.actions.requests import share_item
from beheer.work.actions.steps import take_step
from beheer.work.catalogue import answers_of
from beheer.work.definitions import definition
from beheer.work.models import Item
from beheer.work.models.approvals import ApprovalState
from beheer.work.models.items import Channel, Phase
from beheer.work.standing import standing
from beheer.work.views.downloads import as_download
from beheer.work.wording import item_state_name, language

PAGE_SIZE = 25
OTHER_FIELD = mark_safe('<input type="hidden" name="other" value="1">')  # constant


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)


@login_required
@require_GET
def requests(request: HttpRequest) -> HttpResponse:
    """What waits for the person's word, what they reported and asked, and the disturbances they follow."""
    user, now = _person(request), timezone.now()
    page = Paginator(queries.own_items(user), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(item, _state_name(item), item.requester_id == user.pk) for item in page],
        "decide": queries.to_decide(user, now),
        "followed": [(item, _state_name(item)) for item in queries.followed(user, now)],
    }
    return render(request, "portal/requests.html", context)


def _state_name(item: Item) -> str:
    return item_state_name(item)


@login_required
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, kind: str) -> HttpResponse:
    """Report a disturbance, or ask for something. What is known already is shown before it is reported again."""
    kinds = queries.kinds_to_ask()
    if kind not in kinds:
        raise NotFound(f"'{kind}' cannot be asked for here. There are: {', '.join(kinds)}.")
    spec, is_sent = kinds[kind], request.method == "POST"
    service = (request.POST if is_sent else request.GET).get("service") or ""
    form = ReportForm(
        spec,
        request.POST if is_sent else None,
        request.FILES if is_sent else None,
        initial={"service": service},
    )
    known = queries.disturbances_of(service) if service and kind == "incident" else []
    if is_sent and form.is_valid() and (not known or request.POST.get("other")):
        try:
            item = _reported(request, kind, form)
        except InputError as error:
            _put_errors(form, error)
        else:
            return redirect("portal:received", item.number)
    context = {
        "form": form,
        "kind": spec.name.text(language()),
        "description": (spec.for_users or spec.description).text(language()),
        "known": known,
        "other_field": OTHER_FIELD,
        "problems": queries.known_problems(service) if service else [],
    }
    return render(request, "portal/report.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _reported(request: HttpRequest, kind: str, form: ReportForm) -> Item:
    user, now = _person(request), timezone.now()
    item = create(actor=user, kind=kind, values=form.values(), now=now, channel=Channel.PORTAL)
    for file in form.cleaned_data["attachments"]:
        attach(actor=user, item=item, name=file.name, content=file.read(), now=now, is_public=True)
    return item


def _put_errors(form: ReportForm | AnswerForm, error: InputError) -> None:
    """Show what an action complained of at its fields."""
    for problem in error.problems:
        named = "attachments" if problem.field == "file" else problem.field
        field = named if named in form.fields else None
        form.add_error(field, f"{problem_told(problem.message)} {problem_told(problem.remedy)}".strip())


@login_required
@require_GET
def follow(request: HttpRequest, number: str) -> HttpResponse:
    """One request: where it stands, and what was said."""
    item = queries.own_item(_person(request), number)
    return render(request, "portal/request.html", _told(request, item))


@login_required
@require_GET
def received(request: HttpRequest, number: str) -> HttpResponse:
    """What was sent has arrived: its number, and what happens next."""
    item = queries.own_item(_person(request), number)
    kind = definition(item)
    context = {
        "item": item,
        "answers": answers_of(item),
        "state_name": _state_name(item),
        "waits_for_approval": item.approvals.filter(state=ApprovalState.ASKED).exists(),
        "kind": kind.name.text(language()),
    }
    return render(request, "portal/received.html", context)


@login_required
@require_POST
def share(request: HttpRequest, number: str) -> HttpResponse:
    """Let a team of one's own see it, or nobody."""
    user = _person(request)
    item = queries.own_item(user, number)
    team = user.teams.filter(key=request.POST.get("team", "")).first()
    share_item(actor=user, item=item, team=team, now=timezone.now())
    if team is None:
        messages.success(request, _("Only you see it now."))
    else:
        messages.success(request, _("Everybody in %(team)s can see it now.") % {"team": team})
    return redirect("portal:request", number)


@login_required
@require_GET
def file(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A file that the requester may see."""
    item = queries.own_item(_person(request), number)
    return as_download(get_object_or_404(item.attachments, pk=pk, is_public=True))


def _told(request: HttpRequest, item: Item) -> dict[str, object]:
    user = _person(request)
    is_own = item.requester_id == user.pk
    who = standing(_person(request), item)
    steps = {key for key, step in definition(item).steps_from(item.state).items() if who.may(step)}
    return {
        "item": item,
        "state_name": _state_name(item),
        "is_own": is_own,
        "answers": answers_of(item),
        "conversation": queries.conversation(item),
        "loose_files": item.attachments.filter(is_public=True, message=None),
        "teams": user.teams.all() if is_own else [],
        "answer_form": AnswerForm() if is_own and item.phase != Phase.CLOSED else None,
        "reopen_form": ReopenForm() if "reopen" in steps else None,
        "can_confirm": "close" in steps and item.phase == Phase.SOLVED,
        "can_rate": is_own and item.phase in (Phase.SOLVED, Phase.CLOSED) and item.satisfaction is None,
        "solution": _solution(item),
    }


def _solution(item: Item) -> str:
    """What was done or given, once it is done."""
    if item.phase not in (Phase.SOLVED, Phase.CLOSED):
        return ""
    return str(item.values.get("solution") or item.values.get("answer") or "")


@login_required
@require_POST
def answer(request: HttpRequest, number: str) -> HttpResponse:
    """Add a message."""
    item = queries.own_item(_person(request), number)
    form = AnswerForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            _answered(request, item, form)
        except InputError as error:
            _put_errors(form, error)
        else:
            messages.success(request, _("Your message was added."))
            return redirect("portal:request", number)
    return render(request, "portal/request.html", _told(request, item) | {"answer_form": form}, status=422)


@transaction.atomic
def _answered(request: HttpRequest, item: Item, form: AnswerForm) -> None:
    user, now, text = _person(request), timezone.now(), form.cleaned_data["text"]
    said = speak(actor=user, item=item, text=text, now=now, channel=Channel.PORTAL)
    for file in form.cleaned_data["attachments"]:
        attach(actor=user, item=item, name=file.name, content=file.read(), now=now, message=said)


@login_required
@require_POST
def confirm(request: HttpRequest, number: str) -> HttpResponse:
    """Confirm that it is solved."""
    item = queries.own_item(_person(request), number)
    take_step(actor=_person(request), item=item, step="close", version=None, now=timezone.now())
    messages.success(request, _("Thank you for confirming."))
    return redirect("portal:request", number)


@login_required
@require_POST
def reopen(request: HttpRequest, number: str) -> HttpResponse:
    """Say that it is not solved."""
    item = queries.own_item(_person(request), number)
    form = ReopenForm(request.POST)
    if not form.is_valid():
        return render(
            request, "portal/request.html", _told(request, item) | {"reopen_form": form}, status=422
        )
    take_step(
        actor=_person(request),
        item=item,
        step="reopen",
        version=None,
        now=timezone.now(),
        values=form.cleaned_data,
    )
    messages.success(request, _("It was taken up again."))
    return redirect("portal:request", number)


@login_required
@require_POST
def rate(request: HttpRequest, number: str) -> HttpResponse:
    """Say how content one is."""
    item = queries.own_item(_person(request), number)
    score = request.POST.get("score", "")
    give_satisfaction(
        actor=_person(request), item=item, score=int(score) if score.isdecimal() else 0, now=timezone.now()
    )
    messages.success(request, _("Thank you: this helps us do better."))
    return redirect("portal:request", number)
