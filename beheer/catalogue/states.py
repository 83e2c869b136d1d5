"""What rooms above know of services and the catalogue's pages show: their states, and parts of their page.

`monitoring` gives the states when it starts; without it every service is "unknown". Parts of a service's page are named
by their view, as the navigation names pages; one whose view does not exist is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

StateSource = Callable[[Collection[int] | None], Mapping[int, str]]
_sources: list[StateSource] = []


def provide_states(source: StateSource) -> None:
    """Have the catalogue ask `source` for the states of services, by id: of those with these ids, or (None) of all."""
    _sources[:] = [source]


def states(ids: Collection[int] | None = None) -> Mapping[int, str]:
    """The state of every service that has one, or of those with these ids, by id; the others are "unknown"."""
    return _sources[0](ids) if _sources else {}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a service's page that a room above draws by a view of the service's key, with its style sheet."""

    key: str
    title: Promise
    url: str
    style: str


# key, title, view, style sheet
PARTS: tuple[tuple[str, Promise, str, str], ...] = (
    ("levels", _("Service levels"), "service_levels:service", "service_levels/room.css"),
    ("history", _("State"), "monitoring:service_part", "monitoring/monitoring.css"),
    ("work", _("Work"), "work:service_part", "work/work.css"),
)


def parts(service_key: str) -> list[Part]:
    """The parts of this service's page whose views exist."""
    found = []
    for key, title, name, style in PARTS:
        try:
            found.append(Part(key, title, reverse(name, args=[service_key]), style))
        except NoReverseMatch:
            continue
    return found
