"""Which level of post may take which step in work of which complexity: one table that the institution can
change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Complexity = Literal["routine", "normal", "complex", "very_complex"]
Step = Literal["assist", "carry_out", "review", "approve"]

COMPLEXITIES: Final[tuple[Complexity, ...]] = ("routine", "normal", "complex", "very_complex")
STEPS: Final[tuple[Step, ...]] = ("assist", "carry_out", "review", "approve")

# The lightest level that may (1 is the heaviest). The rows follow the criteria on problems: level 4 solves
# routine
# problems and works under guidance on parts, 3 problems, 2 more complex ones, 1 very complex ones.
DEFAULT_LEVELS: Final[dict[tuple[str, str], int]] = {
    ("routine", "assist"): 4,
    ("routine", "carry_out"): 4,
    ("routine", "review"): 3,
    ("routine", "approve"): 2,
    ("normal", "assist"): 4,
    ("normal", "carry_out"): 3,
    ("normal", "review"): 2,
    ("normal", "approve"): 2,
    ("complex", "assist"): 3,
    ("complex", "carry_out"): 2,
    ("complex", "review"): 2,
    ("complex", "approve"): 1,
    ("very_complex", "assist"): 2,
    ("very_complex", "carry_out"): 1,
    ("very_complex", "review"): 1,
    ("very_complex", "approve"): 1,
}


@dataclass(frozen=True)
class LevelTable:
    """For each complexity and step the lightest level that may take it; what the institution left out is
    the default.
    """

    levels: Mapping[tuple[str, str], int]

    def lightest(self, complexity: str, step: str = "carry_out") -> int:
        """The lightest level (highest number) that may take this step.

        Raises: ValueError for a complexity or step that the table does not have.
        """
        if complexity not in COMPLEXITIES or step not in STEPS:
            raise ValueError(f"No row for {complexity}, {step}: {COMPLEXITIES} by {STEPS}.")
        return self.levels.get((complexity, step), DEFAULT_LEVELS[(complexity, step)])


DEFAULT_TABLE: Final = LevelTable(DEFAULT_LEVELS)


def may_take(
    level: int | None, complexity: str, step: str = "carry_out", table: LevelTable = DEFAULT_TABLE
) -> bool:
    """Whether a post of this level may take this step in work of this complexity. None, no graded post: it
    may not.
    """
    return level is not None and level <= table.lightest(complexity, step)


def fitting(
    levels: Mapping[int, int | None], complexity: str, table: LevelTable = DEFAULT_TABLE
) -> list[int]:
    """Of people (id → level) those who may carry the work out, the best fit first.

    The lightest level that may comes first, so that heavier posts stay free for heavier work.
    """
    able = [
        (level, who)
        for who, level in levels.items()
        if level is not None and may_take(level, complexity, table=table)
    ]
    return [who for level, who in sorted(able, key=lambda pair: (-pair[0], pair[1]))]
