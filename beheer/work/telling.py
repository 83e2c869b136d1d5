"""Telling others, by the channels of `notifications`, what became of an incident."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from beheer.notifications.actions import notify
from beheer.work.models import Item

EVENTS = {"opened": "incident.opened", "reopened": "incident.reopened", "resolved": "incident.resolved"}
SEVERITY = {1: "critical", 2: "critical", 3: "warning"}


def tell(item: Item, word: str, now: datetime) -> None:
    """Tell that an incident was opened, reopened or resolved; other words, and simulated work, are told to nobody."""
    event = EVENTS.get(word)
    if event is None or item.is_simulated:
        return
    notify(
        event=event,
        subject=f"work:{item.number}",
        title=f"{item.number}: {item.title}",
        body=lambda: _body(item),
        severity="info" if word == "resolved" else SEVERITY.get(item.priority, "info"),
        key=f"work:{item.number}",
        now=now,
        service_id=item.service_id,
        team_id=item.team_id,
        path=f"/work-items/{item.number}/",
    )


def _body(item: Item) -> str:
    """What stands in the message, in the language that is active."""
    lines = [_("Priority %(priority)s") % {"priority": item.priority}]
    if item.service is not None:
        lines.append(_("Service: %(service)s") % {"service": item.service.name})
    others = item.affected.exclude(service=item.service).values_list("service__name", flat=True)
    if others:
        lines.append(_("Also affected: %(services)s") % {"services": ", ".join(others)})
    if item.description:
        lines.append(item.description)
    if item.values.get("solution"):
        lines.append(_("Solution: %(solution)s") % {"solution": item.values["solution"]})
    return "\n".join(lines)
