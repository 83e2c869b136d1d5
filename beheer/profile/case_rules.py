"""How a grading case goes: its parts, states and steps, its terms, and which duties count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

ROLES: Final = ("assessor", "holder", "expert", "authorised", "reader")
STATES: Final = (
    "draft", "submitted", "advised", "provisional", "reservations", "heard", "decided", "objection", "closed",
    "withdrawn",
)  # fmt: skip
EDITABLE: Final = frozenset({"draft"})


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One step: from which states, by whom, to which state; whether words are demanded."""

    key: str
    sources: frozenset[str]
    roles: frozenset[str]
    target: str
    needs_text: bool = True


def _step(key: str, sources: str, roles: str, target: str, needs_text: bool = True) -> CaseStep:
    return CaseStep(key, frozenset(sources.split()), frozenset(roles.split()), target, needs_text)


STEPS: Final[dict[str, CaseStep]] = {
    step.key: step
    for step in (
        _step("submit", "draft", "assessor", "submitted", needs_text=False),
        _step("return", "submitted advised heard", "expert authorised", "draft"),
        _step("advise", "submitted", "expert", "advised"),
        _step("decide_provisionally", "advised", "authorised", "provisional"),
        _step("agree", "provisional", "holder", "provisional", needs_text=False),
        _step("state_reservations", "provisional", "holder", "reservations"),
        _step("hear", "reservations", "authorised expert", "heard"),
        _step("decide", "provisional heard", "authorised", "decided"),
        _step("object", "decided", "holder", "objection"),
        _step("uphold", "objection", "authorised", "closed"),
        _step("reopen", "objection", "authorised", "draft"),
        _step("close", "decided", "authorised assessor", "closed", needs_text=False),
        _step("withdraw", "draft submitted advised", "assessor", "withdrawn"),
    )
}


@dataclass(frozen=True, slots=True)
class Terms:
    """The institution's terms, in days."""

    reservations_days: int = 28
    hearing_days: int = 28
    decision_days: int = 42
    objection_days: int = 28


@dataclass(frozen=True, slots=True)
class Moments:
    """When what happened in a case; None: not yet."""

    provisional_at: datetime | None = None
    agreed_at: datetime | None = None
    reservations_at: datetime | None = None
    heard_at: datetime | None = None
    decided_at: datetime | None = None
    objection_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when something may or must be done. `met_at` is when it was; None: not (yet)."""

    key: str
    due_at: datetime
    met_at: datetime | None

    def is_overdue(self, now: datetime) -> bool:
        """Whether it should have been done by now and was not in time."""
        return (self.met_at or now) > self.due_at


def deadlines(terms: Terms, moments: Moments) -> tuple[Deadline, ...]:
    """The terms that run, or ran, in a case: each from the step that starts it.

    Reservations count from the provisional decision; hearing and decision from the reservations (the
    decision without
    reservations from the agreement, or from the end of that term); objection from the decision.
    """
    found = []
    if moments.provisional_at is not None:
        until = moments.provisional_at + timedelta(days=terms.reservations_days)
        stated = moments.reservations_at or moments.agreed_at
        found.append(Deadline("reservations", until, stated))
        start = stated or until
        if moments.reservations_at is not None:
            due = moments.reservations_at + timedelta(days=terms.hearing_days)
            found.append(Deadline("hearing", due, moments.heard_at))
        found.append(Deadline("decision", start + timedelta(days=terms.decision_days), moments.decided_at))
    if moments.decided_at is not None:
        until = moments.decided_at + timedelta(days=terms.objection_days)
        found.append(Deadline("objection", until, moments.objection_at))
    return tuple(found)


def due(found: Iterable[Deadline], key: str) -> datetime | None:
    """When the term with this key ends; None if it does not run."""
    return next((one.due_at for one in found if one.key == key), None)


def why_not(
    step: CaseStep, *, state: str, roles: frozenset[str], moments: Moments, terms: Terms, now: datetime
) -> str:
    """Why a step cannot be taken now, as a key of a message; empty if it can.

    "role": not by these parts; "state": not from this state; "too_late": its term has passed; "too_early": the term
    of another still runs.
    """
    if not roles & step.roles:
        return "role"
    if state not in step.sources:
        return "state"
    running = deadlines(terms, moments)
    limit = {"state_reservations": "reservations", "agree": "reservations", "object": "objection"}.get(
        step.key
    )
    ends = due(running, limit) if limit else None
    if ends is not None and now > ends:
        return "too_late"
    if step.key == "decide" and state == "provisional" and moments.agreed_at is None:
        return _still_runs(due(running, "reservations"), now)
    if step.key == "close":
        return _still_runs(due(running, "objection"), now)
    return ""


def _still_runs(ends: datetime | None, now: datetime) -> str:
    return "too_early" if ends is not None and now <= ends else ""


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty: whether somebody assigned it, on a day, with a document that proves it; and whether it
    lasts.
    """

    area: int
    assigned_by: str
    is_dated: bool
    proof: str
    is_temporary: bool


def counts(duty: Duty) -> bool:
    """Only what was demonstrably assigned counts: by whom, when, and where that is written. Temporary work
    does not.
    """
    return bool(duty.assigned_by.strip() and duty.is_dated and duty.proof.strip()) and not duty.is_temporary


def areas_without_duty(areas: Iterable[int], duties: Iterable[Duty]) -> tuple[int, ...]:
    """Those result areas for which no duty counts."""
    carried = {duty.area for duty in duties if counts(duty)}
    return tuple(area for area in areas if area not in carried)


def missing_parts(roles: Iterable[str]) -> tuple[str, ...]:
    """The parts that a case needs before it is submitted and that nobody has. A person has one part in a
    case, so
    that assessor, expert and authorised person are always different people.
    """
    held = set(roles)
    return tuple(part for part in ("assessor", "holder", "expert", "authorised") if part not in held)
