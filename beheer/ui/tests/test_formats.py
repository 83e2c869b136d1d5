"""Values read the same everywhere, and never better than they are."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import RequestFactory
from django.utils import timezone, translation

from beheer.lib.errors import InputError
from beheer.ui.formats import ago_text, duration_text, instant_text, number_text, percent_text, plain_value
from beheer.ui.ranges import TimeRange, chosen_range

NOW = dt.datetime(2026, 7, 1, 12, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("ratio", "digits", "text"),
    [(0.9999999, 3, "99.999"), (0.9995, 2, "99.95"), (1.0, 3, "100.000"), (0.0, 1, "0.0"), (0.29, 0, "29")],
)
def test_a_percentage_is_rounded_toward_the_worse(ratio: float, digits: int, text: str) -> None:
    assert percent_text(ratio, digits) == f"{text}\u00a0%"


def test_a_share_of_failures_is_rounded_up() -> None:
    assert percent_text(0.00001, 1, worse="higher") == "0.1\u00a0%"


def test_dutch_writes_a_comma() -> None:
    with translation.override("nl"):
        assert percent_text(0.9995, 2) == "99,95\u00a0%"
        assert duration_text(7322) == "2\u00a0u 2\u00a0min"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (0.0123, "12 ms"),
        (0.0012, "1.2 ms"), (0.002, "2 ms"), (0.000051, "0.051 ms"), (1.26, "1.2 s"), (59.9, "59 s"), (60, "1 min"),
        (3599.9, "59 min 59 s"), (3600, "1 h"), (90061, "1 d 1 h"), (-60, "−1 min"), (None, "–"),
    ],
)  # fmt: skip
def test_a_duration_shows_its_two_biggest_parts_and_is_cut(seconds: float | None, text: str) -> None:
    assert duration_text(seconds).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1234567, "B", "1.23 MB"), (0, "", "0"), (12.5, "%", "12.5 %"), (0.5, "ratio", "50.0 %"), (9999, "", "9,999"),
        (12345, "", "12.3 k"), (0.00123, "", "0.0012"), (0.25, "s", "250 ms"), (None, "s", "–"), (100, "", "100"),
    ],
)  # fmt: skip
def test_a_number_is_short_and_has_its_unit(value: float | None, unit: str, text: str) -> None:
    assert number_text(value, unit).replace("\u00a0", " ") == text


def test_an_instant_is_shown_in_the_zone_of_the_screen() -> None:
    with timezone.override("Europe/Amsterdam"):
        assert instant_text(NOW).replace("\u00a0", " ") == "1 Jul 2026 14:00"


def test_how_long_ago_reads_both_ways() -> None:
    assert ago_text(NOW - dt.timedelta(minutes=3), NOW) == "3\u00a0min ago"
    assert ago_text(NOW + dt.timedelta(hours=2), NOW) == "in 2\u00a0h"
    assert ago_text(NOW, NOW) == "now"


def test_any_value_has_a_text() -> None:
    values = [None, True, 12000, dt.date(2026, 1, 2), dt.timedelta(hours=1), "x", ""]
    assert [plain_value(value).replace("\u00a0", " ") for value in values] == [
        "–", "yes", "12,000", "2 Jan 2026", "1 h", "x", "–",
    ]  # fmt: skip


def asked(query: str) -> TimeRange:
    """The span of time at an address."""
    return chosen_range(RequestFactory().get("/x/" + query), NOW)


def test_without_a_choice_the_last_day_is_shown() -> None:
    assert (asked("").since, asked("").until) == (NOW - dt.timedelta(days=1), NOW)


def test_a_zoomed_span_keeps_the_rest_of_the_address() -> None:
    span = asked("?metric=x&from=2026-06-01T00:00:00Z&until=2026-06-02T00:00:00Z")
    assert span.length == dt.timedelta(days=1)
    assert span.earlier_url == "/x/?metric=x&from=2026-05-31T00%3A00%3A00Z&until=2026-06-01T00%3A00%3A00Z"
    assert asked("").later_url == ""


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?range=1x", "range"), ("?from=yesterday", "from"), ("?until=2026-13-01", "until"),
        ("?from=2026-06-02&until=2026-06-01", "from"), ("?from=1900-01-01", "from"), ("?from=9999-99-99T00:00", "from"),
    ],
)  # fmt: skip
def test_a_wrong_span_names_its_field(query: str, field: str) -> None:
    with pytest.raises(InputError) as raised:
        asked(query)
    assert raised.value.problems[0].field == field
    assert raised.value.problems[0].remedy
