"""The norms of an agreement from and to OpenSLO files."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext

from beheer.lib.errors import InputError
from beheer.permissions.rules import require
from beheer.service_levels.actions.openslo_files import export_openslo, import_openslo
from beheer.service_levels.forms.agreements import OpenSloForm
from beheer.service_levels.queries.standings import agreement_by_key
from beheer.service_levels.views.agreements import RIGHT
from beheer.service_levels.views.gate import actor_of, staff
from beheer.ui.forms import add_problems
from beheer.ui.sentences import problem_told


@staff
def openslo_export(request: HttpRequest, key: str) -> HttpResponseBase:
    """The norms of an agreement as a file of OpenSLO documents."""
    found = agreement_by_key(key)
    answer = HttpResponse(export_openslo(found), content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{found.key}.openslo.yaml"'
    return answer


@staff
def openslo_import(request: HttpRequest, key: str) -> HttpResponseBase:
    """Add or change norms of an agreement by a file of OpenSLO documents: all of it, or none."""
    found = agreement_by_key(key)
    require(actor_of(request), RIGHT)
    form = OpenSloForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            read = import_openslo(
                actor=actor_of(request),
                agreement=found,
                text=form.cleaned_data["text"],
                now=timezone.now(),
                name=form.cleaned_data["file"].name,
            )
        except InputError as error:
            add_problems(form, error)
        else:
            count = len(read.norms)
            text = ngettext("%(n)s norm was taken over.", "%(n)s norms were taken over.", count)
            messages.success(request, text % {"n": count})
            for one in read.passed_over:
                messages.warning(request, problem_told(one.message))
            return redirect("service_levels:agreement", key=found.key)
    return render(request, "service_levels/openslo_import.html", {"form": form, "agreement": found})
