"""How many HTTP checks a second, side by side on this machine, each with a connection of its own.

Run: `python -m bench.http_checks [--seconds 5] [--rounds 3]`. Needs nginx; wrk, prometheus-blackbox-exporter and
monitoring-plugins (Debian packages) are measured where they are installed. Contestants take turns; medians count.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from beheer.lib.allow_lists import AllowList
from beheer.monitoring.agent_fetch import Fetched, FetchElsewhere, FetchHere, Fetching, Ordered
from beheer.monitoring.probes import read_check
from beheer.monitoring.spool import Spool
from beheer.monitoring.wire import CheckOrder

AT_ONCE = 64
FORKS_AT_ONCE = 8
OURS = "Beheer's agent"
MORE = max(os.cpu_count() or 1, 2)
PAGE = "<html><body><h1>Welkom</h1></body></html>"
CHECK_HTTP = "/usr/lib/nagios/plugins/check_http"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port}")


@contextlib.contextmanager
def process(command: list[str], port: int) -> Iterator[int]:
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield port
    finally:
        running.terminate()
        running.wait()


def nginx(folder: Path) -> contextlib.AbstractContextManager[int]:
    port = free_port()
    (folder / "nginx.conf").write_text(
        f"""daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors;
        events {{ worker_connections 4096; }}
        http {{ access_log off; server {{ listen 127.0.0.1:{port} backlog=4096;
                location / {{ default_type text/html; return 200 "{PAGE}"; }} }} }}"""
    )
    return process(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], port)


def blackbox(folder: Path) -> contextlib.AbstractContextManager[int]:
    port = free_port()
    config = folder / "blackbox.yml"
    config.write_text(
        "modules: {http_2xx: {prober: http, timeout: 5s, http: {preferred_ip_protocol: ip4}}}\n"
    )
    command = [
        "prometheus-blackbox-exporter",
        f"--config.file={config}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    return process([*command, "--log.level=error"], port)


def ordered(number: int, url: str) -> Ordered:
    settings = {"url": f"{url}?{number}"}
    conditions = {"down": ["status != 200", "body !~ 'Welkom'"], "degraded": ["total_s > 5"]}
    order = CheckOrder(
        check_id=number,
        key=f"check-{number}",
        kind="http",
        version=1,
        settings=settings,
        conditions=conditions,
        interval_s=1,
        timeout_s=5,
    )
    return Ordered(order, read_check("http", settings, conditions))


def ours(url: str, seconds: float, processes: int) -> None:
    """All that the agent does but delivery: fetch, judge, write as JSON, keep in the spool. Prints checks a second."""
    checks = [ordered(number, url) for number in range(AT_ONCE)]
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder) / "spool", 10**9)
        done, wrong = 0, b""

        def ended(runs: list[Fetched]) -> None:
            nonlocal done, wrong
            spool.add([run.line for run in runs])
            done += len(runs)
            now = time.monotonic()
            for run in runs:
                wrong = wrong or (b"" if b'"outcome":"up"' in run.line else run.line or b"no result")
                fetching.run(checks[run.check_id], now)

        fetching: Fetching = (
            FetchElsewhere(processes, AT_ONCE, ended) if processes else FetchHere(AllowList(), AT_ONCE, ended)
        )
        fetching.start()
        for check in checks:
            fetching.run(check, time.monotonic())
        while not done:
            time.sleep(0.01)
        done, began = 0, time.monotonic()
        while time.monotonic() < began + seconds:
            time.sleep(0.5)
            spool.seal()
        rate = done / (time.monotonic() - began)
        if wrong:
            raise SystemExit(f"a check failed: {wrong.decode()}")
        print(f"{rate:.1f}")
        sys.stdout.flush()
        os._exit(0)


def run_ours(url: str, seconds: float, processes: int) -> float:
    command = [sys.executable, "-m", "bench.http_checks", "--ours", url]
    command += ["--seconds", str(seconds), "--processes", str(processes)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run_wrk(url: str, seconds: float, headers: tuple[str, ...] = ("Connection: close",)) -> float:
    more = [part for header in headers for part in ("-H", header)]
    command = ["wrk", "-t1", f"-c{AT_ONCE}", f"-d{max(round(seconds), 1)}s", *more, url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert found is not None, said
    return float(found[1])


def run_forks(port: int, seconds: float) -> float:
    """`check_http` as Nagios and Icinga run it: a process a check, FORKS_AT_ONCE at a time."""
    command = [CHECK_HTTP, "-I", "127.0.0.1", "-p", str(port), "-s", "Welkom"]
    count = int(200 * seconds)
    began = time.monotonic()
    argument = "\n".join(["-t5"] * count)
    subprocess.run(
        ["xargs", "-P", str(FORKS_AT_ONCE), "-n1", *command],
        input=argument,
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return count / (time.monotonic() - began)


def contestants(port: int, exporter: int | None, seconds: float) -> dict[str, Callable[[], float]]:
    url = f"http://127.0.0.1:{port}/"
    found: dict[str, Callable[[], float]] = {
        OURS: lambda: run_ours(url, seconds, 0),
        f"the same, {MORE} processes for URLs": lambda: run_ours(url, seconds, MORE),
    }
    if shutil.which("wrk"):
        found["wrk, Connection: close (the limit)"] = lambda: run_wrk(url, seconds)
        if exporter is not None:
            asked = f"http://127.0.0.1:{exporter}/probe?module=http_2xx&target={url}"
            found["blackbox exporter"] = lambda: run_wrk(asked, seconds, ())
    if Path(CHECK_HTTP).exists():
        found["check_http, forked"] = lambda: run_forks(port, seconds)
    return found


def main(seconds: float, rounds: int) -> None:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = stack.enter_context(nginx(folder))
        has_blackbox = shutil.which("prometheus-blackbox-exporter") is not None
        exporter = stack.enter_context(blackbox(folder)) if has_blackbox else None
        rates: dict[str, list[float]] = {}
        for _ in range(rounds):
            for name, run in contestants(port, exporter, seconds).items():
                rates.setdefault(name, []).append(run())
    one, more = (statistics.median(rates[name]) for name in list(rates)[:2])
    print(f"{os.cpu_count()} processors, {rounds} rounds of {seconds:g} s, {AT_ONCE} at once\n")
    print(f"{'':38} {'checks/s':>9} {'least':>9} {'most':>9} {'one is':>9} {f'{MORE} are':>9}")
    for name, found in rates.items():
        middle = statistics.median(found)
        print(
            f"{name:38} {middle:9.0f} {min(found):9.0f} {max(found):9.0f} {one / middle:8.2f}× {more / middle:8.2f}×"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ours", help=argparse.SUPPRESS)
    parser.add_argument("--processes", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ours:
        ours(given.ours, given.seconds, given.processes)
    else:
        main(given.seconds, given.rounds)
