"""Kinds of work are files; a wrong one says where, what, and the remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from beheer.lib.documents import load
from beheer.lib.errors import Conflict, DocumentError
from beheer.work.definitions import BUILT_IN, ORDER, known_activities
from beheer.work.diagram import drawn
from beheer.work.dry_run import Blocked
from beheer.work.kinds.checks import reachable, read_kind
from beheer.work.kinds.schema import Kind
from beheer.work.rules.priorities import read_table
from beheer.work.rules.steps import replay

INCIDENT = (BUILT_IN / "incident.yaml").read_text()
FILES = sorted(BUILT_IN.glob("*.yaml"))


def wrong(text: str) -> str:
    with pytest.raises(DocumentError) as caught:
        read_kind(load(text, "mine.yaml"), activities={"1.6", "2.1", "6.2"})
    return str(caught.value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_kind_that_comes_with_beheer_hangs_together(path: Path) -> None:
    kind = read_kind(load(path.read_text(), path.name), activities=known_activities())
    assert kind.kind == path.stem
    assert all(reachable(kind, state) for state in kind.states)


def test_every_kind_has_its_own_prefix_and_a_place_in_the_menus() -> None:
    kinds = [read_kind(load(path.read_text(), path.name)) for path in FILES]
    assert len({kind.prefix for kind in kinds}) == len(kinds)
    assert {kind.kind for kind in kinds} <= set(ORDER)
    assert {other for kind in kinds for other in kind.leads_to} <= {kind.kind for kind in kinds}
    assert sum(kind.monitoring is not None for kind in kinds) == 1


MISTAKES: list[tuple[str, str, str]] = [
    ("    to: resolved", "    to: resolvd", "mine.yaml:86: steps.resolve.to: 'resolvd' is no state"),
    ("initial: new", "initial: nieuw", "initial: 'nieuw' is no state of this kind. Did you mean 'new'?"),
    ("prefix: INC", "prefix: inc", "2 to 6 capital letters"),
    ("    by: [staff, machine]", "    by: [stuff]", "'stuff' says nobody"),
    ("asks: {solution: required, cause: optional}", "asks: {solutoin: required}", "Did you mean 'solution'?"),
    ("    phase: waiting", "    phase: idle", "phase"),
    ('"step:take"', '"step:tak"', "'tak' is no step of this kind. Did you mean 'take'?"),
    ("stop: [reply,", "stop: [answer,", "'answer' is no event"),
    ('    resume: ["phase:open"]\n', "", "A clock that can pause must be able to resume"),
    ("after: 72h", "after: 72", "timers.0.after"),
    ("  resolve: resolve\n", "  resolve: solve\n", "monitoring.resolve: 'solve' is no step"),
    ("leads_to: {problem: caused_by", "leads_to: {problem: because", "'because' is no kind of link"),
    ('activities: ["1.6"', 'activities: ["1.9"', "'1.9' is no activity of the profile"),
    ("result_areas: [1, 2, 6]", "result_areas: [1, 2]", "Activity 6.2 is of a result area that is not named"),
    ("  title: required", "  title: optional", "Every item needs a title"),
    ("icon: incident", "icoon: incident", "There is no such field. Did you mean 'icon'?"),
    ("    type: choice\n", "    type: text\n", "A field of type choice or several, and no other, has choices"),
    ("  waiting_for:\n    name: {nl: Wacht op", "  team:\n    name: {nl: Wacht op", "'team' is a field"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("right", "mistake", "message"), MISTAKES, ids=[mistake.strip() for _, mistake, _ in MISTAKES]
)
def test_a_mistake_is_named_with_its_place_and_remedy(right: str, mistake: str, message: str) -> None:
    assert right in INCIDENT
    told = wrong(INCIDENT.replace(right, mistake, 1))
    assert message in told
    assert "mine.yaml:" in told


def test_a_state_that_no_step_reaches_is_refused() -> None:
    extra = "states:\n  lost:\n    name: {nl: kwijt, en: lost}\n    phase: open\n"
    told = wrong(INCIDENT.replace("states:\n", extra, 1))
    assert "states.lost: No step leads from 'new' to 'lost'" in told


def test_a_state_without_a_way_out_is_refused() -> None:
    text = INCIDENT.replace("from: [waiting_user, waiting_supplier]", "from: [waiting_user]")
    text = text.replace(
        "[new, in_progress, waiting_user, waiting_supplier]", "[new, in_progress, waiting_user]"
    )
    text = text.replace("waiting_supplier, resolved]", "resolved]")
    assert "From 'waiting_supplier' no step leads to an end" in wrong(text)


def test_an_own_table_of_priorities_needs_all_nine_and_known_calendars() -> None:
    text = (BUILT_IN.parent / "priorities.yaml").read_text()
    assert read_table(text, "p.yaml").priority(1, 1) == 1
    with pytest.raises(DocumentError, match="Impact high with urgency low has no priority"):
        read_table(text.replace("high: {high: 1, medium: 2, low: 3}", "high: {high: 1, medium: 2}"), "p.yaml")
    with pytest.raises(DocumentError, match="There is no calendar 'kantoor'"):
        read_table(text.replace("calendar: office", "calendar: kantoor", 1), "p.yaml")


def walk(kind: Kind, choices: list[int]) -> list[str]:
    """Steps that can be taken one after another, as the numbers choose."""
    state, steps = kind.initial, []
    for choice in choices:
        possible = list(kind.steps_from(state))
        if not possible:
            break
        steps.append(possible[choice % len(possible)])
        state = kind.steps[steps[-1]].to
    return steps


@given(st.sampled_from(FILES), st.lists(st.integers(0, 20), max_size=12))
def test_any_walk_of_steps_can_be_replayed_and_no_other_step_is_let_in(
    path: Path, choices: list[int]
) -> None:
    kind = read_kind(load(path.read_text(), path.name))
    steps = walk(kind, choices)
    state = replay(kind, steps)
    assert state in kind.states
    for key, step in kind.steps.items():
        if state not in kind.sources(step):
            with pytest.raises(Conflict):
                replay(kind, [*steps, key])


def test_the_kinds_together_carry_out_every_activity_of_areas_2_and_10_but_those_of_other_rooms() -> None:
    carried = {one for path in FILES for one in read_kind(load(path.read_text(), path.name)).activities}
    assert {"2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8", "2.9"} <= carried
    assert {f"10.{n}" for n in range(1, 9)} <= carried
    assert {f"11.{n}" for n in range(1, 9)} <= carried


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_step_back_is_not_drawn_through_the_box_of_another_state(path: Path) -> None:
    kind = read_kind(load(path.read_text(), path.name))
    drawing = str(drawn(kind, "en"))
    boxes = [
        (float(x), float(y)) for x, y in re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="132"', drawing)
    ]
    assert len(boxes) == len(kind.states)
    for line in re.findall(r'class="step back"><path d="([^"]+)"', drawing):
        for x, y, low in re.findall(r"([\d.]+) ([\d.]+)L\1 ([\d.]+)", line):
            top, bottom = sorted((float(y), float(low)))
            crossed = [box for box in boxes if box[0] < float(x) < box[0] + 132 and top < box[1] < bottom]
            assert not crossed


def test_what_a_changed_kind_would_have_stopped_is_told_in_dutch() -> None:
    blocked = Blocked("step 'resolve' now needs 'cause'", 1, [])
    with override("nl"):
        assert blocked.told() == "stap ‘resolve’ vraagt nu ook ‘cause’"
