"""The service catalogue in configuration as code."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from beheer.lib.configuration import After, Finding, Section, unknown
from beheer.permissions.rules import Actor
from beheer.work.actions.requests import publish_request_model
from beheer.work.catalogue import current_models, spec_of
from beheer.work.definitions import current_kinds
from beheer.work.request_models.checks import flaws
from beheer.work.request_models.schema import RequestSpec


def current() -> dict[str, RequestSpec]:
    """Everything in the catalogue, retired or not, by key."""
    return {key: spec_of(row) for key, row in current_models(with_retired=True).items()}


def save(*, actor: Actor, entry: RequestSpec, now: datetime) -> None:
    """Publish a version."""
    publish_request_model(actor=actor, spec=entry, now=now)


def problems(after: After) -> Iterator[Finding]:
    """What does not hang together, or names what is not there."""
    kinds = current_kinds()
    for key, entry in after["request_models"].items():
        yield from unknown(after, "services", entry.service or None, entry=key, path=("service",))
        for place, team in enumerate(entry.for_teams):
            yield from unknown(after, "teams", team, entry=key, path=("for_teams", place))
        team = entry.defaults.get("team")
        yield from unknown(after, "teams", team, entry=key, path=("defaults", "team"))
        if entry.kind not in kinds:
            there = ", ".join(kinds)
            yield Finding(key, ("kind",), f"There is no kind of work '{entry.kind}'.", f"There are: {there}.")
            continue
        for flaw in flaws(entry, kinds[entry.kind]):
            yield Finding(key, flaw.path, flaw.message, flaw.remedy)


SECTION = Section("request_models", RequestSpec, current, save, problems=problems)
