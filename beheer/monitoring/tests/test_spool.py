"""The spool and the schedule of an agent."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beheer.lib.errors import Conflict
from beheer.monitoring.agent_schedule import Schedule, next_slot, share
from beheer.monitoring.spool import Spool

FULL = Path("/dev/full")


def lines(*numbers: int) -> list[bytes]:
    return [json.dumps({"n": number}).encode() for number in numbers]


def numbers(spool: Spool) -> list[int]:
    """All that waits, in the order of delivery; empties the spool."""
    found: list[int] = []
    while (batch := spool.oldest()) is not None:
        found += [json.loads(line)["n"] for line in batch.read()]
        spool.stored(batch.batch_id)
    return found


def test_what_was_sealed_waits_oldest_first_until_it_is_stored(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10**6)
    spool.add(lines(1, 2))
    spool.seal()
    spool.add(lines(3))
    spool.seal()
    first = spool.oldest()
    assert first is not None
    assert first == spool.oldest()
    assert spool.figures(0)["spool_batches"] == 2
    assert numbers(spool) == [1, 2, 3]
    assert spool.figures(0)["spool_bytes"] == 0
    assert not list(tmp_path.glob("*.batch"))


def test_nothing_added_makes_no_batch(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10**6)
    spool.seal()
    assert spool.oldest() is None


def test_a_killed_writers_batch_is_taken_up_without_its_torn_end(tmp_path: Path) -> None:
    place = tmp_path / f"000000000004-{uuid4()}.open"
    place.write_bytes(b'{"n":1}\n{"n":2}\n{"n":')
    (tmp_path / f"000000000005-{uuid4()}.open").write_bytes(b'{"n')
    spool = Spool(tmp_path, 10**6)
    spool.add(lines(3))
    spool.seal()
    assert numbers(spool) == [1, 2, 3]


def test_a_batch_keeps_its_id_over_a_restart(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10**6)
    spool.add(lines(1))
    spool.seal()
    before = spool.oldest()
    spool.close()
    again = Spool(tmp_path, 10**6).oldest()
    assert before is not None
    assert again is not None
    assert again.batch_id == before.batch_id


def test_a_full_spool_drops_the_oldest_and_says_how_many(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = Spool(tmp_path, 27)
    for number in range(1, 6):
        spool.add(lines(number))
        spool.seal()
    assert spool.figures(0)["spool_dropped_results"] == 2
    assert "RESULTS ARE LOST" in caplog.text
    spool.close()
    again = Spool(tmp_path, 27)
    assert again.figures(0)["spool_dropped_results"] == 2, "a restart does not forget it"
    assert numbers(again) == [3, 4, 5]
    assert again.figures(0)["spool_dropped_results"] == 0


def test_a_full_disk_keeps_results_in_memory_and_delivers_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not FULL.exists():
        pytest.skip("this machine has no /dev/full")
    real = os.open

    def full(path: str | Path, flags: int, mode: int = 0o777) -> int:
        return real(FULL, os.O_WRONLY) if str(path).endswith(".open") else real(path, flags, mode)

    spool = Spool(tmp_path, 10**6)
    monkeypatch.setattr(os, "open", full)
    spool.add(lines(1))
    spool.seal()
    spool.add(lines(2))
    spool.seal()
    assert numbers(spool) == [1, 2]


def test_results_of_half_a_line_never_come_out(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10**6)
    spool.add(lines(*range(12_000)))
    spool.seal()
    batch = spool.oldest()
    assert batch is not None
    assert len(batch.read()) == 5000, "as many as the server takes at once"
    assert numbers(spool) == list(range(12_000))


def test_a_refused_batch_is_kept_for_people(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10**6)
    spool.add(lines(1))
    spool.seal()
    batch = spool.oldest()
    assert batch is not None
    spool.set_aside(batch.batch_id)
    assert spool.oldest() is None
    assert len(list(tmp_path.glob("refused/*.batch"))) == 1


def test_one_process_at_a_time(tmp_path: Path) -> None:
    Spool(tmp_path, 10**6)
    with pytest.raises(Conflict, match="Another agent uses"):
        Spool(tmp_path, 10**6)


# The schedule


def test_each_check_runs_once_an_interval_and_they_are_spread() -> None:
    schedule = Schedule()
    schedule.set_checks([(number, 10.0) for number in range(1000)], now=0.0)
    begun: Counter[int] = Counter()
    tenths: Counter[int] = Counter()
    now = 0.0
    while now < 110:
        for due in schedule.due(now):
            assert due.due_at <= now
            begun[due.check_id] += 1
            if now >= 10:
                tenths[int(now * 10) % 100] += 1
        now += 0.1
    assert set(begun.values()) <= {11, 12}
    assert max(tenths.values()) < 3 * 100, "no rush: on average 100 in each tenth of a second"


def test_a_new_check_begins_soon_and_a_known_one_keeps_its_slot() -> None:
    schedule = Schedule()
    schedule.set_checks([(1, 3600.0)], now=100.0)
    soon = schedule.next_at()
    assert soon is not None
    assert 100 <= soon < 105
    schedule.due(105)
    slot = schedule.next_at()
    schedule.set_checks([(1, 3600.0), (2, 60.0)], now=106.0)
    schedule.set_checks([(1, 3600.0)], now=107.0)
    assert schedule.next_at() == slot
    schedule.set_checks([], now=108.0)
    assert schedule.next_at() is None


def test_slots_that_were_slept_through_are_not_made_up_for() -> None:
    schedule = Schedule()
    schedule.set_checks([(1, 1.0)], now=0.0)
    schedule.due(1.0)
    assert len(schedule.due(1000.0)) == 1
    assert schedule.due(1000.0) == []


@given(check_id=st.integers(1, 10**9), interval_s=st.floats(0.1, 10**6), now=st.floats(0, 10**8))
def test_the_next_slot_is_half_to_one_and_a_half_intervals_away(
    check_id: int, interval_s: float, now: float
) -> None:
    ahead = next_slot(check_id, interval_s, now) - now
    assert 0.499 * interval_s - 1e-6 * now <= ahead <= 1.501 * interval_s + 1e-6 * now
    assert 0 <= share(check_id) < 1
