"""Keys and names of the services for which a role can be given. Services stand in a room above, which tells them."""

from __future__ import annotations

from collections.abc import Callable, Collection

# (id, key, name) of services, at most so many, with one of these ids or this key.
ServiceSource = Callable[..., list[tuple[int, str, str]]]
_sources: list[ServiceSource] = []


def provide_services(source: ServiceSource) -> None:
    """Have people ask `source(ids=None, key=None, most=None)` for (id, key, name) of services."""
    _sources[:] = [source]


def services(
    *, ids: Collection[int] | None = None, key: str | None = None, most: int | None = None
) -> list[tuple[int, str, str]]:
    """(id, key, name) of services; empty where no room tells any."""
    return _sources[0](ids=ids, key=key, most=most) if _sources else []
