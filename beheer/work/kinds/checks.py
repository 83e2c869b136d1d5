"""Whether a kind hangs together: every name is known, every state can be reached, and each has a way out."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator

from beheer.lib.documents import Document, Path, check
from beheer.lib.durations import parse_duration
from beheer.lib.errors import DocumentError, InputError, Problem
from beheer.work.kinds.schema import BUILT_IN, LINES, PHASES, ClockSpec, Kind

WHO = ("staff", "assignee", "team", "requester", "lead", "service_owner", "administrator", "machine")
VALUES = ("actor", "now", "nobody", "none")
TRIGGERS = (
    "created",
    "reply",
    "message",
    "assigned",
    "handed_over",
    "reopened",
    "planned_start",
    "planned_end",
)
INTERVALS = ("week", "month", "quarter", "half_year", "year")
LINK_KINDS = (
    "relates_to", "caused_by", "duplicates", "child_of", "blocks", "solves", "implements", "tests", "accepts",
    "documents",
)  # fmt: skip


def read_kind(document: Document, activities: Collection[str] | None = None) -> Kind:
    """The kind that a document holds. `activities` are the ids that exist in the profile; None leaves them unchecked.

    Raises: DocumentError with one Problem, with its line, for each thing that is wrong.
    """
    kind = check(document, Kind)
    problems = list(_problems(document, kind, activities))
    if problems:
        raise DocumentError(problems)
    return kind


def _problems(document: Document, kind: Kind, activities: Collection[str] | None) -> Iterator[Problem]:
    yield from _states(document, kind)
    yield from _steps(document, kind)
    yield from _fields(document, kind)
    yield from _clocks(document, kind)
    yield from _approvals(document, kind)
    yield from _machine(document, kind)
    if activities is not None:
        for index, activity in enumerate(kind.activities):
            yield from _known(
                document, ("activities", index), activity, activities, "activity of the profile"
            )
            if activity in activities and int(activity.split(".")[0]) not in kind.result_areas:
                message = f"Activity {activity} is of a result area that is not named."
                yield document.problem(("activities", index), message, "Add it to result_areas.")
    if kind.initial in kind.states:
        yield from _ways(document, kind)


def _known(
    document: Document, path: Path, name: str, allowed: Collection[str], what: str
) -> Iterator[Problem]:
    if name in allowed:
        return
    near = difflib.get_close_matches(name, list(allowed), n=1)
    remedy = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(sorted(allowed))}."
    yield document.problem(path, f"'{name}' is no {what}.", remedy)


def _states(document: Document, kind: Kind) -> Iterator[Problem]:
    yield from _known(document, ("initial",), kind.initial, kind.states, "state of this kind")
    if not any(state.phase == "closed" for state in kind.states.values()):
        yield document.problem(("states",), "No state is of phase 'closed'.", "Work must be able to end.")
    for key, state in kind.states.items():
        for name in state.fields:
            yield from _known(document, ("states", key, "fields", name), name, kind.field_names(), "field")


def _steps(document: Document, kind: Kind) -> Iterator[Problem]:
    for key, step in kind.steps.items():
        here: Path = ("steps", key)
        yield from _known(document, (*here, "to"), step.to, kind.states, "state of this kind")
        for index, state in enumerate(step.from_ if step.from_ != ["*"] else []):
            yield from _known(document, (*here, "from", index), state, kind.states, "state of this kind")
        for index, who in enumerate(step.by):
            yield from _who(document, (*here, "by", index), who)
        for name in step.asks:
            yield from _known(
                document, (*here, "asks", name), name, [*kind.field_names(), "comment", "reply"], "field"
            )
        for name, value in step.sets.items():
            yield from _known(document, (*here, "sets", name), name, kind.field_names(), "field")
            if name in ("assignee", "requester", "planned_start", "planned_end"):
                yield from _known(document, (*here, "sets", name), value, VALUES, "value for this field")
        for index, name in enumerate(step.needs):
            yield from _known(
                document, (*here, "needs", index), name, kind.approvals, "approval of this kind"
            )


def _who(document: Document, path: Path, who: str) -> Iterator[Problem]:
    if who.startswith("team:") and len(who) > 5:
        return
    if who not in WHO:
        allowed = ", ".join(WHO)
        yield document.problem(path, f"'{who}' says nobody.", f"Write one of {allowed}, or team:KEY.")


def _fields(document: Document, kind: Kind) -> Iterator[Problem]:
    for name in kind.create:
        yield from _known(document, ("create", name), name, kind.field_names(), "field")
    if kind.create.get("title") != "required":
        yield document.problem(("create",), "Every item needs a title.", "Write 'title: required'.")
    for name, spec in kind.fields.items():
        if name in BUILT_IN:
            yield document.problem(
                ("fields", name), f"'{name}' is a field that every item has.", "Rename it."
            )
        if spec.type == "file":
            message = "Files are added to every kind; only forms of the catalogue ask for one."
            yield document.problem(("fields", name, "type"), message, "Take this field out.")
        if (spec.type in ("choice", "several")) != bool(spec.choices):
            message = "A field of type choice or several, and no other, has choices."
            yield document.problem(("fields", name), message, "Add choices, or change the type.")


def _clocks(document: Document, kind: Kind) -> Iterator[Problem]:
    for key, clock in kind.clocks.items():
        for part, triggers in clock_triggers(clock):
            for index, trigger in enumerate(triggers):
                yield from _trigger(document, kind, ("clocks", key, part, index), trigger)
        if bool(clock.pause) != bool(clock.resume):
            message = "A clock that can pause must be able to resume, and the reverse."
            yield document.problem(("clocks", key), message, "Give both pause and resume, or neither.")


def clock_triggers(clock: ClockSpec) -> list[tuple[str, list[str]]]:
    """The parts of a clock that name events, with the events."""
    return [
        ("start", clock.start),
        ("pause", clock.pause),
        ("resume", clock.resume),
        ("stop", clock.stop),
        ("cancel", clock.cancel),
    ]


def _trigger(document: Document, kind: Kind, path: Path, trigger: str) -> Iterator[Problem]:
    head, _, rest = trigger.partition(":")
    lists: dict[str, Iterable[str]] = {
        "step": kind.steps,
        "state": kind.states,
        "phase": PHASES,
        "line": LINES,
    }
    if head in lists and rest:
        yield from _known(document, path, rest, list(lists[head]), f"{head} of this kind")
    elif trigger not in TRIGGERS:
        remedy = f"Write {', '.join(TRIGGERS)}, or step:, state:, phase: or line: with a name."
        yield document.problem(path, f"'{trigger}' is no event.", remedy)


def _approvals(document: Document, kind: Kind) -> Iterator[Problem]:
    for key, approval in kind.approvals.items():
        here: Path = ("approvals", key)
        yield from _known(document, (*here, "state"), approval.state, kind.states, "state of this kind")
        if approval.state == kind.initial:
            message = "An approval cannot be asked in the first state."
            yield document.problem((*here, "state"), message, "Add a step to a state for it.")
        for part, name in (("granted", approval.granted), ("refused", approval.refused)):
            yield from _known(document, (*here, part), name, kind.steps, "step of this kind")
            if name in kind.steps and approval.state not in kind.sources(kind.steps[name]):
                message = f"The step '{name}' does not leave the state '{approval.state}'."
                yield document.problem((*here, part), message, "Name a step that does.")
        for index, name in enumerate(approval.binds):
            yield from _known(document, (*here, "binds", index), name, kind.field_names(), "field")
        for name in approval.when:
            yield from _known(document, (*here, "when", name), name, kind.field_names(), "field")
        for number, group in enumerate(approval.groups):
            for index, who in enumerate(group.who):
                yield from _who(document, (*here, "groups", number, "who", index), who)


def _machine(document: Document, kind: Kind) -> Iterator[Problem]:
    """Tasks, timers, and what the machine does."""
    for key, task in kind.tasks.items():
        yield from _known(document, ("tasks", key, "state"), task.state, kind.states, "state of this kind")
    for index, timer in enumerate(kind.timers):
        here: Path = ("timers", index)
        yield from _known(document, (*here, "state"), timer.state, kind.states, "state of this kind")
        yield from _known(document, (*here, "step"), timer.step, kind.steps, "step of this kind")
        yield from _duration(document, (*here, "after"), timer.after)
    if kind.monitoring is not None:
        for part in ("resolve", "reopen", "merge"):
            name = getattr(kind.monitoring, part)
            yield from _known(document, ("monitoring", part), name, kind.steps, "step of this kind")
        yield from _duration(document, ("monitoring", "reopen_within"), kind.monitoring.reopen_within)
    if kind.repeat is not None:
        yield from _known(document, ("repeat", "step"), kind.repeat.step, kind.steps, "step of this kind")
        yield from _known(document, ("repeat", "field"), kind.repeat.field, kind.fields, "field of this kind")
        choices = kind.fields[kind.repeat.field].choices if kind.repeat.field in kind.fields else {}
        for name in choices:
            yield from _known(document, ("repeat", "field"), name, INTERVALS, "interval")
    yield from _window(document, kind)
    for name, link in kind.leads_to.items():
        yield from _known(document, ("leads_to", name), link, LINK_KINDS, "kind of link")


def _window(document: Document, kind: Kind) -> Iterator[Problem]:
    if kind.window is None:
        return
    for index, state in enumerate(kind.window.states):
        yield from _known(document, ("window", "states", index), state, kind.states, "state of this kind")
    yield from _known(document, ("window", "field"), kind.window.field, kind.fields, "field of this kind")
    if kind.window.field in kind.fields and kind.fields[kind.window.field].type != "yes_no":
        yield document.problem(("window", "field"), "This field is not of type yes_no.", "Name one that is.")


def _duration(document: Document, path: Path, text: str) -> Iterator[Problem]:
    try:
        parse_duration(text)
    except InputError as error:
        problem = error.problems[0]
        yield document.problem(path, problem.message, problem.remedy)


def _ways(document: Document, kind: Kind) -> Iterator[Problem]:
    reached = reachable(kind, kind.initial)
    closed = {key for key, state in kind.states.items() if state.phase == "closed"}
    for key in kind.states:
        if key not in reached:
            message = f"No step leads from '{kind.initial}' to '{key}'."
            yield document.problem(("states", key), message, "Add a step to it, or take the state out.")
        elif not reachable(kind, key) & closed:
            message = f"From '{key}' no step leads to an end."
            yield document.problem(("states", key), message, "Add a step to a state of phase closed.")


def reachable(kind: Kind, start: str) -> set[str]:
    """The states that can be reached from `start`, with itself."""
    found, pending = {start}, [start]
    while pending:
        state = pending.pop()
        for step in kind.steps_from(state).values():
            if step.to in kind.states and step.to not in found:
                found.add(step.to)
                pending.append(step.to)
    return found
