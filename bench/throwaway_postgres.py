"""A PostgreSQL server of its own in a temporary folder, on a socket there, gone when the block ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

BINARIES = Path(os.environ.get("PG_BIN", "/usr/lib/postgresql/15/bin"))


@contextmanager
def postgres(settings: tuple[str, ...] = (), keep: Path | None = None) -> Iterator[str]:
    """Start a server and give its connection string. PostgreSQL will not run as root; root becomes `postgres`.

    `keep`: a folder in which the server's data stay for a next time; None: a temporary one.
    """
    folder = keep or Path(tempfile.mkdtemp(prefix="beheer-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run(command, check=True, user=user, stdout=subprocess.DEVNULL, cwd=folder)

    if not data.exists():
        initdb = ("-D", str(data), "-U", "bench", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8")
        run(str(BINARIES / "initdb"), *initdb)
    given = ["listen_addresses=''", "shared_buffers=512MB", *settings]
    options = " ".join([f"-k {folder}", *(f"-c {one}" for one in given)])
    run(str(BINARIES / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"host={folder} user=bench dbname=postgres"
    finally:
        run(str(BINARIES / "pg_ctl"), "-D", str(data), "-m", "fast" if keep else "immediate", "stop")
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def database_url(connection: str) -> str:
    """The connection string as Beheer's DATABASE_URL."""
    parts = dict(part.split("=", 1) for part in connection.split())
    return f"postgresql://{parts['user']}@{quote(parts['host'], safe='')}/{parts['dbname']}"
