"""The agent as a real process, with a real server as another: nothing is lost, whoever is killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from beheer.monitoring.tests.servers import closed_port, request_of, tcp_server
from beheer.monitoring.wire import Batch

SMALL_SERVER = Path(__file__).with_name("small_server.py")
PROJECT = Path(__file__).resolve().parents[3]


class Target:
    """A service that counts: each answer says its number."""

    def __init__(self) -> None:
        self.answered: dict[int, float] = {}
        self._lock = threading.Lock()

    def talk(self, connection: socket.socket) -> None:
        request_of(connection)
        with self._lock:
            number = len(self.answered)
            self.answered[number] = time.monotonic()
        body = json.dumps({"n": number}).encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


class World:
    """A server and an agent as processes, a target in the test, and what the server has stored."""

    def __init__(self, folder: Path, target_port: int) -> None:
        self.folder = folder
        self.port = closed_port()
        self.spool = folder / "spool"
        (folder / "batches").mkdir(parents=True)
        self.processes: list[subprocess.Popen[bytes]] = []
        url = f"http://127.0.0.1:{target_port}/"
        self.order_checks(
            [check(1, "http", {"url": url, "json": {"n": "$.n"}}, 0.05), check(2, "self", {}, 0.2)]
        )

    def order_checks(self, checks: list[dict[str, Any]]) -> None:
        part = self.folder / "checks.part"
        part.write_text(json.dumps({"agent": "here", "version": "", "checks": checks}))
        part.rename(self.folder / "checks.json")

    def start_server(self) -> subprocess.Popen[bytes]:
        return self._start([sys.executable, str(SMALL_SERVER), str(self.port), str(self.folder)])

    def start_agent(self, *options: str) -> subprocess.Popen[bytes]:
        server = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "beheer", "agent", "--server", server, "--spool", str(self.spool)]
        return self._start([*command, "--refresh", "0.2", *options], BEHEER_AGENT_TOKEN="t0ken")

    def _start(self, command: list[str], **environment: str) -> subprocess.Popen[bytes]:
        log = (self.folder / "log").open("ab")
        with log:
            process = subprocess.Popen(
                command, env={**os.environ, **environment}, cwd=PROJECT, stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def stored(self) -> list[dict[str, Any]]:
        batches = [json.loads(path.read_text()) for path in (self.folder / "batches").glob("*.json")]
        return [result for batch in batches for result in batch["results"]]

    def numbers(self) -> set[int]:
        return {int(row["metrics"]["json[n]"]) for row in self.stored() if "json[n]" in row["metrics"]}

    def log(self) -> str:
        return (self.folder / "log").read_text()


def check(number: int, kind: str, settings: dict[str, Any], interval_s: float) -> dict[str, Any]:
    return {
        "check_id": number, "key": f"check-{number}", "kind": kind, "version": 3, "settings": settings,
        "conditions": {}, "interval_s": interval_s, "timeout_s": 5,
    }  # fmt: skip


@contextmanager
def world(folder: Path) -> Iterator[tuple[World, Target]]:
    target = Target()
    with tcp_server(target.talk) as port:
        made = World(folder, port)
        try:
            yield made, target
        finally:
            for process in made.processes:
                process.kill()
                process.wait()


def until(holds: Callable[[], bool], what: str, world_: World, within_s: float = 20) -> None:
    """Wait until it holds."""
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, f"{what} did not come about\n{world_.log()[-3000:]}"
        time.sleep(0.02)


def stop(process: subprocess.Popen[bytes]) -> float:
    """End it politely; gives the seconds that took."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    return time.monotonic() - began


def deliver_all(here: World, target: Target, but: int = 0) -> None:
    """Wait until all that was answered by now is stored, `but` so many."""
    so_far = set(target.answered)
    until(lambda: len(so_far - here.numbers()) <= but, "delivery", here, 60)


def assert_nothing_lost(here: World, target: Target) -> None:
    """All that was answered is stored or waits in the spool; a run under way when the agent ended does not count."""
    waiting = [
        json.loads(line) for path in here.spool.glob("*.batch") for line in path.read_bytes().splitlines()
    ]
    kept = here.numbers() | {int(row["metrics"]["json[n]"]) for row in waiting if "json[n]" in row["metrics"]}
    assert set(target.answered) - kept <= {max(target.answered)}, here.log()[-2000:]


pytestmark = pytest.mark.real


def test_results_come_in_batches_that_the_wire_describes_and_a_stop_is_quick_and_whole(
    tmp_path: Path,
) -> None:
    with world(tmp_path) as (here, target):
        here.start_server()
        agent = here.start_agent()
        until(lambda: len(here.numbers()) >= 10, "ten results", here)
        assert stop(agent) < 8, "seconds, on a busy machine"
        assert_nothing_lost(here, target)
        batches = [
            Batch.model_validate_json(path.read_text()) for path in (tmp_path / "batches").glob("*.json")
        ]
        assert {batch.agent for batch in batches} == {"here"}
        assert {result.check_version for batch in batches for result in batch.results} == {3}
        own = [row for row in here.stored() if row["check_id"] == 2]
        assert own[0]["outcome"] in ("up", "degraded"), (
            "degraded: this machine is too busy for 20 runs a second"
        )
        assert own[0]["metrics"]["checks"] == 2


def test_a_server_that_is_killed_again_and_again_loses_nothing(tmp_path: Path) -> None:
    with world(tmp_path) as (here, target):
        agent = here.start_agent()
        for _ in range(4):
            server = here.start_server()
            before = len(here.stored())
            until(lambda before=before: len(here.stored()) > before, "a batch", here)  # type: ignore[misc]
            server.kill()
            server.wait()
        here.start_server()
        deliver_all(here, target)
        stop(agent)
        assert_nothing_lost(here, target)


def test_an_agent_that_is_killed_again_and_again_loses_only_what_it_was_just_measuring(
    tmp_path: Path,
) -> None:
    with world(tmp_path) as (here, target):
        killed_at: list[float] = []
        here.start_server()
        for _ in range(3):
            before = len(target.answered)
            agent = here.start_agent()
            until(lambda before=before: len(target.answered) >= before + 10, "results", here)  # type: ignore[misc]
            killed_at.append(time.monotonic())
            agent.kill()
            agent.wait()
        last = here.start_agent()
        until(lambda: here.log().count("The agent works") == 4, "the last agent", here)
        until(lambda: len(here.numbers()) >= 25, "delivery", here)
        stop(last)
        lost = set(target.answered) - here.numbers()
        assert all(any(0 <= at - target.answered[number] < 0.25 for at in killed_at) for number in lost), lost


def test_results_wait_on_disk_while_the_server_is_away_and_go_on_after_a_restart(tmp_path: Path) -> None:
    with world(tmp_path) as (here, target):
        server = here.start_server()
        agent = here.start_agent()
        until(lambda: len(here.numbers()) > 0, "a first result", here)
        server.kill()
        server.wait()
        so_far = len(target.answered)
        until(lambda: len(target.answered) > so_far + 20, "results without a server", here)
        stop(agent)
        assert list(here.spool.glob("*.batch"))
        agent = here.start_agent()
        so_far = len(target.answered)
        until(
            lambda: len(target.answered) > so_far + 5,
            "results of an agent that starts without its server",
            here,
        )
        here.start_server()
        deliver_all(here, target)
        stop(agent)
        assert_nothing_lost(here, target)
        assert "stay in the spool" in here.log()


def test_a_batch_that_the_server_will_never_take_is_set_aside_and_said(tmp_path: Path) -> None:
    with world(tmp_path) as (here, _):
        (tmp_path / "answer").write_text("422")
        here.start_server()
        agent = here.start_agent()
        until(lambda: bool(list(here.spool.glob("refused/*.batch"))), "a batch that is set aside", here)
        (tmp_path / "answer").unlink()
        until(lambda: len(here.stored()) > 0, "later batches", here)
        stop(agent)
        assert "The server refuses batch" in here.log()


def test_changed_checks_are_taken_up_and_one_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    with world(tmp_path) as (here, target):
        here.start_server()
        agent = here.start_agent()
        until(lambda: len(target.answered) > 0, "a first run", here)
        passive = check(9, "heartbeat", {}, 60)
        here.order_checks([check(7, "http", {"uri": "x"}, 0.1), check(8, "self", {}, 0.1), passive])
        until(lambda: {7, 8} <= {row["check_id"] for row in here.stored()}, "the new checks", here)
        so_far = len(target.answered)
        eights = len([row for row in here.stored() if row["check_id"] == 8])
        until(lambda: len([r for r in here.stored() if r["check_id"] == 8]) > eights + 3, "more runs", here)
        assert len(target.answered) <= so_far + 1, "the old check does not run any more"
        stop(agent)
        wrong = next(row for row in here.stored() if row["check_id"] == 7)
        assert wrong["outcome"] == "unknown"
        assert "settings.uri" in wrong["message"]


def test_a_wrong_token_is_said_in_words(tmp_path: Path) -> None:
    with world(tmp_path) as (here, _):
        here.start_server()
        agent = here.start_agent("--token", "wrong")
        until(lambda: "the token is not known" in here.log(), "the complaint", here)
        assert stop(agent) < 8


def test_a_token_that_is_renewed_in_its_file_is_taken_up(tmp_path: Path) -> None:
    with world(tmp_path) as (here, target):
        own = tmp_path / "own-token"
        own.write_text("t0ken\n")
        here.start_server()
        agent = here.start_agent("--token-file", str(own))
        until(lambda: len(here.numbers()) > 0, "a first result", here)
        (tmp_path / "token").write_text("new")
        own.write_text("new")
        deliver_all(here, target)
        stop(agent)


def test_urls_fetched_in_other_processes_go_on_when_one_is_killed(tmp_path: Path) -> None:
    with world(tmp_path) as (here, target):
        here.start_server()
        agent = here.start_agent("--url-processes", "2")
        until(lambda: len(here.numbers()) >= 5, "results", here)
        for child in psutil.Process(agent.pid).children():
            child.kill()
        so_far = len(target.answered)
        until(lambda: len(target.answered) > so_far + 5, "results of new processes", here)
        deliver_all(here, target, but=1)
        children = psutil.Process(agent.pid).children()
        assert len(children) == 2
        stop(agent)
        assert "it is started again" in here.log()
        _, alive = psutil.wait_procs(children, timeout=5)
        assert not alive, "the processes end with the agent"


def test_two_agents_cannot_share_a_spool(tmp_path: Path) -> None:
    with world(tmp_path) as (here, _):
        here.start_agent()
        until(lambda: "The agent works" in here.log(), "the first agent", here)
        assert here.start_agent().wait(20) == 5
        assert "Another agent uses" in here.log()


def test_an_agent_without_server_or_token_says_what_to_do(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "beheer", "agent"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("BEHEER_")}
    cases: list[tuple[list[str], str]] = [
        ([], "--server"),
        (["--server", "http://127.0.0.1:1"], "--token-file"),
        (["--server", "x", "--token", "t"], "no address of a server"),
    ]
    for options, words in cases:
        done = subprocess.run(
            [*command, *options], env=environment, cwd=PROJECT, capture_output=True, text=True
        )
        assert done.returncode == 2
        assert words in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_agent_needs_no_django() -> None:
    code = "import sys, beheer.agent; sys.exit(any(name.split('.')[0] in ('django', 'duckdb') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT).returncode == 0
