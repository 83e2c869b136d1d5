"""The service catalogue for who keeps it: listed, shown with its form, written, retired, and what was asked."""

from __future__ import annotations

from django.contrib import messages
from django.forms import BaseFormSet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beheer.lib.documents import check, load
from beheer.lib.errors import NotFound
from beheer.permissions.rules import allowed_somewhere
from beheer.ui.forms import problems_on
from beheer.ui.lists import Choice, Column, ListPage
from beheer.work.actions.requests import (
    PUBLISH,
    AnswerFile,
    make_request,
    publish_request_model,
    retire_request_model,
)
from beheer.work.catalogue import as_yaml, current_model, current_models, flaws_of, spec_of
from beheer.work.definitions import current_kinds, definition
from beheer.work.forms import KindTextForm
from beheer.work.gate import staff
from beheer.work.models import Item, RequestModel
from beheer.work.models.items import Channel
from beheer.work.request_models.editing import (
    QuestionForm,
    QuestionSet,
    SettingsForm,
    put_error,
    questions_of,
    spec_from,
)
from beheer.work.request_models.forms import AskForAnotherForm, CatalogueForm
from beheer.work.request_models.schema import RequestSpec
from beheer.work.sight import in_sight
from beheer.work.wording import item_state_name, kind_name, language, value_text


@require_safe
def model_list(request: HttpRequest) -> HttpResponse:
    """Everything in the catalogue, by heading, with how often it was asked for."""
    user = staff(request)
    sight = in_sight(user)
    rows = []
    for key, model in current_models(with_retired=True).items():
        spec = spec_of(model)
        rows.append(
            {
                "key": key,
                "model": model,
                "name": spec.name.text(language()),
                "group": spec.group_name(language(), _("Other")),
                "service": spec.service,
                "questions": len(spec.fields),
                "approvals": len(spec.approvals),
                "retired": spec.retired,
                "asked": Item.objects.filter(sight, request_model__key=key).count(),
            }
        )
    rows.sort(key=lambda row: (row["retired"], str(row["group"]).lower(), str(row["name"]).lower()))
    return render(
        request, "work/request_models.html", {"rows": rows, "may": allowed_somewhere(user, PUBLISH)}
    )


@require_safe
def model_detail(request: HttpRequest, key: str) -> HttpResponse:
    """One item of the catalogue: what it does, its form in both languages, its versions and its file."""
    user = staff(request)
    model = current_model(key)
    if request.GET.get("version", "").isdecimal():
        model = get_object_or_404(RequestModel, key=key, version=int(request.GET["version"]))
    spec = spec_of(model)
    kinds = current_kinds()
    context = {
        "model": model,
        "spec": spec,
        "name": spec.name.text(language()),
        "description": spec.description.text(language()) if spec.description else "",
        "kind_name": kind_name(kinds[spec.kind]) if spec.kind in kinds else spec.kind,
        "previews": previews(spec),
        "versions": RequestModel.objects.filter(key=key),
        "text": as_yaml(spec),
        "may": allowed_somewhere(user, PUBLISH),
        "may_create": allowed_somewhere(user, "work.create"),
    }
    return render(request, "work/request_model.html", context)


def previews(spec: RequestSpec) -> list[tuple[str, CatalogueForm]]:
    """The form as users see it, in each language; nothing can be sent."""
    found = []
    for code, name in (("nl", _("Dutch")), ("en", _("English"))):
        with translation.override(code):
            form = CatalogueForm(spec, timezone.localdate())
            form.auto_id = f"preview_{code}_%s"
            for field in form.fields.values():
                field.disabled = True
            found.append((name, form))
    return found


@require_http_methods(["GET", "POST"])
def model_edit(request: HttpRequest, key: str = "") -> HttpResponse:
    """Write or change an item of the catalogue: settings, a row for each question, and how it will look."""
    user = staff(request)
    begun = current_model(key) if key else None
    before = spec_of(begun) if begun else None
    is_sent = request.method == "POST"
    data = _with_more(request) if is_sent else None
    settings = SettingsForm(data, spec=before, version=begun.version if begun else 0)
    rows = questions_of(before) if before else []
    questions = QuestionSet(data, initial=rows, prefix="q")
    spec = None
    if is_sent and "more" not in request.POST:
        spec = _checked(settings, questions, before)
        if spec is not None and "publish" in request.POST:
            with problems_on(settings):
                after = settings.cleaned_data["version"]
                model = publish_request_model(actor=user, spec=spec, now=timezone.now(), after=after)
                messages.success(request, _("Published as version %(n)s.") % {"n": model.version})
                return redirect("work:request_model", key=model.key)
    context = {
        "settings": settings,
        "questions": questions,
        "key": key,
        "name": before.name.text(language()) if before else "",
        "previews": previews(spec) if spec is not None else [],
        "is_wrong": is_sent and spec is None and "more" not in request.POST,
    }
    return render(
        request, "work/request_model_edit.html", context, status=422 if context["is_wrong"] else 200
    )


def _with_more(request: HttpRequest) -> QueryDict:
    """What was sent; with one more empty question where that was asked for."""
    data = request.POST.copy()
    total = str(data.get("q-TOTAL_FORMS", ""))
    if "more" in data and total.isdecimal():
        data["q-TOTAL_FORMS"] = str(min(100, int(total) + 1))
    return data


def _checked(
    settings: SettingsForm, questions: BaseFormSet[QuestionForm], before: RequestSpec | None
) -> RequestSpec | None:
    spec = spec_from(settings, questions, before)
    if spec is None:
        return None
    if before is None and RequestModel.objects.filter(key=spec.key).exists():
        settings.add_error("key", _("The catalogue has an item with this key already."))
    for flaw in flaws_of(spec):
        put_error(settings, questions.forms, flaw.path, f"{flaw.message} {flaw.remedy}".strip())
    return None if settings.errors or any(row.errors for row in questions.forms) else spec


@require_http_methods(["GET", "POST"])
def model_file(request: HttpRequest, key: str = "") -> HttpResponse:
    """The same as a file."""
    user = staff(request)
    begun = current_model(key) if key else None
    start = {"text": as_yaml(spec_of(begun)), "version": begun.version} if begun else {"version": 0}
    form = KindTextForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        with problems_on(form):
            spec = check(load(form.cleaned_data["text"], f"{key or 'item'}.yaml"), RequestSpec)
            after = form.cleaned_data["version"] if spec.key == key else 0
            model = publish_request_model(actor=user, spec=spec, now=timezone.now(), after=after)
            messages.success(request, _("Published as version %(n)s.") % {"n": model.version})
            return redirect("work:request_model", key=model.key)
    return render(request, "work/request_model_file.html", {"form": form, "key": key})


@require_POST
def model_retire(request: HttpRequest, key: str) -> HttpResponse:
    """Take it out of the catalogue, or put it back."""
    user = staff(request)
    is_retired = request.POST.get("retired") == "1"
    retire_request_model(actor=user, model=current_model(key), is_retired=is_retired, now=timezone.now())
    messages.success(
        request, _("It cannot be asked for any more.") if is_retired else _("It can be asked for again.")
    )
    return redirect("work:request_model", key=key)


@require_http_methods(["GET", "POST"])
def model_ask(request: HttpRequest, key: str) -> HttpResponse:
    """Fill in the form for somebody else."""
    user, now = staff(request), timezone.now()
    model = current_model(key)
    spec = spec_of(model)
    if spec.retired:
        raise NotFound(f"'{key}' cannot be asked for any more.")
    is_sent = request.method == "POST"
    sent = (request.POST, request.FILES) if is_sent else (None, None)
    form = AskForAnotherForm(spec, timezone.localdate(now), *sent)
    if is_sent and form.is_valid():
        files = [AnswerFile(name, file.name or "", file.read()) for name, file in form.uploads()]
        with problems_on(form):
            item = make_request(
                actor=user,
                model=model,
                answers=form.answers(),
                now=now,
                channel=Channel.PAGE,
                requester=form.cleaned_data["requester"],
                files=files,
            )
            return redirect("work:item", number=item.number)
    context = {"form": form, "key": key, "name": spec.name.text(language())}
    return render(request, "work/request_model_ask.html", context, status=422 if form.errors else 200)


@require_safe
def model_requests(request: HttpRequest, key: str) -> HttpResponseBase:
    """What was asked, with a column for each question: to filter and to export."""
    user = staff(request)
    model = current_model(key)
    spec = spec_of(model)
    rows = Item.objects.filter(in_sight(user), request_model__key=key).select_related(
        "definition", "request_model", "requester", "service"
    )
    columns = [
        Column(
            "number",
            pgettext("work", "Number"),
            sort="number",
            link=lambda row: reverse("work:item", args=[row.number]),
        ),
        Column("title", _("Title"), sort="title"),
        Column("state", _("State"), value=item_state_name),
        Column("requester", _("Asked by"), value="requester"),
        Column("opened_at", _("Asked"), sort="opened_at"),
        *(_column(name, field.name.text(language())) for name, field in spec.fields.items()),
    ]
    filters = [
        Choice(
            f"a_{name}",
            field.name.text(language()),
            [(choice, words.text(language())) for choice, words in field.choices.items()],
            f"values__{name}",
        )
        for name, field in spec.fields.items()
        if field.type == "choice"
    ]
    page = ListPage(
        request,
        rows.order_by("-opened_at", "-pk"),
        columns=columns,
        filters=filters,
        search_fields=("number", "title", "requester__display_name", "requester__username"),
        name=f"requests-{key}",
    )
    context = {"key": key, "title": spec.name.text(language())}
    return page.response("work/request_model_requests.html", context)


def _column(name: str, title: str) -> Column:
    """The answers to one question; "–" where a request did not ask it."""

    def answer(item: Item) -> str:
        kind = definition(item)
        return value_text(kind, name, item.values.get(name)) if name in kind.fields else "–"

    return Column(f"q_{name}", title, value=answer)
