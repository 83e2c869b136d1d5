"""The content of a report: a function of definitions, period and cut-off, the same for ever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from beheer.catalogue.models import Service
from beheer.lib.calendars import day_start
from beheer.lib.intervals import format_instant, from_us, parse_instant, to_us
from beheer.service_levels.indicators import INDICATORS, Outcome, Question
from beheer.service_levels.models import Agreement, Norm
from beheer.service_levels.queries.questions import (
    Definition,
    service_time,
    services_of,
    validity_end,
    weights_of,
)
from beheer.service_levels.queries.report_facts import (
    corrections_as_of,
    findings_as_of,
    outages_as_of,
    windows_as_of,
)
from beheer.service_levels.report_rules import FORMAT, Content
from beheer.service_levels.rules import NO_MARKS, parse_period, periods_between, read_rules, written_rules


@dataclass(frozen=True)
class Scope:
    """The services that a report is about: ids by key, as the report itself says."""

    ids: dict[str, int]
    names: dict[str, str]


def definitions_of(agreement: Agreement) -> Content:
    """What is agreed, as a report keeps it: agreement, calendar and norms, with all their words."""
    services = list(agreement.services.order_by("key"))
    revision = agreement.calendar.revisions.order_by("-number").first()
    return {
        "agreement": {
            "key": agreement.key,
            "name": agreement.name,
            "customer": {"key": agreement.customer.key, "name": agreement.customer.name},
            "timezone": agreement.timezone,
            "starts_on": agreement.starts_on.isoformat(),
            "ends_on": agreement.ends_on.isoformat() if agreement.ends_on else None,
            "is_simulated": agreement.is_simulated,
            "services": [_service(service) for service in services],
        },
        "calendar": {
            "key": agreement.calendar.key,
            "name": agreement.calendar.name,
            "version": revision.number if revision else 0,
            "source": agreement.calendar.source,
        },
        "definitions": [_norm(norm) for norm in agreement.norms.order_by("key")],
    }


def _service(service: Service) -> Content:
    return {"id": service.pk, "key": service.key, "name": service.name, "users_served": service.users_served}


def _norm(norm: Norm) -> Content:
    services = services_of(norm)
    return {
        "key": norm.key,
        "name": norm.name,
        "indicator": norm.indicator,
        "settings": norm.settings,
        "target": norm.target,
        "period": norm.period,
        "rules": written_rules(read_rules(norm.rules)),
        "services": [service.key for service in services],
        "weights": [str(weight) for weight in weights_of(norm.settings, services)],
        "retired_on": norm.retired_on.isoformat() if norm.retired_on else None,
    }


def build(definitions: Mapping[str, Any], start_us: int, end_us: int, cut_off: datetime) -> Content:
    """The whole content of a report over [start, end) by what had been recorded at the cut-off."""
    agreement = definitions["agreement"]
    scope = Scope(
        {row["key"]: row["id"] for row in agreement["services"]},
        {row["key"]: row["name"] for row in agreement["services"]},
    )
    ids = list(scope.ids.values())
    norms = [
        _judged(row, definitions, scope, (start_us, end_us), cut_off) for row in definitions["definitions"]
    ]
    span = (start_us, end_us)
    return {
        "format": FORMAT,
        **definitions,
        "period": {"from": format_instant(start_us), "until": format_instant(end_us)},
        "cut_off": format_instant(to_us(cut_off)),
        "norms": [norm for norm in norms if norm["figures"]],
        "outages": outages_as_of(scope.ids, definitions, span, cut_off),
        "windows": windows_as_of(ids, scope.ids, span, cut_off),
        "corrections": corrections_as_of(scope.ids, span, cut_off),
        "findings": findings_as_of(agreement["key"], start_us, cut_off),
    }


def draft_of_report(agreement: Agreement, start_us: int, end_us: int, now: datetime) -> Content:
    """The content that a report over [start, end) would have if it were sealed now; of a running period so far."""
    return build(definitions_of(agreement), start_us, max(start_us + 1, min(end_us, to_us(now))), now)


def rerun(content: Mapping[str, Any]) -> Content:
    """The content computed again from the definitions, period and cut-off that a report itself names."""
    definitions = {key: content[key] for key in ("agreement", "calendar", "definitions")}
    span = content["period"]
    cut_off = from_us(parse_instant(content["cut_off"], "cut_off"))
    return build(definitions, parse_instant(span["from"]), parse_instant(span["until"]), cut_off)


def definition_from(row: Mapping[str, Any], definitions: Mapping[str, Any]) -> Definition:
    """A norm's definition as a report keeps it."""
    agreement = definitions["agreement"]
    zone = ZoneInfo(agreement["timezone"])
    days = [date.fromisoformat(text) for text in (agreement["ends_on"], row["retired_on"]) if text]
    starts_on = date.fromisoformat(agreement["starts_on"])
    return Definition(
        indicator=INDICATORS[row["indicator"]],
        target=row["target"],
        period=parse_period(row["period"]),
        rules=read_rules(row["rules"]),
        settings=row["settings"],
        zone=zone,
        time=service_time(definitions["calendar"]["source"]),
        valid=(day_start(starts_on, zone), validity_end(min(days, default=None), zone)),
    )


def _judged(
    row: Mapping[str, Any],
    definitions: Mapping[str, Any],
    scope: Scope,
    span: tuple[int, int],
    cut_off: datetime,
) -> Content:
    definition = definition_from(row, definitions)
    keys = [key for key in row["services"] if key in scope.ids]
    figures: list[Content] = []
    for period in _periods(definition, span):
        question = definition.question(
            [scope.ids[key] for key in keys],
            period,
            min(span[1], period[1]),
            weights=[Fraction(text) for text in row["weights"]],
            as_of=cut_off,
        )
        figures.extend(_figures(definition, question, keys))
    return {
        "key": row["key"],
        "name": row["name"],
        "indicator": row["indicator"],
        "unit": definition.indicator.unit(row["settings"]),
        "is_of_states": definition.indicator.is_of_states,
        "target": row["target"],
        "period": row["period"],
        "figures": figures,
    }


def _figures(definition: Definition, question: Question, keys: Sequence[str]) -> Iterator[Content]:
    """Each service, then all together where there are several; total beside adjusted."""
    adjusted = definition.indicator.judge(question)
    bare = _without_deviations(question) if definition.indicator.is_of_states else question
    total = definition.indicator.judge(bare) if definition.indicator.is_of_states else adjusted
    period = {"from": format_instant(question.start), "until": format_instant(question.until)}
    is_whole = question.until >= question.end
    for key, one, other in zip(keys, adjusted, total, strict=True):
        yield {
            "service": key,
            **period,
            "is_closed": is_whole,
            "adjusted": _plain(one),
            "total": _plain(other),
        }
    if len(keys) > 1:
        yield {
            "service": None,
            **period,
            "is_closed": is_whole,
            "adjusted": _plain(definition.indicator.together(question, adjusted)),
            "total": _plain(definition.indicator.together(bare, total)),
        }


def _without_deviations(question: Question) -> Question:
    """The same question as if there were no windows and no corrections."""
    return replace(question, known=replace(question.facts, windows=NO_MARKS, corrections=NO_MARKS))


def _plain(outcome: Outcome) -> Content:
    return {
        "verdict": outcome.verdict.value,
        "value": outcome.value,
        "band": [outcome.low, outcome.high] if outcome.low is not None else None,
        "allowed_s": outcome.allowed_s,
        "consumed_s": outcome.consumed_s,
        "figures": outcome.figures,
    }


def _periods(definition: Definition, span: tuple[int, int]) -> list[tuple[int, int]]:
    """The norm's periods that a report tells of: those that touch it; of a rolling norm the one that ends with it."""
    start, end = span
    first, last = definition.valid
    if definition.period.unit is None:
        found = [(end - definition.period.rolling_us, end)] if first < end <= last else []
    else:
        found = periods_between(definition.period.unit, definition.zone, start, end)
    cut = [(max(low, first), min(high, last)) for low, high in found]
    return [(low, high) for low, high in cut if low < high and low < end]
