"""What the templates of work need beside the components."""

from __future__ import annotations

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from beheer.work.cells import card, item_link
from beheer.work.models import Item
from beheer.work.wording import item_state_name, phase_tone

register = template.Library()
register.filter("phase_tone", phase_tone)
register.simple_tag(card, name="work_card")
register.simple_tag(item_link)


@register.filter
def state_word(item: Item) -> str:
    """The state an item is in, in words."""
    return item_state_name(item)


@register.filter
def magnitude(value: float | None) -> float | None:
    """A figure without its sign."""
    return None if value is None else abs(value)


@register.filter
def us_seconds(value: int | None) -> float | None:
    """Microseconds as seconds."""
    return None if value is None else value / 1_000_000


@register.filter
def stretch_word(kind: str) -> str:
    """What a clock did in a stretch of time."""
    words = {
        "running": _("running"),
        "outside": _("outside agreed time"),
        "paused": _("paused"),
        "solved": _("solved"),
        "stopped": _("stopped"),
        "cancelled": _("cancelled"),
    }
    return words.get(kind, kind)


@register.filter
def stretch_reason(reason: str) -> str:
    """The reason of a stretch; that it is outside agreed time was said already."""
    return "" if reason == "outside agreed time" else reason


@register.filter
def target_source(source: str) -> SafeString | str:
    """Where a target comes from: the agreement, with its page, or the table of priorities, or by hand."""
    if not source:
        return _("by the table of priorities, or set by hand")
    key = source.removeprefix("agreement:")
    try:
        url = reverse("service_levels:agreement", args=[key])
    except NoReverseMatch:
        return source
    return format_html('{} <a href="{}">{}</a>', _("by agreement"), url, key)


@register.filter
def mode_word(mode: str) -> str:
    """What a field does in a state."""
    words = {
        "hidden": _("hidden"),
        "read_only": _("read only"),
        "editable": _("editable"),
        "required": _("required"),
    }
    return words.get(mode, mode)
