"""The made-up past is the same for the same seed, plausible, and follows the dependency map."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from beheer.catalogue.rules import Graph, Group, Need
from beheer.demo.rules import DAYS, Character, OwnOutage, own_outages, timelines

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
SINCE = NOW - timedelta(days=DAYS)
CHARACTERS = {number: Character(4, 30) for number in range(1, 6)}


def test_the_same_seed_gives_the_same_past() -> None:
    one = own_outages(CHARACTERS, now=NOW, seed=7, still_down={})
    assert one == own_outages(CHARACTERS, now=NOW, seed=7, still_down={})
    assert one != own_outages(CHARACTERS, now=NOW, seed=8, still_down={})


def test_outages_of_a_service_lie_apart_and_in_the_past() -> None:
    outages = own_outages(CHARACTERS, now=NOW, seed=7, still_down={3: "down"})
    assert len(outages) > 5
    for service_id in CHARACTERS:
        mine = [one for one in outages if one.service_id == service_id]
        assert all(one.end < other.start for one, other in itertools.pairwise(mine))
        assert all(SINCE <= one.start < one.end for one in mine)
    assert [one.service_id for one in outages if one.end > NOW] == [3]


def test_a_service_goes_down_with_what_it_needs_and_names_the_cause() -> None:
    graph = Graph(needs={1: (Need(2, "down"),)}, needed_by={2: (1,)})
    start, end = NOW - timedelta(hours=3), NOW - timedelta(hours=2)
    outage = OwnOutage(2, start, end, "down", "broken", "hardware")
    found = timelines([2, 1], graph, [outage], since=SINCE, now=NOW)
    assert [(step.at, step.state, step.cause_id) for step in found[1]] == [
        (SINCE, "up", None),
        (start, "down", 2),
        (end, "up", None),
    ]


def test_one_of_a_redundant_pair_harms_nobody() -> None:
    graph = Graph(needs={1: (Need(2, "down", 9), Need(3, "down", 9))}, groups={9: Group(1, "down")})
    outage = OwnOutage(2, NOW - timedelta(hours=3), NOW - timedelta(hours=2), "down", "broken", "hardware")
    found = timelines([2, 3, 1], graph, [outage], since=SINCE, now=NOW)
    assert [step.state for step in found[1]] == ["up"]
