"""Beheer told to end is gone within seconds, and says what to run where there is no store."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from beheer.supervisor import STOP_WITHIN_S

pytestmark = pytest.mark.real
SPARE_S = 6.0  # for a machine that does much else


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment with a store and a port of its own."""
    own = {"BEHEER_VAR": str(tmp_path / "var"), "BEHEER_PORT": str(free_port()), "BEHEER_WEB_WORKERS": "1"}
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BEHEER_DEBUG")}
    return kept | own


def of_this_home(home: dict[str, str]) -> set[int]:
    """The processes that have our store in their environment: the product, whatever it started."""
    mark = f"BEHEER_VAR={home['BEHEER_VAR']}".encode()
    found = set()
    for place in Path("/proc").iterdir():
        if place.name.isdecimal():
            try:
                if mark in (place / "environ").read_bytes().split(b"\0"):
                    found.add(int(place.name))
            except OSError:
                continue
    return found


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def product(home: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The whole product, started as administrators do: web, worker and agent."""
    process = subprocess.Popen([sys.executable, "-m", "beheer", "run"], env=home, start_new_session=True)
    try:
        deadline = time.monotonic() + 120
        while not answers(int(home["BEHEER_PORT"])):
            assert time.monotonic() < deadline and process.poll() is None, "Beheer did not start."
            time.sleep(0.1)
        yield process
    finally:
        for pid in of_this_home(home):
            os.kill(pid, signal.SIGKILL)
        process.wait()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="This machine has no /proc.")
def test_all_of_it_is_gone_soon_after_it_is_told_to_end_also_while_a_request_runs(
    product: subprocess.Popen[bytes], home: dict[str, str]
) -> None:
    port = int(home["BEHEER_PORT"])
    with socket.create_connection(("127.0.0.1", port), 5) as slow:
        head = f"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 100000\r\n"
        slow.sendall(head.encode() + b"Content-Type: application/x-www-form-urlencoded\r\n\r\nlogin=a")
        time.sleep(0.5)  # it is being read now, and never comes to its end
        assert len(of_this_home(home)) >= 3
        product.send_signal(signal.SIGTERM)
        product.wait(STOP_WITHIN_S + SPARE_S)
    assert not answers(port)
    assert of_this_home(home) == set()


@pytest.mark.parametrize("command", ["demo", "work list", "worker --once", "web"])
def test_a_command_without_a_store_says_what_to_run(command: str, home: dict[str, str]) -> None:
    called = [sys.executable, "-m", "beheer", *command.split()]
    done = subprocess.run(called, env=home, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "The store is empty" in done.stderr
    assert "beheer setup" in done.stderr


def test_a_database_that_cannot_be_reached_is_told(home: dict[str, str]) -> None:
    away = home | {"DATABASE_URL": f"postgresql://x:y@127.0.0.1:{free_port()}/beheer"}
    called = [sys.executable, "-m", "beheer", "work", "list"]
    done = subprocess.run(called, env=away, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "DATABASE_URL: The store cannot be opened" in done.stderr
    assert "Traceback" not in done.stderr
