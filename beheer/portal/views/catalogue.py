"""The service catalogue for users: what can be asked for, the form of each, and what comes after it is sent."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from beheer.lib.errors import NotFound
from beheer.people.sign_in import person
from beheer.portal import queries
from beheer.ui.forms import problems_on
from beheer.work.actions.requests import AnswerFile, make_request
from beheer.work.catalogue import askable, spec_of
from beheer.work.request_models.forms import CatalogueForm
from beheer.work.wording import language


@login_required
@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """Everything this person may ask for, by group; with what can be asked without a form of its own."""
    text = request.GET.get("q", "").strip()
    found = queries.offers(person(request), language(), text, _("Other"))
    kinds = [
        (key, kind.name.text(language()), (kind.for_users or kind.description).text(language()))
        for key, kind in queries.kinds_to_ask().items()
    ]
    return render(request, "portal/catalogue.html", {"groups": found, "text": text, "kinds": kinds})


@login_required
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, key: str) -> HttpResponse:
    """The form of one item of the catalogue."""
    user, now = person(request), timezone.now()
    model = askable(user).get(key)
    if model is None:
        raise NotFound(f"There is no '{key}' in the catalogue that you can ask for.")
    spec = spec_of(model)
    is_sent = request.method == "POST"
    today = timezone.localdate(now)
    form = CatalogueForm(spec, today, request.POST if is_sent else None, request.FILES if is_sent else None)
    if is_sent and form.is_valid():
        files = [AnswerFile(name, file.name or "", file.read()) for name, file in form.uploads()]
        with problems_on(form):
            item = make_request(actor=user, model=model, answers=form.answers(), files=files, now=now)
            return redirect("portal:received", item.number)
    context = {
        "form": form,
        "name": spec.name.text(language()),
        "description": spec.description.text(language()) if spec.description else "",
        "approval": bool(spec.approvals),
    }
    return render(request, "portal/ask.html", context, status=422 if form.errors else 200)
