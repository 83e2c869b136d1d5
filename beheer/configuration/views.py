"""Pages for configuration as code: upload, look at the plan, confirm; and export."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beheer.configuration.actions import apply_configuration
from beheer.configuration.forms import FileForm
from beheer.configuration.queries import export
from beheer.lib.errors import InputError
from beheer.people.sign_in import person
from beheer.permissions.rules import require
from beheer.ui.sentences import told


@require_http_methods(["GET", "HEAD", "POST"])
def configuration(request: HttpRequest) -> HttpResponse:
    """Upload a file and see what it would change; nothing is changed yet."""
    actor = person(request)
    require(actor, "configuration.apply")
    form = FileForm(request.POST or None, request.FILES or None)
    context: dict[str, object] = {"form": form}
    if request.method == "POST" and form.is_valid():
        text, name = form.cleaned_data["text"], form.cleaned_data["name"]
        try:
            plan = apply_configuration(actor=actor, text=text, name=name, now=timezone.now(), only_plan=True)
        except InputError as error:
            context["problems"] = told(error)
        else:
            context |= {"plan": plan, "text": text, "name": name}
            return render(request, "configuration/plan.html", context)
    return render(request, "configuration/upload.html", context)


@require_POST
def configuration_apply(request: HttpRequest) -> HttpResponse:
    """Do what the plan said."""
    actor = person(request)
    text, name = request.POST.get("text", ""), request.POST.get("name", "")
    plan = apply_configuration(actor=actor, text=text, name=name, now=timezone.now())
    counts = {"created": plan.created, "changed": plan.changed}
    messages.success(request, _("Applied: %(created)s created, %(changed)s changed.") % counts)
    return redirect("configuration:upload")


@require_safe
def configuration_export(request: HttpRequest) -> HttpResponse:
    """The whole configuration as a file."""
    text = export(actor=person(request))
    response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="beheer.yaml"'
    return response
