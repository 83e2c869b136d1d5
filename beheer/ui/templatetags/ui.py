"""The components: a typed tag and a template each, all shown on `/ui/`."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.forms import BaseForm
from django.template import Context
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from beheer.ui import components, formats
from beheer.ui.forms import FieldGroup, groups_of
from beheer.ui.list_rows import rows_html
from beheer.ui.lists import ListPage

register = template.Library()
Text = str | Promise
Missing = str | None  # a template gives "" for what is not there


@register.simple_tag
def icon(name: str, label: Text = "") -> SafeString:
    """A drawing from the sprite, the size of the text. Without `label` it is decoration, hidden from readers."""
    return components.icon(name, label)


@register.simple_tag
def state(value: str | None, big: bool = False) -> SafeString:
    """The state of a check or service ("up", "degraded", "down", "unknown") as icon, word and colour."""
    return components.state(value, big)


@register.simple_tag
def verdict(value: str | None) -> SafeString:
    """The verdict on a norm ("met", "breached", "unjudged", …) as icon, word and colour; None: no norm."""
    return components.verdict(value)


@register.simple_tag
def badge(text: Text, tone: str = "muted", icon: str = "") -> SafeString:
    """A short word in a chip. Tones: info, good, warn, bad, muted."""
    return components.badge(text, tone, icon)


@register.simple_tag
def simulated() -> SafeString:
    """Marks what did not really happen: figures of the demonstration institution."""
    return components.simulated()


@register.simple_tag
def duration(seconds: float | dt.timedelta | Missing) -> str:
    """A length of time for people: "2 d 4 h". None is a dash."""
    if seconds is None or isinstance(seconds, str):
        return formats.NO_VALUE
    if isinstance(seconds, dt.timedelta):
        seconds = seconds.total_seconds()
    return formats.duration_text(seconds)


@register.simple_tag
def instant(value: dt.datetime | Missing, seconds: bool = False, ago: bool = False) -> SafeString | str:
    """An instant in the zone of the screen, as `<time>`; with `ago` as distance to now. None is a dash."""
    if value is None or isinstance(value, str):
        return formats.NO_VALUE
    return components.instant(value, seconds, ago)


@register.simple_tag
def day(value: dt.date | Missing) -> str:
    """A calendar day. None is a dash."""
    return formats.day_text(None if isinstance(value, str) else value)


@register.simple_tag
def percent(ratio: float | Missing, digits: int = 3, worse: str = "lower") -> str:
    """A ratio as percent, rounded toward the worse side. None is a dash."""
    return formats.percent_text(None if isinstance(ratio, str) else ratio, digits, worse)


@register.simple_tag
def number(value: float | Missing, unit: str = "") -> str:
    """A figure with its unit, of at most four significant digits. None is a dash."""
    return formats.number_text(None if isinstance(value, str) else value, unit)


@register.inclusion_tag("ui/components/form.html", takes_context=True)
def form(
    context: Context,
    form: BaseForm,
    submit: Text | None = None,
    cancel: str = "",
    action: str = "",
    method: str = "post",
    danger: bool = False,
    key: str = "",
    extra: str = "",
) -> dict[str, Any]:
    """A whole form: summary of errors, fields by group, buttons.

    `danger` colours the button of what cannot be undone; `extra` is safe HTML inside the form, such as hidden fields.
    """
    return {
        "form": form,
        "groups": groups_of(form),
        "submit": submit or _("Save"),
        "cancel": cancel,
        "action": action,
        "method": method,
        "danger": danger,
        "key": key,
        "extra": extra,
        "was_sent": getattr(context.get("request"), "method", "") == "POST",
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("ui/components/fields.html")
def fields(form: BaseForm) -> dict[str, list[FieldGroup]]:
    """Only the fields of a form, for a page that writes the `<form>` itself."""
    return {"groups": groups_of(form)}


@register.inclusion_tag("ui/components/list_table.html", takes_context=True)
def list_table(context: Context, list: ListPage) -> dict[str, Any]:
    """A list with its search, filters, table, pages and exports."""
    return {"list": list, "request": context.get("request")}


@register.simple_tag(takes_context=True)
def list_rows(context: Context, list: ListPage) -> SafeString:
    """The rows of a list's table."""
    return rows_html(list.columns, list.objects, context)


@register.simple_tag
def options(choices: list[tuple[str, Text]], chosen: str) -> SafeString:
    """The options of a `<select>`, by (value, words)."""
    return components.options(choices, chosen)


@register.inclusion_tag("ui/components/pager.html")
def pager(page: Any) -> dict[str, Any]:
    """Links to the pages of a list."""
    return {"page": page}


@register.inclusion_tag("ui/components/empty.html")
def empty(
    title: Text, hint: Text = "", action_url: str = "", action_text: Text = "", icon: str = "info"
) -> dict[str, Any]:
    """Says that there is nothing, why, and what to do first."""
    return {"title": title, "hint": hint, "action_url": action_url, "action_text": action_text, "icon": icon}


@register.inclusion_tag("ui/components/figure.html")
def figure(value: Text, label: Text, hint: Text = "", tone: str = "", url: str = "") -> dict[str, Any]:
    """One figure of now with what it counts. Tones as of a badge; a figure of nothing is never bad."""
    if tone in ("bad", "warn") and str(value) == "0":
        tone = ""
    return {"value": value, "label": label, "hint": hint, "tone": tone, "url": url}


@register.inclusion_tag("ui/components/button.html", takes_context=True)
def button(
    context: Context, text: Text, url: str = "", tone: str = "plain", icon: str = "", post: bool = False
) -> dict[str, Any]:
    """A link that looks like a button, or with `post` a form of one button. Tones: primary, plain, danger."""
    return {
        "text": text,
        "url": url,
        "tone": tone,
        "icon": icon,
        "post": post,
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("ui/components/crumb.html")
def crumb(title: Text, url: str = "") -> dict[str, Any]:
    """A step on the way to this page, in block `crumbs`."""
    return {"title": title, "url": url}


@register.inclusion_tag("ui/components/progress.html")
def progress(done: float, total: float, label: Text) -> dict[str, Any]:
    """How far long work is."""
    return {"done": done, "total": total, "label": label}


@register.inclusion_tag("ui/components/range_links.html")
def range_links(range: Any) -> dict[str, Any]:
    """Links to the last hour, six hours, day, week and month, earlier and later; `range` is a `ui.ranges.TimeRange`."""
    return {"range": range}


@register.simple_block_tag
def card(content: str, title: Text = "", tone: str = "", wide: bool = False, key: str = "") -> SafeString:
    """A part of a page with its own heading."""
    values = {"content": content, "title": title, "tone": tone, "wide": wide, "key": key}
    return mark_safe(render_to_string("ui/components/card.html", values))  # noqa: S308


@register.simple_block_tag
def facts(content: str) -> SafeString:
    """A list of terms with their values; inside it stand `{% fact %}`s."""
    return format_html('<dl class="facts">{}</dl>', mark_safe(content))  # noqa: S308


@register.simple_block_tag
def fact(content: str, term: Text) -> SafeString:
    """A term with its value, inside `{% facts %}`."""
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", term, mark_safe(content.strip()))  # noqa: S308


@register.simple_block_tag
def note(content: str, tone: str = "info", title: Text = "") -> SafeString:
    """Something the reader must notice. Tones: info, good, warn, bad."""
    values = {"content": content, "tone": tone, "title": title}
    return mark_safe(render_to_string("ui/components/note.html", values))  # noqa: S308


@register.simple_block_tag
def live(content: str, url: str, key: str, every: int = 30) -> SafeString:
    """A part of a page that asks `url` for itself again every so many seconds (with JavaScript only).

    `url` answers with a page that holds the same part, found by its `key`. Waits while the reader is in it, and says so
    when it could not be refreshed.
    """
    values = {"content": content, "url": url, "key": key, "every": every}
    return mark_safe(render_to_string("ui/components/live.html", values))  # noqa: S308


@register.filter
def problem_count(form: BaseForm) -> int:
    """How many things are wrong with what was sent: a field, or the whole form, may have several."""
    return sum(len(found) for found in form.errors.values())


@register.filter
def plain(value: object) -> str:
    """Any value as text: yes and no, instants, days, numbers, durations."""
    return formats.plain_value(value)
