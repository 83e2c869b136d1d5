"""Charts drawn by the server: SVG without script or style, with the same numbers in a table beside it.

Positions are percentages, so that a chart fills its place at any width while its text keeps its size.
"""

from beheer.ui.charts.bars import Bar, bars
from beheer.ui.charts.budgets import budget_chart
from beheer.ui.charts.lines import Series, Span, Threshold, line_chart
from beheer.ui.charts.sparklines import sparkline
from beheer.ui.charts.strips import Segment, state_strip

__all__ = [
    "Bar",
    "Segment",
    "Series",
    "Span",
    "Threshold",
    "bars",
    "budget_chart",
    "line_chart",
    "sparkline",
    "state_strip",
]
