"""Prometheus exposition: fetches a /metrics page and picks series by name and labels."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from beheer.monitoring.contract import Kind, Observation, Settings, UrlAnswer, UrlRequest, Value
from beheer.monitoring.formats import exposition
from beheer.monitoring.patterns import compiled
from beheer.monitoring.probes.http import PHASES, UrlSettings, seen_in

AGGREGATES: dict[str, Callable[[list[float]], float]] = {
    "sum": math.fsum,
    "max": max,
    "min": min,
    "mean": statistics.fmean,
    "count": lambda values: float(len(values)),
}


class Series(Settings):
    """Which samples make one value."""

    metric: str = Field(description="Name of the metric.", pattern=r"^[A-Za-z_:][A-Za-z0-9_:]*$")
    labels: dict[str, str] = Field(
        {}, description="Labels that must be equal. `~` before a value: a regular expression."
    )
    aggregate: Literal["sum", "max", "min", "mean", "count"] = Field(
        "sum", description="What to make of several samples. `count` counts them, and is 0 without any."
    )

    @field_validator("labels")
    @classmethod
    def _patterns(cls, labels: dict[str, str]) -> dict[str, str]:
        for value in labels.values():
            if value.startswith("~"):
                compiled(value[1:])
        return labels


class PrometheusSettings(UrlSettings):
    """Where the metrics are, and which series to take."""

    series: dict[str, Series] = Field(
        description="Values to take: a name of your own, and what it is made of."
    )
    max_body_bytes: int = Field(16_777_216, ge=1, le=67_108_864, description="A longer page is an error.")

    @model_validator(mode="after")
    def _some(self) -> PrometheusSettings:
        if not self.series:
            raise ValueError("name at least one series to take")
        return self


def request(settings: PrometheusSettings) -> UrlRequest:
    """What the engine must fetch for these settings."""
    accept = (
        ()
        if any(name.lower() == "accept" for name in settings.headers)
        else ("Accept: text/plain;version=0.0.4",)
    )
    return UrlRequest(
        url=settings.url,
        headers=(*settings.header_lines(), *accept),
        follow_redirects=settings.follow_redirects,
        max_body_bytes=settings.max_body_bytes,
        verify_tls=settings.verify_tls,
        ca_pem=settings.ca_pem,
        user=settings.user,
        password=settings.password,
    )


def read(settings: PrometheusSettings, answer: UrlAnswer) -> Observation:
    """The picked series as `value[name]`, with the phases of the fetch."""
    seen = seen_in(answer)
    if seen.error or seen.not_measured:
        return seen
    body = seen.texts.pop("body")
    if answer.status != 200:
        seen.error = f"HTTP {answer.status} instead of metrics"
    elif answer.body_cut:
        seen.error = f"the metrics are longer than {settings.max_body_bytes} bytes"
    else:
        _take(settings.series, body, seen)
    return seen


def _take(series: Mapping[str, Series], body: str, seen: Observation) -> None:
    try:
        found = list(exposition.samples(body, frozenset(one.metric for one in series.values())))
    except ValueError as error:
        seen.error = f"these are no Prometheus metrics: {error}"
        return
    for name, one in series.items():
        values = [
            sample.value for sample in found if sample.name == one.metric and _fits(one.labels, sample.labels)
        ]
        if values or one.aggregate == "count":
            seen.metrics[f"value[{name}]"] = AGGREGATES[one.aggregate](values)
    taken = [
        f"{name} {seen.metrics[f'value[{name}]']:.6g}" for name in series if f"value[{name}]" in seen.metrics
    ]
    seen.message = ", ".join(taken) or "none of the series was there"


def _fits(wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return all(
        compiled(value[1:]).fullmatch(labels.get(name, "")) is not None
        if value.startswith("~")
        else labels.get(name, "") == value
        for name, value in wanted.items()
    )


def _declared(settings: PrometheusSettings) -> Mapping[str, Collection[str]]:
    return {"value": settings.series.keys()}


KIND: Kind[Any] = Kind(
    key="prometheus",
    title="Prometheus metrics",
    summary="Fetches a page of Prometheus metrics, picks series and holds them to thresholds.",
    settings=PrometheusSettings,
    values=(
        Value("value", "", "A series that was picked", each="name of your own"),
        Value("status", "", "Status code of the answer"),
        *PHASES,
        Value("body_bytes", "bytes", "Size of the page"),
        Value("body_cut", "", "1 when the page was longer than max_body_bytes, else 0"),
        Value("redirects", "count", "Redirects that were followed"),
        Value("url", "", "The address of the last answer", "text"),
        Value("address", "", "The network address that answered", "text"),
        Value("content_type", "", "The Content-Type", "text"),
    ),
    conditions={},
    request=request,
    read=read,
    declared=_declared,
)
