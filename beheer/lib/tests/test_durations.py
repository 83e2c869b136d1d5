"""Durations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beheer.lib.durations import DAY, HOUR, MINUTE, SECOND, format_duration, parse_duration
from beheer.lib.errors import InputError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("48h", 48 * HOUR),
        ("1h30m", 90 * MINUTE),
        ("1h 30m", 90 * MINUTE),
        ("90d", 90 * DAY),
        ("1w", 7 * DAY),
        ("250ms", SECOND // 4),
        ("1.5h", 90 * MINUTE),
        ("15min", 15 * MINUTE),
        ("0s", 0),
        ("0", 0),
        (0, 0),
    ],
)
def test_a_duration_is_read(text: object, expected: int) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text", ["", "5", "-5m", "5 parsecs", "h", "1h-30m", "0.0000001s", True, None, "999999d"]
)
def test_what_is_no_duration_is_refused_with_a_remedy(text: object) -> None:
    with pytest.raises(InputError) as caught:
        parse_duration(text, "min_outage")
    assert caught.value.problems[0].field == "min_outage"
    assert caught.value.problems[0].remedy


@given(st.integers(min_value=0, max_value=10**15))
def test_what_is_written_is_read_back(duration_us: int) -> None:
    assert parse_duration(format_duration(duration_us)) == duration_us
