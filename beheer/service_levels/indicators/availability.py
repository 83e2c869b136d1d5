"""Availability: counted time minus lost time, over counted time. From states, windows and corrections."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pydantic
from django.utils.translation import gettext_lazy as _

from beheer.service_levels.indicators.contract import NO_DATA, Indicator, Outcome, Question
from beheer.service_levels.rules import (
    Aggregate,
    Classes,
    Figure,
    Norm,
    Standing,
    Verdict,
    aggregate,
    closed_verdict,
    parse_target,
    standings,
)

SECOND = 1_000_000
CLASS_NAMES = ("outside", "excluded", "no_data", "down", "degraded", "up")


class Settings(pydantic.BaseModel):
    """`weights`: how much each service counts under `aggregate: weighted`, by its key; default the users it serves."""

    model_config = pydantic.ConfigDict(extra="forbid")
    weights: dict[str, pydantic.PositiveFloat] = {}


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
    fires = [burn.long_rate or 0.0 for burn in standing.alerts]
    recent = [burn.long_rate for burn in standing.rates if burn.long_rate is not None]
    return Outcome(
        verdict=standing.verdict,
        value=_float(figure.ratio),
        low=_float(figure.band[0]) if figure.band else None,
        high=_float(figure.band[1]) if figure.band else None,
        allowed_s=float(standing.allowed) / SECOND,
        consumed_s=float(standing.consumed) / SECOND,
        burn=max(fires) if fires else (recent[-1] if recent else None),
        is_losing=is_losing,
        figures=figure_values(figure),
        facts={
            "counted_whole_us": standing.counted_whole,
            "projected_s": standing.projected / SECOND,
            "rates": [
                [burn.alert.rate, burn.alert.long_us, burn.alert.short_us, burn.long_rate, burn.short_rate]
                for burn in standing.rates
            ],
        },
    )


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
    """One outcome of all services, by the rule `aggregate`. Burn rates are the (weighted) mean of the services'."""
    known = [(place, outcome) for place, outcome in enumerate(outcomes) if outcome.figures]
    if not known:
        return NO_DATA
    if question.rules.aggregate is Aggregate.WORST:
        judged = [outcome for _place, outcome in known if outcome.value is not None]
        return min(judged, key=_badness) if judged else NO_DATA
    weights = _weights(question, [place for place, _outcome in known])
    figure = aggregate([figure_from(outcome.figures) for _place, outcome in known], question.rules, weights)
    assert figure is not None
    whole = _sum(weights, [Fraction(outcome.facts["counted_whole_us"]) for _place, outcome in known])
    projected = _sum(weights, [Fraction(outcome.facts["projected_s"]) for _place, outcome in known])
    return _of_all(question, figure, whole, float(projected), [outcome for _place, outcome in known])


def _of_all(
    question: Question, figure: Figure, whole: Fraction, projected_s: float, outcomes: Sequence[Outcome]
) -> Outcome:
    target = parse_target(question.target)
    allowed = (1 - target) * whole
    burns = [outcome.burn for outcome in outcomes if outcome.burn is not None]
    if question.is_closed:
        verdict = closed_verdict(figure, target)
    elif figure.ratio is None:
        verdict = Verdict.NO_DATA
    elif figure.lost > allowed:
        verdict = Verdict.BREACHED
    elif 2 * figure.lost > allowed and projected_s * SECOND > allowed:
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
        burn=sum(burns) / len(burns) if burns else None,
        figures=figure_values(figure),
        facts={"counted_whole_us": int(whole), "projected_s": projected_s, "rates": []},
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
