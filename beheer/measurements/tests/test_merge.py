"""Merging changes no answer, whenever it is broken off."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from beheer.measurements import files, merge, queries, rollups, store
from beheer.measurements.schema import Row, raw_folder

DAY = timedelta(days=1)
LATER = timedelta(minutes=10)


class Killed(BaseException):
    """Stands for the process that ends at this point."""


def now() -> datetime:
    """This moment in whole seconds: files bear the time at which a test writes them, long after it was collected."""
    return datetime.fromtimestamp(int(time.time()), UTC)


def today() -> datetime:
    return now().replace(hour=0, minute=0, second=0)


def fill(batches: int, day: datetime | None = None, each: int = 20) -> None:
    day = day or today()
    for number in range(batches):
        start = day + timedelta(seconds=number * each)
        store.append(
            f"b{day.toordinal()}-{number}",
            [Row(1, "x", start + timedelta(seconds=i), float(number * each + i)) for i in range(each)],
        )


def values() -> list[float]:
    day = today()
    points = queries.series(1, "x", day, day + DAY, max_points=1_000_000)
    assert all(point.count == 1 for point in points)
    return [point.mean for point in points]


def count(day: datetime | None = None) -> int:
    day = day or today()
    return sum(point.count for point in queries.series(1, "x", day, day + DAY, max_points=1_000_000))


def test_merging_changes_no_answer() -> None:
    fill(100)
    before = values()
    assert merge.merge(now()) == 100
    assert values() == before == [float(number) for number in range(2000)]
    assert len(files.live_names(raw_folder(now().date()))) == 1
    merge.merge(now() + LATER)
    assert len(files.names_in(raw_folder(now().date()))) == 1
    assert values() == before


def test_a_batch_that_was_merged_is_still_known() -> None:
    fill(10)
    merge.merge(now())
    merge.merge(now() + LATER)
    fill(10)
    assert count() == 200


def test_a_day_that_is_over_becomes_one_file() -> None:
    fill(3, today() - 2 * DAY)
    merge.merge(now())
    assert [merge.level_of(name) for name in files.live_names(raw_folder((now() - 2 * DAY).date()))] == [9]


def test_levels_rise_so_that_rows_are_written_few_times() -> None:
    for number in range(8):
        fill_more(number)
        merge.merge(now())
    assert {merge.level_of(name) for name in files.live_names(raw_folder(now().date()))} == {2}
    assert count() == 64


def fill_more(turn: int) -> None:
    for number in range(8):
        at = today() + timedelta(seconds=turn * 8 + number)
        store.append(f"t{turn}-{number}", [Row(1, "x", at, 1.0)])


STEPS = ["aside", "_copy_sorted", "publish", "discard"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("turn", [0, 1, 2, 5])
@pytest.mark.parametrize("after", [False, True])
def test_a_merge_that_dies_at_any_step_shows_each_row_once(
    monkeypatch: pytest.MonkeyPatch, step: str, turn: int, after: bool
) -> None:
    real: Callable[..., object] = getattr(merge, step)
    calls = 0

    def dies(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls - 1 < turn:
            return real(*arguments)
        if after:
            real(*arguments)
        raise Killed

    for start in range(3):
        fill_more(start)
        with monkeypatch.context() as patch:
            patch.setattr(merge, step, dies)
            with contextlib.suppress(Killed):
                merge.merge(now() + start * LATER)
        assert count() == 8 * (start + 1)
    merge.merge(now() + 4 * LATER)
    merge.merge(now() + 5 * LATER)
    assert count() == 24
    for start in range(3):
        fill_more(start)
    assert count() == 24


def test_a_reader_whose_file_was_merged_away_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    fill(10)
    real, calls = queries.raw_paths, 0

    def late(day: object) -> list[Path]:
        nonlocal calls
        calls += 1
        found = real(now().date())
        if calls == 1:
            merge.merge(now())
            merge.merge(now() + LATER)
        return found

    monkeypatch.setattr(queries, "raw_paths", late)
    assert count() == 200
    assert calls == 2


def test_what_a_dead_writer_left_aside_is_cleaned_away(store_folder: Path) -> None:
    left = files.aside()
    left.write_text("half")
    merge.merge(now())
    assert left.exists()
    merge.merge(now() + timedelta(hours=2))
    assert not left.exists()


def test_a_rollup_gives_the_same_figures_as_the_measurements() -> None:
    day = today() - 2 * DAY
    fill(100, day)
    span = (day, day + DAY)
    raw = queries.series(1, "x", *span, max_points=24)
    merge.merge(now())
    assert rollups.roll_up(now()) == 2
    assert rollups.roll_up(now()) == 0
    from_rollup = queries.series(1, "x", *span, max_points=24)
    assert [(p.minimum, p.maximum, p.count) for p in from_rollup] == [
        (p.minimum, p.maximum, p.count) for p in raw
    ]
    assert from_rollup[0].mean == pytest.approx(raw[0].mean)


def test_measurements_that_come_late_make_the_rollup_again() -> None:
    day = today() - 2 * DAY
    fill(4, day)
    merge.merge(now())
    rollups.roll_up(now())
    store.append("late", [Row(1, "x", day + timedelta(hours=3), 1e6)])
    merge.merge(now())
    assert rollups.roll_up(now()) == 2
    assert max(p.maximum for p in queries.series(1, "x", day, day + DAY, max_points=24)) == 1e6


def test_old_measurements_go_and_their_rollups_stay(settings: Settings) -> None:
    day = today() - 20 * DAY
    fill(4, day)
    merge.merge(now())
    rollups.roll_up(now())
    settings.MEASUREMENTS_KEEP_DAYS = {"raw": 10, "5m": 30, "1h": 60}
    assert rollups.forget(now()) == 1
    assert not raw_folder(day.date()).exists()
    assert sum(p.count for p in queries.series(1, "x", day, day + DAY)) == 80
    assert queries.metrics_of(1, day, day + DAY) == ["x"]
    settings.MEASUREMENTS_KEEP_DAYS = {"raw": 10, "5m": 15, "1h": 60}
    rollups.forget(now())
    assert sum(p.count for p in queries.series(1, "x", day, day + DAY)) == 80


def test_nothing_is_forgotten_before_its_rollup_stands(settings: Settings) -> None:
    fill(2, today() - 20 * DAY)
    settings.MEASUREMENTS_KEEP_DAYS = {"raw": 10, "5m": 30, "1h": 60}
    assert rollups.forget(now()) == 0
    assert count(today() - 20 * DAY) == 40


def test_only_one_process_merges_at_a_time() -> None:
    fill(10)
    with merge.alone() as first, merge.alone() as second:
        assert first
        assert not second
        assert merge.merge(now()) == 0
