"""What each answer on profile 0403 fulfils, written by hand from the source's table of criteria, not from
the code.

For each criterion and each text of it: the levels (of 1, 2, 3) at which a post so described meets the
criterion.
"""

from __future__ import annotations

from itertools import product

ALL = frozenset({1, 2, 3})

# Criteria whose texts form a scale: answer -> levels met, heavier counting for lighter, and by the text
# itself only.
BY_SCALE: dict[str, dict[int | None, frozenset[int]]] = {
    "management_tasks.problems": {
        1: ALL,
        2: frozenset({2, 3}),
        3: frozenset({3}),
        4: frozenset(),
        None: frozenset(),
    },
    "management_tasks.methods": {
        1: ALL,
        2: frozenset({2, 3}),
        3: frozenset({3}),
        4: frozenset(),
        None: frozenset(),
    },
    "portfolio.products": {
        1: ALL,
        2: frozenset({2, 3}),
        3: frozenset({3}),
        4: frozenset(),
        None: frozenset(),
    },
    # levels 3 and 4 have the same text
    "portfolio.environment": {
        1: ALL,
        2: frozenset({2, 3}),
        3: frozenset({3}),
        4: frozenset({3}),
        None: frozenset(),
    },
    # only level 1 asks
    "portfolio.availability": {1: ALL, None: frozenset({2, 3})},
    "coordination_coaching": {1: ALL, None: frozenset({2, 3})},
    # levels 1 and 2 ask
    "development_research.development": {1: ALL, 2: frozenset({2, 3}), None: frozenset({3})},
    "development_research.research": {1: ALL, 2: frozenset({2, 3}), None: frozenset({3})},
    # 1 refers to 2, 3 refers to 4
    "process_improvement": {1: ALL, 2: ALL, 3: frozenset({3}), 4: frozenset({3}), None: frozenset()},
}
STRICT: dict[str, dict[int | None, frozenset[int]]] = {
    "management_tasks.problems": {
        1: frozenset({1}),
        2: frozenset({2}),
        3: frozenset({3}),
        4: frozenset(),
        None: frozenset(),
    },
    "management_tasks.methods": {
        1: frozenset({1}),
        2: frozenset({2}),
        3: frozenset({3}),
        4: frozenset(),
        None: frozenset(),
    },
    "portfolio.products": {
        1: frozenset({1}),
        2: frozenset({2}),
        3: frozenset({3}),
        4: frozenset(),
        None: frozenset(),
    },
    "portfolio.environment": {
        1: frozenset({1}),
        2: frozenset({2}),
        3: frozenset({3}),
        4: frozenset({3}),
        None: frozenset(),
    },
    "portfolio.availability": {1: ALL, None: frozenset({2, 3})},
    "coordination_coaching": {1: ALL, None: frozenset({2, 3})},
    "development_research.development": {1: frozenset({1, 3}), 2: frozenset({2, 3}), None: frozenset({3})},
    "development_research.research": {1: frozenset({1, 3}), 2: frozenset({2, 3}), None: frozenset({3})},
    "process_improvement": {
        1: frozenset({1, 2}),
        2: frozenset({1, 2}),
        3: frozenset({3}),
        4: frozenset({3}),
        None: frozenset(),
    },
}


def installation(answer: tuple[int, ...]) -> frozenset[int]:
    """Level 1 asks selecting; 2 and 3 ask the same installing; that of level 4 is another."""
    selects = {1} if 1 in answer else set()
    installs = {2, 3} if 2 in answer or 3 in answer else set()
    return frozenset(selects | installs)


def renewal_and_security(answer: tuple[int, ...], placement: str) -> frozenset[int]:
    """Renewal stands at 1, at 1 and 2, or at 2; security at 3 (and 4, with the same text). An empty cell
    asks nothing.
    """
    renews = 1 in answer or (2 in answer and placement != "level_1_only")
    secures = 3 in answer or 4 in answer
    asked_at = {"level_1_only": {1}, "levels_1_and_2": {1, 2}, "level_2_only": {2}}[placement]
    met = {level for level in (1, 2) if renews or level not in asked_at}
    return frozenset(met | ({3} if secures else set()))


def subsets(levels: tuple[int, ...]) -> list[tuple[int, ...]]:
    """All sets of these levels, as tuples."""
    return [
        tuple(level for level, chosen in zip(levels, pattern, strict=True) if chosen)
        for pattern in product((False, True), repeat=len(levels))
    ]


def all_sets() -> list[frozenset[int]]:
    """Every set of the tested levels."""
    return [frozenset(one) for one in subsets((1, 2, 3))]


def rows(choices: dict[str, str]) -> dict[str, dict[object, frozenset[int]]]:
    """The whole table for these choices, the two paragraphs each by itself."""
    found: dict[str, dict[object, frozenset[int]]] = {
        name: dict[object, frozenset[int]](row.items())
        for name, row in (BY_SCALE if choices["scale"] == "by_scale" else STRICT).items()
    }
    found["management_tasks.installation"] = {one: installation(one) for one in subsets((1, 2, 3, 4))}
    placement = choices["renewal_and_security"]
    levels = (1, 3, 4) if placement == "level_1_only" else (1, 2, 3, 4)
    found["management_tasks.renewal_and_security"] = {
        one: renewal_and_security(one, placement) for one in subsets(levels)
    }
    return found


def level(met: dict[str, frozenset[int]], choices: dict[str, str]) -> int:
    """The level of a post to which the profile applies, from the levels at which each criterion is met."""
    rest = [held for name, held in met.items() if not name.startswith("development_research.")]
    development = met["development_research.development"]
    research = met["development_research.research"]
    row = development | research if choices["development_research"] == "either" else development & research
    full = {wanted for wanted in (1, 2, 3) if wanted in row and all(wanted in held for held in rest)}
    if choices["cumulative"] == "own_criteria_only":
        return min(full, default=4)
    reached = 4
    for wanted in (3, 2, 1):
        if wanted not in full:
            break
        reached = wanted
    return reached
