"""Fills stores of Beheer's own with facts of the bench, SQLite and PostgreSQL, and reads them back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from beheer.lib.intervals import from_us
from beheer.service_levels.rules import Facts

STATES = ("up", "degraded", "down", "unknown")
Columns = dict[str, Any]


@contextmanager
def beheer_in(folder: str, socket: str) -> Iterator[None]:
    """Set Beheer up with SQLite in a folder as its store, and PostgreSQL behind a socket beside it."""
    os.environ |= {"BEHEER_VAR": folder, "DJANGO_SETTINGS_MODULE": "beheer.settings"}
    os.environ["DATABASE_URL"] = f"postgresql://bench@{quote(socket, safe='')}/beheer"
    from django.conf import settings

    other = settings.DATABASES["default"]
    os.environ.pop("DATABASE_URL")
    from beheer.settings import _database

    settings.DATABASES = {"default": _database(), "postgresql": other}
    import django

    django.setup()
    yield
    from django.db import connections

    connections.close_all()


@contextmanager
def own_store(vendor: str, services: int, changes: Columns, windows: Columns) -> Iterator[list[int]]:
    """A store with these facts as the one that is used meanwhile, everything packed; gives the ids of the services."""
    from django.db import connections

    from beheer.preparing import prepare_tables

    usual = connections["default"]
    if vendor == "postgresql":
        connections["default"] = connections["postgresql"]
    prepare_tables()
    ids = list(_known()) or _fill(services, changes, windows)
    with connections["default"].cursor() as cursor:
        cursor.execute("ANALYZE")
    yield ids
    connections["default"] = usual


def _known() -> list[int]:
    from beheer.catalogue.models import Service

    return list(Service.objects.order_by("pk").values_list("pk", flat=True))


def _fill(services: int, changes: Columns, windows: Columns) -> list[int]:
    from beheer.catalogue.models import Service
    from beheer.monitoring.models import StateChange
    from beheer.service_levels.models import PlannedWindow
    from beheer.service_levels.queries.packed import pack_deviations, refresh

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
    refresh()
    pack_deviations(ids)
    return ids


def read_own_store(ids: list[int], since_us: int, until_us: int) -> Facts:
    """The facts as the pages and the worker read them."""
    from beheer.service_levels.queries.packed import current_facts

    return current_facts(ids, since_us, until_us, with_instants=False)


def fetch_rows(ids: list[int]) -> int:
    """Merely fetch what `read_own_store` reads, and make nothing of it: the least that any reader needs."""
    from beheer.service_levels.queries.packed import _read

    return len(_read(ids, with_instants=False))
