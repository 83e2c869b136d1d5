"""A queue lets one in at a time, in the order of coming, and nobody who died keeps it shut."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from beheer.lib.queues import Queue

HOLDER = """
import sys
from pathlib import Path
from beheer.lib.queues import Queue
queue = Queue(Path(sys.argv[1]))
queue.enter(5)
print("in", flush=True)
sys.stdin.read()
"""


def test_threads_go_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "store")
    queue.enter(1)
    order: list[int] = []

    def come(number: int) -> None:
        queue.enter(5)
        order.append(number)
        queue.leave()

    threads = []
    for number in range(6):
        threads.append(threading.Thread(target=come, args=(number,)))
        threads[-1].start()
        while len(queue._waiting) <= number:  # until it stands in line
            pass
    queue.leave()
    for thread in threads:
        thread.join()
    assert order == list(range(6))


def test_who_waits_too_long_is_told_and_the_line_goes_on(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "store")
    queue.enter(1)
    with pytest.raises(TimeoutError):
        queue.enter(0.01)
    queue.leave()
    queue.enter(1)
    queue.leave()


def test_another_process_is_waited_for_and_its_death_opens_the_queue(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "store")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "in\n"
        queue = Queue(tmp_path / "store")
        with pytest.raises(TimeoutError):
            queue.enter(0.02)
        holder.kill()
        queue.enter(10)
        queue.leave()
