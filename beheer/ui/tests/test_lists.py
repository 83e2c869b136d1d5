"""Lists filter, sort, search, page and export, by their address alone."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Q
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.html import format_html
from django.utils.translation import override

from beheer.lib.errors import InputError
from beheer.ui import components, lists
from beheer.ui.lists import Choice, Column, ListPage, Text

pytestmark = pytest.mark.django_db
User = get_user_model()

COLUMNS = [
    Column("username", "Name", sort="username", link=lambda row: f"/people/{row.pk}/"),
    Column("email", "E-mail"),
    Column("joined", "Joined", value="date_joined", sort="-date_joined"),
    Column("language", "Language", value=lambda row: row.language.upper(), numeric=True),
]
FILTERS: list[Choice | Text] = [
    Choice("language", "Language", [("nl", "Dutch"), ("en", "English")]),
    Choice("who", "Who", [("a", "A"), ("rest", "Others")], queries={
        "a": Q(username__startswith="a"), "rest": ~Q(username__startswith="a")}),
    Choice("active", "Active", [("true", "yes"), ("false", "no")], field="is_active"),
    Text("mail", "E-mail", ["email"]),
]  # fmt: skip


@pytest.fixture
def people() -> None:
    """Seven people; Dutch the first four."""
    names = ["alice", "bob", "charlie", "dirk", "=cmd", "fatima", "anton"]
    User.objects.bulk_create(
        User(username=name, email=f"{name}@example.org", language="nl" if index < 4 else "en")
        for index, name in enumerate(names)
    )


def asked(query: str = "", **options: Any) -> ListPage:
    """The list at an address."""
    request = RequestFactory().get("/people/" + query, headers=options.pop("headers", {}))
    request.user = User(pk=0, username="anna")
    options.setdefault("columns", COLUMNS)
    options.setdefault("search_fields", ("username", "email"))
    return ListPage(request, User.objects.all(), filters=FILTERS, **options)


def names(page: ListPage) -> list[str]:
    """User names on the page, in order."""
    return [user.username for user in page.objects]


def text(page: ListPage) -> str:
    """The page as sent."""
    response = page.response()
    assert isinstance(response, HttpResponse)
    return response.content.decode()


def exported(page: ListPage) -> bytes:
    """The file as sent."""
    response = page.response()
    assert isinstance(response, StreamingHttpResponse)
    return b"".join(response.streaming_content)  # type: ignore[arg-type]


def test_a_search_finds_rows_that_have_every_word(people: None) -> None:
    assert names(asked("?q=EXAMPLE+ali")) == ["alice"]


def test_a_list_may_search_in_a_way_of_its_own(people: None) -> None:
    page = asked("?q=b", search=lambda rows, text: rows.filter(username=f"{text}ob"))
    assert names(page) == ["bob"]


def test_filters_narrow_together(people: None) -> None:
    assert names(asked("?language=nl&who=rest&sort=username")) == ["bob", "charlie", "dirk"]
    assert names(asked("?active=false")) == []
    assert names(asked("?mail=fat")) == ["fatima"]


def test_an_answer_that_is_not_offered_is_named_with_what_is() -> None:
    with pytest.raises(InputError, match=r"language: There is no answer “xx”\. Choose one of: nl, en\."):
        names(asked("?language=xx"))


def test_sorting_goes_both_ways_and_only_by_columns_that_allow_it(people: None) -> None:
    assert names(asked("?sort=-username"))[0] == "fatima"
    with pytest.raises(InputError, match="cannot be sorted by “email”"):
        asked("?sort=email")


def test_the_head_of_a_sorted_column_turns_the_order_round() -> None:
    heads = asked("?sort=username&language=nl").heads
    assert heads[0].aria_sort == "ascending"
    assert heads[0].url == "/people/?language=nl&sort=-username"
    assert heads[2].url == "/people/?language=nl&sort=-joined"
    assert heads[1].url == ""


def test_pages_lead_to_each_other_and_keep_the_filters(people: None) -> None:
    first = asked("?language=nl&sort=username", page_size=3)
    assert (names(first), first.page.previous_url) == (["alice", "bob", "charlie"], "")
    assert first.page.next_url.startswith("/people/?language=nl&sort=username&after=")
    second = asked(first.page.next_url.removeprefix("/people/"), page_size=3)
    assert (names(second), second.page.next_url) == (["dirk"], "")
    assert (second.number, second.page.last) == (2, 2)
    back = asked(second.page.previous_url.removeprefix("/people/"), page_size=3)
    assert (names(back), back.number, back.page.previous_url) == (names(first), 1, "")


def test_a_page_can_be_asked_for_by_its_number(people: None) -> None:
    page = asked("?sort=username&page=2", page_size=3)
    assert names(page) == ["bob", "charlie", "dirk"]
    assert names(asked(page.page.next_url.removeprefix("/people/"), page_size=3)) == ["fatima"]
    beyond = asked("?page=9", page_size=3)
    assert (names(beyond), beyond.page.previous_url) == ([], "/people/")


def test_a_page_that_is_no_number_is_the_first(people: None) -> None:
    assert [asked(f"?page={text}").number for text in ("x", "-1", "0", "²", "9" * 400)] == [1] * 5


def test_a_place_that_is_not_of_this_list_is_refused_with_what_to_do(people: None) -> None:
    after = asked("?sort=username", page_size=3).page.next_url.split("after=")[1]
    for query in ("?after=x", f"?sort=-username&after={after}", f"?sort=username&before={after[:-1]}"):
        with pytest.raises(InputError, match=r"This is no place in the list .* from its beginning"):
            names(asked(query, page_size=3))


def test_rows_that_come_and_go_do_not_shift_the_next_page(people: None) -> None:
    first = asked("?sort=username", page_size=3)
    following = first.page.next_url.removeprefix("/people/")
    User.objects.create(username="aaron", email="aaron@example.org")
    User.objects.get(username=names(first)[-1]).delete()
    assert names(asked(following, page_size=3)) == ["bob", "charlie", "dirk"]


def test_a_long_list_is_counted_no_further_than_needed_and_walked_to_its_end(
    people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "COUNT_LIMIT", 5)
    page = asked("?sort=username", page_size=3)
    assert (page.count_text, page.page.last) == ("more than 5", 0)
    found = names(page)
    while page.page.next_url:
        page = asked(page.page.next_url.removeprefix("/people/"), page_size=3)
        found += names(page)
    assert found == ["=cmd", "alice", "anton", "bob", "charlie", "dirk", "fatima"]
    assert page.page.first_url == "/people/?sort=username"


def test_a_short_list_is_not_counted_at_all(people: None) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert asked().count_text == "7 rows"
    assert [query for query in queries if "COUNT(" in query["sql"]] == []


def test_htmx_gets_only_the_part_that_changed(people: None) -> None:
    part = text(asked("?q=bob", headers={"HX-Request": "true", "HX-Target": "list-part"}))
    assert 'id="list-part"' in part and "<html" not in part and "bob" in part
    assert "<html" in text(asked("?q=bob"))


def test_what_people_type_is_text_in_the_page() -> None:
    assert "<b>x" not in text(asked("?q=<b>x"))


def test_a_list_shows_its_search_and_filters_with_what_was_asked(people: None) -> None:
    page = text(asked("?q=bob&language=nl"))
    assert '<input id="list-tools-q" type="search" name="q" value="bob"' in page
    assert '<option value="nl" selected>Dutch</option>' in page
    assert 'type="search" name="q"' not in text(asked(search_fields=())).split("<main")[1]


def test_a_choice_of_nothing_is_still_a_choice(people: None) -> None:
    request = RequestFactory().get("/people/")
    page = ListPage(request, User.objects.all(), columns=COLUMNS, filters=[Choice("team", "Team", [])])
    assert page.filter_inputs[0].choices == []
    assert asked().filter_inputs[3].choices is None


def test_nothing_found_says_what_to_do(people: None) -> None:
    assert "Nothing matches" in text(asked("?q=zzz"))
    assert 'href="/people/"' in text(asked("?q=zzz"))


def test_csv_holds_every_row_and_no_formula(people: None) -> None:
    rows = list(
        csv.reader(io.StringIO(exported(asked("?export=csv&sort=username", page_size=2)).decode("utf-8-sig")))
    )
    assert rows[0] == ["Name", "E-mail", "Joined", "Language"]
    assert [row[0] for row in rows[1:]] == ["'=cmd", "alice", "anton", "bob", "charlie", "dirk", "fatima"]


def test_xlsx_holds_every_row_as_text_and_instants_as_instants(people: None) -> None:
    book = openpyxl.load_workbook(io.BytesIO(exported(asked("?export=xlsx&sort=username"))))
    rows = list(book.worksheets[0].iter_rows())
    assert len(rows) == 8
    assert (rows[1][0].value, rows[1][0].data_type) == ("=cmd", "s")
    assert isinstance(rows[1][2].value, datetime)


def test_another_export_is_refused_with_what_there_is() -> None:
    with pytest.raises(InputError, match="Choose csv or xlsx"):
        asked("?export=exe").response()


def test_two_lists_on_one_page_keep_apart(people: None) -> None:
    page = asked("?c-q=bob&q=alice", prefix="c-")
    assert names(page) == ["bob"]
    assert page.clear_url == "/people/?q=alice"


def test_a_cell_is_plain_text_or_what_a_function_or_a_template_makes_of_it(people: None) -> None:
    columns = [
        Column("username", "Name <1>", link=lambda row: f"/people/?a=1&b={row.username}"),
        Column("display_name", "Called", numeric=True),
        Column("email", "E-mail", cell=lambda row, value: f"<{row.username} {value}>"),
        Column("safe", "Safe", value="username", cell=lambda row, value: format_html("<b>{}</b>", value)),
        Column("at", "At", value="date_joined", cell="monitoring/cells/instant.html"),
    ]
    shown = text(asked("?q=cmd", columns=columns))
    link = '<a href="/people/?a=1&amp;b==cmd">=cmd</a>'
    assert f'<td data-label="Name &lt;1&gt;" class="of-username"><div>{link}</div></td>' in shown
    assert '<td data-label="Called" class="of-display_name numeric blank"><div>–</div></td>' in shown
    assert "<div>&lt;=cmd =cmd@example.org&gt;</div>" in shown
    assert "<div><b>=cmd</b></div>" in shown
    assert "<div><time datetime=" in shown


def test_a_component_that_was_drawn_before_is_drawn_in_the_language_of_now() -> None:
    drawn = []
    for language in ("nl", "en", "nl"):
        with override(language):
            drawn.append(components.state("unknown"))
    assert drawn[0] == drawn[2] != drawn[1]


def test_a_text_that_is_safe_is_not_taken_for_one_that_is_not() -> None:
    assert "<b>x</b>" in components.badge(format_html("<b>{}</b>", "x"))
    assert "&lt;b&gt;x&lt;/b&gt;" in components.badge("<b>x</b>")
