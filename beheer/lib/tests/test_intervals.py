"""Spans behave as sets of instants."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beheer.lib.errors import InputError
from beheer.lib.intervals import Spans, format_instant, from_us, parse_instant, spans, to_us

stretches = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8)


def members(one: Spans) -> set[int]:
    return {instant for start, end in one for instant in range(start, end)}


def union(pairs: list[tuple[int, int]]) -> set[int]:
    return {instant for start, end in pairs for instant in range(start, end)}


@given(stretches)
def test_spans_hold_each_instant_once_in_any_order(pairs: list[tuple[int, int]]) -> None:
    one = spans(pairs)
    assert members(one) == union(pairs)
    assert one.total_us == len(union(pairs))
    assert one == spans(reversed(pairs))
    assert all(end < next_start for (_, end), (next_start, _) in zip(list(one), list(one)[1:], strict=False))


@given(stretches, stretches)
def test_spans_are_joined_cut_and_subtracted_as_sets(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    first, second = spans(one), spans(other)
    assert members(first | second) == union(one) | union(other)
    assert members(first & second) == union(one) & union(other)
    assert members(first - second) == union(one) - union(other)
    assert members(first.clip(5, 30)) == union(one) & set(range(5, 30))


@given(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2300, 1, 1)))
def test_an_instant_keeps_its_microseconds(naive: dt.datetime) -> None:
    instant = naive.replace(tzinfo=dt.UTC)
    assert from_us(to_us(instant)) == instant
    assert parse_instant(format_instant(to_us(instant))) == to_us(instant)


@pytest.mark.parametrize(
    "text", ["2026-03-01T22:00:00", "2026-03-01", "yesterday", "2026-02-30T00:00:00Z", ""]
)
def test_an_instant_without_offset_or_sense_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="offset is required"):
        parse_instant(text)
