"""Brings an agreement file and a table together: one judgement for each norm, service and period."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from beheer.lib.errors import InputError, Problem
from beheer.lib.intervals import ENDLESS
from beheer.lib.service_time import ServiceTime
from beheer.service_levels.judging.agreements import AgreementFile, NormFor, Pattern
from beheer.service_levels.judging.measured import Asked as Question
from beheer.service_levels.judging.measured import Measured, judge_measured
from beheer.service_levels.judging.measurements import Measurements
from beheer.service_levels.judging.several import Judgement, availability_together, worst_together
from beheer.service_levels.judging.tables import Table
from beheer.service_levels.rules import (
    NO_MARKS,
    Facts,
    Figure,
    Marks,
    Outage,
    PeriodUnit,
    Timeline,
    closed_verdict,
    cut_periods,
    judge,
    marks,
    outages,
    rolling_periods,
)
from beheer.service_levels.rules.measured import reliability_of
from beheer.service_levels.rules.settings import ReliabilitySettings


@dataclass
class Judged:
    """All judgements, the outages that were too short to count by norm and service, and what a person should know."""

    judgements: list[Judgement | Measured] = field(default_factory=list)
    short: list[tuple[NormFor, str, Outage]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def judge_table(
    agreement: AgreementFile,
    table: Table | None,
    *,
    start: int,
    end: int,
    by: PeriodUnit | None = None,
    measurements: Measurements | None = None,
    together: bool = False,
) -> Judged:
    """Judge [start, end), or each period of the agreement's zone in it, cut to it.

    A norm with a rolling period gets, with `by`, a figure for each of these that ends with it. The file is taken to
    say all there is to say: periods are closed, and the last state of a service holds until `end`. With `together`
    a norm over several services has a figure of all of them too, of a service "*".
    Raises: InputError where a norm needs a file that was not given.
    """
    _require_files(agreement, table, measurements)
    result = Judged()
    names = [] if table is None else _all_names(agreement, table, result)
    facts = None if table is None else _facts(agreement, table, names, result)
    place = {name: index for index, name in enumerate(names)}
    for norm in agreement.norms:
        known = names if norm.is_of_states else _measured_names(norm, measurements, result)
        chosen = _chosen(norm.services, known)
        if not chosen:
            words = ", ".join(norm.services.names)
            result.warnings.append(
                f"{norm.services.place}: no service is named {words}; this norm judges nothing."
            )
            continue
        asked = _Asked(agreement, norm, chosen, _periods(agreement, norm, start, end, by), together)
        if facts is not None and norm.is_of_states:
            part = _selected(facts, [place[name] for name in chosen])
            asked.judge_states(part, result, (start, end))
        elif measurements is not None:
            asked.judge_measurements(measurements, result)
    return result


def _require_files(agreement: AgreementFile, table: Table | None, measurements: Measurements | None) -> None:
    problems = []
    for index, norm in enumerate(agreement.norms):
        if (table if norm.is_of_states else measurements) is None:
            needed = "--states or --outages" if norm.is_of_states else "--measurements"
            message = f"'{norm.norm.indicator}' is judged from another file than was given."
            problems.append(Problem(message, f"norms.{index}.indicator", f"Give {needed} too."))
    if problems:
        raise InputError(problems)


@dataclass(frozen=True)
class _Asked:
    """One norm asked of some services in some periods."""

    agreement: AgreementFile
    norm: NormFor
    chosen: list[str]
    periods: list[tuple[int, int]]
    together: bool

    def judge_states(self, facts: Facts, result: Judged, span: tuple[int, int]) -> None:
        """Add what states say, and which outages were too short."""
        norm, time = self.norm, ServiceTime(self.norm.calendar)
        figures = judge(facts, time, norm.norm.rules, self.periods)
        said = [
            _judgement(name, norm, figure)
            for index, name in enumerate(self.chosen)
            for figure in figures.service(index)
        ]
        result.judgements += said
        if self.together and len(self.chosen) > 1:
            is_time = norm.norm.indicator == "availability"
            result.judgements += (availability_together if is_time else worst_together)(norm, said)
        if norm.norm.rules.min_outage_us:
            listed = outages(facts, time, norm.norm.rules, start=span[0], end=span[1])
            result.short.extend((norm, self.chosen[one.service], one) for one in listed if one.is_short)

    def judge_measurements(self, table: Measurements, result: Judged) -> None:
        """Add what measurements say."""
        time, zone = ServiceTime(self.norm.calendar), self.agreement.zone
        said = [
            judge_measured(Question(self.norm, table, name, time, zone, start, end))
            for name in self.chosen
            for start, end in self.periods
        ]
        result.judgements += said
        if self.together and len(self.chosen) > 1:
            result.judgements += worst_together(self.norm, said)


def _judgement(service: str, norm: NormFor, figure: Figure) -> Judgement:
    if not isinstance(norm.settings, ReliabilitySettings):
        return Judgement(service, norm, figure, closed_verdict(figure, norm.norm.target))
    found = reliability_of(
        figure, norm.settings.figure, float(norm.norm.target), norm.settings.higher_is_better
    )
    return Judgement(service, norm, figure, found.verdict, found.value)


def _measured_names(norm: NormFor, table: Measurements | None, result: Judged) -> list[str]:
    """The services that have measurements, and those that the norm names but the file does not."""
    names = list(table.names) if table is not None else []
    for name in norm.services.plain:
        if name not in names:
            names.append(name)
            result.warnings.append(f"{norm.services.place}: '{name}' has no measurements.")
    return names


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
        for name in norm.services.plain if norm.is_of_states else ():
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
