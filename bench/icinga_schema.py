"""Finds Icinga DB's PostgreSQL schema: installed, or out of Debian's package `icingadb`, which is fetched by apt."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

INSTALLED = Path("/usr/share/icingadb/schema/pgsql/schema.sql")


def icinga_schema() -> str:
    """The text of the schema. Nothing is installed."""
    if INSTALLED.exists():
        return INSTALLED.read_text()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["apt-get", "download", "-qq", "icingadb"], cwd=folder, check=True, stderr=subprocess.DEVNULL
        )
        (package,) = Path(folder).glob("icingadb_*.deb")
        subprocess.run(["dpkg", "-x", package.name, "x"], cwd=folder, check=True)
        return (Path(folder) / "x" / INSTALLED.relative_to("/")).read_text()
