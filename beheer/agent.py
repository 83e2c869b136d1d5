"""The agent's door: `beheer agent`.

Runs checks on time and delivers their results; needs neither Django nor a store.
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

import click

from beheer.lib.allow_lists import AllowList
from beheer.lib.errors import InputError, Problem
from beheer.monitoring.agent import Agent, Options
from beheer.monitoring.agent_link import Server
from beheer.monitoring.agent_runner import Bounds
from beheer.monitoring.surroundings import plugin_folders

TOKEN_PATIENCE_S = 60.0
MANY_FILES = 65_536
BOUNDS = Bounds()

log = logging.getLogger("beheer.agent")


@click.command()
@click.option("--server", envvar="BEHEER_SERVER", help="Address of the Beheer server (BEHEER_SERVER).")
@click.option("--token-file", type=click.Path(path_type=Path), help="File that holds the agent's token.")
@click.option(
    "--token", help="The token itself; others on this machine can see it. Better: BEHEER_AGENT_TOKEN."
)
@click.option("--spool", type=click.Path(path_type=Path), help="Folder for results that wait for the server.")
@click.option(
    "--spool-limit-mb", default=512, show_default=True, help="How much may wait there, in megabytes."
)
@click.option(
    "--local", is_flag=True, help="Be the agent of the server on this machine, with what stands in var/."
)
@click.option(
    "--refresh", "refresh_s", default=10.0, show_default=True, help="Ask for changed checks this often (s)."
)
@click.option("--urls", default=BOUNDS.urls, show_default=True, help="URLs fetched at once.")
@click.option(
    "--url-processes",
    default=BOUNDS.url_processes,
    show_default=True,
    help="Processes that fetch URLs; 0: the agent itself. For thousands of checks a second.",
)
@click.option("--threads", default=BOUNDS.threads, show_default=True, help="Other checks run at once.")
@click.option("--processes", default=BOUNDS.processes, show_default=True, help="Plugins run at once.")
def agent(
    server: str | None,
    token_file: Path | None,
    token: str | None,
    spool: Path | None,
    spool_limit_mb: int,
    local: bool,
    refresh_s: float,
    urls: int,
    url_processes: int,
    threads: int,
    processes: int,
) -> None:
    """Run checks and send their results to a server."""
    _log_to_terminal()
    var = Path(os.environ.get("BEHEER_VAR", "var")).resolve()
    if local:
        server = server or f"http://{_own_host()}:{os.environ.get('BEHEER_PORT', '8000')}"
        token_file = token_file or var / "agent-token"
    if not server:
        raise InputError(
            Problem("The server is not named.", "--server", "Add --server https://…, or BEHEER_SERVER.")
        )
    _stop_politely(stopping := threading.Event())
    _allow_many_files()
    secret = _token(token, token_file, stopping if local else None)
    if stopping.is_set():
        return
    options = Options(
        server=Server(server, secret, token_file),
        spool=spool or var / "agent",
        spool_limit_bytes=spool_limit_mb * 1_000_000,
        refresh_s=refresh_s,
        bounds=Bounds(urls, url_processes, threads, processes),
        allow_list=AllowList.from_environment(),
        plugin_folders=plugin_folders(),
    )
    Agent(options).run(stopping)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads that still wait for a slow service must not keep the process


def _own_host() -> str:
    """The address at which the server on this machine can be reached."""
    host = os.environ.get("BEHEER_HOST", "127.0.0.1")
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104


def _token(token: str | None, place: Path | None, waiting: threading.Event | None) -> str:
    """The agent's token. With `waiting` set (the local agent), wait for the server to write the file.

    Raises: InputError where there is none.
    """
    named = "" if place is not None else os.environ.pop("BEHEER_AGENT_TOKEN", "")
    if found := token or named:
        return found.strip()
    if place is None:
        remedy = "Give --token-file, or set BEHEER_AGENT_TOKEN. `beheer run` needs neither."
        raise InputError(Problem("The agent has no token.", "--token-file", remedy))
    end = time.monotonic() + TOKEN_PATIENCE_S
    while waiting is not None and not place.is_file() and time.monotonic() < end:
        if waiting.wait(0.1):
            return ""
    try:
        return place.read_text().strip()
    except OSError as error:
        problem = Problem(
            f"{place} cannot be read: {error.strerror}.", "--token-file", "Make it, or name another file."
        )
        raise InputError(problem) from error


def _allow_many_files() -> None:
    """Each connection is an open file; take as many as the system lets this process have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if hard == resource.RLIM_INFINITY else min(MANY_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _stop_politely(stopping: threading.Event) -> None:
    def on_signal(number: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)


def _log_to_terminal() -> None:
    logging.basicConfig(
        level=os.environ.get("BEHEER_LOG_LEVEL", "INFO").upper(),
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
        stream=sys.stderr,
    )
