"""The dependency map as plain values."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from beheer.catalogue.rules import causes, drawn, essential, find_cycle, path_between, reachable

MAPS = st.dictionaries(st.integers(0, 9), st.lists(st.integers(0, 9), max_size=4), max_size=10)


def test_a_cycle_is_found_and_drawn_with_its_path() -> None:
    path = find_cycle({"x": ["a"], "a": ["b"], "b": ["c"], "c": ["a"]})
    assert path is not None and drawn(path) == "a → b → c → a"


def test_a_diamond_is_no_cycle() -> None:
    assert find_cycle({"a": ["b", "c"], "b": ["d"], "c": ["d"]}) is None


def test_reach_goes_through_others_and_leaves_out_the_start() -> None:
    assert reachable({"a": ["b"], "b": ["c"]}, "a") == {"b", "c"}
    assert reachable({}, "a") == set()


def test_the_cause_is_the_troubled_service_that_needs_no_troubled_one() -> None:
    needs = {"portal": ["app", "mail"], "app": ["database"], "database": ["storage"]}
    assert causes(needs, "portal", {"portal", "app", "database"}) == {"database"}
    assert causes(needs, "portal", {"portal", "app", "mail"}) == {"app", "mail"}
    assert causes(needs, "portal", {"portal"}) == {"portal"}


def test_a_line_that_follows_from_others_is_not_essential() -> None:
    assert essential({"a": ["b", "c"], "b": ["c"]}) == {("a", "b"), ("b", "c")}
    assert essential({"a": ["b", "c"]}) == {("a", "b"), ("a", "c")}


def test_trouble_below_a_healthy_service_is_no_cause() -> None:
    assert causes({"a": ["b"], "b": ["c"]}, "a", {"a", "c"}) == {"a"}


@given(MAPS)
def test_a_cycle_is_found_exactly_where_a_node_reaches_itself(edges: dict[int, list[int]]) -> None:
    path = find_cycle(edges)
    in_cycles = {node for node in edges if node in reachable(edges, node)}
    assert (path is not None) == bool(in_cycles)
    if path is not None:
        assert path[0] == path[-1] and len(path) > 1
        assert all(following in edges[node] for node, following in itertools.pairwise(path))


@given(MAPS, st.integers(0, 9), st.integers(0, 9))
def test_a_path_exists_exactly_where_the_goal_is_in_reach(
    edges: dict[int, list[int]], start: int, goal: int
) -> None:
    path = path_between(edges, start, goal)
    assert (path is not None) == (start == goal or goal in reachable(edges, start))
