"""Kinds of work: drawn from their files, checked, tried on last year's items, published."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from beheer.lib.errors import InputError, Problem
from beheer.permissions.rules import allowed_somewhere
from beheer.ui.forms import problems_on
from beheer.ui.sentences import told
from beheer.work.actions import publish_kind
from beheer.work.definitions import checked, current_kinds, current_version, kind_of
from beheer.work.diagram import drawn
from beheer.work.dry_run import dry_run
from beheer.work.forms import KindTextForm
from beheer.work.gate import staff
from beheer.work.kinds.schema import Kind
from beheer.work.models import KindVersion
from beheer.work.own_files import not_in_force
from beheer.work.queries import open_work
from beheer.work.sight import in_sight
from beheer.work.wording import field_name, kind_name, language


@require_safe
def kind_list(request: HttpRequest) -> HttpResponse:
    """All kinds, with how much is open of each."""
    user = staff(request)
    live = open_work().filter(in_sight(user))
    rows = [
        {
            "key": key,
            "name": kind_name(kind),
            "about": kind.description.text(language()),
            "areas": ", ".join(str(area) for area in kind.result_areas),
            "states": len(kind.states),
            "open": live.filter(kind=key).count(),
        }
        for key, kind in current_kinds().items()
    ]
    may = allowed_somewhere(user, "work.publish_kind")
    return render(request, "work/kinds.html", {"rows": rows, "may": may, "wrong": _wrong() if may else []})


def _wrong() -> list[Problem]:
    """Why files of the institution's own folder are not in force."""
    return [one for file in not_in_force() for one in told(InputError(file.problems))]


@require_safe
def kind_detail(request: HttpRequest, key: str) -> HttpResponse:
    """One kind: its diagram, the same as a table, fields by state, clocks, approvals, versions."""
    user = staff(request)
    version = current_version(key)
    if request.GET.get("version", "").isdecimal():
        version = get_object_or_404(KindVersion, key=key, version=int(request.GET["version"]))
    kind = kind_of(version)
    fields = [
        (field_name(kind, name), [(kind.mode(name, state)) for state in kind.states])
        for name in [*dict.fromkeys([*kind.create, *kind.fields])]
    ]
    context = {
        "key": key,
        "kind": kind,
        "kind_name": kind_name(kind),
        "about": kind.description.text(language()),
        "version": version,
        "versions": KindVersion.objects.filter(key=key),
        "diagram": drawn(kind, language()),
        "states": [(state, spec.name.text(language()), spec.phase) for state, spec in kind.states.items()],
        "steps": _steps(kind),
        "fields": fields,
        "clocks": [(spec.name.text(language()), spec) for spec in kind.clocks.values()],
        "approvals": [(spec.name.text(language()), spec) for spec in kind.approvals.values()],
        "tasks": [(spec.name.text(language()), spec) for spec in kind.tasks.values()],
        "may": allowed_somewhere(user, "work.publish_kind"),
    }
    return render(request, "work/kind.html", context)


def _steps(kind: Kind) -> list[dict[str, str]]:
    return [
        {
            "name": step.name.text(language()),
            "from": ", ".join(kind.states[state].name.text(language()) for state in kind.sources(step)),
            "to": kind.states[step.to].name.text(language()),
            "by": ", ".join(step.by),
            "asks": ", ".join(field_name(kind, name) for name in step.asks),
            "needs": ", ".join(kind.approvals[name].name.text(language()) for name in step.needs),
        }
        for step in kind.steps.values()
    ]


@require_http_methods(["GET", "POST"])
def kind_edit(request: HttpRequest, key: str = "") -> HttpResponse:
    """Write or change a kind: check it, see what it would have blocked, publish it."""
    user = staff(request)
    begun = current_version(key) if key else None
    start = {"text": begun.text, "version": begun.version} if begun else {"version": 0}
    form = KindTextForm(request.POST or None, initial=start)
    trial = None
    drawing = ""
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"].replace("\r\n", "\n")
        with problems_on(form):
            kind = checked(text, f"{key or 'kind'}.yaml")
            trial, drawing = dry_run(kind, now=timezone.now()), drawn(kind, language())
            if "publish" in request.POST:
                after = form.cleaned_data["version"] if kind.kind == key else 0
                name, now = f"{kind.kind}.yaml", timezone.now()
                version = publish_kind(actor=user, text=text, name=name, now=now, after=after)
                messages.success(request, _("Published as version %(n)s.") % {"n": version.version})
                return redirect("work:kind", key=version.key)
    context = {"form": form, "key": key, "trial": trial, "drawing": drawing, "may": True}
    return render(request, "work/kind_edit.html", context)
