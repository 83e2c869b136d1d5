"""The indicators: one file each, and one line here."""

from __future__ import annotations

from beheer.service_levels.indicators import availability, reliability
from beheer.service_levels.indicators.contract import Indicator, Outcome, Question

INDICATORS: dict[str, Indicator] = {
    indicator.key: indicator
    for indicator in (
        availability.INDICATOR,
        reliability.INDICATOR,
    )
}

__all__ = ["INDICATORS", "Indicator", "Outcome", "Question"]
