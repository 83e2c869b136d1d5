"""Availability: counted time minus lost time, over counted time. From states, windows and corrections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext_lazy as _

from beheer.service_levels.indicators.contract import NO_DATA, Indicator, Outcome, Question
from beheer.service_levels.rules import (
    Aggregate,
    Burn,
    BurnAlert,
    Classes,
    Figure,
    Norm,
    Standing,
    Verdict,
    aggregate,
    burn_of_all,
    closed_verdict,
    parse_target,
    standings,
)
from beheer.service_levels.rules.settings import AvailabilitySettings as Settings

SECOND = 1_000_000
GRAVITY = (Verdict.BREACHED, Verdict.AT_RISK, Verdict.MET, Verdict.NO_DATA)
CLASS_NAMES = ("outside", "excluded", "no_data", "down", "degraded", "up")


def standings_of(question: Question) -> list[Standing]:
    """How each service stands, in the engine's own words."""
    norm = Norm(parse_target(question.target), question.period, question.rules)
    end = question.until if question.period.unit is None else question.end
    return standings(question.facts, question.time, norm, start=question.start, end=end, now=question.until)


def judge(question: Question) -> list[Outcome]:
    """An outcome for each service."""
    found = zip(standings_of(question), question.losing(), strict=True)
    return [outcome_of(standing, is_losing=is_losing) for standing, is_losing in found]


def outcome_of(standing: Standing, *, is_losing: bool = False) -> Outcome:
    """A standing as plain values: seconds and ratios to show, microseconds and fractions to go on with."""
    figure = standing.figure
    return Outcome(
        verdict=standing.verdict,
        value=_float(figure.ratio),
        low=_float(figure.band[0]) if figure.band else None,
        high=_float(figure.band[1]) if figure.band else None,
        allowed_s=float(standing.allowed) / SECOND,
        consumed_s=float(standing.consumed) / SECOND,
        burn=burn_now(standing.rates),
        is_losing=is_losing,
        figures=figure_values(figure),
        facts={
            "counted_whole_us": standing.counted_whole,
            "projected_s": standing.projected / SECOND,
            "rates": [_burn_values(burn) for burn in standing.rates],
        },
    )


def burn_now(rates: Sequence[Burn]) -> float | None:
    """The burn rate that matters now: the highest that fires, else that of the longest window that is known."""
    fires = [burn.long_rate or 0.0 for burn in rates if burn.fires]
    known = [burn.long_rate for burn in rates if burn.long_rate is not None]
    return max(fires) if fires else (known[-1] if known else None)


def _burn_values(burn: Burn) -> list[float | None]:
    alert = burn.alert
    rates, counted = (burn.long_rate, burn.short_rate), (burn.long_counted, burn.short_counted)
    return [alert.rate, alert.long_us, alert.short_us, *rates, *counted]


def burns_in(outcome: Outcome) -> list[Burn]:
    """The burn rates that an outcome keeps."""
    kept = outcome.facts.get("rates", [])
    return [Burn(BurnAlert(*values[:3]), *values[3:]) for values in kept]


def figure_values(figure: Figure) -> dict[str, Any]:
    """An exact figure as plain values; `figure_from` reads it back. Microseconds; fractions as "n/d"."""
    return {
        "start_us": figure.start,
        "end_us": figure.end,
        "classes_us": {name: getattr(figure.classes, name) for name in CLASS_NAMES},
        "planned_us": figure.classes.planned,
        "counted_us": figure.counted,
        "lost_us": str(figure.lost),
        "ratio": str(figure.ratio) if figure.ratio is not None else None,
        "band": [str(edge) for edge in figure.band] if figure.band else None,
        "outages": figure.outages,
        "longest_us": figure.longest,
    }


def figure_from(values: dict[str, Any]) -> Figure:
    """The exact figure from its plain values."""
    band = values["band"]
    return Figure(
        start=values["start_us"],
        end=values["end_us"],
        classes=Classes(**values["classes_us"], planned=values["planned_us"]),
        counted=values["counted_us"],
        lost=Fraction(values["lost_us"]),
        ratio=Fraction(values["ratio"]) if values["ratio"] is not None else None,
        band=(Fraction(band[0]), Fraction(band[1])) if band else None,
        outages=values["outages"],
        longest=values["longest_us"],
    )


def together(question: Question, outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome of all services, by the rule `aggregate`.

    The worst: the lowest figure, with what is not known of any service in its band; and it is at risk or breached as
    soon as any service is. A mean has the burn rates of
    all services as of one: what they lost over what was counted.
    """
    known = [(place, outcome) for place, outcome in enumerate(outcomes) if outcome.figures]
    if not known:
        return NO_DATA
    if question.rules.aggregate is Aggregate.WORST:
        return _worst([outcome for _place, outcome in known])
    weights = _weights(question, [place for place, _outcome in known])
    figure = aggregate([figure_from(outcome.figures) for _place, outcome in known], question.rules, weights)
    assert figure is not None
    whole = _sum(weights, [Fraction(outcome.facts["counted_whole_us"]) for _place, outcome in known])
    projected = _sum(weights, [Fraction(outcome.facts["projected_s"]) for _place, outcome in known])
    rates = burn_of_all([burns_in(outcome) for _place, outcome in known], weights)
    is_losing = any(outcome.is_losing for _place, outcome in known)
    outcome = _of_all(question, figure, whole, float(projected), () if question.is_closed else rates)
    return replace(outcome, is_losing=is_losing)


def _worst(known: Sequence[Outcome]) -> Outcome:
    judged = [outcome for outcome in known if outcome.value is not None]
    if not judged:
        return NO_DATA
    lowest = min(judged, key=_badness)
    gravest = min(judged, key=lambda outcome: (GRAVITY.index(outcome.verdict), _badness(outcome)))
    rates = gravest.facts.get("rates", [])
    facts = {**lowest.facts, "rates": rates}
    low = min((one.low for one in known if one.low is not None), default=None)
    high = min((one.high for one in known if one.high is not None), default=None)
    return replace(lowest, verdict=gravest.verdict, burn=gravest.burn, facts=facts, low=low, high=high)


def _of_all(
    question: Question, figure: Figure, whole: Fraction, projected_s: float, rates: Sequence[Burn]
) -> Outcome:
    target = parse_target(question.target)
    allowed = (1 - target) * whole
    if question.is_closed:
        verdict = closed_verdict(figure, target)
    elif figure.ratio is None:
        verdict = Verdict.NO_DATA
    elif figure.lost > allowed:
        verdict = Verdict.BREACHED
    elif any(burn.fires for burn in rates) or (2 * figure.lost > allowed and projected_s * SECOND > allowed):
        verdict = Verdict.AT_RISK
    else:
        verdict = Verdict.MET
    return Outcome(
        verdict=verdict,
        value=_float(figure.ratio),
        low=_float(figure.band[0]) if figure.band else None,
        high=_float(figure.band[1]) if figure.band else None,
        allowed_s=float(allowed) / SECOND,
        consumed_s=float(figure.lost) / SECOND,
        burn=burn_now(rates),
        figures=figure_values(figure),
        facts={
            "counted_whole_us": int(whole),
            "projected_s": projected_s,
            "rates": [_burn_values(burn) for burn in rates],
        },
    )


def _weights(question: Question, places: Sequence[int]) -> list[Fraction]:
    is_weighted = question.rules.aggregate is Aggregate.WEIGHTED and question.weights
    return [question.weights[place] if is_weighted else Fraction(1) for place in places]


def _sum(weights: Sequence[Fraction], values: Sequence[Fraction]) -> Fraction:
    return sum((weight * value for weight, value in zip(weights, values, strict=True)), Fraction(0))


def _badness(outcome: Outcome) -> float:
    return outcome.value if outcome.value is not None else 2.0


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


INDICATOR = Indicator(
    key="availability",
    title=_("Availability"),
    summary=_("The share of counted time in which the service was not lost."),
    unit=lambda settings: "ratio",
    better=lambda settings: True,
    check_target=parse_target,
    settings=Settings,
    judge=judge,
    together=together,
    is_of_states=True,
)
