"""Norms as OpenSLO v1 documents, and back. What OpenSLO cannot say travels in annotations under our own prefix."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pydantic
import yaml

from beheer.lib.documents import Document, check, load
from beheer.lib.errors import DocumentError, InputError, Problem
from beheer.service_levels.rules import parse_target

PREFIX = "beheer.norm/"
API_VERSION = "openslo/v1"
_PERIODS = {"1d": "day", "1w": "week", "1M": "month", "1Q": "quarter", "3M": "quarter", "1Y": "year"}
_SHORT = {"day": "1d", "week": "1w", "month": "1M", "quarter": "1Q", "year": "1Y"}
_DAYS = {"d": 1, "w": 7, "M": 30, "Q": 90, "Y": 365}
_Open = pydantic.ConfigDict(extra="allow")


class Metadata(pydantic.BaseModel):
    """Name and annotations of a document."""

    model_config = _Open
    name: str
    displayName: str = ""  # noqa: N815  as OpenSLO spells it
    annotations: dict[str, str] = {}


class Window(pydantic.BaseModel):
    """The time an objective is over."""

    model_config = _Open
    duration: str
    isRolling: bool = False  # noqa: N815


class Objective(pydantic.BaseModel):
    """A target as a ratio, or as a percentage."""

    model_config = _Open
    target: float | None = None
    targetPercent: float | None = None  # noqa: N815


class Spec(pydantic.BaseModel):
    """What an SLO says."""

    model_config = _Open
    service: str
    timeWindow: list[Window] = pydantic.Field(min_length=1, max_length=1)  # noqa: N815
    objectives: list[Objective] = pydantic.Field(min_length=1)


class Slo(pydantic.BaseModel):
    """An OpenSLO v1 document of kind SLO."""

    model_config = _Open
    apiVersion: str  # noqa: N815
    kind: str
    metadata: Metadata
    spec: Spec


def write_norm(
    norm: Mapping[str, Any], *, agreement: str, services: Sequence[str], timezone: str
) -> dict[str, Any]:
    """A norm (as in a configuration file) as an OpenSLO document; `services` are those it is about."""
    period = str(norm["period"])
    window: dict[str, Any]
    if period in _SHORT:
        calendar = {"startTime": "2020-01-01 00:00:00", "timeZone": timezone}
        window = {"duration": _SHORT[period], "isRolling": False, "calendar": calendar}
    else:
        window = {"duration": period.removeprefix("rolling").strip(), "isRolling": True}
    objective: dict[str, Any] = {"displayName": norm["name"]}
    if 0 < norm["target"] < 1:
        objective["target"] = norm["target"]
    else:
        objective |= {"target": 0.999999, "op": "lte", "value": norm["target"]}
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
            "indicator": {
                "metadata": {"name": f"{norm['indicator']}"},
                "spec": {
                    "thresholdMetric": {"metricSource": {"type": "beheer", "spec": {"norm": norm["key"]}}}
                },
            },
            "timeWindow": [window],
            "budgetingMethod": "Timeslices",
            "objectives": [objective],
        },
    }


def write_documents(documents: Iterable[Mapping[str, Any]]) -> str:
    """OpenSLO documents as one YAML text."""
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, explicit_start=True)


def read_norms(text: str, services: Sequence[str], name: str = "") -> list[dict[str, Any]]:
    """The norms of the SLO documents in a text, as a configuration file has them; other kinds are passed over.

    A foreign SLO becomes a norm on availability; its service must be one of `services`.
    Raises: DocumentError naming file, line and field.
    """
    found = [_norm(document, services) for document in _documents(text, name)]
    if not found:
        remedy = "Choose a file with documents of kind SLO."
        raise DocumentError(Problem("There is no SLO in this file.", "", remedy, file=name))
    return found


def _documents(text: str, name: str) -> Iterator[Document]:
    """Each SLO document, its lines counted from the begin of the file."""
    lines = text.splitlines()
    edges = [number for number, line in enumerate(lines) if re.fullmatch(r"---(\s.*)?", line)]
    starts = [0, *(edge + 1 for edge in edges)]
    for start, end in zip(starts, [*edges, len(lines)], strict=True):
        document = load("\n" * start + "\n".join(lines[start:end]), name)
        if not isinstance(document.value, dict) or document.value.get("kind") != "SLO":
            continue
        if document.value.get("apiVersion") != API_VERSION:
            raise DocumentError(
                document.problem(("apiVersion",), "This version is not known.", f"Use {API_VERSION}.")
            )
        yield document


def _norm(document: Document, services: Sequence[str]) -> dict[str, Any]:
    slo = check(document, Slo)
    kept = {
        key.removeprefix(PREFIX): text
        for key, text in slo.metadata.annotations.items()
        if key.startswith(PREFIX)
    }
    if "key" in kept:
        return _as_kept(document, kept)
    if slo.spec.service not in services:
        remedy = f"The agreement is about {', '.join(services)}."
        place = ("spec", "service")
        raise DocumentError(
            document.problem(place, f"There is no service '{slo.spec.service}' in it.", remedy)
        )
    return {
        "key": re.sub(r"[^-a-zA-Z0-9_]", "-", slo.metadata.name)[:50],
        "name": slo.metadata.displayName or slo.metadata.name,
        "target": _target(document, slo.spec.objectives[0]),
        "period": _period(document, slo.spec.timeWindow[0]),
        "services": [slo.spec.service],
    }


def _as_kept(document: Document, kept: Mapping[str, str]) -> dict[str, Any]:
    """The norm that our own annotations hold."""
    values: dict[str, Any] = {"key": kept["key"]}
    for key, text in kept.items():
        if key == "key":
            continue
        try:
            values[key] = json.loads(text)
        except ValueError as error:
            place = ("metadata", "annotations", f"{PREFIX}{key}")
            raise DocumentError(
                document.problem(place, f"This is no JSON: {error}.", "Export it again.")
            ) from error
    return values


def _target(document: Document, objective: Objective) -> float:
    percent = objective.targetPercent
    target = objective.target if percent is None else percent / 100
    try:
        parse_target(target)
    except InputError as error:
        problem = error.problems[0]
        place = ("spec", "objectives", 0)
        raise DocumentError(document.problem(place, problem.message, problem.remedy)) from error
    assert target is not None
    return target


def _period(document: Document, window: Window) -> str:
    """Our name of a window: of a calendar period, or rolling. Months of a rolling window are 30 days."""
    if not window.isRolling and window.duration in _PERIODS:
        return _PERIODS[window.duration]
    match = re.fullmatch(r"(\d+)([mhdwMQY])", window.duration)
    if match is None or not window.isRolling:
        place = ("spec", "timeWindow", 0, "duration")
        remedy = "Use 1d, 1w, 1M, 1Q or 1Y by the calendar, or a rolling window such as 28d."
        raise DocumentError(document.problem(place, f"'{window.duration}' is not a period here.", remedy))
    number, unit = int(match.group(1)), match.group(2)
    return f"rolling {number * _DAYS[unit]}d" if unit in _DAYS else f"rolling {number}{unit}"
