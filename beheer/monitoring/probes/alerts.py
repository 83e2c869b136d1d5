"""Alerts: an Alertmanager tells us of firing and resolved alerts; those with certain labels say how a service is.

The server judges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from pydantic import Field

from beheer.monitoring.contract import Kind, Observation, Settings, Value

NAMED = 3  # so many alerts are named in a message


class AlertSettings(Settings):
    """Which alerts of which source this check takes up, and how long silence may last."""

    source: str = Field(description="Key of the source that tells of the alerts.")
    labels: dict[str, str] = Field(
        min_length=1,
        description="Labels that an alert must have; in values * stands for anything and ? for one character.",
    )
    light: tuple[str, ...] = Field(
        ("warning", "info", "none"),
        description="Values of the label severity that are less than grave; without that label an alert is grave.",
    )
    repeat_s: float = Field(
        43_200,
        gt=0,
        description="A firing alert that is not told again for so many seconds says nothing any more; "
        "take more than repeat_interval of the Alertmanager.",
    )
    heard_s: float | None = Field(
        None,
        gt=0,
        description="Nothing is known when the source was silent for so many seconds; empty: silence is good. "
        "Needs an alert that always fires, such as Watchdog.",
    )

    def takes(self, source: str, labels: Mapping[str, str]) -> bool:
        """Whether an alert of this source with these labels is taken up."""
        if source != self.source:
            return False
        return all(fnmatchcase(labels.get(name, ""), wanted) for name, wanted in self.labels.items())


@dataclass(frozen=True, slots=True)
class Heard:
    """One alert as it was last told. `ends_at` None: it is firing. Instants are aware UTC."""

    name: str
    severity: str
    starts_at: datetime
    ends_at: datetime | None
    heard_at: datetime

    def is_firing(self, at: datetime) -> bool:
        """Whether it fired at an instant."""
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


def observe_alerts(
    settings: AlertSettings, alerts: Sequence[Heard], *, heard_at: datetime | None, now: datetime
) -> Observation:
    """What the alerts that this check takes up say at `now`, to be judged by its conditions.

    `heard_at`: when anything at all was last heard of the source; None: never. Pure.
    """
    if heard_at is None:
        return Observation(not_measured="waiting for the first delivery")
    silent_s = max((now - heard_at).total_seconds(), 0.0)
    firing = [one for one in alerts if one.is_firing(now)]
    told = [one for one in firing if (now - one.heard_at).total_seconds() <= settings.repeat_s]
    light = sum(one.severity in settings.light for one in told)
    metrics = {
        "firing": float(len(told)),
        "grave": float(len(told) - light),
        "light": float(light),
        "lost": float(len(firing) - len(told)),
        "silent_s": silent_s,
    }
    if settings.heard_s is not None and silent_s > settings.heard_s:
        return Observation(metrics=metrics, not_measured=f"nothing heard of {settings.source}")
    if len(firing) > len(told) and not told:
        return Observation(metrics=metrics, not_measured=f"{_named(firing)} is not told any more")
    return Observation(f"firing: {_named(told)}" if told else "no alert fires", metrics)


def edges(alerts: Sequence[Heard], since: datetime, now: datetime) -> list[datetime]:
    """The instants after `since` and before `now` at which an alert began or ended, in order."""
    found = {at for one in alerts for at in (one.starts_at, one.ends_at) if at is not None}
    return sorted(at for at in found if since < at < now)


def _named(alerts: Sequence[Heard]) -> str:
    names = sorted({one.name for one in alerts})
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


KIND: Kind[Any] = Kind(
    key="alerts",
    title="Alerts",
    summary="An Alertmanager tells of firing and resolved alerts with certain labels.",
    settings=AlertSettings,
    values=(
        Value("firing", "count", "Alerts that fire"),
        Value("grave", "count", "Alerts that fire and are not light"),
        Value("light", "count", "Alerts that fire and are light by their severity"),
        Value("lost", "count", "Alerts that fired and are not told any more"),
        Value("silent_s", "s", "Time since anything was heard of the source"),
    ),
    conditions={"down": ("grave > 0",), "degraded": ("firing > 0",)},
)
