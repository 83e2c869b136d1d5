"""What every figure means, as pure functions: norms and accounting rules, facts, classes, figures, verdicts, budgets.

Values come in, values go out: no Django, no clock. One engine judges one service or ten thousand.
"""

from beheer.service_levels.rules.norms import (
    Aggregate,
    DegradedRule,
    Norm,
    OutageStart,
    Period,
    Rules,
    TimeRule,
    Verdict,
    parse_degraded,
    parse_period,
    parse_target,
)

__all__ = [
    "Aggregate",
    "DegradedRule",
    "Norm",
    "OutageStart",
    "Period",
    "Rules",
    "TimeRule",
    "Verdict",
    "parse_degraded",
    "parse_period",
    "parse_target",
]
