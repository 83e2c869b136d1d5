"""Norms out of OpenSLO v1 documents.

Nothing of a document is passed over in silence: what a norm cannot say is refused, or told as not taken over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from typing import Any

import pydantic

from beheer.lib.documents import Document, check, load
from beheer.lib.errors import DocumentError, InputError, Problem
from beheer.service_levels.openslo import API_VERSION, PREFIX
from beheer.service_levels.rules import parse_target
from beheer.service_levels.rules.norms import PeriodUnit
from beheer.service_levels.rules.periods import first_day

_PERIODS = {
    "1d": "day",
    "1w": "week",
    "1M": "month",
    "1Q": "quarter",
    "3M": "quarter",
    "12M": "year",
    "1Y": "year",
}
_DAYS = {"d": 1, "w": 7, "M": 30, "Q": 90, "Y": 365}
_BEHEER_SAYS = {"indicator", "settings", "rules"}  # annotations that anyone may add to an SLO of their own
_Open = pydantic.ConfigDict(extra="allow")


class Metadata(pydantic.BaseModel):
    """Name and annotations of a document."""

    model_config = _Open
    name: str
    displayName: str = ""  # noqa: N815  as OpenSLO spells it
    annotations: dict[str, str] = {}


class Calendar(pydantic.BaseModel):
    """Where the periods of a calendar window begin."""

    model_config = _Open
    startTime: str = ""  # noqa: N815
    timeZone: str = ""  # noqa: N815


class Window(pydantic.BaseModel):
    """The time an objective is over."""

    model_config = _Open
    duration: str
    isRolling: bool = False  # noqa: N815
    calendar: Calendar = Calendar()


class Objective(pydantic.BaseModel):
    """A target as a ratio, or as a percentage; with a threshold of the metric, or of slices of time."""

    model_config = _Open
    displayName: str = ""  # noqa: N815
    op: str | None = None
    value: float | None = None
    timeSliceTarget: float | None = None  # noqa: N815
    indicator: Any = None
    indicatorRef: Any = None  # noqa: N815
    compositeWeight: Any = None  # noqa: N815
    target: float | None = None
    targetPercent: float | None = None  # noqa: N815


class Spec(pydantic.BaseModel):
    """What an SLO says."""

    model_config = _Open
    service: str
    indicator: Any = None
    indicatorRef: str | None = None  # noqa: N815
    budgetingMethod: str = "Occurrences"  # noqa: N815
    alertPolicies: list[Any] = []  # noqa: N815
    timeWindow: list[Window] = pydantic.Field(min_length=1, max_length=1)  # noqa: N815
    objectives: list[Objective] = pydantic.Field(min_length=1)


class Slo(pydantic.BaseModel):
    """An OpenSLO v1 document of kind SLO."""

    model_config = _Open
    apiVersion: str  # noqa: N815
    kind: str
    metadata: Metadata
    spec: Spec


class Sli(pydantic.BaseModel):
    """An OpenSLO v1 document of kind SLI: an indicator that an SLO refers to."""

    model_config = _Open
    metadata: Metadata
    spec: dict[str, Any]


@dataclass(slots=True)
class Read:
    """The norms of a file as a configuration file has them, and sentences that say what of it was not taken over."""

    norms: list[dict[str, Any]] = field(default_factory=list)
    passed_over: list[Problem] = field(default_factory=list)


def read_norms(text: str, services: Sequence[str], timezone: str, name: str = "") -> Read:
    """The norms of the SLO documents in a text: one for each objective. `timezone` is that of the agreement.

    A foreign SLO becomes norms on availability; its service must be one of `services`.
    Raises: DocumentError naming file, line and field.
    """
    found = Read()
    keys: set[str] = set()
    documents = list(_documents(text, name))
    indicators = _indicators(documents)
    used = {_reference(document) for document in documents if document.value["kind"] == "SLO"}
    slos = 0
    for document in documents:
        if document.value["kind"] != "SLO":
            if document.value["kind"] != "SLI" or _name(document) not in used:
                found.passed_over.append(_other_kind(document))
            continue
        slos += 1
        for values in _norms(document, services, timezone, indicators, found.passed_over):
            if values["key"] in keys:
                remedy = "Give each SLO another name, and each objective another displayName."
                text = f"Another norm in this file is called '{values['key']}' too."
                raise DocumentError(document.problem(("metadata", "name"), text, remedy))
            keys.add(values["key"])
            found.norms.append(values)
    if not slos:
        remedy = "Choose a file with documents of kind SLO."
        raise DocumentError(Problem("There is no SLO in this file.", "", remedy, file=name))
    return found


def _indicators(documents: Sequence[Document]) -> dict[str, Document]:
    """The documents of kind SLI by name: what an SLO refers to by `indicatorRef`."""
    return {_name(document): document for document in documents if document.value["kind"] == "SLI"}


def _name(document: Document) -> str:
    metadata = document.value.get("metadata")
    return str(metadata.get("name", "?")) if isinstance(metadata, dict) else "?"


def _reference(document: Document) -> str | None:
    spec = document.value.get("spec")
    return str(spec.get("indicatorRef")) if isinstance(spec, dict) else None


def _other_kind(document: Document) -> Problem:
    called = _name(document)
    kind = str(document.value["kind"])
    if kind.startswith("Alert"):
        text = f"{kind} '{called}': every norm has the burn-rate alerts of its period; notifications are settings."
        return Problem(text)
    return Problem(f"{kind} '{called}': only SLO documents become norms.")


def _documents(text: str, name: str) -> Iterator[Document]:
    """Each document with a kind, its lines counted from the begin of the file."""
    lines = text.splitlines()
    edges = [number for number, line in enumerate(lines) if re.fullmatch(r"---(\s.*)?", line)]
    starts = [0, *(edge + 1 for edge in edges)]
    for start, end in zip(starts, [*edges, len(lines)], strict=True):
        if not "".join(lines[start:end]).strip():
            continue
        document = load("\n" * start + "\n".join(lines[start:end]), name)
        if not isinstance(document.value, dict) or not document.value.get("kind"):
            continue
        if document.value.get("apiVersion") != API_VERSION:
            raise DocumentError(
                document.problem(("apiVersion",), "This version is not known.", f"Use {API_VERSION}.")
            )
        yield document


def _norms(
    document: Document,
    services: Sequence[str],
    timezone: str,
    indicators: Mapping[str, Document],
    passed_over: list[Problem],
) -> Iterator[dict[str, Any]]:
    slo = check(document, Slo)
    kept = _kept(document, slo)
    if slo.spec.alertPolicies:
        text = "its alertPolicies are not taken over; every norm has the burn-rate alerts of its period."
        passed_over.append(Problem(f"SLO '{slo.metadata.name}': {text}"))
    if "key" in kept:
        yield _own(document, slo, kept, timezone)
        return
    kept = {**_resolve(document, slo, kept, indicators), **kept}
    _refuse(document, slo, kept, services)
    if "indicator" not in kept:
        judged = "availability is judged by the states of the service."
        text = f"it names no indicator; {judged}"
        if slo.spec.indicator is not None:
            text = f"its indicator is not taken over; {judged}"
        passed_over.append(Problem(f"SLO '{slo.metadata.name}': {text}"))
    period = _period(document, slo.spec.timeWindow[0], timezone)
    for place, (key, title) in enumerate(_names(slo)):
        yield {
            "key": key,
            "name": title[:150],
            "target": _target(document, slo.spec.objectives[place], place),
            "period": period,
            "services": [slo.spec.service],
            **kept,
        }


def _resolve(
    document: Document, slo: Slo, kept: Mapping[str, Any], indicators: Mapping[str, Document]
) -> dict[str, Any]:
    """Put the indicator that an SLO refers to in its place; gives what annotations of the SLI say of it.

    Raises: DocumentError where it is not in the file, and the SLO does not say which of ours it is.
    """
    reference = slo.spec.indicatorRef
    if reference is None or slo.spec.indicator is not None or "indicator" in kept:
        return {}
    if reference not in indicators:
        text = f"There is no document of kind SLI called '{reference}' in this file."
        remedy = f"Put it in this file, or say by an annotation what is judged: {PREFIX}indicator: '\"availability\"'."
        raise DocumentError(document.problem(("spec", "indicatorRef"), text, remedy))
    sli = check(indicators[reference], Sli)
    slo.spec.indicator = {"spec": sli.spec}
    said = _kept(indicators[reference], sli)
    return {key: value for key, value in said.items() if key in ("indicator", "settings")}


def _names(slo: Slo) -> list[tuple[str, str]]:
    """Key and name of the norm of each objective: the SLO's own when it is the only one."""
    title = slo.metadata.displayName or slo.metadata.name
    objectives = slo.spec.objectives
    if len(objectives) == 1:
        return [(_slug(slo.metadata.name)[:50], title)]
    slugs = [_slug(one.displayName).lower().strip("-") for one in objectives]
    if not all(slugs) or len(set(slugs)) < len(slugs):
        slugs = [str(number) for number, _one in enumerate(objectives, 1)]
    return [
        (
            f"{_slug(slo.metadata.name)[: 49 - len(slug[:24])]}-{slug[:24]}",
            f"{title}: {one.displayName or slug}",
        )
        for slug, one in zip(slugs, objectives, strict=True)
    ]


def _slug(text: str) -> str:
    return re.sub(r"[^-a-zA-Z0-9_]", "-", text)


def _refuse(document: Document, slo: Slo, kept: Mapping[str, Any], services: Sequence[str]) -> None:
    """Raises: DocumentError where a foreign SLO says what a norm cannot."""
    for key in sorted(set(kept) - _BEHEER_SAYS):
        remedy = f"Add {PREFIX}key for a norm that is wholly in annotations, or leave this one out."
        place: tuple[str | int, ...] = ("metadata", "annotations", f"{PREFIX}{key}")
        raise DocumentError(document.problem(place, "This annotation says nothing by itself.", remedy))
    if slo.spec.service not in services:
        remedy = f"The agreement is about {', '.join(services)}."
        place = ("spec", "service")
        raise DocumentError(
            document.problem(place, f"There is no service '{slo.spec.service}' in it.", remedy)
        )
    if slo.spec.budgetingMethod not in ("Occurrences", "Timeslices"):
        text = f"The budgeting method '{slo.spec.budgetingMethod}' cannot be said here."
        remedy = "Write Occurrences or Timeslices: time is counted exactly."
        raise DocumentError(document.problem(("spec", "budgetingMethod"), text, remedy))
    spec = slo.spec.indicator.get("spec") if isinstance(slo.spec.indicator, dict) else None
    if isinstance(spec, dict) and "thresholdMetric" in spec and "indicator" not in kept:
        by_name = slo.spec.indicatorRef is not None
        place = ("spec", "indicatorRef") if by_name else ("spec", "indicator", "spec", "thresholdMetric")
        raise DocumentError(_threshold(document, place))
    for place_, objective in enumerate(slo.spec.objectives):
        _refuse_objective(document, objective, ("spec", "objectives", place_), kept)


def _refuse_objective(
    document: Document, objective: Objective, place: tuple[str | int, ...], kept: Mapping[str, Any]
) -> None:
    for name in ("indicator", "indicatorRef", "compositeWeight"):
        if getattr(objective, name) is not None:
            remedy = "Write an SLO for each indicator."
            text = "A norm has one indicator; one composed of several cannot be said here."
            raise DocumentError(document.problem((*place, name), text, remedy))
    if (objective.op is not None or objective.value is not None) and "indicator" not in kept:
        raise DocumentError(_threshold(document, (*place, "op" if objective.value is None else "value")))
    if objective.timeSliceTarget not in (None, 1):
        remedy = "Leave it out, or write 1: time is counted exactly, not by slices."
        text = "Slices of time that are good in part cannot be said here."
        raise DocumentError(document.problem((*place, "timeSliceTarget"), text, remedy))


def _threshold(document: Document, place: tuple[str | int, ...]) -> Problem:
    remedy = (
        f"Say which indicator by annotations: {PREFIX}indicator: '\"response\"' "
        f"and {PREFIX}settings: '{{\"within\": 0.5}}'."
    )
    return document.problem(place, "A metric of another system cannot be judged here.", remedy)


def _kept(document: Document, slo: Slo | Sli) -> dict[str, Any]:
    """What our own annotations hold."""
    values: dict[str, Any] = {}
    for name, text in slo.metadata.annotations.items():
        if not name.startswith(PREFIX):
            continue
        key = name.removeprefix(PREFIX)
        try:
            values[key] = text if key == "key" else json.loads(text)
        except ValueError as error:
            place = ("metadata", "annotations", name)
            raise DocumentError(
                document.problem(place, f"This is no JSON: {error}.", "Export it again.")
            ) from error
    return values


def _own(document: Document, slo: Slo, kept: dict[str, Any], timezone: str) -> dict[str, Any]:
    """A norm that was written here. Raises: DocumentError where the document says something else by now."""
    if len(slo.spec.objectives) > 1:
        remedy = f"Write an SLO for each, or take the annotations {PREFIX}… out."
        text = "An SLO with annotations of Beheer has one objective."
        raise DocumentError(document.problem(("spec", "objectives"), text, remedy))
    remedy = f"Change the annotations {PREFIX}… too, or take all of them out."
    if _period(document, slo.spec.timeWindow[0], timezone) != kept.get("period", "month"):
        text = "The annotations say another period."
        raise DocumentError(document.problem(("spec", "timeWindow", 0), text, remedy))
    objective = slo.spec.objectives[0]
    said = objective.value if objective.value is not None else _ratio(objective)
    if "target" in kept and said != kept["target"]:
        text = "The annotations say another target."
        raise DocumentError(document.problem(("spec", "objectives", 0), text, remedy))
    return kept


def _ratio(objective: Objective) -> float | None:
    percent = objective.targetPercent
    return objective.target if percent is None else float(Decimal(str(percent)) / 100)


def _target(document: Document, objective: Objective, number: int) -> float:
    place = ("spec", "objectives", number)
    target = _ratio(objective)
    if objective.target is not None and objective.target != target:
        text = "target and targetPercent are not the same."
        raise DocumentError(document.problem(place, text, "Leave one of them out."))
    try:
        parse_target(target)
    except InputError as error:
        problem = error.problems[0]
        raise DocumentError(document.problem(place, problem.message, problem.remedy)) from error
    assert target is not None
    return target


def _period(document: Document, window: Window, timezone: str) -> str:
    """Our name of a window: of a calendar period, or rolling. Months of a rolling window are 30 days."""
    if not window.isRolling and window.duration in _PERIODS:
        period = _PERIODS[window.duration]
        _check_calendar(document, window.calendar, PeriodUnit(period), timezone)
        return period
    match = re.fullmatch(r"(\d+)([mhdwMQY])", window.duration)
    if match is None or not window.isRolling:
        place = ("spec", "timeWindow", 0, "duration")
        remedy = "Use 1d, 1w, 1M, 1Q or 1Y by the calendar, or a rolling window such as 28d."
        raise DocumentError(document.problem(place, f"'{window.duration}' is not a period here.", remedy))
    number, unit = int(match.group(1)), match.group(2)
    return f"rolling {number * _DAYS[unit]}d" if unit in _DAYS else f"rolling {number}{unit}"


def _check_calendar(document: Document, calendar: Calendar, unit: PeriodUnit, timezone: str) -> None:
    """Periods begin where those of the agreement do. Raises: DocumentError."""
    place = ("spec", "timeWindow", 0, "calendar")
    if calendar.timeZone and calendar.timeZone != timezone:
        text = f"The agreement is in {timezone}, not in {calendar.timeZone}."
        remedy = "Write the zone of the agreement."
        raise DocumentError(document.problem((*place, "timeZone"), text, remedy))
    if not calendar.startTime:
        return
    try:
        start = datetime.fromisoformat(calendar.startTime)
    except ValueError as error:
        remedy = "Write it as 2020-01-01 00:00:00."
        text = f"'{calendar.startTime}' is no date and time."
        raise DocumentError(document.problem((*place, "startTime"), text, remedy)) from error
    if start.time() != time() or first_day(unit, start.date()) != start.date():
        remedy = "Let it begin at midnight: of a Monday, or the first day of the month, quarter or year."
        text = f"A {unit} here does not begin at {calendar.startTime}."
        raise DocumentError(document.problem((*place, "startTime"), text, remedy))
