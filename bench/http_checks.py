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

from beheer.monitoring.agent_runner import Bounds, Ordered, Runner
from beheer.monitoring.contract import Surroundings
from beheer.monitoring.probes import read_check
from beheer.monitoring.spool import Spool
from beheer.monitoring.wire import CheckOrder

AT_ONCE = 64
FORKS_AT_ONCE = 8
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


def ours(url: str, seconds: float) -> None:
    """All that the agent does but delivery: fetch, judge, write as JSON, keep in the spool. Prints checks a second."""
    conditions = {"down": ["status != 200", "body !~ 'Welkom'"], "degraded": ["total_s > 5"]}
    checks = [
        Ordered(
            CheckOrder(
                check_id=number,
                key=f"c{number}",
                kind="http",
                version=1,
                settings={},
                interval_s=1,
                timeout_s=5,
            ),
            read_check("http", {"url": f"{url}?{number}"}, conditions),
        )
        for number in range(AT_ONCE)
    ]
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder) / "spool", 10**9)
        done, wrong = 0, b""

        def keep(lines: list[bytes]) -> None:
            nonlocal done, wrong
            spool.add(lines)
            done += len(lines)
            now = time.monotonic()
            for line in lines:
                wrong = wrong or (b"" if b'"outcome":"up"' in line else line)
                runner.run(checks[int(line[12 : line.index(b",")])], now)

        runner = Runner(Surroundings(), Bounds(urls=AT_ONCE), dict, keep)
        runner.start()
        began = time.monotonic()
        for check in checks:
            runner.run(check, began)
        while time.monotonic() < began + seconds:
            time.sleep(0.5)
            spool.seal()
        if wrong:
            raise SystemExit(f"a check failed: {wrong.decode()}")
        print(f"{done / (time.monotonic() - began):.1f}")
        sys.stdout.flush()
        os._exit(0)


def run_ours(url: str, seconds: float) -> float:
    command = [sys.executable, "-m", "bench.http_checks", "--ours", url, "--seconds", str(seconds)]
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
    found: dict[str, Callable[[], float]] = {"Beheer's agent": lambda: run_ours(url, seconds)}
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
    ours_ = statistics.median(rates["Beheer's agent"])
    print(f"{os.cpu_count()} processors, {rounds} rounds of {seconds:g} s, {AT_ONCE} at once\n")
    print(f"{'':38} {'checks/s':>9} {'least':>9} {'most':>9} {'ours is':>9}")
    for name, found in rates.items():
        middle = statistics.median(found)
        print(f"{name:38} {middle:9.0f} {min(found):9.0f} {max(found):9.0f} {ours_ / middle:8.2f}×")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ours", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ours:
        ours(given.ours, given.seconds)
    else:
        main(given.seconds, given.rounds)
