"""The dependency map as a drawing: services in layers, from what customers use to what everything stands on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from beheer.algorithms.layered_layout import Layout, layered_layout
from beheer.catalogue.models import Service
from beheer.catalogue.rules import Graph, essential

BOX_WIDTH, BOX_HEIGHT = 200, 34
STEP_X, STEP_Y = 264, 44
MARGIN = 12
LONGEST_NAME = 22
ALONE_PER_ROW = 4


@dataclass(frozen=True, slots=True)
class Box:
    """One service in the drawing; x and y of its upper left corner, in pixels."""

    service: Service
    state: str
    x: float
    y: float
    is_chosen: bool

    @property
    def text(self) -> str:
        """The name, cut to what fits."""
        name = self.service.name
        return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"

    @property
    def text_y(self) -> float:
        """Where the text stands."""
        return self.y + BOX_HEIGHT / 2 + 4.5

    @property
    def icon_y(self) -> float:
        """Where the icon stands."""
        return self.y + BOX_HEIGHT / 2 - 8


@dataclass(frozen=True, slots=True)
class Line:
    """One dependency in the drawing. `kind` is "down", "degraded" or "group"; `label`: how many of a group suffice."""

    path: str
    kind: str
    label: str
    title: str
    label_x: float
    label_y: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole map, in pixels."""

    boxes: Sequence[Box]
    lines: Sequence[Line]
    width: float
    height: float
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT


def draw(
    services: Iterable[Service],
    graph: Graph,
    states: Mapping[int, str],
    chosen_id: int | None = None,
    every_line: bool = True,
) -> Drawing:
    """Draw these services and the dependencies among them. Services that stand alone come in rows below the rest.

    Without `every_line` those that follow from others are left out, but for those of the chosen service.
    """
    by_id = {service.pk: service for service in services}
    edges = [
        (service_id, need.needs_id)
        for service_id in by_id
        for need in graph.needs.get(service_id, ())
        if need.needs_id in by_id
    ]
    if not every_line:
        among: dict[int, list[int]] = {}
        for start, end in edges:
            among.setdefault(start, []).append(end)
        needed = essential(among)
        edges = [edge for edge in edges if edge in needed or chosen_id in edge]
    tied = {service_id for edge in edges for service_id in edge}
    layout = layered_layout([key for key in by_id if key in tied], edges)
    corners = _corners(layout, [key for key in by_id if key not in tied])
    boxes = [
        Box(by_id[key], states.get(key, "unknown"), x, y, key == chosen_id) for key, (x, y) in corners.items()
    ]
    lines = [_line(edge, layout, graph, by_id) for edge in edges if edge in layout.lines]
    lines = _labelled_once(lines)
    right = max((box.x for box in boxes), default=0) + BOX_WIDTH + MARGIN
    bottom = max([box.y + BOX_HEIGHT for box in boxes] + [layout.rows * STEP_Y], default=0) + MARGIN
    return Drawing(boxes, lines, right, bottom)


def _labelled_once(lines: Sequence[Line]) -> list[Line]:
    """The same lines; of those that begin in one place with one label only the middle one says it."""
    by_start: dict[tuple[str, str], list[int]] = {}
    for number, line in enumerate(lines):
        if line.label:
            by_start.setdefault((line.path.partition(" C")[0], line.label), []).append(number)
    keep = {numbers[len(numbers) // 2] for numbers in by_start.values()}
    return [line if number in keep else replace(line, label="") for number, line in enumerate(lines)]


def _corners(layout: Layout, alone: Sequence[int]) -> dict[int, tuple[float, float]]:
    found: dict[int, tuple[float, float]] = {}
    for key, (layer, row) in layout.places.items():
        assert isinstance(key, int)
        found[key] = (MARGIN + layer * STEP_X, MARGIN + row * STEP_Y)
    top = MARGIN + (layout.rows + 0.6) * STEP_Y if found else MARGIN
    for number, key in enumerate(alone):
        row, column = divmod(number, ALONE_PER_ROW)
        found[key] = (MARGIN + column * (BOX_WIDTH + 24), round(top + row * STEP_Y, 1))
    return found


def _line(edge: tuple[int, int], layout: Layout, graph: Graph, by_id: Mapping[int, Service]) -> Line:
    start, end = edge
    need = next(need for need in graph.needs[start] if need.needs_id == end)
    kind, label = need.effect, ""
    if need.group_id is not None:
        size = sum(other.group_id == need.group_id for other in graph.needs[start])
        kind, label = "group", f"{graph.groups[need.group_id].needed}/{size}"
    path, (label_x, label_y) = _path(layout.lines[edge])
    title = f"{by_id[start].name} → {by_id[end].name}"
    return Line(path, kind, label, title, label_x, label_y)


def _path(bends: Sequence[tuple[int, float]]) -> tuple[str, tuple[float, float]]:
    """A smooth line through the bends, straight where it passes behind a layer; and the place for a label."""
    middle = MARGIN + BOX_HEIGHT / 2
    x = MARGIN + bends[0][0] * STEP_X + BOX_WIDTH
    y = middle + bends[0][1] * STEP_Y
    parts = [f"M{x:.0f} {y:.1f}"]
    for number, (layer, row) in enumerate(bends[1:], 1):
        to_x, to_y = MARGIN + layer * STEP_X, middle + row * STEP_Y
        half = (to_x - x) / 2
        parts.append(f"C{x + half:.0f} {y:.1f} {to_x - half:.0f} {to_y:.1f} {to_x:.0f} {to_y:.1f}")
        if number < len(bends) - 1:
            to_x += BOX_WIDTH
            parts.append(f"H{to_x:.0f}")
        x, y = to_x, to_y
    first_y = middle + bends[0][1] * STEP_Y
    second_y = middle + bends[1][1] * STEP_Y
    label_x = MARGIN + bends[0][0] * STEP_X + BOX_WIDTH + (STEP_X - BOX_WIDTH) * 0.28
    return " ".join(parts), (label_x, first_y + (second_y - first_y) * 0.16 - 3)
