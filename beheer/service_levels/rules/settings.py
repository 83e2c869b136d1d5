"""What each indicator can be told: its settings, the unit of its figure, and whether a higher figure is better."""

from __future__ import annotations

from datetime import time
from typing import Literal

import pydantic


class Settings(pydantic.BaseModel):
    """Settings of an indicator. Unknown fields are refused."""

    model_config = pydantic.ConfigDict(extra="forbid")

    @property
    def unit(self) -> str:
        """The unit of the figure: "ratio", "s", or "" for a number."""
        return "ratio"

    @property
    def higher_is_better(self) -> bool:
        """Whether a figure should be high."""
        return True


class AvailabilitySettings(Settings):
    """`weights`: how much each service counts under `aggregate: weighted`, by its key; default the users it serves."""

    weights: dict[str, pydantic.PositiveFloat] = {}


class ReliabilitySettings(Settings):
    """`figure`: number of outages, or in seconds the time between failures, the time to restore, the longest outage."""

    figure: Literal["outages", "mtbf", "mtrs", "longest"] = "outages"

    @property
    def unit(self) -> str:
        """Seconds, or a number of outages."""
        return "" if self.figure == "outages" else "s"

    @property
    def higher_is_better(self) -> bool:
        """Only the time between failures should be long."""
        return self.figure == "mtbf"


class ResponseSettings(Settings):
    """`metric` of which `checks` (none: all of the service). With `within` the figure is the share of measurements
    that do not exceed it; else the `percentile`, a ratio.
    """

    metric: str = "total_s"
    checks: list[str] = []
    percentile: float = pydantic.Field(default=0.95, gt=0, le=1)
    within: pydantic.PositiveFloat | None = None

    @property
    def unit(self) -> str:
        """A share, or seconds where the metric's name says so."""
        if self.within is not None:
            return "ratio"
        return "s" if self.metric.endswith("_s") else ""

    @property
    def higher_is_better(self) -> bool:
        """A share should be high, a duration low."""
        return self.within is not None


class CapacitySettings(Settings):
    """`metric` of which `checks` (none: all of the service), over `limit`. `figure`: its highest, its mean, or its
    `percentile` (a ratio).
    """

    metric: str
    limit: pydantic.PositiveFloat
    checks: list[str] = []
    figure: Literal["highest", "mean", "percentile"] = "highest"
    percentile: float = pydantic.Field(default=0.95, gt=0, le=1)

    @property
    def higher_is_better(self) -> bool:
        """Use should be low."""
        return False


class ThroughputSettings(Settings):
    """`figure` deadline: the share of agreed days on which a job (a heartbeat check) succeeded by `deadline`, a local
    time. backlog: the highest value of `metric`. volume: the sum of `metric` in each hour, day, week or month (`per`)
    of the agreement's zone with agreed time, its mean.
    """

    figure: Literal["deadline", "backlog", "volume"] = "deadline"
    checks: list[str] = []
    deadline: time = time(7)
    metric: str = ""
    per: Literal["hour", "day", "week", "month"] = "day"

    @pydantic.model_validator(mode="after")
    def _complete(self) -> ThroughputSettings:
        if self.figure != "deadline" and not self.metric:
            raise ValueError(f"the figure '{self.figure}' needs a metric")
        if self.figure != "volume" and self.per != "day":
            raise ValueError("'per' is for the figure 'volume'")
        return self

    @property
    def unit(self) -> str:
        """A share of days, or a number."""
        return "ratio" if self.figure == "deadline" else ""

    @property
    def higher_is_better(self) -> bool:
        """A backlog should be low, the others high."""
        return self.figure != "backlog"


SETTINGS: dict[str, type[Settings]] = {
    "availability": AvailabilitySettings,
    "reliability": ReliabilitySettings,
    "response": ResponseSettings,
    "capacity": CapacitySettings,
    "throughput": ThroughputSettings,
}
"""The indicators that can be judged from files."""
OF_STATES = frozenset({"availability", "reliability"})
