"""One figure of a norm over several services, by its rule `aggregate`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Protocol, TypeVar

from beheer.service_levels.judging.agreements import NormFor
from beheer.service_levels.rules import Figure, Verdict, aggregate, closed_verdict
from beheer.service_levels.rules.settings import AvailabilitySettings

ALL = "*"
GRAVITY = (Verdict.BREACHED, Verdict.MET, Verdict.NO_DATA)


@dataclass(frozen=True)
class Judgement:
    """What a norm on states says of a service in a period. `value`: the figure where it is not the ratio."""

    service: str
    norm: NormFor
    figure: Figure
    verdict: Verdict
    value: float | None = None

    @property
    def start(self) -> int:
        """When the period begins."""
        return self.figure.start


class Said(Protocol):
    """What was said of one service in one period."""

    @property
    def service(self) -> str: ...
    @property
    def norm(self) -> NormFor: ...
    @property
    def start(self) -> int: ...
    @property
    def verdict(self) -> Verdict: ...
    @property
    def value(self) -> float | None: ...


S = TypeVar("S", bound=Said)


def availability_together(norm: NormFor, said: Sequence[Judgement]) -> Iterator[Judgement]:
    """The figure of all services in each period: the worst, or the mean of their times, each by its weight."""
    assert isinstance(norm.settings, AvailabilitySettings)
    weights = norm.settings.weights
    for group in _by_period(said):
        shares = [Fraction(str(weights.get(one.service, 1))) for one in group]
        figure = aggregate([one.figure for one in group], norm.norm.rules, shares)
        assert figure is not None
        yield Judgement(ALL, norm, figure, closed_verdict(figure, norm.norm.target))


def worst_together(norm: NormFor, said: Sequence[S]) -> Iterator[S]:
    """The service that stands worst in each period: of other figures than times no mean says anything."""
    sign = 1.0 if norm.settings.higher_is_better else -1.0

    def badness(one: S) -> tuple[int, float]:
        return GRAVITY.index(one.verdict), sign * one.value if one.value is not None else float("inf")

    for group in _by_period(said):
        yield replace(min(group, key=badness), service=ALL)  # type: ignore[type-var]  # both kinds are dataclasses


def _by_period(said: Sequence[S]) -> Iterator[list[S]]:
    """What was said of all services, for each period in order."""
    groups: dict[int, list[S]] = {}
    for one in said:
        groups.setdefault(one.start, []).append(one)
    yield from groups.values()
