"""Draws the rows of a list.

In Python, since a page has five hundred cells, and a template asks itself anew at each what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.template import Context
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe

from beheer.ui.formats import NO_VALUE, plain_value
from beheer.ui.lists import Column

Pen = Callable[[Any], str]


def rows_html(columns: Sequence[Column], objects: Iterable[Any], context: Context) -> SafeString:
    """The `<tr>`s of a table. Cells that have a template see the context, with `row` and `value`."""
    pens = [_pen(column, context) for column in columns if column.is_shown]
    rows = ["<tr>" + "".join([pen(one) for pen in pens]) + "</tr>" for one in objects]
    return mark_safe("".join(rows))  # noqa: S308  # each part was escaped


def _pen(column: Column, context: Context) -> Pen:
    """What draws a column's cell in a row."""
    title, numeric = escape(column.title), f"of-{column.key}" + (" numeric" if column.numeric else "")
    begin = f'<td data-label="{title}" class="{numeric}"><div>'
    if column.cell is None:
        # A narrow screen leaves out a cell with nothing in it.
        return _plain(column, begin, f'<td data-label="{title}" class="{numeric} blank"><div>')
    draw = column.cell if callable(column.cell) else _by_template(column.cell, context)
    return lambda row: f"{begin}{conditional_escape(draw(row, column.of(row)))}</div></td>"


def _plain(column: Column, begin: str, begin_blank: str) -> Pen:
    """What draws a cell of plain text, with a link around it if the column has one."""
    link = column.link

    def draw(row: Any) -> str:
        text = plain_value(column.of(row))
        start = begin_blank if text == NO_VALUE else begin
        shown: str = conditional_escape(text)
        if link and (url := link(row)):
            shown = f'<a href="{conditional_escape(url)}">{shown}</a>'
        return f"{start}{shown}</div></td>"

    return draw


def _by_template(name: str, context: Context) -> Callable[[Any, Any], str]:
    """What draws a cell by its template, looked up once for all rows."""
    assert context.template is not None
    template = context.template.engine.get_template(name)

    def draw(row: Any, value: Any) -> str:
        with context.push(row=row, value=value):
            return template.render(context)

    return draw
