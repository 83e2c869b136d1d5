"""A fresh store, made from the models, is the one that the migrations give."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
Shape = dict[str, object]


def shape(store: Path) -> Shape:
    """Tables with their columns and named constraints, and indexes with their columns."""
    found: Shape = {}
    with sqlite3.connect(store) as connection:
        for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master"):
            if kind == "table" and not name.startswith("sqlite_"):
                columns = connection.execute(f'PRAGMA table_info("{name}")')
                constraints = sorted(re.findall(r'CONSTRAINT "([^"]+)"', sql))
                found[name] = (sorted(row[1:4] + row[5:6] for row in columns), constraints)
            elif kind == "index" and sql:
                found[f"index {name}"] = [
                    row[2] for row in connection.execute(f'PRAGMA index_info("{name}")')
                ]
    return found


def made_by(folder: Path, *command: str) -> Path:
    """The store that a command makes in an empty folder."""
    environment = {**os.environ, "BEHEER_VAR": str(folder), "DATABASE_URL": ""}
    subprocess.run([sys.executable, "-m", "beheer", *command], env=environment, cwd=PROJECT, check=True)
    return folder / "beheer.sqlite3"


@pytest.mark.real
def test_a_fresh_store_has_what_the_migrations_make(tmp_path: Path) -> None:
    (tmp_path / "migrated").mkdir()
    fresh = shape(made_by(tmp_path / "fresh", "setup"))
    migrated = shape(made_by(tmp_path / "migrated", "manage", "migrate", "-v0"))
    assert {name for name in fresh if "work_search" in name}
    assert fresh == migrated


@pytest.mark.real
def test_setting_up_twice_is_setting_up_once(tmp_path: Path) -> None:
    store = made_by(tmp_path / "var", "setup")
    before = (tmp_path / "var" / "first-sign-in.txt").read_text()
    made_by(tmp_path / "var", "setup")
    with sqlite3.connect(store) as connection:
        assert connection.execute("SELECT count(*) FROM people_user").fetchone() == (1,)
    assert (tmp_path / "var" / "first-sign-in.txt").read_text() == before
