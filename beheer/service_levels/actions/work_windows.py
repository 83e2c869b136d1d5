"""Planned windows that follow from work: a change, maintenance or release that says it interrupts its services."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.windows import WindowDraft, cancel_window, change_window, plan_window
from beheer.service_levels.models import PlannedWindow
from beheer.work.planning import WindowOfWork, windows_of_work

LOOKS_BACK = timedelta(days=1)


def take_over(now: datetime) -> int:
    """Plan, change or cancel the window of each item of work with a plan. Gives how many were touched.

    The window is announced when it is taken over: within half a minute after the work was scheduled.
    """
    return sum(_follow(wanted, now) for wanted in windows_of_work(now - LOOKS_BACK))


@transaction.atomic
def _follow(wanted: WindowOfWork, now: datetime) -> bool:
    uid = f"work:{wanted.number}"
    window = PlannedWindow.objects.filter(uid=uid, ended_at=None).prefetch_related("services").first()
    if not wanted.holds:
        if window is None or window.starts_at <= now:
            return False
        cancel_window(actor=SYSTEM, window=window, now=now)
        return True
    draft = WindowDraft(
        services=wanted.services,
        starts_at=wanted.start,
        ends_at=wanted.end,
        reason=f"{wanted.number} {wanted.title}"[:300],
        uid=uid,
        is_simulated=wanted.is_simulated,
    )
    if window is None:
        plan_window(actor=SYSTEM, draft=draft, now=now)
        return True
    if _is_same(window, wanted):
        return False
    change_window(actor=SYSTEM, window=window, draft=draft, now=now)
    return True


def _is_same(window: PlannedWindow, wanted: WindowOfWork) -> bool:
    keys = {service.pk for service in window.services.all()}
    return (window.starts_at, window.ends_at) == (wanted.start, wanted.end) and keys == {
        service.pk for service in wanted.services
    }
