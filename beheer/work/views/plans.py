"""What stands in the way of a plan is shown before it is planned; planning it anyway is a choice."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html

from beheer.work.forms import KindForm
from beheer.work.models import Item
from beheer.work.planning import in_the_way, made_plan
from beheer.work.rules.conflicts import Plan

TOUCHES = {"planned_start", "planned_end", "service", "services", "items", "assignee"}


def stands(request: HttpRequest, form: KindForm, item: Item | None = None) -> bool:
    """Whether a valid form may go on: it plans nothing anew, nothing is in its way, or the person saw what is.

    What is in the way is put on the form, with a field that says which of it was seen.
    """
    window = form.kind.window
    touched = TOUCHES | ({window.field} if window is not None else set())
    if item is not None and not touched & set(form.changed_data):
        return True
    plan = _plan(form, item)
    if plan is None:
        return True
    lines = in_the_way([plan])[plan.key]
    seen = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]
    if not lines or request.POST.get("in_spite") == seen:
        return True
    form.in_the_way = lines
    form.in_spite = format_html('<input type="hidden" name="in_spite" value="{}">', seen)
    return False


def _plan(form: KindForm, item: Item | None) -> Plan | None:
    """The plan as it would be: what the form says, and for what it does not ask, what the item says."""
    given = form.cleaned_data
    start, end = _value("planned_start", given, item), _value("planned_end", given, item)
    if not isinstance(start, datetime) or not isinstance(end, datetime) or end <= start:
        return None
    services = _value("services", given, item)
    things = _value("items", given, item)
    service, assignee = _value("service", given, item), _value("assignee", given, item)
    window = form.kind.window
    interrupts = window is not None and item is not None and item.values.get(window.field) is True
    if window is not None and window.field in given:
        interrupts = given[window.field] in ("yes", True)
    return made_plan(
        key=item.number if item is not None else "-",
        start=start,
        end=end,
        services={*(one.pk for one in services or ()), service.pk if service is not None else None},
        things=things or (),
        person=assignee.pk if assignee is not None else None,
        interrupts=interrupts,
    )


def _value(name: str, given: dict[str, Any], item: Item | None) -> Any:
    if name in given:
        return given[name]
    if item is None:
        return None
    return list(getattr(item, name).all()) if name in ("services", "items") else getattr(item, name)
