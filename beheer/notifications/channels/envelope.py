"""What every kind of channel takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Note:
    """One message as a recipient reads it, in one language."""

    id: int
    event: str
    event_label: str
    subject: str
    key: str
    title: str
    body: str
    severity: str
    severity_label: str
    service_key: str
    service_name: str
    team_key: str
    url: str
    created_at: datetime

    @property
    def headline(self) -> str:
        """The title with what happened before it, unless the title says it already."""
        says_it = self.title.lower().startswith(self.event_label.lower())
        if says_it or self.event == "test":
            return self.title
        return f"{self.event_label[:1].upper()}{self.event_label[1:]}: {self.title}"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What goes by one channel at once: one message or more, oldest first. `id` is the same when it is tried again."""

    id: str
    channel_name: str
    address: str  # the e-mail address of the person whose channel it is; empty where it is nobody's
    settings: Mapping[str, Any]
    secret: str
    language: str
    notes: tuple[Note, ...]
    now: datetime


class DeliveryFailed(Exception):
    """It did not arrive; the text says why, without secrets. It is tried again later."""


class Kind(Protocol):
    """One kind of channel."""

    @property
    def key(self) -> str:
        """How files and the store call it."""

    @property
    def title(self) -> Promise:
        """What it is called on a screen."""

    @property
    def needs_secret(self) -> bool:
        """Whether it signs with a secret."""

    def check(self, settings: Mapping[str, Any], *, has_person: bool) -> dict[str, Any]:
        """The settings, made whole. Raises: InputError naming the field."""

    def target(self, settings: Mapping[str, Any], address: str) -> str:
        """Where it goes, for people; without secrets."""

    def send(self, envelope: Envelope) -> None:
        """Send it. Raises: DeliveryFailed."""
