"""Taking away the measurements of some checks leaves those of all others as they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from beheer.measurements import duck
from beheer.measurements.files import live_names
from beheer.measurements.merge import merge
from beheer.measurements.removal import remove_checks
from beheer.measurements.rollups import roll_up
from beheer.measurements.schema import Row, raw_days, raw_folder, rollup_days, rollup_folder
from beheer.measurements.store import append, is_stored

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)


def left() -> list[int]:
    """The check of every row that can be read, oldest first."""
    paths = [raw_folder(day) / name for day in raw_days() for name in sorted(live_names(raw_folder(day)))]
    if not paths:
        return []
    return [
        row[0]
        for row in duck.rows(f"SELECT check_id FROM {duck.source(paths)} ORDER BY measured_at, check_id")
    ]


def written(batch: str, *checks: int, day: int = 0) -> None:
    append(batch, [Row(check, "time", MONDAY + timedelta(days=day), 1.0) for check in checks])


def test_only_the_rows_of_these_checks_go() -> None:
    written("a", 1, 2)
    written("b", 2, 3)
    written("c", 1, day=1)
    assert remove_checks([1, 3]) == 3
    assert left() == [2, 2]
    assert [day.day for day in raw_days()] == [2]
    assert is_stored("a", MONDAY.date()) and is_stored("b", MONDAY.date())


def test_rollups_lose_them_too_and_merging_goes_on() -> None:
    written("a", 1, 2)
    written("b", 2)
    later = MONDAY + timedelta(days=3)
    merge(later)
    roll_up(later)
    path = rollup_folder("1h") / f"{MONDAY.date()}.parquet"
    assert remove_checks([1]) == 1
    assert [row[0] for row in duck.rows(f"SELECT check_id FROM {duck.source([path])}")] == [2]
    written("d", 2)
    merge(later)
    assert left() == [2, 2, 2]
    assert remove_checks([2]) == 3
    assert (left(), rollup_days("1h"), rollup_days("5m")) == ([], [], [])


def test_doing_it_twice_is_doing_it_once() -> None:
    written("a", 1, 2)
    assert (remove_checks([1]), remove_checks([1]), remove_checks([])) == (1, 0, 0)
