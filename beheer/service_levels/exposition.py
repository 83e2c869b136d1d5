"""How norms stand as Prometheus gauges, and as alerts in Alertmanager's format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from beheer.service_levels.models import Judgement, Verdict, VerdictChange
from beheer.service_levels.queries.standings import norm_url, running

Gauge = tuple[str, str, Callable[[Judgement], float | None]]

GAUGES: tuple[Gauge, ...] = (
    ("beheer_norm_value", "Figure of the norm in its running period.", lambda row: row.value),
    ("beheer_norm_target", "Target of the norm.", lambda row: row.norm.target),
    ("beheer_norm_budget_allowed_seconds", "Budget of the whole period.", lambda row: row.allowed_s),
    ("beheer_norm_budget_consumed_seconds", "What of the budget is used.", lambda row: row.consumed_s),
    ("beheer_norm_burn_rate", "How fast the budget burns; 1 uses exactly all of it.", lambda row: row.burn),
)


def exposition(now: datetime) -> str:
    """Every norm in its running period in Prometheus' text format: its verdict as a gauge each, and its figures."""
    rows = list(running(now).order_by("norm__agreement__key", "norm__key"))
    return "".join(f"{line}\n" for line in _lines(rows))


def _lines(rows: list[Judgement]) -> Iterator[str]:
    yield "# HELP beheer_norm_verdict 1 for the verdict that the norm has now, 0 for the others."
    yield "# TYPE beheer_norm_verdict gauge"
    for row in rows:
        for verdict in Verdict.values:
            yield f'beheer_norm_verdict{{{_labels(row)},verdict="{verdict}"}} {int(row.verdict == verdict)}'
    for name, text, value_of in GAUGES:
        yield f"# HELP {name} {text}"
        yield f"# TYPE {name} gauge"
        for row in rows:
            value = value_of(row)
            if value is not None:
                yield f"{name}{{{_labels(row)}}} {value!r}"


def _labels(row: Judgement) -> str:
    norm = row.norm
    values = {"agreement": norm.agreement.key, "norm": norm.key, "indicator": norm.indicator}
    values["customer"] = norm.agreement.customer.key
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in values.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def alerts(now: datetime) -> list[dict[str, Any]]:
    """The norms at risk or breached, as Alertmanager takes them at `/api/v2/alerts`; nothing simulated."""
    rows = running(now).filter(
        verdict__in=(Verdict.AT_RISK, Verdict.BREACHED), norm__agreement__is_simulated=False
    )
    chosen = list(rows.order_by("norm__agreement__key", "norm__key"))
    since: dict[tuple[int, int | None, str], datetime] = {}
    changes = VerdictChange.objects.filter(norm__in=[row.norm_id for row in chosen]).order_by("pk")
    for change in changes:
        since[change.norm_id, change.service_id, change.verdict] = change.recorded_at
    return [
        _alert(row, since.get((row.norm_id, row.service_id, row.verdict), row.starts_at), now)
        for row in chosen
    ]


def _alert(row: Judgement, since: datetime, now: datetime) -> dict[str, Any]:
    norm = row.norm
    return {
        "labels": {
            "alertname": "NormBreached" if row.verdict == Verdict.BREACHED else "NormAtRisk",
            "severity": "critical" if row.verdict == Verdict.BREACHED else "warning",
            "agreement": norm.agreement.key,
            "norm": norm.key,
            "customer": norm.agreement.customer.key,
        },
        "annotations": {"summary": f"{norm.agreement.name}: {norm.name}"},
        "generatorURL": f"{settings.BASE_URL}{norm_url(norm)}",
        "startsAt": since.isoformat(),
        "endsAt": (now + timedelta(minutes=5)).isoformat(),
    }
