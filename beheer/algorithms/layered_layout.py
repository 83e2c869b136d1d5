"""Draws a graph without circles in layers, so that every line goes from left to right.

Sources: K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical system structures", 1981
(layers, stand-ins for long lines, ordering by barycentres); R. Barlow and others, "Statistical inference under order
restrictions", 1972 (places by isotonic regression: pool adjacent violators).
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)
_Place = tuple[int, int]  # layer, position in it

SWEEPS = 12
STAND_IN = 0.32  # rows that a passing line takes


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands: x counts layers (0 at the left), y counts rows (0 at the top, may be fractional).

    `places` is {node: (x, y)}; `lines` is {(from, to): [(x, y), …]} with the bends of lines that pass other layers.
    """

    places: dict[Hashable, tuple[int, float]]
    lines: dict[tuple[Hashable, Hashable], list[tuple[int, float]]]

    @property
    def layers(self) -> int:
        """How many layers there are."""
        return 1 + max((x for x, _y in self.places.values()), default=-1)

    @property
    def rows(self) -> float:
        """How many rows high the drawing is."""
        points = [y for line in self.lines.values() for _x, y in line]
        return 1 + max([*points, *(y for _x, y in self.places.values())], default=-1)


@dataclass
class _Grid:
    """The layers with their stand-ins while they are ordered. Points are numbers; `left`, `right`: their neighbours."""

    rows: list[list[int]]
    real: int  # points below this number are nodes, the others stand-ins
    left: dict[int, list[int]] = field(default_factory=dict)
    right: dict[int, list[int]] = field(default_factory=dict)
    chains: dict[tuple[Hashable, Hashable], list[int]] = field(default_factory=dict)


def layered_layout(nodes: Sequence[Node], edges: Iterable[tuple[Node, Node]]) -> Layout:
    """Lay out `nodes`, each at least a row from the next in its layer. An edge goes from left to right.

    An edge that would close a circle is left out, as are edges of unknown nodes. The same input gives the same drawing.
    """
    known = set(nodes)
    wanted = list(dict.fromkeys((a, b) for a, b in edges if a in known and b in known and a != b))
    layer, wanted = _layers(nodes, wanted)
    grid, names = _grid(nodes, wanted, layer)
    _order(grid)
    heights = _heights(grid)
    x = {point: index for index, row in enumerate(grid.rows) for point in row}
    places: dict[Hashable, tuple[int, float]] = {
        name: (x[point], heights[point]) for point, name in enumerate(names)
    }
    lines = {edge: [(x[p], heights[p]) for p in chain] for edge, chain in grid.chains.items()}
    return Layout(places, lines)


def _layers(
    nodes: Sequence[Node], edges: list[tuple[Node, Node]]
) -> tuple[dict[Node, int], list[tuple[Node, Node]]]:
    """The layer of each node: one to the right of the rightmost that leads to it, pulled back towards what it leads to.

    Gives the edges that were used too: those of circles are left out.
    """
    incoming: dict[Node, int] = dict.fromkeys(nodes, 0)
    following: dict[Node, list[Node]] = {node: [] for node in nodes}
    for start, end in edges:
        incoming[end] += 1
        following[start].append(end)
    layer: dict[Node, int] = {}
    done: list[Node] = [node for node in nodes if not incoming[node]]
    layer.update(dict.fromkeys(done, 0))
    for node in done:
        for end in following[node]:
            layer[end] = max(layer.get(end, 0), layer[node] + 1)
            incoming[end] -= 1
            if not incoming[end]:
                done.append(end)
    sound = set(done)
    used = [(a, b) for a, b in edges if a in sound and b in sound]
    for node in nodes:
        if node not in sound:
            layer[node] = 0
    for node in reversed(done):  # a root that leads only far to the right stands just left of it
        if following[node] and not any(b == node for _a, b in used):
            ends = [layer[end] for end in following[node] if end in sound]
            layer[node] = max(0, min(ends, default=1) - 1)
    return layer, used


def _grid(
    nodes: Sequence[Node], edges: list[tuple[Node, Node]], layer: Mapping[Node, int]
) -> tuple[_Grid, list[Node]]:
    names = list(nodes)
    numbers = {name: number for number, name in enumerate(names)}
    grid = _Grid([[] for _ in range(1 + max(layer.values(), default=-1))], len(names))
    for name in names:
        grid.rows[layer[name]].append(numbers[name])
    following = len(names)
    for start, end in edges:
        chain = [numbers[start]]
        for step in range(layer[start] + 1, layer[end]):
            grid.rows[step].append(following)
            chain.append(following)
            following += 1
        chain.append(numbers[end])
        grid.chains[start, end] = chain
        for one, other in itertools.pairwise(chain):
            grid.right.setdefault(one, []).append(other)
            grid.left.setdefault(other, []).append(one)
    return grid, names


def _order(grid: _Grid) -> None:
    """Order each layer by the mean place of its neighbours, to and fro; keep the order with the fewest crossings."""
    best, best_rows = crossings(grid.rows, grid.right), [list(row) for row in grid.rows]
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        steps = range(1, len(grid.rows)) if forward else range(len(grid.rows) - 2, -1, -1)
        neighbours = grid.left if forward else grid.right
        for step in steps:
            fixed = {point: place for place, point in enumerate(grid.rows[step - 1 if forward else step + 1])}
            row = grid.rows[step]
            own = {point: place for place, point in enumerate(row)}
            weight = {
                point: sum(fixed[n] for n in near) / len(near)
                if (near := neighbours.get(point))
                else own[point]
                for point in row
            }
            row.sort(key=lambda point: (weight[point], own[point]))  # sorted before the next turn
        found = crossings(grid.rows, grid.right)
        if found < best:
            best, best_rows = found, [list(row) for row in grid.rows]
    grid.rows = best_rows


def crossings(rows: Sequence[Sequence[int]], right: Mapping[int, Sequence[int]]) -> int:
    """How many lines between neighbouring layers cross (a Fenwick tree counts them, E log V)."""
    total = 0
    for row, following in itertools.pairwise(rows):
        place = {point: number for number, point in enumerate(following, 1)}
        tree = [0] * (len(following) + 1)
        seen = 0
        for point in row:
            ends = sorted(place[end] for end in right.get(point, ()))
            for end in ends:
                total += seen - _sum_to(tree, end)
            for end in ends:
                seen += 1
                while end < len(tree):
                    tree[end] += 1
                    end += end & -end
    return total


def _sum_to(tree: Sequence[int], end: int) -> int:
    total = 0
    while end:
        total += tree[end]
        end -= end & -end
    return total


def _heights(grid: _Grid) -> dict[int, float]:
    """The row of each point: near its neighbours, in the order of its layer, one row apart."""
    heights = {point: float(place) for row in grid.rows for place, point in enumerate(row)}
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for row in grid.rows if forward else reversed(grid.rows):
            wishes = []
            for point in row:
                near = [*grid.left.get(point, ()), *grid.right.get(point, ())]
                wishes.append(sum(heights[n] for n in near) / len(near) if near else heights[point])
            sizes = [1.0 if point < grid.real else STAND_IN for point in row]
            for point, height in zip(row, apart(wishes, sizes), strict=True):
                heights[point] = height
    lowest = min(heights.values(), default=0.0)
    return {point: round(height - lowest, 3) for point, height in heights.items()}


def apart(wishes: Sequence[float], sizes: Sequence[float] | None = None) -> list[float]:
    """Places in the given order that do not overlap, nearest to `wishes` by least squares.

    `sizes`: how much room each takes around its place; 1 unless said.
    """
    sizes = sizes or [1.0] * len(wishes)
    offsets = [0.0]
    for one, other in itertools.pairwise(sizes):
        offsets.append(offsets[-1] + (one + other) / 2)
    blocks: list[tuple[float, int]] = []  # sum of (wish - offset), how many
    for wish, offset in zip(wishes, offsets, strict=False):
        total, count = wish - offset, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
            before, many = blocks.pop()
            total, count = total + before, count + many
        blocks.append((total, count))
    means = [total / count for total, count in blocks for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=False)]
