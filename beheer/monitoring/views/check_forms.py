"""Pages on which checks are made, changed and tried."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from beheer.catalogue.models import Service
from beheer.lib.errors import InputError, NotAllowed
from beheer.monitoring.actions.checks import change_check, create_check, try_check
from beheer.monitoring.contract import Kind, Result
from beheer.monitoring.forms import CheckForm
from beheer.monitoring.models import Alert, Check
from beheer.monitoring.probes import KINDS, kind_of
from beheer.monitoring.queries import check_by_key
from beheer.people.models import User
from beheer.people.sign_in import person
from beheer.permissions.rules import allowed_somewhere, require
from beheer.ui.sentences import problem_told


@require_http_methods(["GET", "HEAD", "POST"])
def check_new(request: HttpRequest) -> HttpResponse:
    """Make a check: first its kind, then the rest."""
    actor = person(request)
    if not allowed_somewhere(actor, "monitoring.change_check"):
        require(actor, "monitoring.change_check")
    asked = request.GET.get("kind", "")
    service = Service.objects.filter(key=request.GET.get("service", "")).first()
    if not asked:
        context = {"kinds": KINDS.values(), "service": service}
        return render(request, "monitoring/check_kinds.html", context)
    kind = kind_of(asked)
    initial: dict[str, Any] = {"service": service, **_from_alert(request)}
    if kind.is_passive:
        initial["confirm_after"] = 1
    form = CheckForm(kind, request.POST or None, initial=initial)
    return _form_page(request, actor, form, None)


def _from_alert(request: HttpRequest) -> dict[str, Any]:
    """What a new check that takes up an alert is told to begin with; nothing where none is named."""
    number = request.GET.get("alert", "")
    alert = Alert.objects.select_related("source").filter(pk=number).first() if number.isdecimal() else None
    if alert is None:
        return {}
    labels = {name: value for name, value in alert.labels.items() if name != "severity"}
    return {"name": alert.name, "settings.source": alert.source.key, "settings.labels": labels}


@require_http_methods(["GET", "HEAD", "POST"])
def check_change(request: HttpRequest, key: str) -> HttpResponse:
    """Change a check."""
    actor = person(request)
    check = check_by_key(key)
    require(actor, "monitoring.change_check", team_id=check.service.team_id, service_id=check.service_id)
    form = CheckForm(kind_of(check.kind), request.POST or None, instance=check_by_key(key))
    return _form_page(request, actor, form, check)


def _form_page(request: HttpRequest, actor: User, form: CheckForm, check: Check | None) -> HttpResponse:
    """The form; tried or saved where it was sent and is valid."""
    tried: Result | None = None
    if request.method == "POST" and form.is_valid():
        try:
            if "try" in request.POST:
                tried = _tried(actor, form, check)
            else:
                saved = _saved(actor, form, check)
                messages.success(request, _("Saved. The agent has it within ten seconds."))
                return redirect("monitoring:check_detail", saved.key)
        except InputError as error:
            form.add_problems(error)
        except NotAllowed as error:
            form.add_error("service", problem_told(str(error)))
        except ValidationError as error:
            for field, found in getattr(error, "message_dict", {"": error.messages}).items():
                form.add_error(field if field in form.fields else None, found)
    context = {
        "form": form,
        "kind": form.kind,
        "check": check,
        "tried": tried,
        "metrics": _shown(form.kind, tried) if tried else [],
        "heading": check.name if check else _("New check"),
        "cancel": reverse("monitoring:check_detail", args=[check.key])
        if check
        else reverse("monitoring:check_list"),
    }
    return render(request, "monitoring/check_form.html", context)


def _saved(actor: User, form: CheckForm, check: Check | None) -> Check:
    now = timezone.now()
    if check is None:
        return create_check(actor=actor, values=form.values(), now=now)
    return change_check(actor=actor, check=check, values=form.values(), now=now)


def _tried(actor: User, form: CheckForm, check: Check | None) -> Result:
    return try_check(
        actor=actor,
        service=form.cleaned_data["service"],
        kind=form.kind.key,
        settings=form.settings(),
        conditions=form.conditions(),
        timeout_s=form.cleaned_data.get("timeout_s") or 10.0,
        now=timezone.now(),
        check=check,
    )


def _shown(kind: Kind[Any], tried: Result) -> list[tuple[str, str, float, str]]:
    """What was measured: name, meaning, figure, unit."""
    known = {value.name: value for value in kind.values}
    found = []
    for name, figure in tried.metrics.items():
        value = known.get(name.partition("[")[0])
        unit = {"bytes": "B", "days": "d", "count": ""}.get(value.unit, value.unit) if value else ""
        found.append((name, _(value.meaning) if value else "", figure, unit))
    return found
