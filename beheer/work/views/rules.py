"""Targets of clocks and rules for outages: what there is, and changing it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beheer.catalogue.models import Service
from beheer.lib.errors import InputError
from beheer.permissions.rules import allowed_somewhere
from beheer.ui.forms import problems_on
from beheer.ui.sentences import told
from beheer.work.actions.service_rules import draft_of, save_service_rule
from beheer.work.actions.targets import AGREED, RIGHT, remove_target, save_target
from beheer.work.definitions import BUILT_IN, PRIORITIES, current_kinds, table, table_path
from beheer.work.gate import staff
from beheer.work.models import ServiceRule, Target
from beheer.work.models.items import Degree
from beheer.work.own_files import not_in_force
from beheer.work.rule_forms import ServiceRuleForm, TargetForm, written
from beheer.work.wording import language

MOST = 500


@require_safe
def rule_list(request: HttpRequest) -> HttpResponse:
    """The targets that were set and those of agreements, the table under them, and the rules for outages."""
    user = staff(request)
    rows = Target.objects.select_related("service", "customer")
    context = {
        "targets": [(*_words(row), row, row.source.startswith(AGREED)) for row in rows[:MOST]],
        "standards": _standards(),
        "matrix": _matrix(),
        "degrees": [degree.label for degree in Degree],
        "is_own": table_path().parent != BUILT_IN.parent,
        "wrong": [
            one
            for file in not_in_force()
            if file.name == PRIORITIES
            for one in told(InputError(file.problems))
        ],
        "rules": ServiceRule.objects.select_related("service", "team").order_by("service__name")[:MOST],
        "may": allowed_somewhere(user, RIGHT),
    }
    return render(request, "work/rules.html", context)


def _words(row: Target) -> tuple[str, str]:
    """The kind and clock of a target in words."""
    kind = current_kinds().get(row.kind)
    if kind is None:
        return row.kind, row.clock
    spec = kind.clocks.get(row.clock)
    return kind.name.text(language()), spec.name.text(language()) if spec else row.clock


def _matrix() -> list[tuple[str | Promise, list[int]]]:
    """The matrix: impact, and the priority for each urgency from high to low."""
    held = table()
    return [
        (impact.label, [held.priority(impact.value, urgency.value) for urgency in Degree])
        for impact in Degree
    ]


def _standards() -> list[tuple[str, int, list[tuple[str, float | None]], str]]:
    """The table: kind, priority, (clock, seconds), calendar."""
    found: dict[tuple[str, int], list[tuple[str, float | None]]] = {}
    calendars: dict[tuple[str, int], str] = {}
    for (kind, priority, clock), value in table().targets.items():
        found.setdefault((kind, priority), []).append((clock, value.target_s))
        calendars[kind, priority] = value.calendar
    kinds = current_kinds()
    return [
        (
            kinds[kind].name.text(language()) if kind in kinds else _("other kinds"),
            priority,
            clocks,
            calendars[kind, priority],
        )
        for (kind, priority), clocks in found.items()
    ]


@require_http_methods(["GET", "POST"])
def target_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Set a target, or change one that was set by hand."""
    user = staff(request)
    row = get_object_or_404(Target, pk=pk) if pk is not None else None
    form = TargetForm(request.POST or None, initial=_initial(row) if row is not None else {})
    if request.method == "POST" and form.is_valid():
        with problems_on(form):
            save_target(actor=user, draft=form.draft(), now=timezone.now())
            messages.success(request, _("Saved. Running items follow within half a minute."))
            return redirect("work:rule_list")
    return render(request, "work/rule_form.html", {"form": form, "title": _("Target of a clock")})


def _initial(row: Target) -> dict[str, object]:
    return {
        "clock": f"{row.kind}.{row.clock}",
        "priority": row.priority,
        "service": row.service_id,
        "customer": row.customer_id,
        "within": written(row.target_s),
        "calendar": row.calendar,
    }


@require_POST
def target_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a target away."""
    user = staff(request)
    remove_target(actor=user, target=get_object_or_404(Target, pk=pk), now=timezone.now())
    messages.success(request, _("The target is gone: the next less specific one holds."))
    return redirect("work:rule_list")


@require_http_methods(["GET", "POST"])
def service_rule_edit(request: HttpRequest, key: str = "") -> HttpResponse:
    """Say how outages of a service are answered."""
    user = staff(request)
    service = get_object_or_404(Service, key=key) if key else None
    held = draft_of(ServiceRule.objects.filter(service=service).first()) if service else None
    initial = {} if service is None or held is None else {
        "service": service.pk,
        "opens_incidents": held.opens_incidents,
        "when_back": held.when_back,
        "reopen_within": written(held.reopen_within_s),
        "team": held.team,
    }  # fmt: skip
    form = ServiceRuleForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with problems_on(form):
            save_service_rule(
                actor=user, service=form.cleaned_data["service"], draft=form.draft(), now=timezone.now()
            )
            messages.success(request, _("Saved."))
            return redirect("work:rule_list")
    context = {"form": form, "title": _("Rule for outages of a service")}
    return render(request, "work/rule_form.html", context)
