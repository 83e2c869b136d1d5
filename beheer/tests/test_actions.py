"""Every action asks the one gate and writes the audit trail, in one transaction, with the actor first."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1]
# The gate itself, or refusing whoever is not the one person concerned: a case's participants, one's own deputy.
GATES = {"require", "NotAllowed", "case_of"}
TRAILS = {"record"}

# What has an actor and is not a deed of somebody, with the reason.
NO_DEEDS = {
    "audit.record": "it is the trail itself",
    "monitoring.receive_batch": "results are facts, kept with their batch; an agent's token is its gate",
    "monitoring.receive_alerts": "alerts are facts, kept as rows; the secret of their source is their gate",
    "notifications.may_change": "a question",
    "service_levels.may_decide": "a question",
    "service_levels.person": "a question",
    "service_levels.require_second_person": "a gate of its own",
    "monitoring.try_check": "changes nothing: it runs a probe and shows what came of it",
}


@cache
def functions(room: str) -> dict[str, list[ast.FunctionDef]]:
    """Every function of a room, by name, methods too."""
    found: dict[str, list[ast.FunctionDef]] = defaultdict(list)
    for path in (PACKAGE / room).rglob("*.py"):
        if not {"tests", "migrations"} & set(path.parts):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef):
                    found[node.name].append(node)
    return found


def called(function: ast.FunctionDef) -> set[str]:
    """The names that a function calls."""
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return {call.id if isinstance(call, ast.Name) else getattr(call, "attr", "") for call in calls}


def reaches(room: str, function: ast.FunctionDef, wanted: set[str]) -> bool:
    """Whether a function calls one of these names, itself or through functions of its own room or another's actions."""
    seen: set[str] = set()
    pending = called(function)
    while pending:
        name = pending.pop()
        if name in wanted:
            return True
        if name in seen:
            continue
        seen.add(name)
        for one in functions(room).get(name, []):
            pending |= called(one)
    return False


def actions() -> Iterator[tuple[str, str, ast.FunctionDef]]:
    """Every public function with an actor, in the `actions` of every room."""
    for path in sorted(
        [*PACKAGE.glob("*/*actions.py"), *PACKAGE.glob("*/actions/*.py"), *PACKAGE.glob("*/importing.py")]
    ):
        room = path.relative_to(PACKAGE).parts[0]
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                names = [arg.arg for arg in [*node.args.args, *node.args.kwonlyargs]]
                if "actor" in names and f"{room}.{node.name}" not in NO_DEEDS:
                    yield room, node.name, node


ACTIONS = list(actions())


def test_there_are_actions() -> None:
    assert len(ACTIONS) > 80


@pytest.mark.parametrize(
    ("room", "name", "action"), ACTIONS, ids=[f"{room}.{name}" for room, name, _ in ACTIONS]
)
def test_an_action_has_its_actor_first_asks_the_gate_and_leaves_a_line(
    room: str, name: str, action: ast.FunctionDef
) -> None:
    keywords = [arg.arg for arg in action.args.kwonlyargs]
    assert keywords[:1] == ["actor"], "the actor comes first, by keyword"
    assert reaches(room, action, GATES), "nothing asks whether the actor may"
    assert reaches(room, action, TRAILS), "no line is written in the audit trail"
