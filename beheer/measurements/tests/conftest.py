"""A store of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def store_folder(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """The folder of an empty store."""
    settings.MEASUREMENTS = str(tmp_path / "measurements")
    yield tmp_path / "measurements"
