"""Beheer's own figures in Prometheus' exposition format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Count

from beheer.monitoring.models import Agent, CheckState, ServiceState

Labelled = Iterable[tuple[dict[str, str], float]]


def own_figures(now: datetime) -> str:
    """How many checks and services are in which state, and how agents do."""
    agents = list(Agent.objects.filter(is_enabled=True))
    lines = [
        *_figure(
            "beheer_checks",
            "Checks by confirmed state.",
            _by_state(
                CheckState.objects.filter(
                    component__removed_at=None, component__is_enabled=True, component__is_simulated=False
                )
            ),
        ),
        *_figure(
            "beheer_services",
            "Services by state.",
            _by_state(ServiceState.objects.filter(service__is_simulated=False)),
        ),
        *_figure(
            "beheer_agent_seen_age_seconds",
            "Time since an agent last sent results.",
            (({"agent": a.key}, (now - a.last_seen_at).total_seconds()) for a in agents if a.last_seen_at),
        ),
    ]
    for name, help_text in (
        ("lag_s", "How much too late a check began, in seconds."),
        ("spool_bytes", "Results that an agent still keeps, in bytes."),
        ("spool_oldest_s", "Age of the oldest results that an agent still keeps, in seconds."),
    ):
        found = (({"agent": a.key}, float(a.own[name])) for a in agents if name in a.own)
        lines += _figure(f"beheer_agent_{name}", help_text, found)
    return "\n".join(lines) + "\n"


def _by_state(rows: object) -> Labelled:
    counted = rows.values_list("state").annotate(Count("pk")).order_by("state")  # type: ignore[attr-defined]  # two kinds of querysets
    return [({"state": state}, float(count)) for state, count in counted]


def _figure(name: str, help_text: str, values: Labelled) -> Iterator[str]:
    yield f"# HELP {name} {help_text}"
    yield f"# TYPE {name} gauge"
    for labels, value in values:
        told = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{name}{{{told}}} {value:g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
