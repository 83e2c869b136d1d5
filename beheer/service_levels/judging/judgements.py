"""Brings an agreement file and a table together: one judgement for each norm, service and period."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from beheer.lib.intervals import ENDLESS
from beheer.lib.service_time import ServiceTime
from beheer.service_levels.judging.agreements import AgreementFile, NormFor, Pattern
from beheer.service_levels.judging.tables import Table
from beheer.service_levels.rules import (
    NO_MARKS,
    Facts,
    Figure,
    Marks,
    Outage,
    PeriodUnit,
    Timeline,
    Verdict,
    closed_verdict,
    cut_periods,
    judge,
    marks,
    outages,
    rolling_periods,
)


@dataclass(frozen=True)
class Judgement:
    """What a norm says of a service in a period."""

    service: str
    norm: NormFor
    figure: Figure
    verdict: Verdict


@dataclass
class Judged:
    """All judgements, the outages that were too short to count by norm and service, and what a person should know."""

    judgements: list[Judgement] = field(default_factory=list)
    short: list[tuple[NormFor, str, Outage]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def judge_table(
    agreement: AgreementFile, table: Table, *, start: int, end: int, by: PeriodUnit | None = None
) -> Judged:
    """Judge [start, end), or each period of the agreement's zone in it, cut to it.

    A norm with a rolling period gets, with `by`, a figure for each of these that ends with it. The file is taken to
    say all there is to say: periods are closed, and the last state of a service holds until `end`.
    """
    result = Judged()
    names = _all_names(agreement, table, result)
    facts = _facts(agreement, table, names, result)
    place = {name: index for index, name in enumerate(names)}
    for norm in agreement.norms:
        chosen = _chosen(norm.services, names)
        if not chosen:
            words = ", ".join(norm.services.names)
            result.warnings.append(
                f"{norm.services.place}: no service is named {words}; this norm judges nothing."
            )
            continue
        part = _selected(facts, [place[name] for name in chosen])
        time = ServiceTime(norm.calendar)
        periods = _periods(agreement, norm, start, end, by)
        figures = judge(part, time, norm.norm.rules, periods)
        for index, name in enumerate(chosen):
            for figure in figures.service(index):
                verdict = closed_verdict(figure, norm.norm.target)
                result.judgements.append(Judgement(name, norm, figure, verdict))
        if norm.norm.rules.min_outage_us:
            listed = outages(part, time, norm.norm.rules, start=start, end=end)
            result.short.extend((norm, chosen[one.service], one) for one in listed if one.is_short)
    return result


def _periods(
    agreement: AgreementFile, norm: NormFor, start: int, end: int, by: PeriodUnit | None
) -> list[tuple[int, int]]:
    if by is None:
        return [(start, end)]
    if norm.norm.period.unit is None:
        return rolling_periods(norm.norm.period.rolling_us, by, agreement.zone, start, end)
    return cut_periods(by, agreement.zone, start, end)


def _all_names(agreement: AgreementFile, table: Table, result: Judged) -> list[str]:
    """The services of the table, and those that norms name but the table does not."""
    names = list(table.names)
    known = set(names)
    if not len(table.start):
        result.warnings.append("The file has no rows, or none was chosen.")
    for norm in agreement.norms:
        for name in norm.services.plain:
            if name not in known:
                known.add(name)
                names.append(name)
                taken = "up all the time" if table.is_outages else "without data"
                result.warnings.append(
                    f"{norm.services.place}: '{name}' has no rows; it is taken as {taken}."
                )
    return names


def _chosen(pattern: Pattern, names: Sequence[str]) -> list[str]:
    """The services of a pattern: in the order it names them, those of one name with `*` by the alphabet."""
    found: list[str] = []
    for one in pattern.names:
        found.extend(sorted(name for name in names if Pattern((one,), "").matches(name)))
    return list(dict.fromkeys(found))


def _facts(agreement: AgreementFile, table: Table, names: list[str], result: Judged) -> Facts:
    timeline = _widened(table, len(names))
    windows = [
        (index, window.start, window.end, -ENDLESS if window.announced is None else window.announced)
        for pattern, window in agreement.windows
        for index in _touched(pattern, names, table, result)
    ]
    corrections = [
        (index, correction.start, correction.end, int(correction.makes))
        for pattern, correction in agreement.corrections
        for index in _touched(pattern, names, table, result)
    ]
    return Facts(len(names), timeline, marks(windows), marks(corrections))


def _widened(table: Table, count: int) -> Timeline:
    """The table's timeline for `count` services, more than it has rows for."""
    names = table.names
    if count == len(names):
        return table.timeline()
    wider = Table(table.is_outages, {str(index): index for index in range(count)})
    wider.service, wider.start, wider.until, wider.state = (
        table.service,
        table.start,
        table.until,
        table.state,
    )
    return wider.timeline()


def _touched(pattern: Pattern, names: Sequence[str], table: Table, result: Judged) -> Iterable[int]:
    """The services of a window or correction; a warning for a name that no row has."""
    for name in pattern.plain:
        if name not in table.names:
            result.warnings.append(f"{pattern.place}: no row is about '{name}'.")
    return [index for index, name in enumerate(names) if pattern.matches(name)]


def _selected(facts: Facts, services: list[int]) -> Facts:
    """The facts of some services, in this order."""
    if services == list(range(facts.count)):
        return facts
    parts = [facts.part(service, service + 1) for service in services]

    def joined(rows: list[Marks]) -> Marks:
        if not rows:
            return NO_MARKS
        return Marks(
            np.concatenate([row.service + index for index, row in enumerate(rows)]),
            np.concatenate([row.start for row in rows]),
            np.concatenate([row.end for row in rows]),
            np.concatenate([row.value for row in rows]),
        )

    timeline = Timeline(
        np.concatenate([part.timeline.service + index for index, part in enumerate(parts)]),
        np.concatenate([part.timeline.at for part in parts]),
        np.concatenate([part.timeline.state for part in parts]),
    )
    return Facts(
        len(services),
        timeline,
        joined([part.windows for part in parts]),
        joined([part.corrections for part in parts]),
    )
