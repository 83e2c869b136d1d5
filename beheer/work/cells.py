"""An item as cells of a list and as a card.

In Python, since a page has hundreds of them, and a template costs several times as much.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from beheer.ui import components
from beheer.ui.formats import NO_VALUE
from beheer.work.mail.words import OUTCOME_TONES, STATES
from beheer.work.models import Item
from beheer.work.wording import is_late, phase_tone


@lru_cache(maxsize=4096)
def item_url(number: str) -> str:
    """The address of an item's page."""
    return reverse("work:item", args=[number])


def pick(row: Item, value: str) -> SafeString:
    """The box by which an item is picked, as it is now: whoever changes it first makes the pick refused."""
    label = _("Pick %(value)s") % {"value": value}
    box = '<input type="checkbox" form="bulk" name="number" value="{}:{}" aria-label="{}">'
    return format_html(box, value, row.version, label)


def title(row: Item, value: str) -> SafeString:
    """The title, which leads to the item."""
    mark = format_html(" {}", components.simulated()) if row.is_simulated else ""
    return format_html('<a href="{}">{}</a>{}', item_url(row.number), value, mark)


def item_link(item: Item, unseen: Container[int] = (), *, is_planned: bool = False) -> SafeString:
    """Number and title, which lead to the item.

    Of one among `unseen` (ids of those that the reader may not open) only the number; what is planned is told to all.
    """
    number = format_html('<span class="mono">{}</span>', item.number)
    if item.pk not in unseen:
        return format_html('<a href="{}">{} {}</a>', item_url(item.number), number, item.title)
    told = item.title if is_planned else _("of another team")
    return format_html(
        "{} <span{}>{}</span>", number, "" if is_planned else mark_safe(' class="muted"'), told
    )


def title_and_service(row: Item, value: str) -> SafeString:
    """The title, and under it what service it is about."""
    if row.service is None:
        return title(row, value)
    return format_html('{}<span class="under">{}</span>', title(row, value), row.service.name)


def hands(row: Item, value: Any) -> SafeString:
    """Who has it, and under that of which team."""
    under = format_html('<span class="under">{}</span>', row.team.name) if row.team else ""
    return format_html("{}{}", value or NO_VALUE, under)


def state(row: Item, value: str) -> SafeString:
    """The state in the colour of its phase."""
    return components.badge(value, phase_tone(row.phase))


def priority(row: Item, value: int) -> SafeString:
    """The priority, a figure in its colour."""
    label = _("Priority %(value)s") % {"value": value}
    return format_html('<span class="priority p{}" title="{}">{}</span>', value, label, value)


class CardStep(NamedTuple):
    """A step that may be taken with a card; `to` is the state it leads to."""

    key: str
    name: str
    to: str
    asks: bool


def card(row: Item, steps: Sequence[CardStep] = ()) -> SafeString:
    """An item on a board, with what may be done with it: buttons of the form `move`."""
    late = " late" if is_late(row) else ""
    parts = [
        format_html('<article class="work-card{}">\n<div class="row">', late),
        priority(row, row.priority),
        format_html('<span class="mono small muted">{}</span>', row.number),
        components.simulated() if row.is_simulated else "",
        format_html('</div>\n<a class="work-title" href="{}">{}</a>\n', item_url(row.number), row.title),
        mark_safe('<div class="row small muted">'),
        format_html("<span>{}</span>", row.service) if row.service else "",
        format_html("<span>{}</span>", row.assignee or _("nobody")),
        _card_due(row, late.strip()),
        mark_safe("</div>\n"),
        _card_steps(row, steps) if steps else "",
        mark_safe("</article>"),
    ]
    return mark_safe("".join(parts))  # noqa: S308  # each part was escaped


def _card_steps(row: Item, steps: Sequence[CardStep]) -> SafeString:
    """A menu that opens without script and by keyboard."""
    button = '<button class="quiet" form="move" name="move" value="{}:{}:{}" data-to="{}">{}{}</button>'
    buttons = format_html_join(
        "", button, ((row.number, row.version, one.key, one.to, one.name, "…" * one.asks) for one in steps)
    )
    head = _("Steps of %(number)s") % {"number": row.number}
    return format_html(
        '<details class="card-steps"><summary aria-label="{}">{}</summary><div>{}</div></details>\n',
        head, pgettext("board", "Steps"), buttons,
    )  # fmt: skip


def _card_due(row: Item, tone: str) -> str:
    if row.due_at is None:
        return ""
    return format_html(
        '<span class="{}">{}{}</span>', tone, components.icon("clock"), instant(row, row.due_at)
    )


def instant(row: Any, value: datetime | None) -> str:
    """An instant as distance to now."""
    return NO_VALUE if value is None else components.instant(value, ago=True)


def due(row: Item, value: datetime | None) -> str:
    """When it is due, in the colour of late where it is."""
    if value is None or not is_late(row):
        return instant(row, value)
    return format_html('<span class="late">{}{}</span>', components.icon("breached"), instant(row, value))


def outcome(row: Any, value: str) -> SafeString:
    """What became of a mail that came in."""
    return components.badge(value, OUTCOME_TONES.get(row.outcome, "muted"))


def mail_state(row: Any, value: str) -> SafeString:
    """Where a mail that goes out stands."""
    return components.badge(value, STATES[row.state][1] if row.state in STATES else "muted")
