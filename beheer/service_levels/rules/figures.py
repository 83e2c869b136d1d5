"""Figures: what the classes of a period come to under a norm's accounting rules, exact to the microsecond."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from beheer.lib.service_time import ServiceTime
from beheer.service_levels.rules.classes import ClassTimes, class_times
from beheer.service_levels.rules.facts import Facts, State
from beheer.service_levels.rules.norms import DEFAULT_RULES, Aggregate, Rules, TimeRule, Verdict
from beheer.service_levels.rules.pieces import EXCLUDED, PLANNED

Ratios = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Classes:
    """Microseconds of each class; together they are the period. `planned` is the part of `excluded` that the rule
    `planned` may count: planned maintenance that no correction excludes.
    """

    outside: int
    excluded: int
    no_data: int
    down: int
    degraded: int
    up: int
    planned: int

    @property
    def total(self) -> int:
        """The length of the period."""
        return self.outside + self.excluded + self.no_data + self.down + self.degraded + self.up


@dataclass(frozen=True, slots=True)
class Figure:
    """One service in one period [start, end). Microseconds; a ratio is in [0, 1], None where nothing was counted."""

    start: int
    end: int
    classes: Classes
    counted: int
    lost: Fraction
    ratio: Fraction | None
    band: tuple[Fraction, Fraction] | None
    outages: int
    longest: int | None

    def counted_and_unknown(self, rules: Rules) -> int:
        """What would be counted if all time without data were known."""
        return self.counted + (self.classes.no_data if rules.no_data is TimeRule.EXCLUDE else 0)

    @property
    def mtrs(self) -> Fraction | None:
        """Mean time to restore service: the mean of the outages' down time in the period."""
        return Fraction(self.classes.down, self.outages) if self.outages else None

    @property
    def mtbf(self) -> Fraction | None:
        """Mean time between failures: time that was not down, for each outage."""
        return Fraction(self.classes.up + self.classes.degraded, self.outages) if self.outages else None


@dataclass(frozen=True)
class FigureTable:
    """The figures of services (rows) and periods (columns) under the same rules."""

    times: ClassTimes
    rules: Rules

    @property
    def counted(self) -> npt.NDArray[np.int64]:
        """Counted microseconds, shape (services, periods)."""
        kinds = self.times.kinds
        total = kinds[..., State.UP] + kinds[..., State.DOWN] + kinds[..., State.DEGRADED]
        if self.rules.no_data is not TimeRule.EXCLUDE:
            total = total + kinds[..., State.UNKNOWN]
        if self.rules.planned is not TimeRule.EXCLUDE:
            total = total + kinds[..., PLANNED]
        return np.asarray(total)

    @property
    def lost(self) -> Ratios:
        """Lost microseconds, shape (services, periods); `figure` gives them exactly."""
        kinds = self.times.kinds
        total = kinds[..., State.DOWN] + float(self.rules.degraded) * kinds[..., State.DEGRADED]
        if self.rules.no_data is TimeRule.AS_DOWN:
            total = total + kinds[..., State.UNKNOWN]
        if self.rules.planned is TimeRule.AS_DOWN:
            total = total + kinds[..., PLANNED]
        return np.asarray(total, np.float64)

    @property
    def ratio(self) -> Ratios:
        """Ratios, shape (services, periods); not a number where nothing was counted."""
        counted = self.counted
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((counted - self.lost) / counted)

    def band(self) -> tuple[Ratios, Ratios]:
        """The ratios if all time without data were down, and if it were up."""
        kinds = self.times.kinds
        unknown = kinds[..., State.UNKNOWN]
        counted = self.counted + (unknown if self.rules.no_data is TimeRule.EXCLUDE else 0)
        lost = self.lost - (unknown if self.rules.no_data is TimeRule.AS_DOWN else 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return (counted - lost - unknown) / counted, (counted - lost) / counted

    def figure(self, service: int, period: int) -> Figure:
        """The exact figure of one service in one period."""
        kinds = [int(kind) for kind in self.times.kinds[service, period]]
        start, end = self.times.periods[period]
        share = self.times.outages
        assert share is not None, "the outages were not asked for"
        count = int(share.count[service, period])
        longest = int(share.longest[service, period]) if count else None
        return figure_of(kinds, start, end, count, longest, self.rules)

    def service(self, service: int) -> list[Figure]:
        """The figures of one service, a period each."""
        return [self.figure(service, period) for period in range(len(self.times.periods))]


def judge(
    facts: Facts,
    time: ServiceTime,
    rules: Rules,
    periods: Sequence[tuple[int, int]],
    *,
    with_outages: bool = True,
) -> FigureTable:
    """The figures of all services in all periods [start, end), in microseconds. Periods may overlap.

    Nothing here knows what is still to come: a state holds until the next change, however far. Without outages only
    times, ratios and bands can be asked of the table.
    """
    return FigureTable(class_times(facts, time, rules, periods, with_outages=with_outages), rules)


def figure_of(
    kinds: Sequence[int],
    start: int,
    end: int,
    outages: int,
    longest: int | None,
    rules: Rules = DEFAULT_RULES,
) -> Figure:
    """A figure from the microseconds of each kind within agreed time."""
    up, degraded, down, unknown = (
        kinds[State.UP],
        kinds[State.DEGRADED],
        kinds[State.DOWN],
        kinds[State.UNKNOWN],
    )
    planned = kinds[PLANNED]
    classes = Classes(
        end - start - sum(kinds), planned + kinds[EXCLUDED], unknown, down, degraded, up, planned
    )
    known = up + down + degraded + (planned if rules.planned is not TimeRule.EXCLUDE else 0)
    gone = down + rules.degraded * degraded + (planned if rules.planned is TimeRule.AS_DOWN else 0)
    counted = known + (unknown if rules.no_data is not TimeRule.EXCLUDE else 0)
    lost = gone + (unknown if rules.no_data is TimeRule.AS_DOWN else 0)
    all_ = known + unknown
    return Figure(
        start=start,
        end=end,
        classes=classes,
        counted=counted,
        lost=Fraction(lost),
        ratio=1 - Fraction(lost) / counted if counted else None,
        band=(1 - Fraction(gone + unknown) / all_, 1 - Fraction(gone) / all_) if all_ else None,
        outages=outages,
        longest=longest,
    )


def closed_verdict(figure: Figure, target: Fraction) -> Verdict:
    """What is said of a period that is over: compared exactly, unrounded."""
    if figure.ratio is None:
        return Verdict.NO_DATA
    return Verdict.MET if figure.ratio >= target else Verdict.BREACHED


def aggregate(figures: Sequence[Figure], rules: Rules, weights: Sequence[Fraction] = ()) -> Figure | None:
    """One figure of several services in the same period, as the rule `aggregate` says; None without figures.

    `worst` is the figure with the lowest ratio; what is not known of any of them is in its band. `mean` adds up times,
    so that a service counts by its agreed time. `weighted` does so too, each service's times multiplied by its weight.
    Outages are those of all together.
    """
    if not figures:
        return None
    if rules.aggregate is Aggregate.WORST:
        return _worst(figures)
    shares = (
        list(weights) if rules.aggregate is Aggregate.WEIGHTED and weights else [Fraction(1)] * len(figures)
    )
    counted = sum(
        (share * figure.counted for share, figure in zip(shares, figures, strict=True)), Fraction(0)
    )
    lost = sum((share * figure.lost for share, figure in zip(shares, figures, strict=True)), Fraction(0))
    bands = [
        (share * (figure.counted_and_unknown(rules)), figure.band)
        for share, figure in zip(shares, figures, strict=True)
        if figure.band is not None
    ]
    weight = sum((one for one, _ in bands), Fraction(0))
    outages = [figure.longest for figure in figures if figure.longest is not None]
    return Figure(
        start=figures[0].start,
        end=figures[0].end,
        classes=_added([figure.classes for figure in figures]),
        counted=int(counted) if counted.denominator == 1 else round(counted),
        lost=lost,
        ratio=1 - lost / counted if counted else None,
        band=(
            sum((one * band[0] for one, band in bands), Fraction(0)) / weight,
            sum((one * band[1] for one, band in bands), Fraction(0)) / weight,
        )
        if weight
        else None,
        outages=sum(figure.outages for figure in figures),
        longest=max(outages, default=None),
    )


def _worst(figures: Sequence[Figure]) -> Figure:
    judged = [figure for figure in figures if figure.ratio is not None]
    worst = min(judged, key=lambda figure: figure.ratio or Fraction(0)) if judged else figures[0]
    bands = [figure.band for figure in figures if figure.band is not None]
    return (
        replace(worst, band=(min(low for low, _ in bands), min(high for _, high in bands)))
        if bands
        else worst
    )


def _added(classes: Sequence[Classes]) -> Classes:
    return Classes(
        *(
            sum(getattr(one, name) for one in classes)
            for name in ("outside", "excluded", "no_data", "down", "degraded", "up", "planned")
        )
    )


def rounded_ratio(ratio: Fraction, digits: int = 3) -> str:
    """Percent, cut off toward worse, so that 99.9999 never reads as 100: "99.999"."""
    scale = 10**digits
    cut = ratio * 100 * scale // 1
    return f"{cut // scale}.{cut % scale:0{digits}}" if digits else str(cut)
