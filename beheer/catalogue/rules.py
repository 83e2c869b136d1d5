"""The dependency map as plain values: cycles, reach, and what lies nearest the cause. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Need:
    """One service needs the service `needs_id`. `effect` ("down", "degraded") counts where `group_id` is None."""

    needs_id: int
    effect: str
    group_id: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Of the needs in this group `needed` must be up; when fewer are, `effect` is what becomes of the service."""

    needed: int
    effect: str


@dataclass(frozen=True, slots=True)
class Graph:
    """All dependencies, by service id: `needs` downwards, `needed_by` upwards, and the redundancy groups by id."""

    needs: Mapping[int, tuple[Need, ...]] = field(default_factory=dict)
    groups: Mapping[int, Group] = field(default_factory=dict)
    needed_by: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    def down(self) -> dict[int, tuple[int, ...]]:
        """Service → the services it needs."""
        return {service: tuple(need.needs_id for need in needs) for service, needs in self.needs.items()}

    def needs_all(self, service_id: int) -> set[int]:
        """Everything this service needs, directly or through others; not itself."""
        return reachable(self.down(), service_id)

    def affected_by(self, service_id: int) -> set[int]:
        """Everything that needs this service, directly or through others; not itself."""
        return reachable(self.needed_by, service_id)

    def causes(self, service_id: int, troubled: Collection[int]) -> set[int]:
        """Of the troubled services, those nearest the cause of trouble with `service_id`; itself if it stands alone."""
        return causes(
            {key: [n.needs_id for n in needs] for key, needs in self.needs.items()}, service_id, troubled
        )


def reachable(edges: Mapping[Node, Iterable[Node]], start: Node) -> set[Node]:
    """Every node that can be reached from `start` along `edges`, without `start` itself unless a cycle leads back."""
    found: set[Node] = set()
    waiting = deque(edges.get(start, ()))
    while waiting:
        node = waiting.popleft()
        if node not in found:
            found.add(node)
            waiting.extend(edges.get(node, ()))
    return found


def path_between(edges: Mapping[Node, Iterable[Node]], start: Node, goal: Node) -> list[Node] | None:
    """A shortest path from `start` to `goal`, both included; None if there is none."""
    came_from: dict[Node, Node | None] = {start: None}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        if node == goal:
            path: list[Node] = []
            step: Node | None = node
            while step is not None:
                path.append(step)
                step = came_from[step]
            return path[::-1]
        for following in edges.get(node, ()):
            if following not in came_from:
                came_from[following] = node
                waiting.append(following)
    return None


def find_cycle(edges: Mapping[Node, Iterable[Node]]) -> list[Node] | None:
    """A shortest cycle through one of the nodes that stand in one ("a", "b", "a"), or None.

    Nodes are taken away as long as one has no way on; what is left stands in cycles or leads to one.
    """
    left = _leading_to_cycles(edges)
    for start in left:
        for following in edges.get(start, ()):
            back = path_between({node: edges.get(node, ()) for node in left}, following, start)
            if following in left and back is not None:
                return [start, *back]
    return None


def _leading_to_cycles(edges: Mapping[Node, Iterable[Node]]) -> dict[Node, None]:
    ways_on = {node: set(following) for node, following in edges.items()}
    coming: dict[Node, list[Node]] = {}
    for node, following in ways_on.items():
        for one in following:
            coming.setdefault(one, []).append(node)
    ends = deque(node for node in {*ways_on, *coming} if not ways_on.get(node))
    gone: set[Node] = set()
    while ends:
        end = ends.popleft()
        gone.add(end)
        for node in coming.get(end, ()):
            ways_on[node].discard(end)
            if not ways_on[node] and node not in gone:
                ends.append(node)
    return dict.fromkeys(node for node in ways_on if node not in gone)


def causes(edges: Mapping[Node, Iterable[Node]], start: Node, troubled: Collection[Node]) -> set[Node]:
    """Walk from `start` down through troubled nodes; those that need no troubled node themselves are the causes."""
    bad = set(troubled)
    found: set[Node] = set()
    seen = {start}
    waiting = [start]
    while waiting:
        node = waiting.pop()
        further = [following for following in edges.get(node, ()) if following in bad]
        if not further:
            found.add(node)
        for following in further:
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return found


def essential(edges: Mapping[Node, Iterable[Node]]) -> set[tuple[Node, Node]]:
    """The edges that do not follow from others: a → c is left out where a → b → … → c leads there too."""
    below = {node: reachable(edges, node) for node in edges}
    return {
        (node, end)
        for node, ends in edges.items()
        for end in ends
        if not any(end in below.get(other, ()) for other in ends if other != end)
    }


def drawn(path: Iterable[object]) -> str:
    """A path for people: "a → b → c → a"."""
    return " → ".join(str(node) for node in path)
