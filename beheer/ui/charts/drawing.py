"""Pieces that every chart is made of: the frame with axes, the figure around it, the table of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from beheer.ui.charts.scales import Tick

INK = 1000  # the inner drawing is 1000 by 1000, stretched to its place


def pct(share: float) -> str:
    """A share of the width or height as SVG takes it, with a hundredth of a percent."""
    return f"{share * 100:.2f}%".replace(".00%", "%")


def joined(pieces: Iterable[str]) -> SafeString:
    """Pieces that are safe already, as one."""
    return mark_safe("".join(pieces))  # noqa: S308


def value_marks(ticks: Sequence[Tick]) -> SafeString:
    """Lines across with their values at the left. Shares count from the bottom."""
    return joined(
        f'<line class="grid" x1="0" x2="100%" y1="{pct(1 - tick.share)}" y2="{pct(1 - tick.share)}"/>'
        f'<text class="value" x="0" dx="-8" y="{pct(1 - tick.share)}" dy="4">{escape(tick.label)}</text>'
        for tick in ticks
    )


def time_marks(ticks: Sequence[Tick]) -> SafeString:
    """Small marks below with their instants; on a narrow screen every second one stays."""
    return joined(
        f'<g class="{"when" if index % 2 == 0 else "when odd"}">'
        f'<line class="tick-mark" x1="{pct(tick.share)}" x2="{pct(tick.share)}" y1="100%" y2="100%"/>'
        f'<text x="{pct(tick.share)}" y="100%" dy="17">{escape(tick.label)}</text></g>'
        for index, tick in enumerate(ticks)
        if 0.015 <= tick.share <= 0.985
    )


def ink(content: str) -> SafeString:
    """What is stretched to the plot: paths in a square of 1000."""
    box = f'<svg class="ink" viewBox="0 0 {INK} {INK}" preserveAspectRatio="none" width="100%" height="100%">'
    return joined([box, content, "</svg>"])


def plot(content: str, label: str, kind: str) -> SafeString:
    """The drawing; its axes stand in the margins around it. `label` is what it says to who cannot see it."""
    return joined(
        [
            f'<svg class="drawing {kind}" role="img" aria-label="{escape(label)}" width="86%" height="170">',
            content,
            "</svg>",
        ]
    )


def legend(entries: Sequence[tuple[str, str]]) -> SafeString:
    """Names beside their marks: (class of the mark, name)."""
    return joined(
        [
            '<ul class="legend">',
            *(
                f'<li><svg class="key" viewBox="0 0 20 10" aria-hidden="true"><path class="{kind}" d="M1 5H19"/></svg>'
                f"{escape(name)}</li>"
                for kind, name in entries
            ),
            "</ul>",
        ]
    )


def numbers(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> SafeString:
    """The numbers behind a chart, folded away; the first column names the row."""
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in heads)
    return format_html(
        '<details class="numbers"><summary>{}</summary>'
        '<div class="table-frame" role="region" tabindex="0" aria-label="{}">'
        '<table class="table compact"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></details>',
        _("Numbers"), _("Numbers"), joined([head]), joined([body]),
    )  # fmt: skip


def figure(
    title: str, drawing: str, *, key: str = "", attributes: str = "", after: str = "", beside: str = ""
) -> SafeString:
    """A chart with its title, legend and numbers."""
    return format_html(
        '<figure class="chart"{}{}><figcaption><span class="chart-title">{}</span>{}</figcaption>'
        '<div class="chart-body">{}</div>{}</figure>',
        format_html(' id="{}"', key) if key else "",
        joined([attributes]),
        title, joined([beside]), joined([drawing]), joined([after]),
    )  # fmt: skip
