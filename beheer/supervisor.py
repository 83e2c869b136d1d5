"""The supervisor: starts web, worker and agent, minds them, and stops them together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import click
from django.conf import settings
from django.core.management import execute_from_command_line

from beheer.lib.errors import InputError, Problem
from beheer.preparing import prepare, require_prepared

QUICK_DEATH_S = 5.0
LONGEST_PAUSE_S = 30.0
STOP_WITHIN_S = 6.0  # all together
AGENT_WITHIN_S = 2.0  # of these, to hand in its last results
REQUESTS_WITHIN_S = 3  # that the web waits for requests that run; then its workers are ended
AGENT_AFTER_S = 2.5


@dataclass
class Child:
    """One process that the supervisor minds. `died` counts deaths soon after a start, in a row."""

    name: str
    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    died: int = 0
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, clock: float) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches only the supervisor."""
        self.started_at = clock
        command = [sys.executable, "-m", "beheer", *self.arguments]
        self.process = subprocess.Popen(command, env=os.environ | self.environment, start_new_session=True)

    def mind(self, clock: float) -> None:
        """Start it again if it died: at once the first time, then ever later."""
        if self.process is None:
            if clock >= self.start_again_at:
                self.start(clock)
            return
        code = self.process.poll()
        if code is None:
            return
        self.died = self.died + 1 if clock - self.started_at < QUICK_DEATH_S else 0
        pause = min(LONGEST_PAUSE_S, 2.0**self.died - 1)
        click.echo(f"{self.name} stopped with code {code}; starting it again in {pause:.0f} s", err=True)
        self.process = None
        self.start_again_at = clock + pause

    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def ask(self) -> None:
        """Ask it to end."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def stop(self, deadline: float) -> None:
        """Wait until it has ended; after the deadline, end it."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)  # with the processes that it started
            self.process.wait()


@click.command()
def setup() -> None:
    """Prepare the stores, and tell how to sign in the first time."""
    _welcome(prepare())


def _welcome(first: tuple[str, str] | None) -> None:
    if first is not None:
        click.echo(
            f"\n  Sign in as   {first[0]}\n  with         {first[1]}   (once; you choose your own then)\n"
        )


@click.command()
@click.option("--demo", is_flag=True, help="Load the demonstration institution into an empty store first.")
def run(demo: bool) -> None:
    """Start web, worker and agent, and mind them until Ctrl-C."""
    if demo:
        os.environ.setdefault("BEHEER_MFA", "optional")
    require_free(settings.HOST, settings.PORT)
    first = prepare()
    if demo:
        subprocess.run([sys.executable, "-m", "beheer", "demo"], check=True)
    children = [
        Child("web", ["web"]),
        Child("worker", ["worker"]),
        Child("agent", ["agent", "--local"]),
    ]
    _mind(children, first)


def _mind(children: list[Child], first: tuple[str, str] | None) -> None:
    """Start all, say where, and keep them running until a signal."""
    stopping = False

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    for child in children:
        if child.name == "agent":  # when the web is there to answer it
            child.start_again_at = time.monotonic() + AGENT_AFTER_S
        else:
            child.start(time.monotonic())
    click.echo(f"\n  Beheer is at {settings.BASE_URL}   (Ctrl-C stops it)")
    _welcome(first)
    sys.stdout.flush()
    while not stopping:
        for child in children:
            child.mind(time.monotonic())
        time.sleep(0.2)
    _stop(children)


def _stop(children: list[Child]) -> None:
    """Ask all to end, the agent first so that its last results still find the web open; then all others at once."""
    deadline = time.monotonic() + STOP_WITHIN_S
    running = [child for child in reversed(children) if child.is_running()]
    first = [child for child in running if child.name == "agent"]
    for group, within in ((first, AGENT_WITHIN_S), (running, STOP_WITHIN_S)):
        for child in group:
            child.ask()
        for child in group:
            child.stop(min(deadline, time.monotonic() + within))
    click.echo("Stopped.")


@click.command()
@click.option("--host", default=None, help="Address to listen on; default BEHEER_HOST or 127.0.0.1.")
@click.option("--port", default=None, type=int, help="Port to listen on; default BEHEER_PORT or 8000.")
def web(host: str | None, port: int | None) -> None:
    """Serve the pages and the API."""
    host, port = host or settings.HOST, port or settings.PORT
    require_free(host, port)
    require_prepared()
    binary = Path(sys.executable).with_name("granian")
    threads = str(2 * (os.cpu_count() or 1))
    arguments = [
        str(binary), "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", os.environ.get("BEHEER_WEB_WORKERS", "2"), "--blocking-threads", threads, "--no-ws",
        "--workers-kill-timeout", str(REQUESTS_WITHIN_S),
        "--log-level", "warning", "--respawn-failed-workers", "beheer.wsgi:application",
    ]  # fmt: skip
    os.execv(binary, arguments)  # noqa: S606  # the process becomes the server, so that signals reach it


def require_free(host: str, port: int) -> None:
    """Raises: InputError where another program listens there already; two servers would share the requests unseen."""
    try:
        family, kind, _protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()
    except OSError as error:
        message = f"Beheer cannot listen on {host} port {port}: {error.strerror or error}."
        remedy = "End the other program (is Beheer running already?), or choose another BEHEER_PORT or BEHEER_HOST."
        raise InputError(Problem(message, "BEHEER_PORT", remedy)) from error


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    """Run one of Django's own commands (migrate, shell, …)."""
    execute_from_command_line(["beheer manage", *arguments])
