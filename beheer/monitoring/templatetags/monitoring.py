"""What the pages of monitoring say about settings and outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _

from beheer.monitoring.labels import label_of
from beheer.monitoring.said import said

register = template.Library()


@register.filter
def translated(text: str) -> str:
    """A text of a kind of probe in the reader's language."""
    return _(text) if text else ""


@register.filter
def told(text: str | None) -> str:
    """What a probe or the judging wrote down, in the reader's language."""
    return said(text) if text else ""


@register.filter
def setting_label(name: str) -> str:
    """`follow_redirects` → "Follow redirects", in the reader's language."""
    return _(label_of(name))


@register.filter
def setting_text(value: Any) -> str:
    """The value of a setting on one line."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {text}" for name, text in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(str(one) for one in value)
    return str(value)


@register.filter
def outcome_label(outcome: str) -> str:
    """What the conditions of an outcome mean."""
    return {"down": _("Down when"), "degraded": _("Degraded when"), "unknown": _("Says nothing when")}[
        outcome
    ]
