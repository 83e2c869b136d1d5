"""The real parts together: web, worker and agent measure a real web server, which breaks; and they are killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from beheer.measurements.queries import results

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed on this machine"),
]
PROJECT = Path(__file__).parents[3]
PATIENCE_S = 60.0
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "Welkom"; }} }} }}
"""
YAML = """
services:
  - {{key: site, name: Site}}
  - {{key: portal, name: Portal, needs: [{{service: site}}]}}
checks:
  - key: front
    name: Front page
    kind: http
    service: site
    settings: {{url: "http://127.0.0.1:{port}/"}}
    conditions: {{down: ["status != 200", "body !~ 'Welkom'"]}}
    interval_s: 1
    timeout_s: 1
    confirm_after: 2
"""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Installation:
    """An installation of its own, with the processes that run for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.var = folder / "var"
        self.environment = os.environ | {
            "BEHEER_VAR": str(self.var), "BEHEER_PORT": str(free_port()), "BEHEER_WEB_WORKERS": "1",
            "PYTHONPATH": str(PROJECT), "BEHEER_LOG_LEVEL": "WARNING",
        }  # fmt: skip
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        for name in ("DATABASE_URL", "BEHEER_MEASUREMENTS", "DJANGO_SETTINGS_MODULE", "BEHEER_URL"):
            self.environment.pop(name, None)

    def run(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "beheer", *arguments], env=self.environment, check=True, cwd=PROJECT
        )

    def start(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "beheer", *arguments],
                env=self.environment, cwd=PROJECT, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def start_nginx(self, port: int) -> None:
        configuration = self.folder / "nginx.conf"
        configuration.write_text(NGINX.format(folder=self.folder, port=port))
        self.running["nginx"] = subprocess.Popen(
            ["nginx", "-c", str(configuration), "-e", str(self.folder / "error.log")], start_new_session=True
        )

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def ask(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        store = sqlite3.connect(f"file:{self.var}/beheer.sqlite3?mode=ro", uri=True)
        try:
            return store.execute(sql, parameters).fetchall()
        finally:
            store.close()

    def states(self, service: str) -> list[str]:
        """The states that were recorded of a service, in order."""
        sql = (
            "SELECT c.state FROM monitoring_statechange c JOIN catalogue_service s ON s.id = c.service_id"
            " WHERE c.component_id IS NULL AND s.key = ? ORDER BY c.id"
        )
        return [state for (state,) in self.ask(sql, service)]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    found = Installation(tmp_path)
    yield found
    for name in list(found.running):
        found.kill(name)


def wait_until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"not within {PATIENCE_S:.0f} s: {what}"
        time.sleep(0.1)


def test_a_web_server_breaks_and_nothing_is_lost_when_web_and_agent_are_killed(
    installation: Installation, settings: Settings
) -> None:
    port = free_port()
    file = installation.folder / "beheer.yaml"
    file.write_text(YAML.format(port=port))
    installation.run("setup")
    installation.run("apply", str(file))
    installation.start_nginx(port)
    for name, arguments in (("web", ["web"]), ("worker", ["worker"]), ("agent", ["agent", "--local"])):
        installation.start(name, *arguments)
    wait_until(lambda: installation.states("site") == ["up"], "the site is up")

    installation.kill("nginx")
    wait_until(lambda: installation.states("site") == ["up", "down"], "the site is down")
    wait_until(lambda: installation.states("portal") == ["up", "down"], "so is what needs it")
    cause = installation.ask(
        "SELECT s.key, c.last_good_at < c.first_bad_at, c.first_bad_at < c.confirmed_at, c.reason"
        " FROM monitoring_statechange c JOIN catalogue_service s ON s.id = c.cause_service_id"
        " WHERE c.state = 'down' AND c.component_id IS NULL"
    )
    assert [row[:3] for row in cause] == [("site", 1, 1), ("site", 1, 1)]
    assert "refused" in cause[0][3]

    installation.kill("web")
    away_since = datetime.now(UTC)
    installation.start_nginx(port)
    time.sleep(3)  # the agent measures while nobody takes its results
    installation.kill("agent")
    away_until = datetime.now(UTC)
    installation.start("agent", "agent", "--local")
    installation.start("web", "web")
    wait_until(lambda: installation.states("site") == ["up", "down", "up"], "the site is up again")
    wait_until(lambda: installation.states("portal")[-1] == "up", "and what needs it")

    settings.MEASUREMENTS = str(installation.var / "measurements")
    ((check,),) = installation.ask("SELECT id FROM monitoring_check WHERE key = 'front'")

    def kept_while_away() -> list[datetime]:
        found = results(check, away_since, away_until, 1000)
        return [one.measured_at for one in found]

    wait_until(lambda: len(kept_while_away()) >= 2, "what was measured meanwhile is stored")
    everything = [
        one.measured_at for one in results(check, away_since - timedelta(hours=1), datetime.now(UTC), 10_000)
    ]
    assert len(everything) == len(set(everything))
    assert not installation.ask("SELECT 1 FROM monitoring_statechange WHERE state = 'unknown'")
