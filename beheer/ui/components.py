"""Small components as HTML: what their tags give, and for rows that are drawn without a template of their own.

The HTML of most follows from what they are given and nothing else, so that each is drawn once and kept.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import localize
from django.utils.functional import Promise
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from beheer.ui import formats, words
from beheer.ui.icons import ICONS

Text = str | Promise


def icon(name: str, label: Text = "") -> SafeString:
    """A drawing from the sprite. Raises ValueError for a name that the sprite does not have."""
    if name not in ICONS:
        raise ValueError(f"There is no icon {name!r}; the names stand in beheer/ui/icons.py.")
    return _drawn("ui/components/icon.html", name=name, label=_escaped(label))


def badge(text: Text, tone: str = "muted", icon: str = "", hint: Text = "") -> SafeString:
    """A short word in a chip."""
    return _drawn("ui/components/badge.html", text=_escaped(text), tone=tone, icon=icon, hint=_escaped(hint))


def simulated() -> SafeString:
    """The mark of what did not really happen."""
    hint = _("Made up for demonstration; nothing of this was measured.")
    return badge(_("simulated"), tone="simulated", icon="simulated", hint=hint)


def state(value: str | None, big: bool = False) -> SafeString:
    """The state of a check or service as icon, word and colour."""
    key = value if value in words.STATES else "unknown"
    return _drawn("ui/components/state.html", key=key, word=_escaped(words.STATES[key]), big=big)


def verdict(value: str | None) -> SafeString:
    """The verdict on a norm as icon, word and colour; None: no norm."""
    key = (value or "none").replace(" ", "_").replace("-", "_")
    key = key if key in words.VERDICTS else "none"
    return _drawn("ui/components/verdict.html", key=key, word=_escaped(words.VERDICTS[key]))


def instant(value: dt.datetime, seconds: bool = False, ago: bool = False) -> SafeString:
    """An instant in the zone of the screen, as `<time>`; with `ago` as distance to now."""
    exact = formats.instant_text(value, seconds=True)
    text = formats.ago_text(value, timezone.now()) if ago else formats.instant_text(value, seconds)
    machine = value.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return format_html('<time datetime="{}" title="{}">{}</time>', machine, exact, text)


def options(choices: list[tuple[str, Text]], chosen: str) -> SafeString:
    """The options of a `<select>`, of which there may be hundreds."""
    marks = {True: " selected", False: ""}
    lines = [
        f'<option value="{escape(value)}"{marks[value == chosen]}>{_escaped(text)}</option>'
        for value, text in choices
    ]
    return mark_safe("".join(lines))  # noqa: S308


def _escaped(text: Text) -> str:
    """A text in the language of now, as it stands in HTML: safe and unsafe texts that read alike differ there."""
    return conditional_escape(str(text) if isinstance(text, str | Promise) else localize(text))


@lru_cache(maxsize=4096)
def _drawn(template: str, **values: str | bool) -> SafeString:
    """A template with these values, which are safe in HTML."""
    return render_to_string(template, values)
