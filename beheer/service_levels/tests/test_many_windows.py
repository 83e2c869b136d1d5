"""Many planned windows: the list and the calendars show what is asked for, and read no more than that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from beheer.catalogue.models import Service
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.windows import WindowDraft, change_window, draft_of, plan_window
from beheer.service_levels.models import PlannedWindow
from beheer.service_levels.queries.windows import windows_listed, windows_with

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def services() -> list[Service]:
    return [Service.objects.create(key=key, name=f"Shop {key}") for key in ("web", "mail")]


def plan(services: list[Service], starts_at: datetime = NOW + DAY, **changes: object) -> PlannedWindow:
    values: dict[str, object] = {"ends_at": starts_at + HOUR, "reason": "New disks"}
    draft = WindowDraft(services=services, starts_at=starts_at, **{**values, **changes})  # type: ignore[arg-type]
    return plan_window(actor=SYSTEM, draft=draft, now=NOW)


def test_a_window_that_was_replaced_is_not_listed(services: list[Service]) -> None:
    first = plan(services)
    changed = change_window(actor=SYSTEM, window=first, draft=draft_of(first), now=NOW)
    assert list(windows_listed()) == [changed]


def test_a_window_is_found_once_by_words_of_its_reason_and_its_services(services: list[Service]) -> None:
    window = plan(services)
    plan(services[:1], reason="Other work")
    assert list(windows_with(windows_listed(), "shop disks")) == [window]
    assert list(windows_with(windows_listed(), "mail")) == [window]
    assert not windows_with(windows_listed(), "disks nowhere").exists()


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="Other stores choose their way by how much there is."
)
def test_the_list_is_read_in_the_order_of_an_index() -> None:
    steps = windows_listed()[:50].explain()
    assert "windows_by_start" in steps
    assert "B-TREE" not in steps
