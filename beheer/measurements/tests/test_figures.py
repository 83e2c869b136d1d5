"""Figures over agreed time rest on what was measured within it, and on nothing else."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beheer.measurements import indicators, queries, store
from beheer.measurements.indicators import Figure
from beheer.measurements.schema import Row

NUMBERS = itertools.count(1000)  # hypothesis tries many examples in one store
START = datetime(2026, 11, 2, 8, tzinfo=UTC)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def measure(*pairs: tuple[float, float], metric: str = "total_s") -> None:
    store.append("m", [Row(1, metric, at(minute), value) for minute, value in pairs])


def test_a_percentile_is_a_value_that_was_measured() -> None:
    measure(*[(minute, float(minute + 1)) for minute in range(100)])
    whole = [(at(0), at(100))]
    assert indicators.percentile(1, "total_s", 0.95, whole) == Figure(95.0, 100)
    assert indicators.percentile(1, "total_s", 1.0, whole) == Figure(100.0, 100)
    assert indicators.percentile(1, "total_s", 0.001, whole) == Figure(1.0, 100)
    assert indicators.share_within(1, "total_s", 90.0, whole) == Figure(0.9, 100)


def test_what_was_measured_outside_agreed_time_does_not_count() -> None:
    measure((0, 1.0), (10, 100.0), (20, 2.0), (30, 50.0))
    stretches = [(at(0), at(10)), (at(20), at(30))]
    assert indicators.highest(1, "total_s", stretches) == Figure(2.0, 2)
    assert indicators.mean(1, "total_s", stretches) == Figure(1.5, 2)


def test_nothing_measured_gives_no_figure() -> None:
    assert indicators.percentile(1, "total_s", 0.5, [(at(0), at(1))]) == Figure(None, 0)
    assert indicators.percentile(1, "total_s", 0.5, []) == Figure(None, 0)
    assert indicators.seconds_above(1, "x", 1, [(at(0), at(1))], 60) == (0.0, 0.0)


def test_time_above_a_limit_ends_with_the_stretch_or_the_silence() -> None:
    measure((0, 5.0), (1, 5.0), (2, 0.0), (3, 5.0), (20, 5.0))
    above, known = indicators.seconds_above(1, "total_s", 1.0, [(at(0), at(20.5))], longest_s=120)
    assert above == 60 + 60 + 120 + 30
    assert known == above + 60


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 5000), st.floats(-1e9, 1e9)), min_size=1, max_size=200, unique_by=lambda p: p[0]),
    st.integers(1, 50),
)  # fmt: skip
def test_a_thinned_series_keeps_extremes_count_and_sum(
    pairs: list[tuple[int, float]], max_points: int
) -> None:
    check = next(NUMBERS)
    store.append(f"h{check}", [Row(check, "v", at(minute), value) for minute, value in pairs])
    points = queries.series(check, "v", at(0), at(5001), max_points)
    assert len(points) <= max_points + 1
    assert sum(point.count for point in points) == len(pairs)
    assert min(point.minimum for point in points) == min(value for _, value in pairs)
    assert max(point.maximum for point in points) == max(value for _, value in pairs)
    total = sum(point.mean * point.count for point in points)
    assert math.isclose(total, math.fsum(v for _, v in pairs), rel_tol=1e-9, abs_tol=1e-3)


def test_the_latest_of_each_metric_is_found_some_days_back() -> None:
    measure((0, 1.0), (5, 2.0))
    found = queries.latest(1, START + timedelta(days=3))
    assert found["total_s"].value == 2.0
    assert found["total_s"].measured_at == at(5)
    assert queries.latest(1, START + timedelta(days=30)) == {}


def test_results_are_given_newest_first_across_days() -> None:
    for day in range(3):
        moment = START + timedelta(days=day)
        store.append(
            f"d{day}", [Row(1, "state", moment + timedelta(minutes=n), 0.0, f"{day}.{n}") for n in range(3)]
        )
    found = queries.results(1, START, START + timedelta(days=5), limit=4)
    assert [outcome.message for outcome in found] == ["2.2", "2.1", "2.0", "1.2"]
    assert queries.metrics_of(1, START, START + timedelta(days=5)) == []
