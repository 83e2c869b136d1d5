"""Names that stand in English in what is said of wrong input, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

from beheer.work.definitions import current_kinds
from beheer.work.kinds.schema import Kind, Words

THINGS = {
    "activity of the profile": _("activity of the profile"),
    "approval of this kind": _("approval of this kind"),
    "configuration item": _("configuration item"),
    "customer": _("customer"),
    "field": _("field"),
    "line of this kind": _("line of this kind"),
    "person": _("person"),
    "phase of this kind": _("phase of this kind"),
    "service": _("service"),
    "state of this kind": _("state of this kind"),
    "step of this kind": _("step of this kind"),
    "team": _("team"),
    "user": _("user"),
    "value for this field": _("value for this field"),
}


def name_told(text: str) -> str:
    """The name of a thing, a kind, a state, a step or a field in the reader's language. Empty: it names none."""
    if text in THINGS:
        return gettext(THINGS[text])
    language = get_language() or "en"
    return next(
        (
            words.text(language)
            for kind in current_kinds().values()
            for words in _names(kind)
            if words.en == text
        ),
        "",
    )


def _names(kind: Kind) -> Iterator[Words]:
    yield kind.name
    for group in (kind.states, kind.steps, kind.fields):
        yield from (one.name for one in group.values())
