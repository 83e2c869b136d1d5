"""What a kind of probe is, and what it gives. No Django: agents run these files alone on other machines.

A probe makes an Observation (figures and texts, without an opinion); the check's conditions make a Result of
it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

import pydantic

from beheer.lib.allow_lists import AllowList

Outcome = Literal["up", "degraded", "down", "unknown"]
OUTCOMES: tuple[Outcome, ...] = ("up", "degraded", "down", "unknown")

DETAIL_LIMIT = 4_000
MESSAGE_LIMIT = 500


class Settings(pydantic.BaseModel):
    """What a check of one kind may be told. Unknown fields are refused; values never change afterwards."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


S = TypeVar("S", bound=Settings)


def secret(description: str, default: Any = "") -> Any:
    """A pydantic field whose value must not be shown, logged or exported."""
    return pydantic.Field(default=default, description=description, json_schema_extra={"secret": True})


@dataclass(frozen=True, slots=True)
class Value:
    """One figure or text that a kind yields, by the name used in conditions and measurements.

    `unit`: s, bytes, ratio, days, count, or "" for a bare number. `each`: what stands between the brackets
    where the name is a family ("mount": `disk_used_ratio["/"]`), else "". A value of kind "either" is a
    number or a text.
    """

    name: str
    unit: str
    meaning: str
    kind: Literal["number", "text", "either"] = "number"
    each: str = ""


@dataclass(slots=True)
class Observation:
    """What a probe saw, before the conditions judge it.

    `error`: why nothing was reached ("" when it was). `not_measured`: why the probe could not even try,
    which says nothing about the service ("" when it could).
    """

    message: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    error: str = ""
    not_measured: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One run of one check. `measured_at` is aware UTC, when the run began; `duration_s` by a monotonic
    clock.

    `detail` holds more lines than the message, at most DETAIL_LIMIT characters; often "".
    """

    outcome: Outcome
    message: str
    metrics: dict[str, float]
    measured_at: datetime
    duration_s: float
    detail: str = ""


def _nothing_of_our_own() -> dict[str, float]:
    return {}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the agent's operator allows, and what the agent knows of itself.

    `plugin_folders`: where Nagios plugins may be taken from. `own`: the agent's own figures for the kind
    `self`.
    """

    allow_list: AllowList = field(default_factory=AllowList)
    plugin_folders: tuple[Path, ...] = ()
    own: Callable[[], Mapping[str, float]] = _nothing_of_our_own


class Observe(Protocol):
    """Runs one check and blocks at most `timeout_s`. A failed probe is an Observation, never an exception."""

    def __call__(self, settings: Any, timeout_s: float, surroundings: Surroundings) -> Observation: ...


@dataclass(frozen=True, slots=True)
class UrlRequest:
    """What the HTTP engine must fetch. `headers` are whole lines; `body` None sends none.

    `shape` is all of it but the address: a handle that is set for this shape only needs another address.
    """

    url: str
    method: str = "GET"
    headers: tuple[str, ...] = ()
    body: bytes | None = None
    follow_redirects: int = 0
    max_body_bytes: int = 1_048_576
    verify_tls: bool = True
    ca_pem: str = ""
    user: str = ""
    password: str = ""
    wants_headers: bool = False
    http_version: Literal["any", "1.1", "2"] = "1.1"
    shape: tuple[object, ...] = field(init=False, default=(), compare=False)

    def __post_init__(self) -> None:
        values = tuple(getattr(self, one.name) for one in fields(self) if one.name not in ("url", "shape"))
        object.__setattr__(self, "shape", values)


@dataclass(slots=True)
class UrlAnswer:
    """What came back. Times in seconds from the start, 0.0 where a phase was not reached; `error` "" when it
    came.

    `refused`: why this side did not even try (the allow-list, mostly). `body_cut`: the body was longer than its limit.
    """

    status: int = 0
    error: str = ""
    refused: str = ""
    body: bytes = b""
    body_cut: bool = False
    headers: tuple[str, ...] = ()
    url: str = ""
    address: str = ""
    content_type: str = ""
    redirects: int = 0
    dns_at_s: float = 0.0
    connected_at_s: float = 0.0
    tls_at_s: float = 0.0
    first_byte_at_s: float = 0.0
    total_s: float = 0.0


def _no_names(settings: Any) -> Mapping[str, Collection[str]]:
    return {}


@dataclass(frozen=True)
class Kind(Generic[S]):
    """One kind of probe: an entry of the registry.

    Exactly one way of running: `observe` (blocks, in a thread), `request` with `read` (in the HTTP engine,
    many at once), or neither (`is_passive`: others call us, and the server judges). `conditions` holds the
    defaults, by outcome. `declared` gives, for these settings, the keys that a family may be asked for.
    """

    key: str
    title: str
    summary: str
    settings: type[S]
    values: tuple[Value, ...]
    conditions: Mapping[str, tuple[str, ...]]
    observe: Observe | None = None
    request: Callable[[Any], UrlRequest] | None = None
    read: Callable[[Any, UrlAnswer], Observation] | None = None
    starts_process: bool = False
    declared: Callable[[Any], Mapping[str, Collection[str]]] = _no_names

    @property
    def is_passive(self) -> bool:
        """Whether no agent runs it: others tell us."""
        return self.observe is None and self.request is None
