"""What Alertmanager sends to a webhook, version 4 of its payload. Fields that are not named here are passed over.

Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Literal

import pydantic

from beheer.lib.errors import InputError, Problem

VERSION = "4"
MOST_ALERTS = 10_000
MOST_PROBLEMS = 20


class SentAlert(pydantic.BaseModel):
    """One alert. Alertmanager writes the year 1 for an end that is not there."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str] = pydantic.Field(min_length=1)
    annotations: dict[str, str] = {}
    starts_at: pydantic.AwareDatetime = pydantic.Field(alias="startsAt")
    ends_at: pydantic.AwareDatetime | None = pydantic.Field(None, alias="endsAt")
    url: str = pydantic.Field("", alias="generatorURL")
    fingerprint: str = pydantic.Field("", max_length=64)

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> SentAlert:
        if self.ended_at is not None and self.ended_at < self.starts_at:
            raise ValueError("endsAt is before startsAt")
        return self

    @property
    def ended_at(self) -> datetime | None:
        """When it ended; None while it fires."""
        if self.status == "firing" or self.ends_at is None or self.ends_at.year <= 1:
            return None
        return self.ends_at.astimezone(UTC)

    @property
    def name(self) -> str:
        """What it is called: its own name and the instance it is about."""
        parts = (self.labels.get("alertname", ""), self.labels.get("instance", ""))
        return " ".join(part for part in parts if part)[:200] or self.key

    @property
    def key(self) -> str:
        """The fingerprint, or one made of its labels where the sender gives none."""
        text = json.dumps(self.labels, sort_keys=True)
        return self.fingerprint or hashlib.sha256(text.encode()).hexdigest()[:16]


class Delivery(pydantic.BaseModel):
    """One delivery: alerts of one group. `truncated`: so many alerts the sender left out."""

    version: str
    alerts: list[SentAlert] = pydantic.Field(max_length=MOST_ALERTS)
    truncated: int = pydantic.Field(0, alias="truncatedAlerts")


class Unmapped(pydantic.BaseModel):
    """An alert that no check takes up."""

    fingerprint: str
    labels: dict[str, str]
    remedy: str


class DeliveryAnswer(pydantic.BaseModel):
    """What became of a delivery: how many alerts checks took up, and those that none did."""

    received: int
    taken: int
    unmapped: list[Unmapped] = []


def read_delivery(body: bytes) -> Delivery:
    """The delivery in a body of JSON. Raises: InputError naming each field that is wrong."""
    try:
        whole = json.loads(body)
    except ValueError as error:
        raise InputError(
            Problem(f"This is not JSON: {error}.", "", "Point webhook_configs at this address.")
        ) from error
    version = whole.get("version") if isinstance(whole, dict) else None
    if version != VERSION:
        raise InputError(
            Problem(
                f"Version {json.dumps(version)} of the payload is not known.",
                "version",
                f'Send version "{VERSION}", as Alertmanager does since 0.6.',
            )
        )
    try:
        return Delivery.model_validate(whole)
    except pydantic.ValidationError as error:
        found = error.errors()[:MOST_PROBLEMS]
        raise InputError(
            [
                Problem(f"{one['msg']}.", ".".join(map(str, one["loc"])), "Send what Alertmanager sends.")
                for one in found
            ]
        ) from error
