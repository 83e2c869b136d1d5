"""Whether a request model hangs together, and what it makes of the kind of work it leads to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import re2

from beheer.lib.documents import Path
from beheer.lib.durations import parse_duration
from beheer.lib.errors import InputError
from beheer.work.kinds.checks import WHO
from beheer.work.kinds.schema import BUILT_IN, ApprovalSpec, Kind, TaskSpec
from beheer.work.request_models.schema import FormField, RequestSpec

APPROVERS = (*(who for who in WHO if who not in ("machine", "requester", "assignee")), "requester_lead")
PLACES = re.compile(r"\{([a-z][a-z0-9_]*)\}")
LONG_CHOICE = 60


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong: where in the file, what, and what to do."""

    path: Path
    message: str
    remedy: str = ""


def flaws(spec: RequestSpec, kind: Kind) -> list[Flaw]:
    """Everything wrong with a request model that its shape alone does not show."""
    return [
        *_about_kind(spec, kind),
        *_about_parts(spec, kind),
        *_about_fields(spec, kind),
        *_about_approvals(spec, kind),
    ]


def _about_kind(spec: RequestSpec, kind: Kind) -> Iterator[Flaw]:
    if kind.create.get("service") == "required" and not spec.service:
        yield Flaw(("service",), f"{kind.name.en} is always about a service.", "Name one by its key.")
    for name in spec.defaults:
        if name not in kind.field_names():
            yield Flaw(
                ("defaults", name), f"{kind.name.en} has no field '{name}'.", _one_of(kind.field_names())
            )
        elif name in ("title", "requester", "service"):
            yield Flaw(
                ("defaults", name), f"'{name}' is not a default.", "It has a place of its own; take it out."
            )
    given = {*spec.defaults, "title", "service", "requester", "description", "impact", "urgency"}
    for name, demand in kind.create.items():
        if demand == "required" and name not in given:
            yield Flaw(
                ("defaults",), f"{kind.name.en} needs '{name}' from the start.", f"Give '{name}' here."
            )


def _about_parts(spec: RequestSpec, kind: Kind) -> Iterator[Flaw]:
    for clock, target in spec.targets.items():
        if clock not in kind.clocks:
            yield Flaw(("targets", clock), f"{kind.name.en} has no clock '{clock}'.", _one_of(kind.clocks))
        try:
            parse_duration(target)
        except InputError as error:
            yield Flaw(("targets", clock), error.problems[0].message, error.problems[0].remedy)
    for name in spec.tasks:
        if name in kind.tasks:
            yield Flaw(("tasks", name), f"{kind.name.en} has a task '{name}' already.", "Rename it.")
    places = PLACES.findall(f"{spec.title.nl} {spec.title.en}") if spec.title else []
    for name in dict.fromkeys(places):
        if name not in spec.fields:
            yield Flaw(("title",), f"There is no question '{name}'.", _one_of(spec.fields))


def _about_fields(spec: RequestSpec, kind: Kind) -> Iterator[Flaw]:
    before: list[str] = []
    for name, field in spec.fields.items():
        here: Path = ("fields", name)
        if name in BUILT_IN or name in kind.fields:
            yield Flaw(here, f"'{name}' is a field of {kind.name.en} itself.", "Rename it.")
        if name in ("comment", "reply", "version", "csrfmiddlewaretoken", "shared_with", "requester"):
            yield Flaw(here, f"'{name}' means something else on forms.", "Rename it.")
        yield from _one_field(here, field)
        for other, wanted in field.shown_when.items():
            yield from _condition(spec, (*here, "shown_when", other), other, wanted, before)
        before.append(name)


def _one_field(here: Path, field: FormField) -> Iterator[Flaw]:
    if field.type == "instant":
        yield Flaw(
            (*here, "type"), "Forms of the catalogue ask for days.", "Write day, and a text for the time."
        )
    if field.type in ("choice", "several") and not field.choices:
        yield Flaw(here, "There is nothing to choose.", "Add choices: {key: {nl: …, en: …}}.")
    if field.type not in ("choice", "several") and field.choices:
        yield Flaw((*here, "choices"), "Only 'choice' and 'several' have choices.", "Change the type.")
    for key in field.choices:
        if not key or len(key) > LONG_CHOICE:
            yield Flaw((*here, "choices"), f"'{key}' is no key.", f"Use 1 to {LONG_CHOICE} characters.")
    if field.least is not None and field.most is not None and field.least > field.most:
        yield Flaw((*here, "least"), "The least is more than the most.", "Swap them.")
    if field.type in ("choice", "yes_no", "person") and (field.least is not None or field.most is not None):
        yield Flaw(here, f"'{field.type}' has no limits.", "Take out least and most.")
    if field.pattern:
        if field.type != "text":
            yield Flaw((*here, "pattern"), "Only 'text' has a pattern.", "Take it out.")
        try:
            re2.compile(field.pattern)
        except re2.error as error:
            yield Flaw((*here, "pattern"), f"This is no regular expression: {error}.", "Write RE2 syntax.")


def _condition(
    spec: RequestSpec, here: Path, other: str, wanted: Collection[object], before: Collection[str]
) -> Iterator[Flaw]:
    if other not in before:
        remedy = f"Earlier are: {', '.join(before)}." if before else "Put that question before this one."
        yield Flaw(here, f"'{other}' is not an earlier question.", remedy)
        return
    field = spec.fields[other]
    if field.type in ("choice", "several"):
        for one in wanted:
            if one not in field.choices:
                yield Flaw(here, f"'{one}' is no answer to '{other}'.", _one_of(field.choices))
    elif field.type == "yes_no":
        for one in wanted:
            if one not in (True, False, "yes", "no"):
                yield Flaw(here, f"'{one}' is no answer to '{other}'.", "Write yes or no.")
    elif field.type in ("file", "long_text"):
        yield Flaw(here, f"'{other}' is no question to wait for.", "Use a choice, or yes or no.")


def _about_approvals(spec: RequestSpec, kind: Kind) -> Iterator[Flaw]:
    if spec.approvals and not kind.approvals:
        yield Flaw(
            ("approvals",), f"{kind.name.en} knows no approval.", "Take this out, or choose another kind."
        )
    for place, group in enumerate(spec.approvals):
        for inner, who in enumerate(group.who):
            is_named = who.startswith(("team:", "person:")) and not who.endswith(":")
            if who not in APPROVERS and not is_named:
                remedy = f"Write one of {', '.join(APPROVERS)}, team:KEY or person:NAME."
                yield Flaw(("approvals", place, "who", inner), f"'{who}' says nobody.", remedy)


def _one_of(names: Collection[str]) -> str:
    return f"Choose one of {', '.join(names)}." if names else "There are none."


def specialised(kind: Kind, spec: RequestSpec) -> Kind:
    """The kind of a request made by this model: with its questions as fields, its approvals, and its tasks."""
    changes: dict[str, object] = {"fields": {**kind.fields, **spec.fields}, "portal": True}
    start = kind.initial
    if spec.approvals and kind.approvals:
        key, approval = next(iter(kind.approvals.items()))
        changes["approvals"] = {**kind.approvals, key: _demanded(approval, spec)}
        changes["initial"] = approval.state
        start = kind.steps[approval.granted].to
    if spec.tasks:
        tasks = {
            key: TaskSpec(name=task.name, state=start, required=task.required)
            for key, task in spec.tasks.items()
        }
        changes["tasks"] = {**kind.tasks, **tasks}
        changes["steps"] = {
            key: step.model_copy(update={"tasks_done": True}) if _solves(kind, step.to) else step
            for key, step in kind.steps.items()
        }
    return kind.model_copy(update=changes)


def _solves(kind: Kind, state: str) -> bool:
    return kind.states[state].phase == "solved"


def _demanded(approval: ApprovalSpec, spec: RequestSpec) -> ApprovalSpec:
    """The approval of the kind, by those whom the model names, bound to the answers too."""
    order = "ordered" if spec.approvals_in_order else "parallel"
    binds = [*approval.binds, *(name for name in spec.fields if name not in approval.binds)]
    return approval.model_copy(
        update={"groups": list(spec.approvals), "order": order, "when": {}, "binds": binds}
    )
