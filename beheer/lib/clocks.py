"""Clocks on work: response, resolution, update… each a target over a calendar, read from append-only events.

Nothing is stored of a clock but its events. `Clock.at(now)` replays them, so a late event, a new calendar version or
a changed target gives the right figure at once, and `stretches` explains it.

    not_started ──started──▶ running ◀──resumed──▶ paused
                                │  ▲
                         stopped▼  │reopened          cancelled, from anywhere, ends it
                              stopped
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from beheer.lib.errors import InputError, Problem
from beheer.lib.intervals import from_us, to_us
from beheer.lib.service_time import ServiceTime


class ClockEventKind(StrEnum):
    """What can happen to a clock."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    STOPPED = "stopped"
    REOPENED = "reopened"
    CANCELLED = "cancelled"
    TARGET_CHANGED = "target_changed"
    CALENDAR_CHANGED = "calendar_changed"
    DEADLINE_FIXED = "deadline_fixed"


class ClockState(StrEnum):
    """What a clock is doing. A breach is no state."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """Something that happened to a clock at an instant (aware).

    `reason` is for a person to read. A clock paused for two reasons runs again when both are resumed; `resumed`
    without a reason ends all pauses. `target_us` belongs to target_changed (None: no target any more),
    `calendar` to calendar_changed, `deadline` to deadline_fixed (None: no longer fixed by hand).
    """

    kind: ClockEventKind
    at: dt.datetime
    reason: str = ""
    target_us: int | None = None
    calendar: ServiceTime | None = None
    deadline: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class ClockStretch:
    """A stretch of a clock's life, and what it adds to the elapsed time: `counted_us`, 0 unless `kind` is running.

    `kind`: running, outside (no agreed time), paused, solved (stopped, and reopened later), stopped, cancelled.
    """

    kind: str
    start: dt.datetime
    end: dt.datetime
    counted_us: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ClockReading:
    """A clock at one instant. Microseconds of agreed time.

    `due` is the deadline if nothing pauses again: None before the start, while paused or cancelled, without target,
    or where the calendar never gives the time. Once elapsed has reached the target, `due` is the instant it did.
    `remaining_us` is None without a target or once cancelled; below zero when the deadline has passed.
    """

    state: ClockState
    elapsed_us: int
    target_us: int | None
    remaining_us: int | None
    due: dt.datetime | None
    is_breached: bool
    is_fixed: bool
    reason: str
    started: dt.datetime | None
    stopped: dt.datetime | None
    stretches: tuple[ClockStretch, ...]


@dataclass(frozen=True, slots=True)
class Clock:
    """A target (microseconds of agreed time, or None) over a calendar, and the events so far, in any order."""

    target_us: int | None
    calendar: ServiceTime
    events: tuple[ClockEvent, ...] = ()

    def at(self, now: dt.datetime) -> ClockReading:
        """Read the clock at `now`; events after it have not happened yet.

        Raises: InputError when `now` or an event has no time zone.
        """
        life = _Life(self.target_us, self.calendar)
        for event in sorted(self.events, key=lambda event: to_us(event.at)):
            if event.at <= now:
                life.happen(event)
        return life.read(to_us(now))


@dataclass(slots=True)
class _Part:
    """A stretch between two events: what the clock did, over which calendar."""

    kind: str
    start: int
    end: int
    calendar: ServiceTime
    reason: str = ""


@dataclass(slots=True)
class _Life:
    """The state of a clock while its events are replayed."""

    target_us: int | None
    calendar: ServiceTime
    parts: list[_Part] = field(default_factory=list)
    since: int = 0
    started: int | None = None
    stopped: int | None = None
    fixed: int | None = None
    pauses: list[str] = field(default_factory=list)
    cancelled: str | None = None
    reason: str = ""

    @property
    def state(self) -> ClockState:
        if self.cancelled is not None:
            return ClockState.CANCELLED
        if self.started is None:
            return ClockState.NOT_STARTED
        if self.stopped is not None:
            return ClockState.STOPPED
        return ClockState.PAUSED if self.pauses else ClockState.RUNNING

    def happen(self, event: ClockEvent) -> None:
        """Close the stretch that ends with this event, and change what it changes."""
        at = to_us(event.at)
        if self.cancelled is not None:
            return
        self.close(at)
        match event.kind:
            case ClockEventKind.STARTED:
                self.start(at)
            case ClockEventKind.PAUSED:
                self.pauses.append(event.reason)
            case ClockEventKind.RESUMED:
                self.pauses = [reason for reason in self.pauses if event.reason and reason != event.reason]
            case ClockEventKind.STOPPED:
                self.stop(at)
            case ClockEventKind.REOPENED:
                self.reopen()
            case ClockEventKind.CANCELLED:
                self.cancelled = event.reason
            case ClockEventKind.TARGET_CHANGED:
                self.target_us = event.target_us
            case ClockEventKind.CALENDAR_CHANGED:
                self.calendar = event.calendar or self.calendar
            case ClockEventKind.DEADLINE_FIXED:
                self.fixed = None if event.deadline is None else to_us(event.deadline)

    def start(self, at: int) -> None:
        """Begin, or begin anew: an update clock starts again with each reply."""
        self.parts, self.started, self.stopped, self.since = [], at, None, at

    def stop(self, at: int) -> None:
        """Stop, once; stopping ends the pauses."""
        if self.stopped is None and self.started is not None:
            self.stopped, self.pauses = at, []

    def reopen(self) -> None:
        """What passed since it was stopped was spent solved."""
        if self.stopped is None:
            return
        self.parts = [replace(part, kind="solved") if part.kind == "stopped" else part for part in self.parts]
        self.stopped = None

    def close(self, at: int) -> None:
        """End the present stretch at an instant."""
        if self.started is None or at <= self.since:
            return
        kind = str(self.state)
        reason = self.cancelled or (
            ", ".join(filter(None, dict.fromkeys(self.pauses))) if kind == "paused" else ""
        )
        self.parts.append(_Part(kind, self.since, at, self.calendar, reason))
        self.since = at

    def read(self, now: int) -> ClockReading:
        self.close(now)
        stretches = tuple(stretch for part in self.parts for stretch in _explained(part))
        elapsed = sum(stretch.counted_us for stretch in stretches)
        due = self.due()
        end = self.stopped if self.stopped is not None else now
        ended = self.state is ClockState.CANCELLED or self.started is None
        return ClockReading(
            state=self.state,
            elapsed_us=elapsed,
            target_us=self.target_us,
            remaining_us=None if self.cancelled is not None else self.remaining(elapsed, end),
            due=None if due is None else from_us(due),
            is_breached=not ended and due is not None and end > due,
            is_fixed=self.fixed is not None,
            reason=self.cancelled if self.cancelled is not None else ", ".join(filter(None, self.pauses)),
            started=None if self.started is None else from_us(self.started),
            stopped=None if self.stopped is None else from_us(self.stopped),
            stretches=stretches,
        )

    def due(self) -> int | None:
        """The deadline; for a stopped clock the one that held when it stopped."""
        if self.cancelled is not None:
            return None
        if self.fixed is not None:
            return self.fixed
        if self.started is None or self.target_us is None:
            return None
        rest, running = self.target_us, [part for part in self.parts if part.kind == "running"]
        if rest <= 0:
            return self.started
        for part in running:
            passed = part.calendar.between(part.start, part.end)
            if passed >= rest:
                return part.calendar.after(part.start, rest)
            rest -= passed
        if self.pauses:
            return None
        return self.calendar.after(self.since if self.stopped is None else self.stopped, rest)

    def remaining(self, elapsed: int, at: int) -> int | None:
        """Agreed time until the deadline; of a fixed one by the calendar, whether paused or not."""
        if self.fixed is not None:
            if at <= self.fixed:
                return self.calendar.between(at, self.fixed)
            return -self.calendar.between(self.fixed, at)
        return None if self.target_us is None else self.target_us - elapsed


def _explained(part: _Part) -> Iterable[ClockStretch]:
    """A running stretch cut into agreed time and the time outside it; any other as it is."""
    if part.kind != "running":
        yield ClockStretch(part.kind, from_us(part.start), from_us(part.end), 0, part.reason)
        return
    at = part.start
    for start, end in part.calendar.agreed(part.start, part.end):
        if at < start:
            yield ClockStretch("outside", from_us(at), from_us(start), 0, "outside agreed time")
        yield ClockStretch("running", from_us(start), from_us(end), end - start)
        at = end
    if at < part.end:
        yield ClockStretch("outside", from_us(at), from_us(part.end), 0, "outside agreed time")


def pauses_as_events(
    pauses: Iterable[tuple[dt.datetime, dt.datetime]], reason: str = "paused"
) -> list[ClockEvent]:
    """Pauses [start, end) as events; where they overlap the clock is paused once.

    Raises: InputError for a pause that ends before it begins.
    """
    events = []
    for number, (start, end) in enumerate(pauses, 1):
        if end < start:
            raise InputError(
                Problem("A pause ends before it begins.", "pause", "Put the earlier instant first.")
            )
        name = f"{reason} {number}"
        events.append(ClockEvent(ClockEventKind.PAUSED, start, name))
        events.append(ClockEvent(ClockEventKind.RESUMED, end, name))
    return events
