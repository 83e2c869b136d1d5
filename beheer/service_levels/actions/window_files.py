"""Taking planned windows over from an iCalendar file: all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

import icalendar
from django.db import transaction

from beheer.catalogue.models import Customer, Service
from beheer.lib.errors import DocumentError, InputError, Problem
from beheer.lib.intervals import format_instant, to_us
from beheer.permissions.rules import Actor, require_somewhere
from beheer.service_levels.actions.windows import (
    WindowDraft,
    cancel_window,
    change_window,
    draft_of,
    plan_window,
)
from beheer.service_levels.icalendar_files import Status, WindowEvent, changes_of
from beheer.service_levels.icalendar_reading import in_event, read_windows
from beheer.service_levels.models import PlannedWindow
from beheer.service_levels.objections import OF_WORK
from beheer.service_levels.recurrence import added_dates, is_within, occurs_at, recurrence_text, rule_alone

Row = TypeVar("Row", Service, Customer)


@dataclass(slots=True)
class Imported:
    """How many windows a file added, changed and cancelled here.

    `passed_over`: what was left as it is here: tentative events, older ones than are known, and those of windows that
    were cancelled here or follow from work.
    """

    added: int = 0
    changed: int = 0
    cancelled: int = 0
    passed_over: list[str] = field(default_factory=list)


@transaction.atomic
def import_windows(
    *, actor: Actor, data: bytes, services: Sequence[Service], timezone: str, now: datetime, name: str = ""
) -> Imported:
    """Plan, change and cancel windows by an iCalendar file. `services` is for events that name none themselves.

    An event whose UID is known changes that window, or one occurrence of it (RECURRENCE-ID).
    Raises: NotAllowed; DocumentError naming the events that are wrong; nothing is taken over then.
    """
    require_somewhere(actor, "service_levels.plan_window")
    numbered = list(enumerate(read_windows(data, timezone, name)))
    run = _Import(actor, services, now)
    problems: list[Problem] = []
    for group in _by_series(numbered, name):
        for index, event in group:
            try:
                run.take(event, [one for _index, one in group if one is not event])
            except InputError as error:
                problems += in_event(error, index, event.reason or "?", name)
    if problems:
        raise DocumentError(problems)
    return run.done


def _by_series(events: Iterable[tuple[int, WindowEvent]], name: str) -> list[list[tuple[int, WindowEvent]]]:
    """The events by UID, each series before its changed occurrences; of one that stands twice the last version.

    Raises: DocumentError where two events have the same UID, occurrence and version, and say different things.
    """
    newest: dict[str, tuple[int, WindowEvent]] = {}
    problems = []
    for index, event in events:
        known = newest.get(event.window_uid)
        if known is not None and known[1] != event and known[1].sequence == event.sequence:
            text = f"Event '{event.reason or '?'}': another event in this file has the same UID."
            remedy = "Give one of both another UID, a RECURRENCE-ID, or a higher SEQUENCE."
            problems.append(Problem(text, f"events.{index}.uid", remedy, file=name))
        if known is None or event.sequence > known[1].sequence:
            newest[event.window_uid] = (index, event)
    if problems:
        raise DocumentError(problems)
    groups: dict[str, list[tuple[int, WindowEvent]]] = {}
    for index, event in newest.values():
        groups.setdefault(event.uid, []).append((index, event))
    return [sorted(group, key=lambda one: one[1].stands_for is not None) for group in groups.values()]


class _Import:
    """One file on its way in."""

    def __init__(self, actor: Actor, services: Sequence[Service], now: datetime) -> None:
        self.actor = actor
        self.services = services
        self.now = now
        self.done = Imported()
        self.catalogue = {service.key: service for service in Service.objects.all()}
        self.customers = {customer.key: customer for customer in Customer.objects.all()}

    def take(self, event: WindowEvent, others: Sequence[WindowEvent]) -> None:
        """Take one event over; `others` are the rest with its UID. Raises: InputError."""
        window = _standing(event.window_uid)
        if self._stays(event, window):
            self.done.passed_over.append(event.reason or event.uid)
        elif event.stands_for is not None:
            self._take_occurrence(event, window, event.stands_for)
        else:
            self._take_window(event, window, others)

    def _stays(self, event: WindowEvent, window: PlannedWindow | None) -> bool:
        """Whether what is here is not touched by an event."""
        if event.status == Status.TENTATIVE:
            return True
        if event.uid.startswith(OF_WORK):
            return window is None or not self._says_nothing_new(event, window)
        series = _standing(event.uid) if event.stands_for is not None else None
        if window is not None:
            return event.sequence < window.sequence
        if event.status == Status.CANCELLED and event.stands_for is None:
            return True
        ended = PlannedWindow.objects.filter(uid__in={event.uid, event.window_uid})
        return series is None and ended.exists()

    def _says_nothing_new(self, event: WindowEvent, window: PlannedWindow) -> bool:
        return event.status == Status.CONFIRMED and _is_same(draft_of(window), self._draft(event, window))

    def _take_window(
        self, event: WindowEvent, window: PlannedWindow | None, others: Sequence[WindowEvent]
    ) -> None:
        if event.status == Status.CANCELLED:
            self._cancel([window, *_changed_occurrences(event.uid)])
            return
        taken = [one for one in others if one.status != Status.TENTATIVE and one.stands_for is not None]
        kept = {one.window_uid for one in others}
        moved = {one.stands_for for one in taken if one.stands_for is not None}
        event = replace(event, left_out=tuple(sorted({*event.left_out, *moved})))
        self._put(window, self._draft(event, window))
        self._cancel(one for one in _changed_occurrences(event.uid) if one.uid not in kept)

    def _take_occurrence(
        self, event: WindowEvent, window: PlannedWindow | None, stands_for: datetime
    ) -> None:
        """Leave the occurrence out of its series, and plan what comes in its place, if anything does."""
        series = _standing(event.uid)
        if series is not None:
            if not occurs_at(stands_for, series.starts_at, series.timezone, series.recurrence):
                text = "Its series has no occurrence that begins then."
                remedy = "Use the start that the series gives, in its own time zone."
                raise InputError(Problem(text, "recurrence-id", remedy))
            start = format_instant(to_us(stands_for))
            if start not in series.left_out:
                left = draft_of(series, left_out=[*series.left_out, start])
                left = replace(left, sequence=series.sequence)
                change_window(actor=self.actor, window=series, draft=left, now=self.now)
                self.done.changed += 1
        if event.status == Status.CANCELLED:
            self._cancel([window])
        else:
            self._put(window, self._draft(event, window or series))

    def _put(self, window: PlannedWindow | None, draft: WindowDraft) -> None:
        if window is None:
            plan_window(actor=self.actor, draft=draft, now=self.now)
            self.done.added += 1
        elif not _is_same(draft_of(window), draft):
            change_window(actor=self.actor, window=window, draft=draft, now=self.now)
            self.done.changed += 1

    def _cancel(self, windows: Iterable[PlannedWindow | None]) -> None:
        for window in windows:
            if window is not None:
                cancel_window(actor=self.actor, window=window, now=self.now)
                self.done.cancelled += 1

    def _draft(self, event: WindowEvent, known: PlannedWindow | None) -> WindowDraft:
        """The window of an event; what the event does not say is as chosen, else as `known`. Raises: InputError."""
        own = _found(self.catalogue, event.services, "x-beheer-services")
        old = draft_of(known) if known is not None else None
        notified = _found(self.customers, event.notified, "x-beheer-notified")
        return WindowDraft(
            services=own or self.services or (old.services if old else ()),
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            reason=event.reason or "-",
            announced_at=event.announced_at or self._announced(event, old),
            timezone=event.timezone,
            recurrence=event.recurrence,
            left_out=event.left_out,
            notified=notified or (old.notified if old else ()),
            uid=event.window_uid,
            is_simulated=bool(known and known.is_simulated),
            sequence=event.sequence,
        )

    def _announced(self, event: WindowEvent, old: WindowDraft | None) -> datetime | None:
        """When a window was announced of which the event does not say so; None: by entering it.

        Time that is other than what is here was announced when the event was changed to it.
        """
        if old is None:
            return event.created_at
        assert old.announced_at is not None
        if not _brings_time(event, old):
            return old.announced_at
        return min(max(event.changed_at or self.now, old.announced_at), self.now)


def _brings_time(event: WindowEvent, old: WindowDraft) -> bool:
    """Whether an event plans time that was not planned; one that ends a series sooner does not."""
    if event.stands_for is not None and old.recurrence:
        old = replace(
            old,
            starts_at=event.stands_for,
            ends_at=event.stands_for + (old.ends_at - old.starts_at),
            recurrence="",
        )
    if not event.recurrence:
        return not old.starts_at <= event.starts_at < event.ends_at <= old.ends_at
    if (event.starts_at, event.ends_at, event.timezone) != (old.starts_at, old.ends_at, old.timezone):
        return True
    return not is_within(event.recurrence, old.recurrence)


def _found(rows: dict[str, Row], keys: Iterable[str], place: str) -> list[Row]:
    missing = ", ".join(sorted(set(keys) - set(rows)))
    if missing:
        remedy = f"Add it to the catalogue, or correct {place.upper()}."
        raise InputError(Problem(f"'{missing}' is not in the catalogue.", place, remedy))
    return [rows[key] for key in keys]


def _standing(uid: str) -> PlannedWindow | None:
    return PlannedWindow.objects.filter(uid=uid, ended_at=None).first()


def _changed_occurrences(uid: str) -> list[PlannedWindow]:
    return list(PlannedWindow.objects.filter(uid__startswith=changes_of(uid), ended_at=None))


def _is_same(old: WindowDraft, new: WindowDraft) -> bool:
    """Whether a file says what is there already."""
    return (
        (old.starts_at, old.ends_at, old.reason, old.announced_at)
        == (new.starts_at, new.ends_at, new.reason, new.announced_at)
        and _one_way(old.recurrence) == _one_way(new.recurrence)
        and (not new.recurrence or old.timezone == new.timezone)
        and {service.pk for service in old.services} == {service.pk for service in new.services}
        and {customer.pk for customer in old.notified} == {customer.pk for customer in new.notified}
        and sorted(old.left_out) == sorted(new.left_out)
    )


def _one_way(recurrence: str) -> str:
    """A recurrence as iCalendar writes it, so that two spellings of one rule are equal."""
    rule = rule_alone(recurrence)
    written = bytes(icalendar.vRecur.from_ical(rule).to_ical()).decode() if rule else ""
    return recurrence_text(written, added_dates(recurrence))
