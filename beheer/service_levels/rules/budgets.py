"""Verdicts of running periods: the error budget of the whole period, how fast it burns, and where it will end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from beheer.lib.durations import DAY, HOUR, MINUTE
from beheer.lib.service_time import ServiceTime
from beheer.service_levels.rules.classes import class_times
from beheer.service_levels.rules.facts import Facts
from beheer.service_levels.rules.figures import Classes, Figure, FigureTable, closed_verdict, judge
from beheer.service_levels.rules.norms import Norm, Rules, TimeRule, Verdict
from beheer.service_levels.rules.pieces import EXCLUDED, PLANNED

BURN_PERIOD = 30 * DAY
"""The period for which the windows of BURN_ALERTS are given; they scale with the norm's own."""


@dataclass(frozen=True, slots=True)
class BurnAlert:
    """Fires when the budget burns faster than `rate` over both windows. Source: Google's SRE workbook, chapter 5."""

    rate: float
    long_us: int
    short_us: int


BURN_ALERTS = (
    BurnAlert(14.4, HOUR, 5 * MINUTE),
    BurnAlert(6.0, 6 * HOUR, 30 * MINUTE),
    BurnAlert(3.0, DAY, 2 * HOUR),
    BurnAlert(1.0, 3 * DAY, 6 * HOUR),
)


@dataclass(frozen=True, slots=True)
class Burn:
    """The burn rates of one pair of windows at one instant; None where a window counted nothing.

    `…_counted`: what was counted in each window, in microseconds: what the rate of several services is made with.
    """

    alert: BurnAlert
    long_rate: float | None
    short_rate: float | None
    long_counted: int = 0
    short_counted: int = 0

    @property
    def fires(self) -> bool:
        """Whether both rates are above the alert's."""
        if self.long_rate is None or self.short_rate is None:
            return False
        return self.long_rate > self.alert.rate and self.short_rate > self.alert.rate


@dataclass(frozen=True, slots=True)
class Standing:
    """How one service stands in a period [start, end) at an instant `now`. Microseconds.

    `figure` is that of [start, now). allowed = (1 - target) x counted time of the whole period, so with the agreed
    time still to come. `remaining` may be negative. `projected` is what is lost at the end if the present rate, that
    of the longest burn window, goes on. `rates` are empty for a period that is over.
    """

    figure: Figure
    verdict: Verdict
    counted_whole: int
    allowed: Fraction
    consumed: Fraction
    projected: float
    rates: tuple[Burn, ...]

    @property
    def remaining(self) -> Fraction:
        """What may still be lost."""
        return self.allowed - self.consumed

    @property
    def alerts(self) -> tuple[Burn, ...]:
        """The pairs of windows that fire."""
        return tuple(burn for burn in self.rates if burn.fires)


def scaled_alerts(length_us: int) -> tuple[BurnAlert, ...]:
    """The burn alerts with their windows scaled to a period of this length on the clock."""
    return tuple(
        BurnAlert(
            alert.rate,
            max(1, alert.long_us * length_us // BURN_PERIOD),
            max(1, alert.short_us * length_us // BURN_PERIOD),
        )
        for alert in BURN_ALERTS
    )


def standings(
    facts: Facts, time: ServiceTime, norm: Norm, *, start: int, end: int, now: int
) -> list[Standing]:
    """How each service stands in [start, end) at `now`. After `end` the period is closed.

    Facts later than `now` are to be left out by the caller; windows and corrections of the future belong in them.
    A rolling period ends at `now`, and is always running: pass end = now and `rolling` in the norm.
    """
    until = min(max(now, start), end)
    is_running = now < end or norm.period.unit is None
    alerts = scaled_alerts(end - start) if is_running else ()
    windows = [(until - length, until) for alert in alerts for length in (alert.long_us, alert.short_us)]
    past = judge(facts, time, norm.rules, [(start, max(until, start + 1)), *windows])
    rates, counted = _rates(past, norm.target), past.counted[:, 1:].tolist()
    ahead = _ahead(facts, time, norm.rules, until, end)
    found = []
    for service in range(facts.count):
        figure = past.figure(service, 0) if until > start else _empty(start)
        burns = tuple(
            _burn(alert, rates[service], counted[service], 2 * at) for at, alert in enumerate(alerts)
        )
        found.append(_standing(norm, figure, int(ahead[service]), burns, is_running=is_running))
    return found


def _burn(alert: BurnAlert, rates: Sequence[float | None], counted: Sequence[int], at: int) -> Burn:
    """The rates of one pair, of which the long window stands at place `at` and the short one after it."""
    return Burn(alert, rates[at], rates[at + 1], counted[at], counted[at + 1])


def burn_of_all(burns: Sequence[Sequence[Burn]], weights: Sequence[Fraction]) -> tuple[Burn, ...]:
    """The burn rates of several services as of one: what all lost over what was counted of all, each by its weight.

    `burns`: of each service, pairs of windows in the same order; a service without windows is left out.
    """
    known = [(float(weight), rows) for weight, rows in zip(weights, burns, strict=True) if rows]
    if not known:
        return ()
    shares = [weight for weight, _rows in known]
    return tuple(_burn_of_all(pair, shares) for pair in zip(*(rows for _weight, rows in known), strict=True))


def _burn_of_all(pair: Sequence[Burn], shares: Sequence[float]) -> Burn:
    longs = [share * burn.long_counted for share, burn in zip(shares, pair, strict=True)]
    shorts = [share * burn.short_counted for share, burn in zip(shares, pair, strict=True)]
    return Burn(
        alert=pair[0].alert,
        long_rate=_mean([burn.long_rate for burn in pair], longs),
        short_rate=_mean([burn.short_rate for burn in pair], shorts),
        long_counted=round(sum(longs)),
        short_counted=round(sum(shorts)),
    )


def _mean(rates: Sequence[float | None], counted: Sequence[float]) -> float | None:
    """The mean of rates, each by what was counted; None where nothing was."""
    total = sum(counted)
    lost = sum((rate or 0.0) * share for rate, share in zip(rates, counted, strict=True))
    return lost / total if total else None


def _ahead(facts: Facts, time: ServiceTime, rules: Rules, now: int, end: int) -> np.typing.NDArray[np.int64]:
    """Microseconds that will be counted in [now, end), whatever the state will be; shape (services,)."""
    if now >= end:
        return np.zeros(facts.count, np.int64)
    kinds = class_times(facts, time, rules, [(now, end)], with_outages=False).kinds[:, 0]
    counted = kinds.sum(axis=1) - kinds[:, EXCLUDED]
    return np.asarray(counted - kinds[:, PLANNED] if rules.planned is TimeRule.EXCLUDE else counted)


def _rates(table: FigureTable, target: Fraction) -> list[list[float | None]]:
    """The burn rates of each service in the periods after the first."""
    lost, counted = table.lost[:, 1:], table.counted[:, 1:]
    rates = np.divide(lost, counted, out=np.full(lost.shape, np.nan), where=counted > 0) / float(1 - target)
    return [[None if rate != rate else rate for rate in row] for row in rates.tolist()]


def _standing(
    norm: Norm, figure: Figure, ahead: int, rates: tuple[Burn, ...], *, is_running: bool
) -> Standing:
    whole = figure.counted + ahead
    allowed = (1 - norm.target) * whole
    rate = rates[-1].long_rate if rates else None
    if rate is None:
        share = float(figure.lost / figure.counted) if figure.counted else 0.0
    else:
        share = rate * float(1 - norm.target)
    projected = float(figure.lost) + share * ahead
    if not is_running:
        verdict = closed_verdict(figure, norm.target)
    elif figure.ratio is None:
        verdict = Verdict.NO_DATA
    elif figure.lost > allowed:
        verdict = Verdict.BREACHED
    elif any(burn.fires for burn in rates) or (2 * figure.lost > allowed and projected > allowed):
        verdict = Verdict.AT_RISK
    else:
        verdict = Verdict.MET
    return Standing(figure, verdict, whole, allowed, figure.lost, projected, rates)


def _empty(start: int) -> Figure:
    """The figure of a period that has just begun: nothing of anything."""
    return Figure(start, start, Classes(0, 0, 0, 0, 0, 0, 0), 0, Fraction(0), None, None, 0, None)
