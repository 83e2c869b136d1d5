"""Makes a Result of what a probe saw, by the conditions that the check declares. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from beheer.monitoring.conditions import Condition, NoValue
from beheer.monitoring.contract import DETAIL_LIMIT, MESSAGE_LIMIT, Observation, Outcome, Result

ORDER: tuple[Outcome, ...] = ("unknown", "down", "degraded")


@dataclass(frozen=True)
class Verdicts:
    """Conditions by outcome. They are asked in ORDER; the first that holds decides; none: up."""

    conditions: Mapping[Outcome, tuple[Condition, ...]]

    def asks_for(self, stem: str) -> bool:
        """Whether one of them asks for a value of this name."""
        return any(
            name.stem == stem for found in self.conditions.values() for one in found for name in one.names()
        )


def judge(verdicts: Verdicts, seen: Observation, *, measured_at: datetime, duration_s: float) -> Result:
    """The outcome of one run, with a message that says why.

    Not measured: unknown. An error: down, unless conditions about `error` judge it. A condition that needs a
    value which this run did not give: unknown, unless another condition made it down.
    """
    outcome, reason = _outcome(verdicts, seen)
    message = "; ".join(part for part in (seen.message or seen.error or seen.not_measured, reason) if part)
    return Result(
        outcome=outcome,
        message=_cut(message, MESSAGE_LIMIT),
        metrics=_finite(seen.metrics),
        measured_at=measured_at,
        duration_s=max(duration_s, 0.0),
        detail=_cut(seen.detail, DETAIL_LIMIT),
    )


def _outcome(verdicts: Verdicts, seen: Observation) -> tuple[Outcome, str]:
    if seen.not_measured:
        return "unknown", seen.not_measured if seen.message else ""
    texts = seen.texts
    texts["error"] = seen.error
    absent = ""
    for outcome in ORDER:
        for condition in verdicts.conditions.get(outcome, ()):
            try:
                if condition.holds(seen.metrics, texts):
                    return outcome, f"{outcome} because {condition.told(seen.metrics, texts)}"
            except NoValue as error:
                absent = absent or f"unknown because {error} in this run ({condition.source})"
        if outcome == "down" and seen.error and not verdicts.asks_for("error"):
            return "down", seen.error if seen.message else ""
    if absent and not seen.error:
        return "unknown", absent
    return "up", ""


def _finite(metrics: dict[str, float]) -> dict[str, float]:
    if all(map(math.isfinite, metrics.values())):
        return metrics
    return {name: value for name, value in metrics.items() if math.isfinite(value)}


def _cut(text: str, limit: int) -> str:
    clean = text.replace("\x00", "�") if "\x00" in text else text
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
