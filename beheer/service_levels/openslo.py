"""Norms as OpenSLO v1 documents; `openslo_reading` reads them back, and those of others.

What OpenSLO cannot say travels in annotations under our own prefix.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from beheer.service_levels.indicators import INDICATORS

PREFIX = "beheer.norm/"
API_VERSION = "openslo/v1"
_SHORT = {"day": "1d", "week": "1w", "month": "1M", "quarter": "1Q", "year": "1Y"}
_STARTS = {"week": "2020-01-06 00:00:00"}  # a Monday; the other periods begin on the first day of a year
_ALL_OF_THE_TIME = 0.999999  # OpenSLO has no target of 1


def write_norm(
    norm: Mapping[str, Any], *, agreement: str, services: Sequence[str], timezone: str
) -> dict[str, Any]:
    """A norm (as in a configuration file) as an OpenSLO document; `services` are those it is about."""
    kept = {
        key: json.dumps(value, ensure_ascii=False, sort_keys=True)
        for key, value in norm.items()
        if key != "key"
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "SLO",
        "metadata": {
            "name": f"{agreement}-{norm['key']}".lower().replace("_", "-"),
            "displayName": norm["name"],
            "annotations": {
                f"{PREFIX}key": norm["key"],
                **{f"{PREFIX}{key}": text for key, text in kept.items()},
            },
        },
        "spec": {
            "description": f"{norm['indicator']} of {', '.join(services)}",
            "service": services[0] if len(services) == 1 else agreement,
            "indicator": {"metadata": {"name": f"{norm['indicator']}"}, "spec": _metric(norm)},
            "timeWindow": [_window(str(norm["period"]), timezone)],
            "budgetingMethod": "Timeslices",
            "objectives": [{"displayName": norm["name"], **_objective(norm)}],
        },
    }


def _window(period: str, timezone: str) -> dict[str, Any]:
    if period not in _SHORT:
        return {"duration": period.removeprefix("rolling").strip(), "isRolling": True}
    calendar = {"startTime": _STARTS.get(period, "2020-01-01 00:00:00"), "timeZone": timezone}
    return {"duration": _SHORT[period], "isRolling": False, "calendar": calendar}


def _is_ratio(norm: Mapping[str, Any]) -> bool:
    """Whether the figure of a norm is a share that should be high, as OpenSLO's targets are."""
    indicator, settings = INDICATORS[norm["indicator"]], norm["settings"]
    return indicator.unit(settings) == "ratio" and indicator.better(settings) and 0 < norm["target"] < 1


def _metric(norm: Mapping[str, Any]) -> dict[str, Any]:
    """Where the figure comes from: Beheer itself."""

    def source(part: str) -> dict[str, Any]:
        return {"metricSource": {"type": "beheer", "spec": {"norm": norm["key"], "figure": part}}}

    if _is_ratio(norm):
        return {"ratioMetric": {"counter": True, "good": source("good"), "total": source("total")}}
    return {"thresholdMetric": source("value")}


def _objective(norm: Mapping[str, Any]) -> dict[str, Any]:
    """The target; every second counts by itself, so that a slice is good when all of it is."""
    slices = {"timeSliceTarget": 1.0, "timeSliceWindow": "1m"}
    if _is_ratio(norm):
        return {"target": norm["target"], **slices}
    op = "gte" if INDICATORS[norm["indicator"]].better(norm["settings"]) else "lte"
    return {"op": op, "value": norm["target"], "target": _ALL_OF_THE_TIME, **slices}


def write_documents(documents: Iterable[Mapping[str, Any]]) -> str:
    """OpenSLO documents as one YAML text."""
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, explicit_start=True)
