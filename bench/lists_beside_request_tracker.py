"""The lists of work beside Request Tracker 5's: the same items, the same PostgreSQL server, asked in turn over HTTP.

    python -m bench.lists_beside_request_tracker [--items 100000] [--times 30] [--keep FOLDER]

Needs Debian's request-tracker5 and rt5-db-postgresql. Fills both stores with the same items (see `request_tracker` for
how RT gets them), starts both servers on loopback, signs in as the same person, and asks each page of one and then of
the other. Prints milliseconds until the last byte, kilobytes, and how many times as long RT takes.
"""

from __future__ import annotations

import argparse
import http.client
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote, urlencode

from bench import request_tracker
from bench.throwaway_postgres import database_url, postgres

OURS, THEIRS = 8392, 8391
ACTIVE = "(Status = 'new' OR Status = 'open' OR Status = 'stalled')"


def results(query: str) -> str:
    """The address of RT's results of a query, newest first."""
    asked = {"Query": query, "OrderBy": "Created", "Order": "DESC", "Rows": "50", "RowsPerPage": "50"}
    return "/Search/Results.html?" + urlencode(asked, quote_via=quote)


# Ours, and theirs; {number} and {id} are the same open item.
PAGES = {
    "open of a team, newest first": ("/work-items/?team={team}", results(f"Queue = 'team3' AND {ACTIVE}")),
    "mine": ("/work-items/?view=mine", results(f"Owner = 'user7' AND {ACTIVE}")),
    "all, newest first": ("/work-items/?view=all", results("id > 0")),
    "a rare word": ("/work-items/?q=zeldzaam", results("Content LIKE 'zeldzaam'")),
    "a common word": ("/work-items/?q=mail", results("Content LIKE 'mail'")),
    "two words": (
        "/work-items/?q=printer+netwerk",
        results("Content LIKE 'printer' AND Content LIKE 'netwerk'"),
    ),
    "one item with its history": ("/work-items/{number}/", "/Ticket/Display.html?id={id}"),
}


def ask(
    port: int, path: str, cookie: str, body: str | None = None
) -> tuple[int, bytes, http.client.HTTPMessage]:
    """Status, content and headers of one answer, over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Cookie": cookie, "Host": f"127.0.0.1:{port}"}
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request("GET" if body is None else "POST", path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content, answer.headers


def wait_for(port: int, path: str) -> None:
    """Until the server answers; a minute at most."""
    for _ in range(120):
        try:
            ask(port, path, "")
        except (ConnectionError, OSError):
            time.sleep(0.5)
        else:
            return
    raise SystemExit(f"The server on port {port} does not answer.")


def sign_in_to_rt() -> str:
    """The cookie of user7's session."""
    form = urlencode({"user": "user7", "pass": request_tracker.PASSWORD})
    _status, _content, headers = ask(THEIRS, "/NoAuth/Login.html", "", form)
    cookie = headers.get("Set-Cookie", "").split(";")[0]
    assert b"user7" in ask(THEIRS, "/", cookie)[1], "not signed in to RT"
    return cookie


def fill_both(folder: Path, host: str, count: int) -> None:
    """Run in a process of its own: Beheer's store and RT's, unless they are filled already; then a session."""
    from bench import work_store

    work_store.prepare(folder / "var")
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from beheer.people.models import Team, User
    from beheer.work.models import Item

    given = request_tracker.environment(folder / "rt", host, THEIRS)
    if not Item.objects.exists():
        work_store.fill(count)
        world = work_store.world_as_it_is()
        request_tracker.fill(host, given, work_store.items(count, world), world)
    user = User.objects.get(username="user7")
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session.create()
    live = Item.objects.filter(phase="open").order_by("pk").values_list("number", "pk")[:2_000:50]
    numbers = " ".join(f"{number}={pk}" for number, pk in live)
    (folder / "session").write_text(f"{session.session_key}\n{Team.objects.get(key='team3').pk}\n{numbers}")


def measure(folder: Path, times: int) -> None:
    """Ask both in turn, and print the table."""
    key, team, numbers = (folder / "session").read_text().split("\n")
    ids = [pair.split("=") for pair in numbers.split()]
    ours, theirs = f"sessionid={key}", sign_in_to_rt()
    print(f"{'':30}{'Beheer':^28}{'RT 5':^28}")
    print(f"{'page':30}" + f"{'p50 ms':>8}{'p95 ms':>8}{'kB':>6}      " * 2 + "RT / Beheer")
    for name, paths in PAGES.items():
        took: tuple[list[float], list[float]] = ([], [])
        size = [0, 0]
        for turn in range(times + 2):
            number, pk = ids[turn % len(ids)]
            for side, (port, cookie) in enumerate(((OURS, ours), (THEIRS, theirs))):
                path = paths[side].replace("{number}", number).replace("{id}", pk).replace("{team}", team)
                begun = time.perf_counter()
                status, content, _headers = ask(port, path, cookie)
                passed = (time.perf_counter() - begun) * 1000
                assert status == 200, (path, status, content[:200])
                assert (
                    name != "one item with its history" or (number if side == 0 else pk).encode() in content
                )
                size[side] = len(content)
                if turn > 1:
                    took[side].append(passed)
        cells = ""
        for side in (0, 1):
            found = sorted(took[side])
            p95 = found[int(len(found) * 0.95)]
            cells += f"{found[len(found) // 2]:8.0f}{p95:8.0f}{size[side] / 1000:6.0f}      "
        ratio = sorted(took[1])[times // 2] / sorted(took[0])[times // 2]
        print(f"{name:30}{cells}{ratio:8.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--keep", type=Path, help="a folder in which the filled stores stay for a next time")
    parser.add_argument("--inside", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        fill_both(Path(chosen.inside[0]), chosen.inside[1], chosen.items)
        return
    if not request_tracker.is_there():
        raise SystemExit(
            "Request Tracker is not here: apt-get install request-tracker5 rt5-db-postgresql starman"
        )
    with ExitStack() as stack:
        folder = (
            chosen.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="beheer-bench-")))
        ).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        connection = stack.enter_context(postgres(keep=folder / "postgresql"))
        host = dict(part.split("=", 1) for part in connection.split())["host"]
        own = {"DATABASE_URL": database_url(connection), "BEHEER_VAR": str(folder / "var"),
               "BEHEER_PORT": str(OURS), "BEHEER_MFA": "optional", "BEHEER_LOG_LEVEL": "ERROR"}  # fmt: skip
        filling = ["-m", "bench.lists_beside_request_tracker", "--items", str(chosen.items)]
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, *filling, "--inside", str(folder), host], check=True, env=os.environ | own
        )
        print(f"filled in {time.perf_counter() - begun:.0f} s", flush=True)
        stack.enter_context(
            request_tracker.server(request_tracker.environment(folder / "rt", host, THEIRS), THEIRS)
        )
        setup = [sys.executable, "-m", "beheer", "setup"]
        subprocess.run(setup, check=True, env=os.environ | own, stdout=subprocess.DEVNULL)
        web = subprocess.Popen(
            [sys.executable, "-m", "beheer", "web"], env=os.environ | own, stdout=subprocess.DEVNULL
        )
        stack.callback(web.wait)
        stack.callback(web.terminate)
        wait_for(OURS, "/")
        wait_for(THEIRS, "/")
        measure(folder, chosen.times)


if __name__ == "__main__":
    main()
