"""The shape of a kind's file. `docs/reference/kinds.md` explains each field with an example."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import pydantic
from pydantic import ConfigDict, Field

Mode = Literal["hidden", "read_only", "editable", "required"]
Demand = Literal["required", "optional"]
Phase = Literal["open", "waiting", "solved", "closed"]
FieldType = Literal[
    "text", "long_text", "choice", "day", "instant", "number", "yes_no", "person", "several", "file"
]

PHASES: tuple[Phase, ...] = ("open", "waiting", "solved", "closed")
# Fields that every item has, whatever its kind; a kind adds its own beside them.
BUILT_IN = (
    "title", "description", "service", "services", "items", "customer", "requester", "team", "assignee",
    "impact", "urgency", "complexity", "line", "planned_start", "planned_end",
)  # fmt: skip
LINES = ("first", "second", "supplier")
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Strict(pydantic.BaseModel):
    """A mapping in which every word must be known."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Words(Strict):
    """A text in both languages."""

    nl: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def text(self, language: str) -> str:
        """The text in `language`; English for any language but Dutch."""
        return self.nl if language.startswith("nl") else self.en


class FieldSpec(Strict):
    """A field that this kind adds to an item."""

    name: Words
    type: FieldType = "text"
    choices: dict[str, Words] = {}
    help: Words | None = None


class StateSpec(Strict):
    """One state: what it is called, in which phase of the work it stands, and what its fields do there."""

    name: Words
    phase: Phase
    fields: dict[str, Mode] = {}
    line: Literal["first", "second", "supplier"] | None = None
    waits_for: Literal["user", "supplier", "approval", "other"] | None = None  # whom, in a phase of waiting

    def waits_for_user(self, key: str) -> bool:
        """Whether work stands still here until its reporter answers."""
        return self.phase == "waiting" and (self.waits_for or key.removeprefix("waiting_")) == "user"


class StepSpec(Strict):
    """One step from a state (or several) to another."""

    name: Words
    from_: list[str] = Field(alias="from", min_length=1)
    to: str
    by: list[str] = ["staff"]
    asks: dict[str, Demand] = {}
    sets: dict[str, str] = {}
    needs: list[str] = []  # approvals that must have been given
    tasks_done: bool = False  # every required task of the item must be done
    level: int | None = Field(default=None, ge=1, le=4)  # of administrators, 1 being the highest


class ClockSpec(Strict):
    """One clock: which events start, pause, resume and stop it, and which target it runs against."""

    name: Words
    start: list[str] = Field(min_length=1)
    pause: list[str] = []
    resume: list[str] = []
    stop: list[str] = Field(min_length=1)
    cancel: list[str] = []
    target: str = ""  # a column of the table of targets; empty: the clock's own name
    again: bool = False  # a start event after the first starts the count anew (an update clock)


class TaskSpec(Strict):
    """Something to tick off; made when the item enters the state."""

    name: Words
    state: str
    required: bool = True


class GroupSpec(Strict):
    """Some people of whom so many must approve."""

    who: list[str] = Field(min_length=1)
    need: Literal["one", "all", "share"] = "one"
    share: float = Field(default=1.0, gt=0, le=1)


class ApprovalSpec(Strict):
    """A decision by others. It binds to the fields named, and lapses when one of them changes."""

    name: Words
    state: str
    binds: list[str] = Field(min_length=1)
    order: Literal["parallel", "ordered"] = "parallel"
    groups: list[GroupSpec] = Field(min_length=1)
    granted: str  # the step taken when approved
    refused: str  # the step taken when refused
    when: dict[str, list[str]] = {}  # only where these fields have one of these values; else granted at once


class TimerSpec(Strict):
    """A step that is taken by the machine after the item has stood in a state for so long."""

    state: str
    after: str
    step: str


class RepeatSpec(Strict):
    """After a step the next item is planned by itself, so much later as a field says (week, month, …, year)."""

    step: str
    field: str


class WindowSpec(Strict):
    """In these states the plan of an item is a planned window of service levels, where a field says yes."""

    states: list[str] = Field(min_length=1)
    field: str


class MonitoringSpec(Strict):
    """How this kind answers state changes of services. One kind at most has it."""

    resolve: str
    reopen: str
    merge: str
    when_back: Literal["resolve", "ask"] = "resolve"
    reopen_within: str = "30m"
    opens_on: list[Literal["down", "degraded"]] = ["down", "degraded"]


class Kind(Strict):
    """One kind of work."""

    kind: Name
    prefix: str
    name: Words
    plural: Words
    description: Words
    for_users: Words | None = None  # what the portal says of it; else the description
    icon: str = "work"
    result_areas: list[int] = Field(min_length=1)
    activities: list[str] = []
    initial: str
    create: dict[str, Demand]
    portal: bool = False  # ICT users may ask for it themselves
    planned: bool = False  # stands in the change calendar
    states: dict[str, StateSpec]
    steps: dict[str, StepSpec]
    fields: dict[str, FieldSpec] = {}
    clocks: dict[str, ClockSpec] = {}
    tasks: dict[str, TaskSpec] = {}
    approvals: dict[str, ApprovalSpec] = {}
    timers: list[TimerSpec] = []
    monitoring: MonitoringSpec | None = None
    repeat: RepeatSpec | None = None
    window: WindowSpec | None = None
    leads_to: dict[str, str] = {}  # kinds of item made from this one → the kind of link to it

    @pydantic.field_validator("prefix")
    @classmethod
    def _prefix(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Z]{2,6}", value):
            raise ValueError("A prefix is 2 to 6 capital letters, such as INC.")
        return value

    def mode(self, field: str, state: str) -> Mode:
        """What a field does in a state: what the state says, else editable while work goes on and read-only after."""
        spec = self.states[state]
        if field in spec.fields:
            return spec.fields[field]
        return "editable" if spec.phase in ("open", "waiting") else "read_only"

    def steps_from(self, state: str) -> dict[str, StepSpec]:
        """The steps that leave a state, in the order of the file."""
        return {key: step for key, step in self.steps.items() if state in self.sources(step)}

    def sources(self, step: StepSpec) -> list[str]:
        """The states a step leaves from; "*" stands for every state but those of phase closed, and its own target."""
        if step.from_ == ["*"]:
            return [k for k, state in self.states.items() if state.phase != "closed" and k != step.to]
        return step.from_

    def field_names(self) -> list[str]:
        """Every field an item of this kind has: the built-in ones and its own."""
        return [*BUILT_IN, *self.fields]
