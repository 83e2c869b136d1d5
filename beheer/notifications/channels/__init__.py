"""Kinds of channel: one file each. A new kind is a file with a class and a line here."""

from __future__ import annotations

from beheer.lib.errors import InputError, Problem
from beheer.notifications.channels.email import Email
from beheer.notifications.channels.envelope import Kind
from beheer.notifications.channels.webhook import Webhook

KINDS: dict[str, Kind] = {kind.key: kind for kind in (Email(), Webhook())}


def kind_of(key: str) -> Kind:
    """The kind with this key. Raises: InputError."""
    if key not in KINDS:
        raise InputError(
            Problem(f"There is no kind of channel '{key}'.", "kind", f"Choose from {', '.join(KINDS)}.")
        )
    return KINDS[key]
