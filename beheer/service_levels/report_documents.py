"""A sealed report as people read it: on a page, as PDF, CSV and XLSX. All of it from the sealed content alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Font

from beheer.lib.intervals import from_us, to_us
from beheer.service_levels.indicators import INDICATORS
from beheer.service_levels.models import Agreement, Report
from beheer.service_levels.report_heads import HEADS, VALUES
from beheer.service_levels.rules import parse_period, period_at
from beheer.service_levels.words import RULES, figure_text, indicator_title, period_text, rule_text
from beheer.ui.exports import harmless
from beheer.ui.formats import day_text, percent_text

CLASS_NAMES = ("up", "degraded", "down", "no_data", "excluded", "outside")
Cell = str | float | int | None


@dataclass(frozen=True)
class FigureRow:
    """One figure of a report in words: adjusted beside total."""

    service: str
    days: str
    is_closed: bool
    verdict: str
    adjusted: str
    total: str
    band: str
    lost_s: float | None
    allowed_s: float | None
    outages: int | None


@dataclass(frozen=True)
class NormPart:
    """One norm of a report in words."""

    name: str
    indicator: str
    target: str
    period: str
    rules: list[tuple[str, str]]
    rows: list[FigureRow]


def norm_parts(content: Mapping[str, Any]) -> list[NormPart]:
    """The norms of a report with their figures, in the language that is active."""
    names = {row["key"]: row["name"] for row in content["agreement"]["services"]}
    definitions = {row["key"]: row for row in content["definitions"]}
    return [_part(norm, definitions[norm["key"]], names) for norm in content["norms"]]


def _part(norm: Mapping[str, Any], definition: Mapping[str, Any], names: Mapping[str, str]) -> NormPart:
    better = INDICATORS[norm["indicator"]].better(definition["settings"])
    sign = "≥" if better else "≤"
    return NormPart(
        name=norm["name"],
        indicator=indicator_title(norm["indicator"]),
        target=f"{sign} {_exact(norm['unit'], better, norm['target'])}",
        period=period_text(norm["period"]),
        rules=[
            (str(RULES[rule].title), rule_text(rule, value)) for rule, value in definition["rules"].items()
        ],
        rows=[_row(row, norm["unit"], better, names) for row in norm["figures"]],
    )


def _exact(unit: str, better: bool, target: float) -> str:
    if unit != "ratio":
        return figure_text(unit, better, target)
    digits = max(0, len(repr(target).partition(".")[2]) - 2)
    return percent_text(target, digits)


def _row(row: Mapping[str, Any], unit: str, better: bool, names: Mapping[str, str]) -> FigureRow:
    adjusted, total = row["adjusted"], row["total"]
    band = adjusted["band"]
    is_band = band is not None and band[0] != band[1]
    return FigureRow(
        service=names.get(row["service"], row["service"]) if row["service"] else _("all services together"),
        days=_days(row),
        is_closed=row["is_closed"],
        verdict=adjusted["verdict"],
        adjusted=figure_text(unit, better, adjusted["value"]),
        total=figure_text(unit, better, total["value"]),
        band=" – ".join(figure_text(unit, better, edge) for edge in band) if is_band else "",
        lost_s=adjusted["consumed_s"],
        allowed_s=adjusted["allowed_s"],
        outages=adjusted["figures"].get("outages"),
    )


def _days(row: Mapping[str, Any]) -> str:
    """The first and last day of a period, in the zone that is active; one day once."""
    since = timezone.localtime(datetime.fromisoformat(row["from"])).date()
    last = timezone.localtime(datetime.fromisoformat(row["until"]) - timedelta(microseconds=1)).date()
    return day_text(since) if since == last else f"{day_text(since)} – {day_text(last)}"


def outage_rows(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The outages of a report in words: when, how long, cause, work, measure, owner."""
    names = {row["key"]: row["name"] for row in content["agreement"]["services"]}
    return [
        {
            **row,
            "service": names.get(row["service"], row["service"]),
            "since": datetime.fromisoformat(row["from"]),
            "until": datetime.fromisoformat(row["until"]) if row["until"] else None,
            "down_s": row["down_us"] / 1e6,
            "reason": (row["cause"] or {}).get("reason", ""),
        }
        for row in content["outages"]
    ]


def presented(report: Report, content: Mapping[str, Any]) -> dict[str, Any]:
    """Everything the template of a report shows, in the language that is active."""
    return {
        "report": report,
        "period": period_title(report, ZoneInfo(content["agreement"]["timezone"])),
        "content": content,
        "parts": norm_parts(content),
        "outages": outage_rows(content),
        "corrections": [_with_instants(row) for row in content["corrections"]],
        "windows": [_with_instants(row) for row in content["windows"]],
        "findings": [_with_words(row) for row in content["findings"] if row["kind"] == "finding"],
        "conclusions": [_with_words(row) for row in content["findings"] if row["kind"] == "conclusion"],
        "cut_off": datetime.fromisoformat(content["cut_off"]),
    }


def _with_words(finding: Mapping[str, Any]) -> dict[str, Any]:
    """A finding with its measures in words: the day as people write it, the item's state in the reader's language."""
    measures = [
        {
            **row,
            "due_on": day_text(date.fromisoformat(row["due_on"])) if row["due_on"] else "",
            "state": _state_word(row),
        }
        for row in finding["measures"]
    ]
    return {**finding, "measures": measures}


def _state_word(measure: Mapping[str, Any]) -> str:
    """How far the work item of a measure was when the report was sealed; empty where the report does not say."""
    item = measure.get("item")
    if item is None:
        return ""
    language = (translation.get_language() or "en").partition("-")[0]
    return str(item["state_name"].get(language) or item["state_name"]["en"])


def _with_instants(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "since": datetime.fromisoformat(row["from"]),
        "until": datetime.fromisoformat(row["until"]),
    }


def as_pdf(report: Report, content: Mapping[str, Any], language: str) -> bytes:
    """The report as PDF, times in the agreement's zone."""
    with translation.override(language), timezone.override(ZoneInfo(content["agreement"]["timezone"])):
        html = render_to_string("service_levels/report_print.html", presented(report, content))
    sheet = finders.find("service_levels/report.css")
    assert isinstance(sheet, str)
    import weasyprint  # noqa: PLC0415  # takes half a second to load, and few pages need it

    written = weasyprint.HTML(string=html, url_fetcher=_nothing).write_pdf(
        stylesheets=[weasyprint.CSS(sheet)]
    )
    assert isinstance(written, bytes)
    return written


def _nothing(url: str) -> dict[str, Any]:
    """A report refers to nothing outside itself."""
    raise ValueError(f"A report does not fetch {url}.")


def figure_table(content: Mapping[str, Any]) -> Iterator[list[Cell]]:
    """The figures of a report as plain values, a head first: for CSV and the first sheet of XLSX."""
    yield [
        "norm", "service", "from", "until", "target", "verdict", "value", "value_total", "band_low", "band_high",
        "counted_s", "lost_s", "allowed_s", "outages", "longest_s", *(f"{name}_s" for name in CLASS_NAMES),
    ]  # fmt: skip
    for norm in content["norms"]:
        for row in norm["figures"]:
            yield _values(norm, row)


def _values(norm: Mapping[str, Any], row: Mapping[str, Any]) -> list[Cell]:
    adjusted = row["adjusted"]
    figures = adjusted["figures"]
    band = adjusted["band"] or [None, None]
    classes = figures.get("classes_us", {})
    return [
        norm["key"],
        row["service"] or "*",
        row["from"],
        row["until"],
        norm["target"],
        adjusted["verdict"],
        adjusted["value"],
        row["total"]["value"],
        *band,
        _seconds(figures.get("counted_us")),
        adjusted["consumed_s"],
        adjusted["allowed_s"],
        figures.get("outages"),
        _seconds(figures.get("longest_us")),
        *(_seconds(classes.get(name)) for name in CLASS_NAMES),
    ]


def _seconds(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / 1e6


def as_csv(content: Mapping[str, Any]) -> bytes:
    """The figures of a report as CSV."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in figure_table(content):
        writer.writerow([harmless(value) if isinstance(value, str) else value for value in row])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(content: Mapping[str, Any], language: str) -> bytes:
    """The report as a workbook: figures, outages, corrections, windows, findings."""
    with translation.override(language):
        book = Workbook()
        first = book.active
        assert first is not None
        book.remove(first)
        _sheet(book, _("Figures"), list(figure_table(content)))
        _sheet(book, _("Outages"), _outage_table(content))
        for title, name in (
            (_("Corrections"), "corrections"),
            (_("Planned windows"), "windows"),
            (_("Findings"), "findings"),
        ):
            _sheet(book, title, _plain_table(content[name]))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _outage_table(content: Mapping[str, Any]) -> list[list[Cell]]:
    head: list[Cell] = ["service", "from", "until", "down_s", "is_short", "cause", "work", "measure", "owner"]
    rows: list[list[Cell]] = [head]
    for row in content["outages"]:
        work = row["work"]
        rows.append(
            [
                row["service"],
                row["from"],
                row["until"],
                row["down_us"] / 1e6,
                str(row["is_short"]).lower(),
                (row["cause"] or {}).get("reason"),
                ", ".join(item["number"] for item in work),
                ", ".join(item["measure"] or "" for item in work),
                ", ".join(item["owner"] or "" for item in work),
            ]
        )
    return rows


def _plain_table(rows: Sequence[Mapping[str, Any]]) -> list[list[Cell]]:
    if not rows:
        return [[]]
    heads = list(rows[0])
    return [[*heads], *([_plain(row[head]) for head in heads] for row in rows)]


def _plain(value: Any) -> Cell:
    if isinstance(value, list):
        return "; ".join(_measure_text(one) if isinstance(one, dict) else str(one) for one in value)
    return value if isinstance(value, (int, float)) or value is None else str(value)


def _measure_text(row: Mapping[str, Any]) -> str:
    """A measure in a cell: what, and in brackets its work item, state, owner and day."""
    more = [row["work_item"], _state_word(row), row["owner"], row["due_on"]]
    said_ = ", ".join(part for part in more if part)
    return f"{row['text']} ({said_})" if said_ else str(row["text"])


def _sheet(book: Workbook, title: str, rows: Sequence[Sequence[Cell]]) -> None:
    sheet = book.create_sheet(title[:31])
    for number, given in enumerate(rows):
        row = [_in_words(str(head), value, number) for head, value in zip(rows[0], given, strict=True)]
        sheet.append([harmless(value) if isinstance(value, str) else value for value in row])
        if number == 0:
            for cell in sheet[1]:
                cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"


def _in_words(head: str, value: Cell, number: int) -> Cell:
    """A head, or a value that is a word of ours, in the reader's language; other values as they are."""
    if number == 0:
        return str(HEADS.get(head, head))
    words = VALUES.get(head, {})
    return str(words[value]) if isinstance(value, str) and value in words else value


def period_title(report: Report, zone: ZoneInfo) -> str:
    """What a report's period is called in the active language: "October 2026", "2026", or its first and last day."""
    return _period_name(
        report.agreement.report_period, report.starts_at.astimezone(zone), report.ends_at.astimezone(zone)
    )


def period_name(agreement: Agreement, starts_at: datetime) -> str:
    """What the report period of an agreement that begins at an instant is called, in the active language."""
    zone = ZoneInfo(agreement.timezone)
    since = starts_at.astimezone(zone)
    if not agreement.report_period:
        return day_text(since.date())
    _start, end = period_at(parse_period(agreement.report_period), zone, to_us(starts_at))
    return _period_name(agreement.report_period, since, from_us(end).astimezone(zone))


def _period_name(unit: str, since: datetime, until: datetime) -> str:
    if unit == "year":
        return str(since.year)
    if unit == "month":
        return date_format(since, "F Y")
    last = until - timedelta(microseconds=1)
    return f"{day_text(since.date())} – {day_text(last.date())}"
