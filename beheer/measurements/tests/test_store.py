"""A batch is stored whole, once, and durably; or not at all."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django import Settings

from beheer.lib.errors import InputError
from beheer.measurements import queries, store
from beheer.measurements.schema import Row, StoreFailed

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def rows(count: int = 10, start: datetime = NOON, check: int = 7) -> list[Row]:
    made = []
    for number in range(count):
        at = start + timedelta(minutes=number)
        made += [Row(check, "state", at, 0.0, f"run {number}"), Row(check, "total_s", at, float(number))]
    return made


def stored(check: int = 7) -> list[float]:
    points = queries.series(check, "total_s", NOON - 30 * DAY, NOON + 30 * DAY, max_points=10_000_000)
    return [point.mean for point in points for _ in range(point.count)]


def test_what_was_appended_is_read_back_to_the_microsecond() -> None:
    at = NOON + timedelta(microseconds=1)
    store.append(uuid4(), [Row(1, "total_s", at, 0.25), Row(1, "state", at, 2.0, "refused\nline two")])
    point = queries.series(1, "total_s", at, at + timedelta(microseconds=1))[0]
    assert (point.at, point.mean, point.count) == (at, 0.25, 1)
    outcome = queries.results(1, NOON, NOON + DAY)[0]
    assert (outcome.measured_at, outcome.outcome, outcome.message, outcome.detail) == (
        at, "down", "refused", "line two",
    )  # fmt: skip


def test_storing_a_batch_twice_is_storing_it_once() -> None:
    batch = uuid4()
    assert store.append(batch, rows()) == 20
    assert store.append(batch, rows()) == 0
    assert stored() == [float(number) for number in range(10)]


def test_a_batch_over_midnight_becomes_a_file_for_each_day(store_folder: Path) -> None:
    store.append("a1", rows(10, datetime(2026, 11, 2, 23, 55, tzinfo=UTC)))
    folders = sorted(path.parent.name for path in store_folder.glob("raw/*/*.parquet"))
    assert folders == ["2026-11-02", "2026-11-03"]
    assert len(stored()) == 10


def test_an_empty_store_answers_nothing() -> None:
    assert queries.series(1, "x", NOON, NOON + DAY) == []
    assert queries.latest(1, NOON) == {}
    assert queries.results(1, NOON, NOON + DAY) == []
    assert queries.metrics_of(1, NOON, NOON + DAY) == []
    assert store.append("empty", []) == 0


def test_a_name_that_leads_elsewhere_is_no_batch() -> None:
    with pytest.raises(ValueError, match="cannot name a batch"):
        store.append("../../etc/passwd", rows(1))


def test_a_store_that_is_not_there_is_said(settings: Settings) -> None:
    settings.MEASUREMENTS = "ducklake:postgres://x"
    with pytest.raises(InputError, match="BEHEER_MEASUREMENTS"):
        store.append("a", rows(1))


def _run(code: str, folder: Path, before: Callable[[], None] | None = None) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "BEHEER_MEASUREMENTS": str(folder), "DJANGO_SETTINGS_MODULE": "beheer.settings",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }  # fmt: skip
    head = "import django; django.setup()\nfrom beheer.measurements.tests.test_store import *\n"
    command = [sys.executable, "-W", "ignore", "-c", head + code]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, preexec_fn=before)


def test_a_writer_that_is_killed_loses_nothing_it_answered_for(store_folder: Path) -> None:
    code = (
        "for number in range(100_000):\n"
        "    store.append(f'k{number}', rows(50, NOON + timedelta(hours=number % 200), check=number))\n"
        "    print(number, flush=True)\n"
    )
    process = _run(code, store_folder)
    assert process.stdout is not None
    answered = [int(process.stdout.readline()) for _ in range(40)]
    process.send_signal(signal.SIGKILL)
    answered += [int(line) for line in process.stdout.read().split()]
    process.wait()
    process.stdout.close()
    for number in answered:
        assert len(stored(number)) == 50
    following = answered[-1] + 1  # was perhaps being written: offered again, it is there once
    store.append(f"k{following}", rows(50, NOON + timedelta(hours=following % 200), check=following))
    assert len(stored(following)) == 50


def test_a_full_disk_leaves_nothing_half(store_folder: Path) -> None:
    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    code = "try:\n    store.append('full', rows(5000))\nexcept StoreFailed as error:\n    print(error, flush=True)\n"
    process = _run(code, store_folder, no_room)
    said = process.communicate()[0].decode()
    assert "could not be written" in said
    assert "Make room" in said
    assert [path for path in store_folder.rglob("*") if path.is_file()] == []
    store.append("full", rows(5000))
    assert len(stored()) == 5000


def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.MEASUREMENTS = str(tmp_path / "file" / "measurements")
    with pytest.raises(StoreFailed, match="could not be written"):
        store.append("x", rows(1))
