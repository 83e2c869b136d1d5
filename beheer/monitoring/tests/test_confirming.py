"""A state changes when enough results in a row say so, from the first of them on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beheer.monitoring.rules.confirming import Change, Memory, Policy, fall_silent, take
from beheer.monitoring.rules.flapping import is_flapping_now, share_of_changes

OUTCOMES = {"u": "up", "g": "degraded", "d": "down", "?": "unknown"}


def walk(results: str, confirm: int = 3, recover: int = 1) -> list[tuple[str, int, int | None, int]]:
    """The changes that results, measured at 1, 2, 3, …, lead to: (state, first, last good, confirmed)."""
    memory, changes = Memory(), []
    for at, letter in enumerate(results, start=1):
        memory, change = take(memory, at, OUTCOMES[letter], Policy(confirm, recover))
        if change is not None and change.state != change.previous:
            changes.append((change.state, change.first_us, change.last_good_us, change.confirmed_us))
    return changes


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ("u", [("up", 1, None, 1)]),
        ("uudd", [("up", 1, None, 1)]),
        ("uuddd", [("up", 1, None, 1), ("down", 3, 2, 5)]),
        ("uuddudd", [("up", 1, None, 1)]),
        ("uddddu", [("up", 1, None, 1), ("down", 2, 1, 4), ("up", 6, 5, 6)]),
        ("ugdd", [("up", 1, None, 1), ("degraded", 2, 1, 4)]),
        ("ugddd", [("up", 1, None, 1), ("degraded", 2, 1, 4), ("down", 3, 2, 5)]),
        ("ud?dd", [("up", 1, None, 1), ("down", 2, 1, 5)]),
        ("u??", [("up", 1, None, 1)]),
        ("u???", [("up", 1, None, 1), ("unknown", 2, 1, 4)]),
        ("u???u", [("up", 1, None, 1), ("unknown", 2, 1, 4), ("up", 5, 4, 5)]),
        ("ddd", [("down", 1, None, 3)]),
        ("dd", []),
        ("dddg", [("down", 1, None, 3), ("degraded", 4, 3, 4)]),
    ],
)
def test_three_in_a_row_confirm(results: str, expected: list[tuple[str, int, int | None, int]]) -> None:
    assert walk(results) == expected


def test_one_result_is_enough_where_the_check_says_so() -> None:
    assert walk("udu", confirm=1) == [("up", 1, None, 1), ("down", 2, 1, 2), ("up", 3, 2, 3)]


def test_getting_better_can_ask_for_more_than_one_result() -> None:
    assert walk("dudu" + "uu", confirm=1, recover=3) == [("down", 1, None, 1), ("up", 4, 3, 6)]


def test_a_result_that_comes_late_is_not_judged_again() -> None:
    policy = Policy(1, 1)
    memory, _ = take(Memory(), 10, "up", policy)
    assert take(memory, 10, "down", policy) == (memory, None)
    assert take(memory, 9, "down", policy) == (memory, None)


def test_silence_is_unknown_from_the_allowance_on() -> None:
    memory, _ = take(Memory(), 10, "up", Policy(3, 1))
    memory, change = fall_silent(memory, 25)
    assert change == Change("unknown", "up", 25, 10, 25, False)
    assert fall_silent(memory, 30)[1] is None
    _, back = take(memory, 15, "up", Policy(3, 1))
    assert back is not None
    assert (back.state, back.first_us) == ("up", 15)


def test_a_check_that_never_spoke_gets_a_say_when_it_is_overdue() -> None:
    memory, change = fall_silent(Memory(), 25)
    assert not memory.is_pending
    assert change is not None
    assert (change.state, change.previous) == ("unknown", "unknown")


def test_three_short_outages_in_twenty_results_flap_and_one_does_not() -> None:
    assert share_of_changes("u" * 10 + "d" * 5 + "u" * 6) == pytest.approx(2 / 20)
    assert is_flapping_now("uuuuduuuuduuuuduuuuuu", False)
    assert not is_flapping_now("u" * 10 + "d" * 5 + "u" * 6, False)
    assert is_flapping_now("u" * 15 + "duuuud", True)
    assert not is_flapping_now("udu", False)


def test_the_end_of_flapping_is_told() -> None:
    memory, told = Memory(), []
    for at, letter in enumerate("ud" * 10 + "u" * 30, start=1):
        memory, change = take(memory, at, OUTCOMES[letter], Policy(1, 1))
        if change is not None:
            told.append(change)
    flags = [change.is_flapping for change in told]
    assert flags.index(True) == 10
    assert told[-1].state == told[-1].previous == "up"
    assert told[-1].is_flapping is False
    assert not memory.is_flapping


@given(st.text("ugd?", max_size=80), st.integers(1, 5), st.integers(1, 5))
def test_every_change_is_borne_out_by_its_results(results: str, confirm: int, recover: int) -> None:
    state = "unknown"
    last_first = 0
    for new, first, good, confirmed in walk(results, confirm, recover):
        assert new != state
        assert first <= confirmed
        assert good is None or good < first
        assert first > last_first or new == "down"
        run = [OUTCOMES[letter] for letter in results[first - 1 : confirmed]]
        known = [outcome for outcome in run if outcome != "unknown"]
        assert run[-1] == new or known
        assert len(run) >= min(confirm, recover)
        assert run[0] != state or state == "unknown"
        state, last_first = new, first
