"""Fills a store of Beheer's own (SQLite, in a temporary folder) with facts of the bench, and reads them back."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from beheer.lib.intervals import from_us
from beheer.service_levels.rules import Facts

STATES = ("up", "degraded", "down", "unknown")
Columns = dict[str, Any]


@contextmanager
def own_store(services: int, changes: Columns, windows: Columns) -> Iterator[list[int]]:
    """A migrated store with these facts, its packed timelines up to date; gives the ids of the services."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BEHEER_VAR"] = folder
        os.environ.pop("DATABASE_URL", None)
        os.environ["DJANGO_SETTINGS_MODULE"] = "beheer.settings"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield _fill(services, changes, windows)
        from django.db import connection

        connection.close()


def _fill(services: int, changes: Columns, windows: Columns) -> list[int]:
    from beheer.catalogue.models import Service
    from beheer.monitoring.models import StateChange
    from beheer.service_levels.models import PlannedWindow
    from beheer.service_levels.queries.timelines import refresh_timelines

    Service.objects.bulk_create(Service(key=f"s{number}", name=f"s{number}") for number in range(services))
    ids = list(Service.objects.order_by("pk").values_list("pk", flat=True))
    rows = zip(changes["service"].tolist(), changes["at"].tolist(), changes["state"].tolist(), strict=True)
    StateChange.objects.bulk_create(
        (
            StateChange(
                service_id=ids[service],
                state=STATES[state],
                previous_state="unknown",
                first_bad_at=from_us(at),
                confirmed_at=from_us(at),
                recorded_at=from_us(at),
            )
            for service, at, state in rows
        ),
        batch_size=5_000,
    )
    refresh_timelines()
    starts = zip(windows["start"].tolist(), windows["end"].tolist(), strict=True)
    planned = PlannedWindow.objects.bulk_create(
        PlannedWindow(
            uid=str(number),
            starts_at=from_us(start),
            ends_at=from_us(end),
            announced_at=from_us(start),
            approved_at=from_us(start),
            recorded_at=from_us(start),
            reason="work",
        )
        for number, (start, end) in enumerate(starts)
    )
    links = PlannedWindow.services.through
    pairs = zip(planned, windows["service"].tolist(), strict=True)
    links.objects.bulk_create(
        links(plannedwindow_id=window.pk, service_id=ids[service]) for window, service in pairs
    )
    return ids


def read_own_store(ids: list[int], since_us: int, until_us: int) -> Facts:
    """The facts as the pages and the worker read them."""
    from beheer.service_levels.queries.facts import current_facts

    return current_facts(ids, since_us, until_us, with_instants=False)
