"""Flapping: a check whose results change so often that each change says little. Pure.

Source: the share of changes in the last 21 results, with two thresholds so that it does not flap itself, as Nagios
Core's "Detection and Handling of State Flapping"; without its weights, which make a figure nobody can check by hand.
"""

from __future__ import annotations

from itertools import pairwise

RESULTS = 21
FEWEST = 11
BEGINS = 0.30
ENDS = 0.15
LETTERS: dict[str, str] = {"up": "u", "degraded": "g", "down": "d", "unknown": "?"}


def remembered(recent: str, outcome: str) -> str:
    """The last outcomes with this one, a letter each, oldest first, at most 21."""
    return (recent + LETTERS[outcome])[-RESULTS:]


def share_of_changes(recent: str) -> float:
    """Which share of the results differs from the one before, a ratio in [0, 1]. Unknown ones are passed over."""
    known = recent.replace("?", "")
    if len(known) < FEWEST:
        return 0.0
    changes = sum(1 for before, after in pairwise(known) if before != after)
    return changes / (len(known) - 1)


def is_flapping_now(recent: str, was: bool) -> bool:
    """Whether it flaps, given whether it did: begins at 30 % of changes, ends below 15 %."""
    share = share_of_changes(recent)
    return share >= ENDS if was else share >= BEGINS
