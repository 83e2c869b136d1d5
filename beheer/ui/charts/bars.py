"""Amounts beside each other, as a table whose cells are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from beheer.ui.charts.drawing import figure, joined, pct
from beheer.ui.charts.scales import value_axis
from beheer.ui.formats import number_text


@dataclass(frozen=True, slots=True)
class Bar:
    """One amount: what it is of, how much (None: not known), and optionally its page, tone and own text."""

    label: str
    value: float | None
    tone: str = ""
    url: str = ""
    text: str = ""


def bars(
    items: Sequence[Bar], *, title: str, unit: str = "", key: str = "", most: float | None = None
) -> SafeString:
    """Horizontal bars from zero, in the order given. `most` is the end of the scale (default: the greatest value)."""
    values = [bar.value for bar in items if bar.value is not None]
    axis, _marks = value_axis([*values, *([most] if most is not None else [])])
    end = most if most is not None else max([0.0, *values]) or axis.high
    rows = joined(_row(bar, bar.value / end if bar.value is not None and end else 0.0, unit) for bar in items)
    table = format_html('<table class="bars"><tbody>{}</tbody></table>', rows)
    return figure(title, table, key=key)


def _row(bar: Bar, share: float, unit: str) -> SafeString:
    name = format_html('<a href="{}">{}</a>', bar.url, bar.label) if bar.url else bar.label
    return format_html(
        '<tr><th scope="row">{}</th><td class="bar-cell">'
        '<svg class="bar {}" width="100%" height="10" aria-hidden="true">'
        '<rect class="rest" width="100%" height="10" rx="2"/>'
        '<rect class="fill" width="{}" height="10" rx="2"/></svg></td>'
        '<td class="numeric">{}</td></tr>',
        name, bar.tone, pct(min(max(share, 0.0), 1.0)), bar.text or number_text(bar.value, unit),
    )  # fmt: skip
