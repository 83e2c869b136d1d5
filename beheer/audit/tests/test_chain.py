"""The chain shows what was changed behind its back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from beheer.audit.actions import record
from beheer.audit.models import Entry
from beheer.audit.queries import verify
from beheer.permissions.rules import SYSTEM

NOW = datetime(2026, 3, 29, 0, 59, 59, 123456, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def three_entries() -> list[Entry]:
    return [
        record(actor=SYSTEM, verb="test.did", subject=f"thing:{n}", changes={"é": [n, NOW]}, now=NOW)
        for n in range(3)
    ]


def test_an_untouched_chain_is_whole(three_entries: list[Entry]) -> None:
    assert verify().first_wrong_id is None
    assert verify().entries == 3


def test_a_changed_row_is_found(three_entries: list[Entry]) -> None:
    Entry.objects.filter(pk=three_entries[1].pk).update(subject="thing:9")
    assert verify().first_wrong_id == three_entries[1].pk


def test_a_removed_row_is_found(three_entries: list[Entry]) -> None:
    three_entries[1].delete()
    assert verify().first_wrong_id == three_entries[2].pk


def test_a_removed_last_row_is_found(three_entries: list[Entry]) -> None:
    last = three_entries[2].pk
    three_entries[2].delete()
    assert verify().first_wrong_id == last
