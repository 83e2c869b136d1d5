"""The layered drawing: lines go right, nothing overlaps, few lines cross."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beheer.algorithms.layered_layout import apart, crossings, layered_layout

EDGES = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=40).map(
    lambda pairs: [(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]]
)


@given(EDGES)
def test_every_line_goes_from_left_to_right_and_no_two_points_overlap(edges: list[tuple[int, int]]) -> None:
    layout = layered_layout(range(15), edges)
    assert set(layout.places) == set(range(15))
    assert set(layout.lines) == set(edges)
    for (start, end), line in layout.lines.items():
        assert line[0] == layout.places[start] and line[-1] == layout.places[end]
        assert [x for x, _y in line] == list(range(line[0][0], line[-1][0] + 1))
    for layer in range(layout.layers):
        heights = sorted(y for x, y in layout.places.values() if x == layer)
        assert all(after - before > 0.999 - 1e-9 for before, after in itertools.pairwise(heights))
        assert not heights or heights[0] >= 0


def test_a_ladder_is_drawn_without_crossings() -> None:
    edges = [(f"a{n}", f"b{9 - n}") for n in range(10)]
    layout = layered_layout([f"a{n}" for n in range(10)] + [f"b{n}" for n in range(10)], edges)
    order = sorted(range(10), key=lambda n: layout.places[f"a{n}"][1])
    assert [9 - n for n in order] == sorted(range(10), key=lambda n: layout.places[f"b{n}"][1])


def test_crossings_are_counted() -> None:
    assert crossings([[0, 1], [2, 3]], {0: [3], 1: [2]}) == 1
    assert crossings([[0, 1], [2, 3]], {0: [2], 1: [3]}) == 0
    assert crossings([[0, 1, 2], [3]], {0: [3], 1: [3], 2: [3]}) == 0


def test_a_circle_and_an_unknown_node_are_left_out() -> None:
    layout = layered_layout(["a", "b", "c"], [("a", "b"), ("b", "a"), ("c", "d")])
    assert set(layout.places) == {"a", "b", "c"} and not layout.lines


def test_nothing_gives_an_empty_drawing() -> None:
    layout = layered_layout([], [])
    assert (layout.layers, layout.rows) == (0, 0)


def test_something_small_takes_little_room() -> None:
    assert apart([0.0, 0.0], [1.0, 0.5]) == [-0.375, 0.375]


@given(st.lists(st.floats(-50, 50), max_size=20))
def test_places_keep_their_order_and_distance(wishes: list[float]) -> None:
    placed = apart(wishes)
    assert all(after - before >= 1 - 1e-9 for before, after in itertools.pairwise(placed))
    assert sum(placed) == pytest.approx(sum(wishes), abs=1e-6)


def test_wishes_that_are_far_enough_apart_are_granted() -> None:
    assert apart([0.0, 2.0, 7.5]) == [0.0, 2.0, 7.5]
    assert apart([3.0, 3.0]) == [2.5, 3.5]
