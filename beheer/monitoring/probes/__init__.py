"""The kinds of probes: one file each, and one line here. Adding one is told in docs/how-to/add-a-probe.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pydantic

from beheer.lib.documents import Document, Path, check
from beheer.lib.errors import InputError, Problem
from beheer.monitoring.conditions import Condition, check_names, parse
from beheer.monitoring.contract import Kind, Outcome, Settings, UrlRequest
from beheer.monitoring.judging import ORDER, Verdicts
from beheer.monitoring.probes import (
    alerts,
    dns,
    heartbeat,
    host,
    http,
    icmp,
    nagios,
    own,
    prometheus,
    tcp,
    tls,
)

KINDS: dict[str, Kind[Any]] = {
    kind.key: kind
    for kind in (
        http.KIND,
        tcp.KIND,
        icmp.KIND,
        dns.KIND,
        tls.KIND,
        host.KIND,
        heartbeat.KIND,
        alerts.KIND,
        nagios.KIND,
        prometheus.KIND,
        own.KIND,
    )
}

PASSIVE = tuple(kind.key for kind in KINDS.values() if kind.is_passive)
"""The kinds that no agent runs."""


@dataclass(frozen=True, slots=True)
class ReadyCheck:
    """A check's kind, settings and conditions, read and ready to run; `request` is None where it fetches no URL."""

    kind: Kind[Any]
    settings: Settings
    verdicts: Verdicts
    request: UrlRequest | None = None


class _Conditions(pydantic.BaseModel):
    """Lists of conditions by outcome; a list that is left out is the kind's own."""

    model_config = pydantic.ConfigDict(extra="forbid")

    unknown: list[str] | None = pydantic.Field(
        None, description="The run says nothing about the service when one holds."
    )
    down: list[str] | None = pydantic.Field(None, description="Down when one of these holds.")
    degraded: list[str] | None = pydantic.Field(
        None, description="Degraded when one of these holds, and it is not down."
    )


def kind_of(key: str) -> Kind[Any]:
    """The kind with this key.

    Raises: InputError naming the kinds there are.
    """
    if key not in KINDS:
        raise InputError(
            Problem(f"'{key}' is no kind of check.", "kind", f"Kinds: {', '.join(sorted(KINDS))}.")
        )
    return KINDS[key]


def read_check(key: str, settings: Mapping[str, Any], conditions: Mapping[str, Any]) -> ReadyCheck:
    """Hold a check's settings and conditions to its kind.

    Raises: InputError with a Problem for each thing that is wrong; fields are `kind`, `settings.…`,
    `conditions.…`.
    """
    kind = kind_of(key)
    value = {"settings": dict(settings), "conditions": dict(conditions)}
    document = Document("", value, dict.fromkeys(_paths(value), 0))
    problems: list[Problem] = []
    ready: Settings | None = None
    try:
        ready = check(document, kind.settings, ("settings",))
    except InputError as error:
        problems += [Problem(p.message, p.field, p.remedy) for p in error.problems]
    try:
        verdicts = _verdicts(kind, check(document, _Conditions, ("conditions",)), ready)
    except InputError as error:
        problems += [Problem(p.message, p.field, p.remedy) for p in error.problems]
    if problems or ready is None:
        raise InputError(problems)
    return ReadyCheck(kind, ready, verdicts, _request(kind, ready, verdicts))


def secret_fields(kind: Kind[Any]) -> frozenset[str]:
    """The names of the settings that must not be shown, logged or exported."""
    found = kind.settings.model_fields.items()
    return frozenset(
        name
        for name, info in found
        if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("secret")
    )


def _request(kind: Kind[Any], settings: Settings, verdicts: Verdicts) -> UrlRequest | None:
    """What to fetch; headers of the answer are read only where a condition asks for one."""
    if kind.request is None:
        return None
    return replace(kind.request(settings), wants_headers=verdicts.asks_for("header"))


def _paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Where each value stands, so that an error can name its field."""
    yield at
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, inner in inside:
        yield from _paths(inner, (*at, part))


def _verdicts(kind: Kind[Any], given: _Conditions, settings: Settings | None) -> Verdicts:
    """The conditions, parsed; where settings could not be read, keys of families are not held to them."""
    declared = kind.declared(settings) if settings is not None else {}
    names = {value.name: value.kind for value in kind.values} | {"error": "text"}
    families = {value.name: declared.get(value.name) for value in kind.values if value.each}
    problems: list[Problem] = []
    parsed: dict[Outcome, list[Condition]] = {}
    for outcome in ORDER:
        own = getattr(given, outcome)
        parsed[outcome] = []
        for index, source in enumerate(kind.conditions.get(outcome, ()) if own is None else own):
            try:
                condition = parse(source)
                check_names(condition, names, families)
                parsed[outcome].append(condition)
            except InputError as error:
                field = f"conditions.{outcome}.{index}"
                problems += [Problem(p.message, field, p.remedy) for p in error.problems]
    if problems:
        raise InputError(problems)
    return Verdicts({outcome: tuple(found) for outcome, found in parsed.items()})
