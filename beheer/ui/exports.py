"""Tables as files: CSV and XLSX, written while they are read, and harmless when a spreadsheet opens them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from beheer.lib.errors import InputError, Problem

Rows = Iterator[Sequence[Any]]
XLSX_ROWS = 1_048_576
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001  (a spreadsheet's clock has no zone)


def file_response(kind: str, name: str, heads: Sequence[str], rows: Rows) -> StreamingHttpResponse:
    """The table as a download. Raises InputError for a kind that is not "csv" or "xlsx"."""
    kinds = {"csv": (csv_pieces, "text/csv; charset=utf-8"), "xlsx": (xlsx_pieces, XLSX_TYPE)}
    if kind not in kinds:
        raise InputError(
            Problem(_("There is no export “%(kind)s”.") % {"kind": kind}, "export", _("Choose csv or xlsx."))
        )
    write, content_type = kinds[kind]
    response = StreamingHttpResponse(write(heads, rows), content_type=content_type)
    stamp = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="{name}-{stamp}.{kind}"'
    return response


def text_of(value: Any) -> str | int | float | bool | dt.datetime | dt.date:
    """A value as a file holds it; instants in the zone of the screen, without zone."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).replace(tzinfo=None) if timezone.is_aware(value) else value
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, bool | int | float | dt.date):
        return value
    return str(value)


def harmless(text: str) -> str:
    """Text that a spreadsheet does not take for a formula: an apostrophe stands before one that looks like it."""
    return "'" + text if text.startswith(DANGEROUS) else text


# CSV


class _Echo:
    """A file whose `write` gives back what is written, so that rows can be passed on one by one."""

    def write(self, text: str) -> str:
        return text


def csv_pieces(heads: Sequence[str], rows: Rows) -> Iterator[bytes]:
    """The table as CSV (RFC 4180, UTF-8 with a mark so that Excel reads it right), a hundred rows at a time."""
    writer = csv.writer(_Echo())
    pieces = ["\ufeff", str(writer.writerow([harmless(head) for head in heads]))]
    for row in rows:
        pieces.append(str(writer.writerow([_csv_value(value) for value in row])))
        if len(pieces) >= 100:
            yield "".join(pieces).encode()
            pieces = []
    yield "".join(pieces).encode()


def _csv_value(value: Any) -> str | int | float:
    plain = text_of(value)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, dt.datetime):
        return plain.isoformat(" ", "seconds")
    if isinstance(plain, dt.date):
        return plain.isoformat()
    return harmless(plain) if isinstance(plain, str) else plain


# XLSX: five small parts and the sheet, in a zip that is passed on as it grows

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_ML = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_ML}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEET_ML}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_SHEET_ML}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="Beheer" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts count="1">'
    '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
_BOLD, _INSTANT, _DAY = 1, 2, 3


class _Outlet(io.RawIOBase):
    """Takes what the zip writes and hands it on."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._kept += data
        return len(data)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken, self._kept = bytes(self._kept), bytearray()
        return taken


def xlsx_pieces(heads: Sequence[str], rows: Rows) -> Iterator[bytes]:
    """The table as an Excel workbook of one sheet. Text is always text there, never a formula.

    A sheet ends at 1,048,576 rows; then the last row says that CSV has them all.
    """
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as book:
        for name, text in _PARTS.items():
            book.writestr(name, _XML + text)
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for piece in _sheet(heads, rows):
                sheet.write(piece.encode())
                if taken := outlet.take():
                    yield taken
    yield outlet.take()


def _sheet(heads: Sequence[str], rows: Rows) -> Iterator[str]:
    """The XML of the sheet, two hundred rows at a time."""
    yield (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
    )
    yield _xlsx_row(heads, _BOLD)
    pieces: list[str] = []
    for number, row in enumerate(rows, start=2):
        if number == XLSX_ROWS:
            pieces.append(
                _xlsx_row([_("The rest does not fit in a workbook; the CSV export holds all rows.")])
            )
            break
        pieces.append(_xlsx_row(row))
        if len(pieces) >= 200:
            yield "".join(pieces)
            pieces = []
    yield "".join(pieces) + "</sheetData></worksheet>"


def _xlsx_row(values: Iterable[Any], style: int = 0) -> str:
    return "<row>" + "".join(_xlsx_cell(text_of(value), style) for value in values) + "</row>"


def _xlsx_cell(value: str | float | bool | dt.datetime | dt.date, style: int) -> str:
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value!r}</v></c>" if value == value and abs(value) != float("inf") else "<c/>"
    if isinstance(value, dt.datetime):
        return f'<c s="{_INSTANT}"><v>{(value - EPOCH) / dt.timedelta(days=1):.8f}</v></c>'
    if isinstance(value, dt.date):
        return f'<c s="{_DAY}"><v>{(value - EPOCH.date()).days}</v></c>'
    if not value:
        return "<c/>"
    clean = "".join(char for char in value[:32767] if char >= " " or char in "\t\n\r")
    return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{escape(clean)}</t></is></c>'
