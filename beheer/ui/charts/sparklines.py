"""A line the size of a word."""

from __future__ import annotations

import math
from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from beheer.ui.charts.scales import Axis
from beheer.ui.formats import number_text


def sparkline(values: Sequence[float | None], *, unit: str = "", label: str = "") -> SafeString:
    """The course of `values` in order; None is a gap. Says last, least and most to who cannot see it."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return format_html('<span class="muted">{}</span>', "–")
    axis = Axis(min(known), max(known))
    width = max(len(values) - 1, 1)
    parts, pen = [], "M"
    for index, value in enumerate(values):
        if value is None or not math.isfinite(value):
            pen = "M"
            continue
        height = 11 if axis.high == axis.low else 20 - 18 * axis.share(value)
        parts.append(f"{pen}{1 + index / width * 98:.1f} {height:.1f}")
        pen = "L"
    words = _("last %(last)s, least %(least)s, most %(most)s")
    figures = {"last": known[-1], "least": min(known), "most": max(known)}
    said = words % {word: number_text(value, unit) for word, value in figures.items()}
    return format_html(
        '<svg class="sparkline" viewBox="0 0 100 22" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<path d="{}"/></svg>',
        f"{label}: {said}" if label else said, "".join(parts) + ("h0.1" if len(parts) == 1 else ""),
    )  # fmt: skip
