"""A service is as good as its worst component, unless components stand in for each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from beheer.monitoring.rules.combining import NeedGroup, Part, combine, kth_best
from beheer.monitoring.rules.timelines import in_force

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
STATES = ["up", "degraded", "down", "unknown"]
ORDER = ["up", "degraded", "down"]


def part(
    state: str, group: int | None = None, effect: str = "down", minutes: int = 0, cause: int = 1
) -> Part:
    since = NOON + timedelta(minutes=minutes)
    return Part(state, since, since, None, "", False, cause, cause * 10, group, effect)


def state(checks: str = "", needs: str = "", effect: str = "down") -> str:
    letters = {"u": "up", "g": "degraded", "d": "down", "?": "unknown"}
    parts = [part(letters[letter]) for letter in checks]
    return combine(parts, {}, [part(letters[letter], effect=effect) for letter in needs], {}).state


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ("", "unknown"), ("u", "up"), ("ug", "degraded"), ("ugd", "down"), ("u?", "unknown"), ("d?", "down"),
        ("g?", "unknown"),
    ],
)  # fmt: skip
def test_the_worst_check_counts(checks: str, expected: str) -> None:
    assert state(checks) == expected


def test_a_needed_service_that_is_down_has_the_effect_that_the_dependency_says() -> None:
    assert state("u", "d") == "down"
    assert state("u", "d", effect="degraded") == "degraded"
    assert state("u", "g") == "up"
    assert state("u", "?") == "up"


def test_a_service_made_of_others_follows_them() -> None:
    assert state("", "uu") == "up"
    assert state("", "ug") == "degraded"
    assert state("", "u?") == "unknown"
    assert state("", "d?") == "down"


def test_two_of_three_are_enough() -> None:
    def of(states: str) -> str:
        names = {"u": "up", "d": "down", "?": "unknown"}
        return combine([part(names[one], group=5) for one in states], {5: 2}, [], {}).state

    assert [of(one) for one in ("uuu", "uud", "udd", "uu?", "u?d", "?dd")] == [
        "up", "up", "down", "up", "unknown", "down",
    ]  # fmt: skip


@pytest.mark.parametrize("needed", [1, 2, 3, 4])
def test_a_group_is_known_exactly_when_the_unknown_make_no_difference(needed: int) -> None:
    for states in product(STATES, repeat=4):
        ways = [ORDER if one == "unknown" else [one] for one in states]
        possible = {sorted(way, key=ORDER.index)[needed - 1] for way in product(*ways)}
        assert kth_best(states, needed) == (possible.pop() if len(possible) == 1 else "unknown")


def test_a_redundant_group_of_needed_services() -> None:
    group = {9: NeedGroup(1, "degraded")}

    def of(*states: str) -> str:
        return combine([part("up")], {}, [part(one, group=9) for one in states], group).state

    assert of("up", "down") == "up"
    assert of("down", "down") == "degraded"
    assert of("down", "unknown") == "up"


def test_what_a_service_needs_lies_nearer_the_cause_than_its_own_checks() -> None:
    whole = combine([part("down", minutes=0, cause=1)], {}, [part("down", minutes=5, cause=2)], {})
    assert whole.by is not None
    assert whole.by.cause_service == 2
    alone = combine(
        [part("down", minutes=5, cause=1), part("down", minutes=0, cause=3)], {}, [part("up")], {}
    )
    assert alone.by is not None
    assert alone.by.cause_service == 3


def test_a_row_replaces_what_was_said_of_the_time_after_it() -> None:
    rows = [("up", 0), ("unknown", 10), ("down", 6), ("up", 8)]
    assert in_force(rows, lambda row: NOON + timedelta(minutes=row[1])) == [("up", 0), ("down", 6), ("up", 8)]
    assert in_force([("up", 3), ("down", 3)], lambda row: NOON) == [("down", 3)]
