"""What is done to one item by a form or a button: steps, hands, words, tasks, decisions, links, files."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beheer.lib.errors import Conflict, InputError
from beheer.people.models import User
from beheer.ui.forms import problems_on
from beheer.ui.sentences import problems_told
from beheer.work.actions import (
    assign,
    attach,
    comment,
    decide,
    do_task,
    fix_deadline,
    hand_over,
    reply,
    take_step,
    watch,
)
from beheer.work.definitions import definition
from beheer.work.forms import DeadlineForm, HandOverForm, KindForm, initial_of
from beheer.work.gate import staff
from beheer.work.models import Item
from beheer.work.reply_texts import reply_text, templates_for
from beheer.work.sight import item_for_staff
from beheer.work.views.downloads import as_download
from beheer.work.views.items import Draft, asked_by, item_page
from beheer.work.views.plans import stands
from beheer.work.wording import step_name


def _seen(request: HttpRequest) -> int | None:
    """The version of the item that the person's page showed."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _back(item: Item) -> HttpResponse:
    return redirect("work:item", number=item.number)


def _told(request: HttpRequest, error: InputError) -> None:
    for text in problems_told(error):
        messages.error(request, text)


@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, number: str, step: str) -> HttpResponse:
    """Take a step: at once where it asks nothing, else by a form."""
    user = staff(request)
    item = item_for_staff(user, number)
    kind = definition(item)
    if step not in kind.steps_from(item.state):
        raise Conflict(
            _("%(number)s is in another state by now: “%(step)s” cannot be done any more.")
            % {"number": item.number, "step": step_name(kind, step)}
        )
    asked = asked_by(kind, item, step)
    data = request.POST if request.method == "POST" else None
    initial = initial_of(item, kind, asked)
    if request.POST.get("use"):
        return _step_with_template(request, user, item, step)
    form = KindForm(data, kind=kind, asked=asked, initial=initial, version=item.version)
    form.offer_templates(templates_for(user, item), item.number)
    if request.method == "POST" and form.is_valid() and stands(request, form, item):
        with problems_on(form):
            values = {name: value for name, value in form.values().items() if value not in ("", None)}
            take_step(
                actor=user, item=item, step=step, version=form.version, now=timezone.now(), values=values
            )
            return _back(item)
    return render(
        request, "work/item_form.html", {"form": form, "item": item, "title": step_name(kind, step)}
    )


def _step_with_template(request: HttpRequest, user: User, item: Item, step: str) -> HttpResponse:
    """The form of a step again, with a text to answer with put after what was written."""
    kind = definition(item)
    version = _seen(request) or item.version
    form = KindForm(None, kind=kind, asked=asked_by(kind, item, step), version=version)
    form.keep(request.POST, request.FILES)
    name = request.POST["use"]
    template = templates_for(user, item).filter(key=request.POST.get(f"template_{name}", "")).first()
    if template is None or name not in form.fields:
        messages.warning(request, _("Choose a template first."))
    else:
        written = str(form.initial.get(name) or "").rstrip()
        form.initial[name] = f"{written}\n\n{reply_text(template, item, user)}".lstrip()
    form.offer_templates(templates_for(user, item), item.number)
    context = {"form": form, "item": item, "title": step_name(kind, step)}
    return render(request, "work/item_form.html", context)


@require_POST
def take(request: HttpRequest, number: str) -> HttpResponse:
    """Assign the item to oneself, or to the person named."""
    user = staff(request)
    item = item_for_staff(user, number)
    name = request.POST.get("assignee", "")
    person = get_object_or_404(User, username=name) if name else user
    try:
        assign(actor=user, item=item, assignee=person, version=_seen(request), now=timezone.now())
    except InputError as error:
        _told(request, error)
    return _back(item)


@require_http_methods(["GET", "POST"])
def hand(request: HttpRequest, number: str) -> HttpResponse:
    """Hand the item over, with the reason."""
    user = staff(request)
    item = item_for_staff(user, number)
    start = {"team": item.team_id, "line": item.line, "version": item.version}
    form = HandOverForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        with problems_on(form):
            hand_over(actor=user, item=item, now=timezone.now(), **form.cleaned_data)
            return _back(item)
    return render(request, "work/item_form.html", {"form": form, "item": item, "title": _("Hand over")})


@require_POST
def say(request: HttpRequest, number: str) -> HttpResponse:
    """A note or a reply, with files. What is refused leaves the text in its box."""
    user = staff(request)
    item = item_for_staff(user, number)
    if request.POST.get("use"):
        return _with_template(request, user, item)
    try:
        _said(request, user, item)
    except InputError as error:
        _told(request, error)
        kind = "reply" if request.POST.get("kind") == "reply" else "note"
        answer = item_page(request, user, item, Draft(kind, request.POST.get("text", "")))
        answer.status_code = 422
        return answer
    return _back(item)


@transaction.atomic
def _said(request: HttpRequest, user: User, item: Item) -> None:
    """The words with all their files, or nothing: a reply never goes out without what it speaks of."""
    now = timezone.now()
    is_reply = request.POST.get("kind") == "reply"
    text = request.POST.get("text", "")
    message = None
    if text.strip() or not request.FILES:
        speak = reply if is_reply else comment
        message = speak(actor=user, item=item, text=text, now=now)
    for file in request.FILES.getlist("file"):
        name, content = file.name or "file", file.read()
        attach(
            actor=user, item=item, name=name, content=content, now=now, message=message, is_public=is_reply
        )


def _with_template(request: HttpRequest, user: User, item: Item) -> HttpResponse:
    """The page again, with a text to answer with put after what was written."""
    written = request.POST.get("text", "")
    template = templates_for(user, item).filter(key=request.POST.get("template", "")).first()
    if template is None:
        messages.warning(request, _("Choose a template first."))
        kind = "reply" if request.POST.get("kind") == "reply" else "note"
        return item_page(request, user, item, Draft(kind, written))
    text = reply_text(template, item, user)
    return item_page(request, user, item, Draft("reply", f"{written.rstrip()}\n\n{text}".lstrip()))


@require_safe
def file(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A file, always as a download: nothing that others added opens within our pages."""
    user = staff(request)
    item = item_for_staff(user, number)
    row = get_object_or_404(item.attachments, pk=pk)
    return as_download(row)


@require_POST
def watching(request: HttpRequest, number: str) -> HttpResponse:
    """Watch, or stop watching."""
    user = staff(request)
    item = item_for_staff(user, number)
    watch(actor=user, item=item, user=user, is_watching=request.POST.get("on") == "1", now=timezone.now())
    return _back(item)


@require_POST
def task(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Tick a task off, or open it again."""
    user = staff(request)
    item = item_for_staff(user, number)
    row = get_object_or_404(item.tasks, pk=pk)
    do_task(actor=user, item=item, task=row, is_done=request.POST.get("done") == "1", now=timezone.now())
    return _back(item)


@require_POST
def approval(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Approve or refuse."""
    user = staff(request)
    item = item_for_staff(user, number)
    row = get_object_or_404(item.approvals, pk=pk)
    is_approved = request.POST.get("word") == "approve"
    reason = request.POST.get("reason", "")
    try:
        decide(actor=user, approval=row, is_approved=is_approved, reason=reason, now=timezone.now())
    except InputError as error:
        _told(request, error)
    return _back(item)


@require_POST
def deadline(request: HttpRequest, number: str) -> HttpResponse:
    """Fix a deadline by hand."""
    user = staff(request)
    item = item_for_staff(user, number)
    form = DeadlineForm(request.POST)
    clocks = definition(item).clocks
    form.fields["clock"].choices = [(key, key) for key in clocks]  # type: ignore[attr-defined]  # a ChoiceField
    if form.is_valid():
        try:
            fix_deadline(actor=user, item=item, now=timezone.now(), **form.cleaned_data)
        except InputError as error:
            _told(request, error)
    else:
        messages.error(request, _("A deadline needs a clock and a reason."))
    return redirect("work:item_clocks", number=item.number)
