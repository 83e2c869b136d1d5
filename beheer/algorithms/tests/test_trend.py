"""The Theil–Sen line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beheer.algorithms.trend import theil_sen

numbers = st.floats(-1e3, 1e3)


@given(numbers, numbers, st.lists(st.integers(-500, 500), min_size=2, max_size=40, unique=True))
def test_points_on_a_line_give_that_line(slope: float, intercept: float, times: list[int]) -> None:
    line = theil_sen(times, [intercept + slope * time for time in times])
    assert line is not None
    assert line.slope == pytest.approx(slope, abs=1e-6)
    assert line.intercept == pytest.approx(intercept, abs=1e-3)


def test_a_quarter_of_wild_points_does_not_bend_it() -> None:
    values = [2.0 * day for day in range(40)]
    values[5:15] = [1e6] * 10
    line = theil_sen(range(40), values)
    assert line is not None
    assert line.slope == pytest.approx(2.0, abs=0.8)


def test_one_time_alone_gives_no_line() -> None:
    assert theil_sen([1.0, 1.0], [3.0, 4.0]) is None
    assert theil_sen([], []) is None


def test_it_says_when_a_value_is_reached() -> None:
    line = theil_sen([0, 10], [50, 60])
    assert line is not None
    assert line.reaches(100, since=10) == pytest.approx(50)
    assert line.reaches(55, since=10) == 10
    falling = theil_sen([0, 10], [60, 50])
    assert falling is not None
    assert falling.reaches(100, since=10) is None
