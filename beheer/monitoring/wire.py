"""What an agent and the server say to each other, version 1. No Django: both sides import this file.

- `GET {server}/api/agent/checks` with `If-None-Match`: 304, or 200 with an `ETag` and a CheckList.
- `POST {server}/api/agent/batches/{batch_id}` with a Batch (JSON, `Content-Encoding: gzip`): 200 with a
  BatchAnswer, only once the batch is stored durably; a batch that is known already gets 200 and `is_known`.
  4xx but 401, 403, 408, 409, 425 and 429 means that the batch will never be taken: the agent sets it aside
  and says so.
Both with `Authorization: Bearer TOKEN`.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import pydantic

from beheer.monitoring.contract import DETAIL_LIMIT, MESSAGE_LIMIT, Outcome

MAX_RESULTS = 5_000
CHECKS_PATH = "/api/agent/checks"
BATCHES_PATH = "/api/agent/batches/"

Finite = Annotated[float, pydantic.Field(allow_inf_nan=False)]


class _Message(pydantic.BaseModel):
    """Unknown fields are passed over, so that a newer side can talk with an older one."""

    model_config = pydantic.ConfigDict(extra="ignore", frozen=True)


class CheckOrder(_Message):
    """One check that the agent must run.

    `settings` and `conditions` are those of its kind, as the registry reads them.
    """

    check_id: int
    key: str
    kind: str
    version: int
    settings: dict[str, Any]
    conditions: dict[str, list[str]] = {}
    interval_s: float = pydantic.Field(gt=0)
    timeout_s: float = pydantic.Field(gt=0)


class CheckList(_Message):
    """All checks of this agent, and the version that the next question names."""

    agent: str
    version: str
    checks: list[CheckOrder]


class RunResult(_Message):
    """One run of one check. `measured_at`: the wall clock of the agent, aware, when the run began."""

    check_id: int
    check_version: int
    outcome: Outcome
    message: str = pydantic.Field(max_length=MESSAGE_LIMIT)
    metrics: dict[str, Finite]
    measured_at: pydantic.AwareDatetime
    duration_s: float = pydantic.Field(ge=0)
    detail: str = pydantic.Field(default="", max_length=DETAIL_LIMIT)


class Batch(_Message):
    """Results in the order in which they were measured. `own`: the agent's own figures when it sealed the
    batch.

    The names in `own` are the values of the kind `self` (spool_bytes, lag_s, …).
    """

    batch_id: UUID
    agent: str
    results: list[RunResult] = pydantic.Field(max_length=MAX_RESULTS)
    own: dict[str, Finite] = {}


class BatchAnswer(_Message):
    """The batch is on the server's disk. `is_known`: it was already.

    `ignored`: results of checks that are gone.
    """

    batch_id: UUID
    is_known: bool = False
    stored: int = 0
    ignored: int = 0
