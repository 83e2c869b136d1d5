"""Evidence that rooms above propose for a criterion, from what Beheer measures. It informs, and decides nothing.

A room above writes a provider and registers it when it is loaded; this room only asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from beheer.profile.models import Post

PERIOD = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One figure: which query gave it, for which criteria it may say something, over which period, and its limits."""

    query: str
    criteria: tuple[str, ...]
    text: str
    since: datetime
    until: datetime
    limits: str
    url: str = ""


Provider = Callable[[Post, datetime, datetime], list[Proposal]]
_providers: list[Provider] = []


def register(provider: Provider) -> Provider:
    """Let a room above propose evidence; registering twice is registering once."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def proposals(post: Post, now: datetime, criterion: str = "") -> list[Proposal]:
    """What can be measured about a post over the year before `now`; only of one criterion, if it is named."""
    found = [one for provider in _providers for one in provider(post, now - PERIOD, now)]
    return [one for one in found if not criterion or criterion in one.criteria]
