"""Charts show what is known, leave gaps where nothing is, and say the same in words and numbers."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation
from hypothesis import example, given
from hypothesis import strategies as st

from beheer.ui.charts import (
    Bar,
    Segment,
    Series,
    Threshold,
    bars,
    budget_chart,
    line_chart,
    sparkline,
    state_strip,
)
from beheer.ui.charts.scales import nice_step, time_ticks, value_axis

START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def minutes(*values: float | None) -> list[tuple[dt.datetime, float | None]]:
    """A value a minute from START."""
    return [(START + dt.timedelta(minutes=index), value) for index, value in enumerate(values)]


def lines_of(html: str) -> list[str]:
    """The paths of lines."""
    return re.findall(r'<path class="line [^"]*" d="([^"]*)"', html)


def test_a_value_that_is_not_known_breaks_the_line() -> None:
    html = line_chart(series=[Series("a", minutes(1, 2, None, 3, 4))], title="A")
    assert [path.count("M") for path in lines_of(html)] == [2]


def test_points_too_far_apart_are_not_joined() -> None:
    points = [*minutes(1, 2), (START + dt.timedelta(hours=1), 3.0)]
    assert lines_of(line_chart(series=[Series("a", points)], title="A", gap_s=90))[0].count("M") == 2
    assert lines_of(line_chart(series=[Series("a", points)], title="A"))[0].count("M") == 1


def test_a_point_alone_can_be_seen() -> None:
    assert "h0" in lines_of(line_chart(series=[Series("a", minutes(None, 5, None))], title="A"))[0]


def test_a_band_needs_both_its_edges() -> None:
    line = Series("a", minutes(2, 3, 4), low=[1, 2, 3], high=[3, 4, 5])
    assert '<path class="band s0"' in line_chart(series=[line], title="A")
    bare = Series("a", minutes(2, 3, 4), low=[1, 2, 3])
    assert "band" not in lines_of(line_chart(series=[bare], title="A"))


def test_the_numbers_of_a_chart_stand_in_its_table() -> None:
    html = line_chart(series=[Series("a", minutes(1.5, None)), Series("b", minutes(7))], title="A")
    with timezone.override("UTC"):
        assert re.findall(r"<td>([^<]*)</td>", html) == ["1.5", "7", "–", "–"]


def test_a_chart_without_measurements_says_so() -> None:
    assert "No measurements" in line_chart(series=[], title="A")
    assert "No measurements" in line_chart(
        series=[Series("a", [])], title="A", since=START, until=START + dt.timedelta(1)
    )


def test_a_chart_shows_its_thresholds_and_hides_nothing_above_them() -> None:
    html = line_chart(series=[Series("a", minutes(1, 2))], title="A", thresholds=[Threshold(10, "limit")])
    assert "limit" in html
    ys = [float(pair.split(" ")[1]) for pair in re.findall(r"[ML]([\d.]+ [\d.]+)", lines_of(html)[0])]
    assert min(ys) > 500


def test_names_in_charts_are_text() -> None:
    html = line_chart(series=[Series("<b>", minutes(1, 2)), Series("c", minutes(1))], title="<i>")
    assert "<b>" not in html and "<i>" not in html
    assert "<script>" not in state_strip(
        [Segment(START, START + dt.timedelta(1), "up", "<script>")], title="S"
    )


def test_values_that_are_no_numbers_are_gaps() -> None:
    html = line_chart(series=[Series("a", minutes(1, float("nan"), float("inf"), 2))], title="A")
    assert lines_of(html)[0].count("M") == 2
    assert "nan" not in html.split("<details")[0]


def test_the_worse_a_state_the_taller_its_block() -> None:
    hours = [START + dt.timedelta(hours=hour) for hour in range(4)]
    names = ["up", "degraded", "down"]
    html = state_strip(
        [Segment(a, b, name) for a, b, name in zip(hours, hours[1:], names, strict=False)], title="S"
    )
    heights = [float(height) for height in re.findall(r'height="([\d.]+)%"><title>', html)]
    assert heights == sorted(heights) and len(set(heights)) == 3


def test_a_budget_says_how_much_is_used() -> None:
    until = START + dt.timedelta(days=31)
    points = [(START, 0.0), (START + dt.timedelta(days=3), 3000.0)]
    html = budget_chart(
        allowed_s=2678.4, points=points, since=START, until=until, now=points[1][0], title="B"
    )
    assert "50\u00a0min of 44\u00a0min 38\u00a0s used (113\u00a0%)" in html
    assert "over" in html


def test_bars_of_nothing_known_are_empty() -> None:
    html = bars([Bar("a", None), Bar("b", 0)], title="B")
    assert re.findall(r'class="fill" width="([^"]*)"', html) == ["0%", "0%"]


def test_a_sparkline_says_its_course() -> None:
    assert 'aria-label="last 2, least 1, most 3"' in sparkline([1, None, 3, 2])
    assert "<svg" not in sparkline([None])


@example([5e-324])
@example([0.0, 5e-324])
@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=20))
def test_every_value_fits_on_its_axis(values: list[float]) -> None:
    axis, marks = value_axis(values)
    slack = 1e-9 * max(1.0, *map(abs, values))
    assert axis.low - slack <= min(values) and max(values) <= axis.high + slack
    assert 2 <= len(marks) <= 8


def test_steps_are_round() -> None:
    assert [nice_step(length, 4) for length in (1, 3, 9, 70, 0.004)] == [0.25, 1, 2.5, 20, 0.001]


@pytest.mark.parametrize(
    ("since", "hours", "labels"),
    [
        (dt.datetime(2026, 3, 28, 23, tzinfo=dt.UTC), 23, ["29 Mar", "06:00", "12:00", "18:00"]),
        (dt.datetime(2026, 10, 24, 22, tzinfo=dt.UTC), 25, ["25 Oct", "06:00", "12:00", "18:00", "26 Oct"]),
    ],
)
def test_marks_stand_at_round_hours_on_days_of_23_and_25_hours(
    since: dt.datetime, hours: int, labels: list[str]
) -> None:
    with timezone.override(AMSTERDAM), translation.override("en"):
        ticks = time_ticks(since, since + dt.timedelta(hours=hours))
    assert [tick.label for tick in ticks][: len(labels)] == labels


def test_a_year_is_marked_by_months() -> None:
    with timezone.override(AMSTERDAM), translation.override("nl"):
        ticks = time_ticks(START, START + dt.timedelta(days=365))
    assert [tick.label for tick in ticks] == [
        "mei 2026",
        "jul 2026",
        "sep 2026",
        "nov 2026",
        "jan 2027",
        "mrt 2027",
    ]
