"""What indicators, accounting rules and figures are called on a screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beheer.lib.durations import SECOND, parse_duration
from beheer.service_levels.indicators import INDICATORS
from beheer.service_levels.models import Norm
from beheer.ui.formats import NO_VALUE, duration_text, number_text, percent_text

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

PERIODS: dict[str, Promise] = {
    "hour": gettext_lazy("hour"),
    "day": gettext_lazy("day"),
    "week": gettext_lazy("week"),
    "month": gettext_lazy("month"),
    "quarter": gettext_lazy("quarter"),
    "year": gettext_lazy("year"),
}


@dataclass(frozen=True, slots=True)
class RuleWords:
    """An accounting rule: its name, the question it answers, and what each of its values means."""

    title: _StrPromise
    question: _StrPromise
    values: Mapping[str, _StrPromise]


_COUNTING = {
    "exclude": gettext_lazy("not counted"),
    "as_up": gettext_lazy("counted as up"),
    "as_down": gettext_lazy("counted as down"),
}

RULES: dict[str, RuleWords] = {
    "planned": RuleWords(
        gettext_lazy("Planned maintenance"),
        gettext_lazy("How does time count in which maintenance was planned and announced in time?"),
        _COUNTING,
    ),
    "planned_notice": RuleWords(
        gettext_lazy("Notice of maintenance"),
        gettext_lazy("How long before it starts must maintenance be announced to count as planned?"),
        {},
    ),
    "no_data": RuleWords(
        gettext_lazy("Time without data"),
        gettext_lazy("How does time count in which nothing is known? The band shows what that leaves open."),
        _COUNTING,
    ),
    "degraded": RuleWords(
        gettext_lazy("Degraded"),
        gettext_lazy("How much of the time in which the service worked badly is lost?"),
        {"as_up": gettext_lazy("none of it is lost"), "as_down": gettext_lazy("all of it is lost")},
    ),
    "outage_start": RuleWords(
        gettext_lazy("Begin of an outage"),
        gettext_lazy("From which moment does a confirmed outage count?"),
        {
            "first_bad": gettext_lazy("from the first bad result"),
            "confirmed": gettext_lazy("from the result that confirmed it"),
            "last_good": gettext_lazy("from the last good result before it"),
        },
    ),
    "min_outage": RuleWords(
        gettext_lazy("Shortest outage"),
        gettext_lazy("How short an outage is left out? Those are listed, and count as up."),
        {},
    ),
    "aggregate": RuleWords(
        gettext_lazy("Several services"),
        gettext_lazy("How do the figures of several services become one?"),
        {
            "worst": gettext_lazy("the service that stands worst"),
            "mean": gettext_lazy("the mean, each by its agreed time"),
            "weighted": gettext_lazy("the mean, each by its weight"),
        },
    ),
}


def rule_text(rule: str, value: object) -> str:
    """What a value of an accounting rule means."""
    words = RULES[rule].values
    if str(value) in words:
        return str(words[str(value)])
    if rule == "degraded":
        return _("%(share)s of it is lost") % {"share": percent_text(float(str(value)), 0)}
    if rule == "planned_notice":
        return _("no notice needed") if value == "0s" else _("at least %(time)s before") % _lasting(value)
    if rule == "min_outage":
        return _("none is left out") if value == "0s" else _("shorter than %(time)s") % _lasting(value)
    return str(value)


def _lasting(text: object) -> dict[str, str]:
    """A duration as the screen says it, for a sentence."""
    return {"time": duration_text(parse_duration(str(text)) / SECOND)}


def value_text(norm: Norm, value: float | None, digits: int = 3) -> str:
    """A figure of a norm for people, rounded toward worse."""
    if norm.indicator not in INDICATORS or value is None:
        return NO_VALUE
    indicator = INDICATORS[norm.indicator]
    return figure_text(indicator.unit(norm.settings), indicator.better(norm.settings), value, digits)


def figure_text(unit: str, higher_is_better: bool, value: float | None, digits: int = 3) -> str:
    """A figure in its unit ("ratio", "s" or a number), rounded toward worse."""
    if value is None:
        return NO_VALUE
    if unit == "ratio":
        return percent_text(value, digits, "lower" if higher_is_better else "higher")
    return duration_text(value) if unit == "s" else number_text(value)


def target_text(norm: Norm) -> str:
    """A target: "≥ 99.9 %"."""
    if norm.indicator not in INDICATORS:
        return str(norm.target)
    indicator = INDICATORS[norm.indicator]
    better = indicator.better(norm.settings)
    unit = indicator.unit(norm.settings)
    text = _exact_percent(norm.target) if unit == "ratio" else figure_text(unit, better, norm.target)
    return f"{'≥' if better else '≤'} {text}"


def _exact_percent(ratio: float) -> str:
    """A target as percent with as many digits as it has, never rounded."""
    digits = max(0, len(repr(ratio).partition(".")[2]) - 2) if "e" not in repr(ratio) else 6
    return percent_text(ratio, digits)


def period_text(period: str) -> str:
    """A norm's period for people."""
    if period in PERIODS:
        return str(PERIODS[period])
    return _("the last %(time)s") % _lasting(period.removeprefix("rolling").strip())


def indicator_title(key: str) -> str:
    """What an indicator is called."""
    return str(INDICATORS[key].title) if key in INDICATORS else key


def settings_text(settings: Mapping[str, Any]) -> str:
    """Settings of an indicator on one line."""
    return ", ".join(f"{name}: {value}" for name, value in settings.items())


_BASIS: dict[str, Promise] = {
    "check": gettext_lazy("check"),
    "measurements": gettext_lazy("measurements"),
    "above_limit_s": gettext_lazy("time above the limit"),
    "known_s": gettext_lazy("time that is known"),
    "days_until_limit": gettext_lazy("days until the limit, by the trend"),
    "days": gettext_lazy("days"),
    "missed": gettext_lazy("missed"),
    "met": gettext_lazy("clocks that met their target"),
    "clocks": gettext_lazy("clocks"),
    "per": gettext_lazy("counted per"),
    "intervals": gettext_lazy("intervals"),
    "without_data": gettext_lazy("intervals without data"),
    "lowest": gettext_lazy("lowest"),
    "highest": gettext_lazy("highest"),
}


def basis_rows(figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a figure of an indicator other than availability rests on, as terms and values."""
    return [(str(_BASIS.get(key, key)), _basis(key, value)) for key, value in figures.items()]


def _basis(key: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or NO_VALUE
    if value is None:
        return NO_VALUE
    if key == "per":
        return str(PERIODS.get(value, value))
    if key.endswith("_s"):
        return duration_text(value)
    return number_text(value) if isinstance(value, (int, float)) else str(value)
