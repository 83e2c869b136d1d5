"""A change that interrupts a service becomes a planned window, and follows what becomes of the change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from beheer.catalogue.models import Service
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.work_windows import take_over
from beheer.service_levels.models import PlannedWindow
from beheer.work.actions import create, take_step
from beheer.work.models import Item

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
NIGHT = NOW + timedelta(days=5)


def maintenance(interrupts: str = "yes") -> Item:
    service = Service.objects.create(key="web", name="Web")
    values = {"title": "Patch", "description": "x", "service": service, "planned_start": NIGHT,
              "planned_end": NIGHT + timedelta(hours=2), "interrupts": interrupts}  # fmt: skip
    return create(actor=SYSTEM, kind="maintenance", values=values, now=NOW)


def test_work_that_interrupts_becomes_a_window_once() -> None:
    item = maintenance()
    assert (take_over(NOW), take_over(NOW)) == (1, 0)
    window = PlannedWindow.objects.get()
    assert (window.starts_at, window.ends_at, window.announced_at) == (NIGHT, NIGHT + timedelta(hours=2), NOW)
    assert window.reason == f"{item.number} Patch"
    assert [service.key for service in window.services.all()] == ["web"]


def test_work_that_interrupts_nothing_makes_no_window() -> None:
    maintenance(interrupts="no")
    assert take_over(NOW) == 0


def test_a_window_moves_with_its_work() -> None:
    item = maintenance()
    take_over(NOW)
    later = NIGHT + timedelta(days=1)
    values = {"planned_start": later, "planned_end": later + timedelta(hours=1), "comment": "x"}
    take_step(actor=SYSTEM, item=item, step="start", version=None, now=NOW)
    take_step(actor=SYSTEM, item=item, step="move", version=None, now=NOW, values=values)
    assert take_over(NOW) == 1
    assert PlannedWindow.objects.get(ended_at=None).starts_at == later


def test_work_that_is_skipped_takes_its_window_with_it_but_not_one_that_has_begun() -> None:
    item = maintenance()
    take_over(NOW)
    take_step(actor=SYSTEM, item=item, step="skip", version=None, now=NOW, values={"skipped_reason": "x"})
    assert take_over(NIGHT + timedelta(minutes=1)) == 0
    assert take_over(NOW) == 1
    assert not PlannedWindow.objects.filter(ended_at=None).exists()
