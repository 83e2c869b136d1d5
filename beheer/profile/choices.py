"""The choices an institution has where the source leaves a point open: their short names and their values.

A profile's open point offers a choice by listing its values, the default first. The values say which choice
it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

PLACEMENT: Final = "renewal_and_security"
CUMULATIVE: Final = "cumulative"
SCALE: Final = "scale"
PARAGRAPHS: Final = "development_research"

KNOWN_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    PLACEMENT: ("level_1_only", "levels_1_and_2", "level_2_only"),
    CUMULATIVE: ("own_criteria_only", "cumulative"),
    SCALE: ("by_scale", "strict"),
    PARAGRAPHS: ("both", "either"),
}


def choice_of_values(values: Iterable[str]) -> str | None:
    """The name of the choice that all `values` belong to; None if there is none, or no value."""
    given = set(values)
    return next((name for name, known in KNOWN_CHOICES.items() if given and given <= set(known)), None)


def known_choices_in_words() -> str:
    """ "scale: by_scale or strict; …" for messages."""
    return "; ".join(f"{name}: {' or '.join(values)}" for name, values in KNOWN_CHOICES.items())
