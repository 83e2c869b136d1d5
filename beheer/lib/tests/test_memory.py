"""What is loaded stays out of the collector's sight; what is made later does not."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator

import pytest

from beheer.lib.memory import spare_what_is_loaded


class Ring:
    """Something that holds itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def collector_as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_is_loaded_is_not_looked_through_again() -> None:
    loaded = Ring()
    spare_what_is_loaded()
    assert gc.get_freeze_count() > 1_000
    assert not any(one is loaded for one in gc.get_objects())


def test_cycles_that_are_made_later_are_still_found() -> None:
    spare_what_is_loaded()
    later = weakref.ref(Ring())
    gc.collect()
    assert later() is None


def test_a_command_ends_without_complaints_of_what_is_loaded() -> None:
    code = "import duckdb; from beheer.lib.memory import spare_what_is_loaded as spare; spare()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
