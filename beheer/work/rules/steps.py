"""Whether a step may be taken, what it still needs, and what events add up to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from beheer.lib.errors import Conflict, InputError, NotAllowed, Problem
from beheer.work.kinds.schema import Kind, StepSpec


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody is to one item: the words of `by` in a kind's file that hold for them."""

    words: frozenset[str]

    def may(self, step: StepSpec) -> bool:
        """Whether one of the step's words holds."""
        return bool(self.words & set(step.by))


def require_step(kind: Kind, state: str, step_key: str, standing: Standing, number: str) -> StepSpec:
    """The step, if the kind has it, it leaves this state, and this person may take it.

    Raises: InputError for an unknown step, Conflict where it does not leave this state, NotAllowed.
    """
    step = kind.steps.get(step_key)
    if step is None:
        remedy = f"There are: {', '.join(kind.steps_from(state)) or 'none from this state'}."
        raise InputError(Problem(f"'{step_key}' is no step of {kind.name.en}.", "step", remedy))
    if state not in kind.sources(step):
        now = kind.states[state].name.en
        raise Conflict(f"{number} is {now}; the step '{step.name.en}' does not leave that state.")
    if not standing.may(step):
        raise NotAllowed(f"The step '{step.name.en}' of {number} is for: {', '.join(step.by)}.")
    return step


def waking_step(kind: Kind, state: str) -> str | None:
    """The step by which an answer of the reporter wakes what waits for them: to work that is open, asking nothing.

    None where the state does not wait for the reporter, or the kind lets them take no such step.
    """
    if not kind.states[state].waits_for_user(state):
        return None
    for key, step in kind.steps_from(state).items():
        asks_nothing = "required" not in step.asks.values() and not step.needs and not step.tasks_done
        if "requester" in step.by and asks_nothing and kind.states[step.to].phase == "open":
            return key
    return None


def missing_fields(
    kind: Kind, state: str, step: StepSpec | None, filled: Mapping[str, object]
) -> list[Problem]:
    """What must be filled in to stand in `state` (and to take `step`), and is not. `filled`: field → value."""
    needed = [name for name in kind.field_names() if kind.mode(name, state) == "required"]
    if step is not None:
        needed += [name for name, demand in step.asks.items() if demand == "required" and name not in needed]
    problems = []
    for name in needed:
        if is_empty(filled.get(name)):
            label = kind.fields[name].name.en if name in kind.fields else name.replace("_", " ")
            remedy = f"It is needed in the state '{kind.states[state].name.en}'."
            problems.append(Problem(f"'{label}' is not filled in.", name, remedy))
    return problems


def is_empty(value: object) -> bool:
    """Whether a field counts as not filled in. Zero and "no" are filled in."""
    return value is None or value == "" or value == [] or value == ()


def refused_changes(
    kind: Kind, state: str, names: Collection[str], allowed: Collection[str] = ()
) -> list[Problem]:
    """Fields that may not be changed in this state, but for those that a step asks for or sets."""
    problems = []
    for name in names:
        if name not in kind.field_names():
            problems.append(Problem(f"{kind.name.en} has no field '{name}'.", name, "Leave it out."))
        elif name not in allowed and kind.mode(name, state) in ("read_only", "hidden"):
            message = f"'{name}' cannot be changed while it is {kind.states[state].name.en}."
            problems.append(Problem(message, name, "Reopen it first."))
    return problems


def replay(kind: Kind, steps: Iterable[str]) -> str:
    """The state after these steps, from the initial one.

    Raises: Conflict where a step does not leave the state it was taken in.
    """
    state = kind.initial
    for key in steps:
        step = kind.steps[key]
        if state not in kind.sources(step):
            raise Conflict(f"The step '{key}' does not leave the state '{state}'.")
        state = step.to
    return state
