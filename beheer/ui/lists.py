"""Lists that filter, sort, search, page and export, and stay quick with a million rows.

A page says its columns and filters; the address holds what was chosen, so that it can be sent to a colleague.
Never counts past `COUNT_LIMIT`. Pages lead to each other by the place in the order (see `paging`), however deep.
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
from beheer.ui.formats import plain_value
from beheer.ui.paging import Order, Place

__all__ = ["COUNT_LIMIT", "Choice", "Column", "ListPage", "Text", "words_query"]

COUNT_LIMIT = 10_000
# What in the address says where in the list the page is.
PLACE = ("page", "after", "before")
Search = Callable[[QuerySet[Any], str], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what stands in it, and how.

    `value` is a dotted attribute or a function of the row (default: the key); it is also what exports hold.
    `sort` is the field to order by (with "-": biggest first at the first click); None: cannot be sorted.
    `cell` is a template that gets `row` and `value`, or a function of both that gives safe HTML; None: plain text, with
    `link(row)` around it if given. One that is not shown stands in exports only.
    """

    key: str
    title: Words
    value: str | Callable[[Any], Any] | None = None
    sort: str | None = None
    cell: str | Callable[[Any, Any], str] | None = None
    numeric: bool = False
    link: Callable[[Any], str] | None = None
    is_shown: bool = True

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
class Page:
    """Which page of a list, counted by walking; `last` is 0 when the list is longer than is counted."""

    number: int
    last: int
    previous_url: str
    next_url: str
    first_url: str = ""

    @property
    def has_other_pages(self) -> bool:
        """Whether there is anything to page to."""
        return bool(self.previous_url or self.next_url)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The objects of one page, its number from 1, and whether there are pages before and behind it."""

    objects: list[Any]
    number: int
    has_previous: bool
    has_next: bool


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

    # The rows

    @cached_property
    def order(self) -> Order:
        """All rows that the search and filters leave, and the order in which they are walked."""
        rows = self._all
        for filter in self.filters:
            if filter.key in self.chosen:
                rows = rows.filter(filter.query(self.chosen[filter.key]))
        return Order(self._ordered(self.searched(rows) if self.search else rows))

    def searched(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows in which the words that are searched for stand."""
        return self.search_by(rows, self.search) if self.search_by else rows

    @property
    def queryset(self) -> QuerySet[Any]:
        """All rows that the search and filters leave, in order."""
        return self.order.ordered()

    def _ordered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """In the order asked for; the key breaks ties in the same direction, so that an index serves both."""
        if self.sort:
            column = next(column for column in self.columns if column.key == self.sort.lstrip("-"))
            sign = "-" if self.sort.startswith("-") else ""
            return rows.order_by(sign + str(column.sort).lstrip("-"), sign + "pk")
        return rows if rows.ordered else rows.order_by("pk")

    @cached_property
    def stretch(self) -> Stretch:
        """The page that was asked for: by the row before it, by the row behind it, or by its number."""
        most = self.page_size + 1
        if place := self._place("before"):
            found = self.order.before(place, most)
            if len(found) >= self.page_size:
                has_previous = len(found) == most
                number = max(place.number - 1, 2) if has_previous else 1
                return Stretch(found[-self.page_size :], number, has_previous, True)
        elif place := self._place("after"):
            if found := self.order.after(place, most):
                return Stretch(found[: self.page_size], place.number + 1, True, len(found) == most)
        elif (asked := self._numbered()) > 1:
            start = (asked - 1) * self.page_size
            found = list(self.queryset[start : start + most])
            return Stretch(found[: self.page_size], asked, True, len(found) == most)
        found = self.order.first(most)
        return Stretch(found[: self.page_size], 1, False, len(found) == most)

    def _place(self, key: str) -> Place | None:
        """The place that the address names. Raises InputError where it is not one of this list in this order."""
        token = self._given(key)
        if not token:
            return None
        if (place := self.order.place(token)) is None:
            remedy = _("Open the list from its beginning.")
            raise InputError(Problem(_("This is no place in the list as it is sorted now."), key, remedy))
        return place

    def _numbered(self) -> int:
        """The page that was asked for by its number, from 1; too far is cut to what is counted."""
        text = self._given("page")
        asked = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1
        return min(max(asked, 1), COUNT_LIMIT // self.page_size)

    @property
    def number(self) -> int:
        """The number of this page, from 1."""
        return self.stretch.number

    @property
    def objects(self) -> list[Any]:
        """What the rows of this page show."""
        return self.stretch.objects

    @cached_property
    def count(self) -> int:
        """How many rows there are, counted up to one past `COUNT_LIMIT`."""
        here = self.stretch
        if not here.has_next and not here.has_previous:
            return len(here.objects)
        return self.queryset.order_by()[: COUNT_LIMIT + 1].count()

    @property
    def count_text(self) -> str:
        """The count in words; above the limit only that it is more."""
        if self.count > COUNT_LIMIT:
            return self.more_than(COUNT_LIMIT)
        return ngettext("%(count)s row", "%(count)s rows", self.count) % {"count": plain_value(self.count)}

    def more_than(self, count: int) -> str:
        """The count in words where only the least is known."""
        return _("more than %(count)s") % {"count": plain_value(count)}

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

    @cached_property
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
        return {self.prefix + key for key in ("q", "sort", *PLACE, "export", *(f.key for f in self.filters))}

    @property
    def other_parameters(self) -> list[tuple[str, str]]:
        """Parameters of the address that are not of this list and must stay."""
        mine = self._mine()
        return [
            (key, value) for key, values in self.request.GET.lists() if key not in mine for value in values
        ]

    def url(self, **changes: str) -> str:
        """This list's address from its beginning, with some parameters changed; an empty value takes one away."""
        query: QueryDict = self.request.GET.copy()
        for key, value in (dict.fromkeys(PLACE, "") | changes).items():
            query.pop(self.prefix + key, None)
            if value:
                query[self.prefix + key] = value
        text = query.urlencode()
        return f"{self.path}?{text}" if text else self.path

    @property
    def clear_url(self) -> str:
        """The address without search and filters."""
        return self.url(q="", **{f.key: "" for f in self.filters})

    @property
    def csv_url(self) -> str:
        """Where the whole list is a CSV file."""
        return self.url(export="csv")

    @property
    def xlsx_url(self) -> str:
        """Where the whole list is an Excel workbook."""
        return self.url(export="xlsx")

    @property
    def heads(self) -> list[Head]:
        """The heads of the columns."""
        return [self._head(column) for column in self.columns if column.is_shown]

    def _head(self, column: Column) -> Head:
        if not column.sort:
            return Head(column.title, column.numeric, "", "")
        order = {column.key: "ascending", "-" + column.key: "descending"}.get(self.sort, "")
        first = "-" + column.key if column.sort.startswith("-") else column.key
        turned = column.key if self.sort == "-" + column.key else "-" + column.key
        return Head(column.title, column.numeric, self.url(sort=turned if order else first), order)

    @property
    def page(self) -> Page:
        """Where this page stands among the others."""
        here, order = self.stretch, self.order
        pages = -(-self.count // self.page_size) if self.count <= COUNT_LIMIT else 0
        next_url = self.url(after=order.token(here.objects[-1], here.number)) if here.has_next else ""
        previous_url = ""
        if here.has_previous:
            can_walk = bool(here.objects)
            previous_url = (
                self.url(before=order.token(here.objects[0], here.number)) if can_walk else self.url()
            )
        first_url = self.url() if here.number > 2 else ""
        return Page(here.number, max(pages, here.number) if pages else 0, previous_url, next_url, first_url)

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

    @property
    def _export_columns(self) -> list[Column]:
        """The columns that hold something; one without a title is there to be clicked."""
        return [column for column in self.columns if column.title]

    def _export_heads(self) -> list[str]:
        return [str(column.title) for column in self._export_columns]

    def _export_rows(self) -> exports.Rows:
        """Every row, read from the store a piece at a time."""
        for item in self.queryset.iterator(chunk_size=2000):
            yield [column.of(item) for column in self._export_columns]
