"""Pages for ICT users. The status page needs no account."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from beheer.lib.errors import InputError, NotFound
from beheer.people.models import User
from beheer.portal import queries
from beheer.portal.forms import AnswerForm, ReopenForm, ReportForm
from beheer.work.actions.conversation import give_satisfaction, reply
from beheer.work.actions.items import create
from beheer.work.actions.steps import take_step
from beheer.work.definitions import definition
from beheer.work.models import Item
from beheer.work.models.items import Channel, Phase
from beheer.work.standing import standing

PAGE_SIZE = 25
MOST_NAMED = 8  # in the sentence that says what is disturbed


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)


@login_not_required
@require_GET
def status(request: HttpRequest) -> HttpResponse:
    """How the services are, and what is planned."""
    now, text = timezone.now(), request.GET.get("q", "").strip()
    counts, planned = queries.counts(), queries.planned_work(now)
    worst = queries.statuses(planned)
    context = {
        "statuses": queries.statuses(planned, text) if text else worst,
        "text": text,
        "total": sum(counts.values()),
        "is_all_up": set(counts) == {"up"},
        "not_up": [one for one in worst if one.state in ("down", "degraded")][:MOST_NAMED],
        "more": max(0, counts.get("down", 0) + counts.get("degraded", 0) - MOST_NAMED),
        "planned": planned,
        "disturbances": queries.disturbances(),
        "now": now,
    }
    return render(request, "portal/status.html", context)


@login_required
@require_GET
def requests(request: HttpRequest) -> HttpResponse:
    """What the person reported and asked."""
    page = Paginator(queries.own_items(_person(request)), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": [(item, _state_name(item)) for item in page], "kinds": _kinds()}
    return render(request, "portal/requests.html", context)


def _kinds() -> list[tuple[str, str, str]]:
    """Key, name and description of the kinds that can be asked for."""
    language = get_language() or "en"
    return [
        (key, kind.name.text(language), kind.description.text(language))
        for key, kind in queries.kinds_to_ask().items()
    ]


def _state_name(item: Item) -> str:
    return definition(item).states[item.state].name.text(get_language() or "en")


@login_required
def report(request: HttpRequest, kind: str) -> HttpResponse:
    """Report a disturbance, or ask for something."""
    kinds = queries.kinds_to_ask()
    if kind not in kinds:
        raise NotFound(f"'{kind}' cannot be asked for here. There are: {', '.join(kinds)}.")
    spec = kinds[kind]
    data = request.POST if request.method == "POST" else None
    form = ReportForm(spec, data, initial={"service": request.GET.get("service")})
    if request.method == "POST" and form.is_valid():
        try:
            item = create(
                actor=_person(request),
                kind=kind,
                values=form.values(),
                now=timezone.now(),
                channel=Channel.PORTAL,
            )
        except InputError as error:
            _put_errors(form, error)
        else:
            messages.success(request, _("Thank you. It is number %(number)s.") % {"number": item.number})
            return redirect("portal:request", item.number)
    language = get_language() or "en"
    context = {"form": form, "kind": spec.name.text(language), "description": spec.description.text(language)}
    return render(request, "portal/report.html", context, status=422 if form.errors else 200)


def _put_errors(form: ReportForm, error: InputError) -> None:
    """Show what an action complained of at its fields."""
    for problem in error.problems:
        field = problem.field if problem.field in form.fields else None
        form.add_error(field, f"{problem.message} {problem.remedy}".strip())


@login_required
@require_GET
def follow(request: HttpRequest, number: str) -> HttpResponse:
    """One request: where it stands, and what was said."""
    item = queries.own_item(_person(request), number)
    return render(request, "portal/request.html", _told(request, item))


def _told(request: HttpRequest, item: Item) -> dict[str, object]:
    who = standing(_person(request), item)
    steps = {key for key, step in definition(item).steps_from(item.state).items() if who.may(step)}
    return {
        "item": item,
        "state_name": _state_name(item),
        "is_own": item.requester_id == request.user.pk,
        "conversation": queries.conversation(item),
        "answer_form": AnswerForm() if item.phase != Phase.CLOSED else None,
        "reopen_form": ReopenForm() if "reopen" in steps else None,
        "can_confirm": "close" in steps and item.phase == Phase.SOLVED,
        "can_rate": item.phase in (Phase.SOLVED, Phase.CLOSED) and item.satisfaction is None,
        "solution": item.values.get("solution", "") if item.phase in (Phase.SOLVED, Phase.CLOSED) else "",
    }


@login_required
@require_POST
def answer(request: HttpRequest, number: str) -> HttpResponse:
    """Add a message."""
    item = queries.own_item(_person(request), number)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return render(
            request, "portal/request.html", _told(request, item) | {"answer_form": form}, status=422
        )
    reply(
        actor=_person(request),
        item=item,
        text=form.cleaned_data["text"],
        now=timezone.now(),
        channel=Channel.PORTAL,
    )
    messages.success(request, _("Your message was added."))
    return redirect("portal:request", number)


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
        actor=_person(request), item=item, score=int(score) if score.isdigit() else 0, now=timezone.now()
    )
    messages.success(request, _("Thank you: this helps us do better."))
    return redirect("portal:request", number)
