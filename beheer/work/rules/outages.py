"""Which incident answers a service that is not up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Answer = Literal["known", "attach", "reopen", "move", "open"]
# How long after a service went down trouble with something it needs is still taken for the cause of it.
SETTLES = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Standing:
    """An outage that is answered already: by which incident, since when, until when (None: still)."""

    service_id: int
    item_id: int
    started_at: datetime
    ended_at: datetime | None
    can_reopen: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do: `item_id` is the incident concerned (None to open one); `about` the service it is about.

    `merge`: incidents that turn out to be of the same cause.
    """

    answer: Answer
    about: int
    item_id: int | None = None
    merge: tuple[int, ...] = ()


def plan(
    *,
    service_id: int,
    at: datetime,
    causes: Collection[int],
    needed_by: Collection[int],
    open_outages: Mapping[int, Standing],
    ended: Collection[Standing],
    about: Mapping[int, int],
    reopen_within: timedelta,
) -> Plan:
    """What to do about a service that is not up.

    `causes`: the services nearest the cause of this trouble, as far as is known (itself if it stands alone);
    `needed_by`: every service that needs it; `open_outages`: service → the outage that is answered now; `ended`:
    outages of this service or its causes that ended lately; `about`: open incident of monitoring → its service.
    """
    above = sorted(cause for cause in causes if cause != service_id)
    if service_id in open_outages:
        present = open_outages[service_id].item_id
        deeper = [open_outages[cause].item_id for cause in above if cause in open_outages]
        if deeper and deeper[0] != present and about.get(present) == service_id:
            return Plan("attach", above[0], deeper[0], (present,))
        return Plan("known", service_id, present)
    for cause in above:
        if cause in open_outages:
            return Plan("attach", cause, open_outages[cause].item_id)
    nearest = above[0] if above else service_id
    for item_id, service in sorted(about.items()):
        if service == nearest:
            return Plan("attach", nearest, item_id)
    recent = [one for one in ended if one.can_reopen and one.ended_at and at - one.ended_at <= reopen_within]
    mine = [one for one in recent if one.service_id == service_id] or recent
    if mine:
        return Plan("reopen", nearest, max(mine, key=lambda one: one.started_at).item_id)
    followers = [
        one
        for one in open_outages.values()
        if one.service_id in needed_by
        and about.get(one.item_id) in needed_by
        and at - one.started_at <= SETTLES
    ]
    if followers:
        first, *rest = sorted({one.item_id for one in followers})
        return Plan("move", nearest, first, tuple(rest))
    return Plan("open", nearest)
