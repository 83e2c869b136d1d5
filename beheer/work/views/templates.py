"""Texts to answer with: the list, and the form of one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beheer.permissions.rules import allowed, allowed_somewhere
from beheer.ui.forms import problems_on
from beheer.work.actions.templates import RIGHT, change_template, create_template, remove_template
from beheer.work.forms import TemplateForm
from beheer.work.gate import staff
from beheer.work.models import ReplyTemplate
from beheer.work.rules.templates import PLACEHOLDERS


@require_safe
def template_list(request: HttpRequest) -> HttpResponse:
    """All texts, those for everybody first, then by team."""
    user = staff(request)
    rows = ReplyTemplate.objects.select_related("team").order_by("team__name", "name")
    context = {
        "rows": sorted(rows, key=lambda row: row.team is not None),
        "may": allowed_somewhere(user, RIGHT),
        "own": {row.pk for row in rows if allowed(user, RIGHT, team_id=row.team_id)},
    }
    return render(request, "work/templates.html", context)


@require_http_methods(["GET", "POST"])
def template_edit(request: HttpRequest, key: str = "") -> HttpResponse:
    """Make a text, or change one."""
    user = staff(request)
    template = get_object_or_404(ReplyTemplate, key=key) if key else None
    form = TemplateForm(request.POST or None, instance=template)
    if request.method == "POST" and form.is_valid():
        values, now = form.cleaned_data, timezone.now()
        with problems_on(form):
            if template is None:
                create_template(actor=user, values=values, now=now)
            else:
                change_template(actor=user, template=template, values=values, now=now)
            messages.success(request, _("The text is kept."))
            return redirect("work:template_list")
    context = {"form": form, "template": template, "placeholders": PLACEHOLDERS}
    return render(request, "work/template_form.html", context)


@require_POST
def template_remove(request: HttpRequest, key: str) -> HttpResponse:
    """Take a text away."""
    user = staff(request)
    remove_template(actor=user, template=get_object_or_404(ReplyTemplate, key=key), now=timezone.now())
    messages.success(request, _("The text is gone."))
    return redirect("work:template_list")
