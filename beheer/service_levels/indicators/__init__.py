"""The indicators: one file each, and one line here."""

from __future__ import annotations

from beheer.service_levels.indicators import (
    availability,
    capacity,
    clocks_of_work,
    reliability,
    response,
    throughput,
)
from beheer.service_levels.indicators.contract import Indicator, Outcome, Question

INDICATORS: dict[str, Indicator] = {
    indicator.key: indicator
    for indicator in (
        availability.INDICATOR,
        reliability.INDICATOR,
        response.INDICATOR,
        capacity.INDICATOR,
        throughput.INDICATOR,
        clocks_of_work.INDICATOR,
    )
}

__all__ = ["INDICATORS", "Indicator", "Outcome", "Question"]
