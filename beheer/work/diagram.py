"""Draws a kind from its file: states as boxes from left to right, steps as lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from beheer.algorithms.layered_layout import layered_layout
from beheer.work.kinds.schema import Kind

BOX_W, BOX_H = 132, 44
GAP_X, GAP_Y = 164, 38
BROAD = 4  # a step from so many states is drawn once, and says that it comes from others too
MARGIN = 28
BESIDE = 12
WIDE = 1000


def drawn(kind: Kind, language: str) -> SafeString:
    """The diagram as SVG. Steps back run below the boxes, dashed."""
    edges = _edges(kind, language)
    depth = _depths(kind)
    forward = [pair for pair in edges if depth[pair[0]] < depth[pair[1]]]
    layout = layered_layout(list(kind.states), forward)
    boxes = {
        str(state): (MARGIN + x * (BOX_W + GAP_X), MARGIN + y * (BOX_H + GAP_Y))
        for state, (x, y) in layout.places.items()
    }
    lowest = [MARGIN + y * (BOX_H + GAP_Y) for line in layout.lines.values() for _x, y in line]
    bottom = max([*lowest, *(y for _x, y in boxes.values())]) + BOX_H
    lines, back = [], 0
    for pair, label in edges.items():
        if pair in forward:
            bends = [
                (MARGIN + x * (BOX_W + GAP_X), MARGIN + y * (BOX_H + GAP_Y))
                for x, y in layout.lines.get(pair, [])
            ]
            lines.append(_forward(boxes[pair[0]], boxes[pair[1]], bends[1:-1], label))
        else:
            back += 1
            lines.append(
                _back(boxes[pair[0]], boxes[pair[1]], boxes.values(), bottom + 14 + 22 * back, label)
            )
    width = MARGIN * 2 + layout.layers * BOX_W + (layout.layers - 1) * GAP_X
    height = bottom + 40 + 22 * back
    shapes = format_html_join(
        "", "{}", ((_box(kind, state, boxes[state], language),) for state in kind.states)
    )
    wide = " wide" if width > WIDE else ""
    title = _("States and steps of %(kind)s") % {"kind": kind.name.text(language)}
    return format_html(
        '<svg class="kind-diagram{}" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z"/></marker></defs>{}{}</svg>',
        wide, width, height, width, height, title,
        format_html_join("", "{}", ((line,) for line in lines)), shapes,
    )  # fmt: skip


def _edges(kind: Kind, language: str) -> dict[tuple[str, str], str]:
    """(from, to) → the names of the steps, joined."""
    found: dict[tuple[str, str], list[str]] = {}
    for step in kind.steps.values():
        sources = [state for state in kind.sources(step) if state != step.to]
        name = step.name.text(language)
        if len(sources) >= BROAD:
            at_work = [state for state in sources if kind.states[state].phase == "open"]
            name += " " + _("(and from %(count)s others)") % {"count": len(sources) - 1}
            sources = (at_work or sources)[-1:]
        for state in sources:
            found.setdefault((state, step.to), []).append(name)
    return {pair: " / ".join(names) for pair, names in found.items()}


def _depths(kind: Kind) -> dict[str, int]:
    """How many steps a state is from the first, by the shortest way; ends come after everything else."""
    depths, waiting = {kind.initial: 0}, deque([kind.initial])
    while waiting:
        state = waiting.popleft()
        for step in kind.steps_from(state).values():
            if step.to not in depths:
                depths[step.to] = depths[state] + 1
                waiting.append(step.to)
    order = list(kind.states)
    last = max(depths.values())
    rank = {"open": 0, "waiting": 0, "solved": 1, "closed": 2}
    return {
        state: (rank[kind.states[state].phase] * (last + 1) + depths.get(state, last)) * 100
        + order.index(state)
        for state in order
    }


def _box(kind: Kind, state: str, at: tuple[float, float], language: str) -> SafeString:
    spec = kind.states[state]
    first = " first" if state == kind.initial else ""
    lines = _wrapped(spec.name.text(language))
    x, y = at[0] + BOX_W / 2, at[1] + BOX_H / 2 + 4 - 7 * (len(lines) - 1)
    words = format_html_join(
        "", '<tspan x="{}" y="{}">{}</tspan>', ((x, y + 14 * n, line) for n, line in enumerate(lines))
    )
    return format_html(
        '<g class="box {}{}"><rect x="{}" y="{}" width="{}" height="{}" rx="8"/><text>{}</text></g>',
        spec.phase, first, at[0], at[1], BOX_W, BOX_H, words,
    )  # fmt: skip


def _wrapped(text: str) -> list[str]:
    """A name over two lines at most, broken at a space near the middle."""
    if len(text) <= 17 or " " not in text:
        return [text]
    spaces = [place for place, char in enumerate(text) if char == " "]
    middle = min(spaces, key=lambda place: abs(place - len(text) / 2))
    return [text[:middle], text[middle + 1 :]]


def _forward(
    start: tuple[float, float], end: tuple[float, float], bends: Sequence[tuple[float, float]], label: str
) -> SafeString:
    points = [(start[0] + BOX_W, start[1] + BOX_H / 2)]
    for x, y in bends:
        points += [(x, y + BOX_H / 2), (x + BOX_W, y + BOX_H / 2)]
    points.append((end[0] - 2, end[1] + BOX_H / 2))
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for n in range(1, len(points)):
        (x1, y1), (x2, y2) = points[n - 1], points[n]
        reach = (x2 - x1) / 2
        straight = n % 2 == 0
        path += (
            f"L{x2:g} {y2:g}" if straight else f"C{x1 + reach:g} {y1:g} {x2 - reach:g} {y2:g} {x2:g} {y2:g}"
        )
    x, y = (points[0][0] + points[1][0]) / 2, (points[0][1] + points[1][1]) / 2 - 5
    return _line(path, "", x, y, label)


def _back(
    start: tuple[float, float],
    end: tuple[float, float],
    boxes: Collection[tuple[float, float]],
    level: float,
    label: str,
) -> SafeString:
    """A step back, below all boxes. Where a box stands in its way down or up, it goes beside the column."""
    foot = max(y for _x, y in boxes) + BOX_H
    if _is_above(start, boxes):
        x1, side = start[0] + BOX_W + BESIDE, start[1] + BOX_H * 0.8
        path = f"M{x1 - BESIDE:g} {side:g}Q{x1:g} {side:g} {x1:g} {side + BESIDE:g}L{x1:g} {foot:g}"
    else:
        x1 = start[0] + BOX_W * 0.6
        path = f"M{x1:g} {start[1] + BOX_H:g}L{x1:g} {foot:g}"
    is_above = _is_above(end, boxes)
    x2 = end[0] - BESIDE if is_above else end[0] + BOX_W * 0.4
    middle = (x1 + x2) / 2
    path += f"C{x1:g} {level:g} {x1:g} {level:g} {middle:g} {level:g}S{x2:g} {level:g} {x2:g} {foot:g}"
    if is_above:
        side = end[1] + BOX_H * 0.8
        path += f"L{x2:g} {side + BESIDE:g}Q{x2:g} {side:g} {end[0] - 2:g} {side:g}"
    else:
        path += f"L{x2:g} {end[1] + BOX_H + 2:g}"
    return _line(path, "back", middle, level - 4, label)


def _is_above(place: tuple[float, float], boxes: Collection[tuple[float, float]]) -> bool:
    """Whether another box stands below this one."""
    return any(x == place[0] and y > place[1] for x, y in boxes)


def _line(path: str, kind: str, x: float, y: float, label: str) -> SafeString:
    short = label if len(label) <= 34 else label[:33] + "…"
    return format_html(
        '<g class="step {}"><path d="{}" marker-end="url(#tip)"><title>{}</title></path>'
        '<text x="{}" y="{}">{}</text></g>',
        kind, path, label, round(x, 1), round(y, 1), short,
    )  # fmt: skip
