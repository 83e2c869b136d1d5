"""A PostgreSQL server of its own in a temporary folder, on a socket there, gone when the block ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BINARIES = Path(os.environ.get("PG_BIN", "/usr/lib/postgresql/15/bin"))


@contextmanager
def postgres(settings: tuple[str, ...] = ()) -> Iterator[str]:
    """Start a server and give its connection string. PostgreSQL will not run as root; root becomes `postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="beheer-bench-"))
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run(command, check=True, user=user, stdout=subprocess.DEVNULL, cwd=folder)

    run(
        str(BINARIES / "initdb"),
        "-D",
        str(data),
        "-U",
        "bench",
        "--auth=trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    )
    options = " ".join(
        [
            f"-k {folder}",
            "-c listen_addresses=''",
            "-c shared_buffers=512MB",
            *(f"-c {one}" for one in settings),
        ]
    )
    run(str(BINARIES / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"host={folder} user=bench dbname=postgres"
    finally:
        run(str(BINARIES / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
