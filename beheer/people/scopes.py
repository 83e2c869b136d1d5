"""Names of the services for which a role can be given. Services stand in a room above, which tells them here."""

from __future__ import annotations

from collections.abc import Callable

ServiceSource = Callable[[], list[tuple[int, str]]]
_sources: list[ServiceSource] = []


def provide_services(source: ServiceSource) -> None:
    """Have people ask `source` for (id, name) of every service."""
    _sources[:] = [source]


def services() -> list[tuple[int, str]]:
    """(id, name) of every service; empty where no room tells any."""
    return _sources[0]() if _sources else []
