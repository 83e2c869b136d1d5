"""Lists that filter, sort, search, page and export, and stay quick with a million rows.

A page says its columns and filters; the address holds what was chosen, so that it can be sent to a colleague.
Never counts past `COUNT_LIMIT` and never skips past it: whoever needs row 10,001 narrows the list or exports it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from beheer.lib.errors import InputError, Problem
from beheer.ui import exports
from beheer.ui.filters import Choice, Filter, Text, Words, words_query
from beheer.ui.formats import NO_VALUE, plain_value

__all__ = ["COUNT_LIMIT", "Choice", "Column", "ListPage", "Text", "words_query"]

COUNT_LIMIT = 10_000
Search = Callable[[QuerySet[Any], str], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what stands in it, and how.

    `value` is a dotted attribute or a function of the row (default: the key); it is also what exports hold.
    `sort` is the field to order by (with "-": biggest first at the first click); None: cannot be sorted.
    `cell` is a template that gets `row` and `value`; None: plain text, with `link(row)` around it if given.
    """

    key: str
    title: Words
    value: str | Callable[[Any], Any] | None = None
    sort: str | None = None
    cell: str | None = None
    numeric: bool = False
    link: Callable[[Any], str] | None = None

    def of(self, row: Any) -> Any:
        """The value of this column in `row`; None where a step of the way is None."""
        if callable(self.value):
            return self.value(row)
        for name in (self.value or self.key).split("."):
            row = getattr(row, name, None)
            if callable(row) and not isinstance(row, Promise):
                row = row()
        return row


@dataclass(frozen=True, slots=True)
class FilterInput:
    """A filter as drawn: its name in the address and the answer of now."""

    key: str
    name: str
    title: Words
    choices: list[tuple[str, Words]] | None  # None: anything may be typed
    value: str


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column; `url` sorts by it, `aria_sort` is "ascending", "descending" or empty."""

    title: Words
    numeric: bool
    url: str
    aria_sort: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as drawn."""

    title: Words
    value: Any
    text: str
    url: str
    template: str | None
    numeric: bool

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing in it: then a narrow screen leaves it out."""
        return self.template is None and self.text == NO_VALUE


@dataclass(frozen=True, slots=True)
class Row:
    """One row as drawn, with the object it shows."""

    object: Any
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Page:
    """Which page of a list; `last` is 0 when the list is longer than can be paged through."""

    number: int
    last: int
    previous_url: str
    next_url: str

    @property
    def has_other_pages(self) -> bool:
        """Whether there is anything to page to."""
        return bool(self.previous_url or self.next_url)


def fields_search(fields: Sequence[str]) -> Search:
    """Searching by looking for every word in one of the fields."""
    return lambda rows, text: rows.filter(words_query(text, fields))


class ListPage:
    """A list of model objects on a page.

    `search_fields` are looked through for every word; `search(rows, text)` instead searches in a way of its own, such
    as an index of words. `name` is for two lists on one page (`name="checks", prefix="c-"` keeps their choices apart
    in the address). Wrong answers in the address raise InputError, which becomes a page that names them.
    """

    def __init__(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        *,
        columns: Sequence[Column],
        filters: Sequence[Filter] = (),
        search_fields: Sequence[str] = (),
        search: Search | None = None,
        page_size: int = 50,
        name: str = "list",
        prefix: str = "",
        label: Words = "",
        nothing_yet: Words | None = None,
        nothing_yet_hint: Words = "",
        action_url: str = "",
        action_text: Words = "",
    ) -> None:
        self.request = request
        self.columns = list(columns)
        self.filters = list(filters)
        self.search_by = search or (fields_search(search_fields) if search_fields else None)
        self.page_size = page_size
        self.name, self.prefix = name, prefix
        self.label = label or name
        self.nothing_yet = nothing_yet or _("Nothing here yet")
        self.nothing_yet_hint = nothing_yet_hint
        self.action_url, self.action_text = action_url, action_text
        self.path = request.path
        self.search = self._given("q").strip()
        self.sort = self._sort()
        self._all = queryset
        self.chosen = self._chosen()

    # What the address says

    def _given(self, key: str) -> str:
        """A parameter of this list in the address; without the zero bytes that PostgreSQL refuses."""
        return self.request.GET.get(self.prefix + key, "").replace("\x00", "")

    def _sort(self) -> str:
        """The sort that was asked for: a column's key, with "-" for descending; empty: the list's own order."""
        asked = self._given("sort")
        sortable = [column.key for column in self.columns if column.sort]
        if asked and asked.lstrip("-") not in sortable:
            remedy = _("Choose one of: %(answers)s.") % {"answers": ", ".join(sortable)}
            raise InputError(
                Problem(_("This list cannot be sorted by “%(key)s”.") % {"key": asked}, "sort", remedy)
            )
        return asked

    def _chosen(self) -> dict[str, str]:
        """The answers given to filters."""
        return {filter.key: value for filter in self.filters if (value := self._given(filter.key))}

    @property
    def number(self) -> int:
        """The page that was asked for, from 1; too far is cut to what can be paged through."""
        text = self._given("page")
        asked = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1
        return min(max(asked, 1), COUNT_LIMIT // self.page_size)

    # The rows

    @cached_property
    def queryset(self) -> QuerySet[Any]:
        """All rows that the search and filters leave, in order."""
        rows = self._all
        for filter in self.filters:
            if filter.key in self.chosen:
                rows = rows.filter(filter.query(self.chosen[filter.key]))
        if self.search and self.search_by:
            rows = self.search_by(rows, self.search)
        return self._ordered(rows)

    def _ordered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """In the order asked for; the key breaks ties in the same direction, so that an index serves both."""
        if self.sort:
            column = next(column for column in self.columns if column.key == self.sort.lstrip("-"))
            field_name = str(column.sort).lstrip("-")
            sign = "-" if self.sort.startswith("-") else ""
            return rows.order_by(sign + field_name, sign + "pk")
        return rows if rows.ordered else rows.order_by("pk")

    @cached_property
    def objects(self) -> list[Any]:
        """The objects of this page, and one more when there is a next page (see `rows`)."""
        start = (self.number - 1) * self.page_size
        return list(self.queryset[start : start + self.page_size + 1])

    @cached_property
    def rows(self) -> list[Row]:
        """The rows of this page as drawn."""
        return [
            Row(item, [self._cell(column, item) for column in self.columns])
            for item in self.objects[: self.page_size]
        ]

    def _cell(self, column: Column, item: Any) -> Cell:
        value = column.of(item)
        text = "" if column.cell else plain_value(value)
        url = column.link(item) if column.link else ""
        return Cell(column.title, value, text, url, column.cell, column.numeric)

    @cached_property
    def count(self) -> int:
        """How many rows there are, counted up to one past `COUNT_LIMIT`."""
        if len(self.objects) <= self.page_size and (self.objects or self.number == 1):
            return (self.number - 1) * self.page_size + len(self.objects)
        return self.queryset.order_by()[: COUNT_LIMIT + 1].count()

    @property
    def count_text(self) -> str:
        """The count in words; above the limit only that it is more."""
        if self.count > COUNT_LIMIT:
            return _("more than %(count)s") % {"count": plain_value(COUNT_LIMIT)}
        return ngettext("%(count)s row", "%(count)s rows", self.count) % {"count": plain_value(self.count)}

    # What is drawn around them

    @property
    def form_id(self) -> str:
        """The id of the form with search and filters."""
        return f"{self.name}-tools"

    @property
    def part_id(self) -> str:
        """The id of the part that is replaced when a choice changes."""
        return f"{self.name}-part"

    @property
    def has_search(self) -> bool:
        """Whether words can be searched for."""
        return self.search_by is not None

    @property
    def is_filtered(self) -> bool:
        """Whether some filter narrows the list now: then a phone shows the filters too."""
        return any(self.chosen.get(one.key) for one in self.filters)

    @property
    def has_tools(self) -> bool:
        """Whether there is anything to search or filter by."""
        return self.has_search or bool(self.filters)

    @property
    def is_narrowed(self) -> bool:
        """Whether a search or filter leaves rows out."""
        return bool(self.search or self.chosen)

    @property
    def filter_inputs(self) -> list[FilterInput]:
        """The filters as drawn."""
        return [
            FilterInput(f.key, self.prefix + f.key, f.title, f.options(), self.chosen.get(f.key, ""))
            for f in self.filters
        ]  # fmt: skip

    @property
    def nothing_found(self) -> str:
        """What an empty result of a search says."""
        return _("Nothing matches")

    @property
    def nothing_hint(self) -> str:
        """What to do about it."""
        return _("Take away a filter, or search for fewer words.")

    def _mine(self) -> set[str]:
        """The parameters in the address that belong to this list."""
        return {self.prefix + key for key in ("q", "sort", "page", "export", *(f.key for f in self.filters))}

    @property
    def other_parameters(self) -> list[tuple[str, str]]:
        """Parameters of the address that are not of this list and must stay."""
        mine = self._mine()
        return [
            (key, value) for key, values in self.request.GET.lists() if key not in mine for value in values
        ]

    def url(self, **changes: str) -> str:
        """This page's address with some of the list's parameters changed; an empty value takes one away."""
        query: QueryDict = self.request.GET.copy()
        for key, value in changes.items():
            query.pop(self.prefix + key, None)
            if value:
                query[self.prefix + key] = value
        text = query.urlencode()
        return f"{self.path}?{text}" if text else self.path

    @property
    def clear_url(self) -> str:
        """The address without search and filters."""
        return self.url(q="", page="", **{f.key: "" for f in self.filters})

    @property
    def csv_url(self) -> str:
        """Where the whole list is a CSV file."""
        return self.url(export="csv", page="")

    @property
    def xlsx_url(self) -> str:
        """Where the whole list is an Excel workbook."""
        return self.url(export="xlsx", page="")

    @property
    def heads(self) -> list[Head]:
        """The heads of the columns."""
        return [self._head(column) for column in self.columns]

    def _head(self, column: Column) -> Head:
        if not column.sort:
            return Head(column.title, column.numeric, "", "")
        order = {column.key: "ascending", "-" + column.key: "descending"}.get(self.sort, "")
        first = "-" + column.key if column.sort.startswith("-") else column.key
        turned = column.key if self.sort == "-" + column.key else "-" + column.key
        return Head(column.title, column.numeric, self.url(sort=turned if order else first, page=""), order)

    @property
    def page(self) -> Page:
        """Where this page stands among the others."""
        pages = -(-min(self.count, COUNT_LIMIT) // self.page_size)
        number = self.number
        next_url = (
            self.url(page=str(number + 1)) if len(self.objects) > self.page_size and number < pages else ""
        )
        previous_url = self.url(page=str(number - 1) if number > 2 else "") if number > 1 else ""
        return Page(number, pages if self.count <= COUNT_LIMIT else 0, previous_url, next_url)

    # The answer

    def response(
        self, template: str = "ui/list.html", context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """The whole page; only the changed part for htmx; or a file. Raises InputError for a wrong `export`."""
        if kind := self._given("export"):
            return exports.file_response(kind, self.name, self._export_heads(), self._export_rows())
        is_part = self.request.headers.get("HX-Target") == self.part_id
        chosen = "ui/components/list_part.html" if is_part else template
        response = self._render(chosen, {**(context or {}), "list": self})
        response["Vary"] = "HX-Target, Cookie"
        return response

    def _render(self, template: str, context: dict[str, Any]) -> HttpResponse:
        return render(self.request, template, context)

    def _export_heads(self) -> list[str]:
        return [str(column.title) for column in self.columns]

    def _export_rows(self) -> exports.Rows:
        """Every row, read from the store a piece at a time."""
        for item in self.queryset.iterator(chunk_size=2000):
            yield [column.of(item) for column in self.columns]
