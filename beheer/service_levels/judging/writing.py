"""Writes judgements and service time: JSON for programs, tables for people."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from beheer.lib.calendars import Calendar
from beheer.lib.durations import SECOND
from beheer.lib.intervals import format_instant, from_us
from beheer.service_levels.judging.agreements import AgreementFile, NormFor
from beheer.service_levels.judging.elapsing import Answer
from beheer.service_levels.judging.judgements import Judged
from beheer.service_levels.judging.measured import Measured
from beheer.service_levels.judging.several import Judgement
from beheer.service_levels.rules import Verdict, rounded_ratio

_VERDICTS = {
    Verdict.MET: Text("✓ met", "green"),
    Verdict.AT_RISK: Text("! at risk", "yellow"),
    Verdict.BREACHED: Text("✗ breached", "bold red"),
    Verdict.NO_DATA: Text("? no data", "dim"),
}


def seconds(duration_us: int | Fraction) -> int | float:
    """Seconds of a duration: whole where they are, otherwise with their microseconds."""
    value = Fraction(duration_us) / SECOND
    return int(value) if value.denominator == 1 else float(value)


def as_json(judgements: Iterable[Judgement | Measured], zone: dt.tzinfo) -> str:
    """The list of judgements as JSON; instants in the agreement's zone."""
    return json.dumps([as_object(judgement, zone) for judgement in judgements], indent=2, ensure_ascii=False)


def as_object(judgement: Judgement | Measured, zone: dt.tzinfo) -> dict[str, Any]:
    """One judgement as a JSON object: seconds, ratios in [0, 1], null for what there is none of."""
    if isinstance(judgement, Measured):
        return _measured_object(judgement, zone)
    found = _states_object(judgement, zone)
    if judgement.norm.norm.indicator != "availability":
        found |= {"value": judgement.value, "unit": judgement.norm.settings.unit}
    return found


def _measured_object(judgement: Measured, zone: dt.tzinfo) -> dict[str, Any]:
    return {
        "service": judgement.service,
        "indicator": judgement.norm.norm.indicator,
        "from": format_instant(judgement.start, zone),
        "until": format_instant(judgement.end, zone),
        "value": judgement.value,
        "unit": judgement.norm.settings.unit,
        "basis": dict(judgement.basis),
        "target": float(judgement.norm.norm.target),
        "verdict": str(judgement.verdict),
    }


def _states_object(judgement: Judgement, zone: dt.tzinfo) -> dict[str, Any]:
    figure, norm = judgement.figure, judgement.norm.norm
    names = ("outside", "excluded", "no_data", "down", "degraded", "up")
    return {
        "service": judgement.service,
        "indicator": norm.indicator,
        "from": format_instant(figure.start, zone),
        "until": format_instant(figure.end, zone),
        "classes": {name: seconds(getattr(figure.classes, name)) for name in names},
        "counted_s": seconds(figure.counted),
        "lost_s": seconds(figure.lost),
        "ratio": None if figure.ratio is None else float(figure.ratio),
        "band": None if figure.band is None else [float(ratio) for ratio in figure.band],
        "outages": figure.outages,
        "longest_s": _seconds(figure.longest),
        "mtrs_s": _seconds(figure.mtrs),
        "mtbf_s": _seconds(figure.mtbf),
        "target": float(norm.target),
        "verdict": str(judgement.verdict),
    }


def _seconds(duration_us: int | Fraction | None) -> int | float | None:
    return None if duration_us is None else seconds(duration_us)


def console() -> Console:
    """Where tables go: the terminal's width, and 140 columns where there is no terminal."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=140)


def print_judged(judged: Judged, agreement: AgreementFile) -> None:
    """Tables for people, one for each norm, and under them the outages too short to count."""
    out = console()
    for _, group in groupby(judged.judgements, key=lambda judgement: id(judgement.norm)):
        out.print(_norm_table(list(group), agreement))
    for norm, service, outage in judged.short:
        least = human(norm.norm.rules.min_outage_us)
        lasted = human((outage.end or outage.start) - outage.start)
        when = _when(outage.start, agreement.zone)
        out.print(
            f"  {service}: down for {lasted} at {when} counts as up, being shorter than {least}.", style="dim"
        )


def _norm_table(judgements: Sequence[Judgement | Measured], agreement: AgreementFile) -> Table:
    norm = judgements[0].norm
    target = _figure_text(norm, float(norm.norm.target))
    title = f"{agreement.name}: {norm.name or norm.norm.indicator}, target {target}"
    table = Table(
        title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim"
    )
    table.add_column("service")
    for heading in ("from", "until"):
        table.add_column(heading, no_wrap=True)
    headings = ("figure", "band", "lost", "counted", "outages", "longest")
    for heading in headings if norm.is_of_states else ("figure", "rests on"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for judgement in judgements:
        is_measured = isinstance(judgement, Measured)
        table.add_row(*(_measured_cells if is_measured else _cells)(judgement, agreement.zone))  # type: ignore[arg-type]
    return table


def _figure_text(norm: NormFor, value: float | None) -> str:
    """A figure in its unit; a target as it is written."""
    if value is None:
        return "—"
    unit = norm.settings.unit
    return f"{value * 100:g} %" if unit == "ratio" else f"{value:g} {unit}".rstrip()


def _measured_cells(judgement: Measured, zone: dt.tzinfo) -> list[str | Text]:
    rests_on = ", ".join(
        f"{name.removesuffix('_s').replace('_', ' ')} {_basis_text(name, value)}"
        for name, value in judgement.basis.items()
        if value not in (None, [])
    )
    return [
        judgement.service,
        _when(judgement.start, zone),
        _when(judgement.end, zone),
        _rounded(judgement),
        rests_on,
        _VERDICTS[judgement.verdict],
    ]


def _rounded(judgement: Measured) -> str:
    """The figure, a ratio rounded toward worse: down where it should be high, up where it should be low."""
    value, settings = judgement.value, judgement.norm.settings
    if value is None or settings.unit != "ratio":
        return _figure_text(judgement.norm, value)
    ratio = Fraction(value)
    return f"{rounded_ratio(ratio) if settings.higher_is_better else _rounded_up(ratio)} %"


def _rounded_up(ratio: Fraction) -> str:
    return f"{-(-ratio * 100_000 // 1) / 1000:.3f}"


def _basis_text(name: str, value: object) -> str:
    if isinstance(value, list):
        return " ".join(str(one) for one in value[:5]) + (" …" if len(value) > 5 else "")
    if isinstance(value, float):
        return human(round(value * SECOND)) if name.endswith("_s") else f"{value:g}"
    return str(value)


def _cells(judgement: Judgement, zone: dt.tzinfo) -> list[str | Text]:
    figure = judgement.figure
    band = "" if figure.band is None else " – ".join(rounded_ratio(ratio) for ratio in figure.band)
    if figure.band is not None and figure.band[0] == figure.band[1]:
        band = ""
    return [
        judgement.service,
        _when(figure.start, zone),
        _when(figure.end, zone),
        _states_figure(judgement),
        band,
        human(round(figure.lost)),
        human(figure.counted),
        str(figure.outages),
        "" if figure.longest is None else human(figure.longest),
        _VERDICTS[judgement.verdict],
    ]


def _states_figure(judgement: Judgement) -> str:
    if judgement.norm.norm.indicator != "availability":
        unit, value = judgement.norm.settings.unit, judgement.value
        return (
            human(round(value * SECOND))
            if unit == "s" and value is not None
            else _figure_text(judgement.norm, value)
        )
    ratio = judgement.figure.ratio
    return "—" if ratio is None else f"{rounded_ratio(ratio)} %"


def _when(instant_us: int, zone: dt.tzinfo) -> str:
    local = from_us(instant_us).astimezone(zone)
    return local.strftime("%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M")


def answer_as_json(answer: Answer, zone: dt.tzinfo) -> str:
    """Service time as JSON: `seconds` counted, `due` or null, and `stretches`; instants in the calendar's zone."""
    return json.dumps(
        {
            "seconds": seconds(answer.counted),
            "due": None if answer.due is None else format_instant(answer.due, zone),
            "stretches": [
                {
                    "start": format_instant(stretch.start, zone),
                    "end": format_instant(stretch.end, zone),
                    "seconds": seconds(stretch.counted),
                    "reason": stretch.reason,
                }
                for stretch in answer.stretches
            ],
        },
        indent=2,
        ensure_ascii=False,
    )


def print_answer(answer: Answer, calendar: Calendar) -> None:
    """Service time for people: the figure, then the stretches that make it up."""
    out, zone = console(), calendar.timezone
    out.print(f"[bold]{human(answer.counted)}[/bold] of agreed time ({seconds(answer.counted):,} seconds)")
    if answer.due is not None:
        day = from_us(answer.due).astimezone(zone)
        out.print(f"[bold]due {day:%A} {_when(answer.due, zone)}[/bold] {zone.key}")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("from", "until"):
        table.add_column(heading, no_wrap=True)
    table.add_column("counts", justify="right", no_wrap=True)
    table.add_column("reason")
    for stretch in answer.stretches:
        style = "" if stretch.counted else "dim"
        cells = (
            f"{_day(stretch.start, zone)} {_when(stretch.start, zone)}",
            f"{_day(stretch.end, zone)} {_when(stretch.end, zone)}",
        )
        table.add_row(*cells, human(stretch.counted) if stretch.counted else "—", stretch.reason, style=style)
    out.print(table)


def _day(instant_us: int, zone: dt.tzinfo) -> str:
    return f"{from_us(instant_us).astimezone(zone):%a}"


def human(duration_us: int) -> str:
    """A duration for people: its two or three greatest units, "3d 4h", "1h 5m", "12.5s"."""
    whole, micros = divmod(abs(duration_us), SECOND)
    days, rest = divmod(whole, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, left = divmod(rest, 60)
    sign = "-" if duration_us < 0 else ""
    if days:
        return f"{sign}{days}d {hours}h {minutes}m" if hours or minutes else f"{sign}{days}d"
    if hours:
        return f"{sign}{hours}h {minutes}m {left}s" if left else f"{sign}{hours}h {minutes}m"
    if minutes:
        return f"{sign}{minutes}m {left}s" if left else f"{sign}{minutes}m"
    return f"{sign}{left + micros / SECOND:g}s"
