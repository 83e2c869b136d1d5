"""What a process that runs for long does about Python's collector of cycles."""

from __future__ import annotations

import atexit
import gc

YOUNG = 10_000  # objects made and not freed, before the collector looks at them the first time


def spare_what_is_loaded(young: int = YOUNG) -> None:
    """Call this once, when all that stays has been loaded: the collector need not look through it again and again.

    Code, addresses and templates are some 250,000 objects; to look through them took 160 ms of somebody's page, now and
    then. What is made later is looked through as before, only more at a time, since a page makes thousands of objects
    and hardly ever a cycle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(young, 20, 50)
    # At the end all is let go: what is frozen then, parts written in C would complain of as leaked.
    atexit.register(gc.unfreeze)
