"""Rows of cells to and from CSV and Excel bytes: encodings, hostile sheets, number cells.

Called by layout.py only. CSV goes out as UTF-8 with a byte order mark, because Excel needs it,
and comes in as UTF-8 or GB18030. A number cell comes as an exact decimal, never as a float.
Workbooks are read in a child process, because a hostile one can end its reader.
"""

import csv
import datetime as dt
import io
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import msgspec
import xlsxwriter

from services.federation.bank_files.faults import FaultCode, refuse

Cell = str | Decimal | dt.date
BYTES_MAX = 8 * 1024 * 1024
"""Largest sheet file read (bytes)."""
ROWS_MAX = 200_000
NUMBER_DIGITS = 15
"""A number cell keeps this many digits; a larger amount stands as text and stays exact."""
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_SECONDS_MAX = 60
# A cell that begins like a formula would run as one when a CSV is opened in a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "'")


class Form(StrEnum):
    """The two file forms of the county's simple layout."""

    CSV = "csv"
    XLSX = "xlsx"


def write_rows(form: Form, rows: Sequence[Sequence[str | Decimal]], made_on: dt.date) -> bytes:
    """Bytes of a sheet; a function of the arguments alone. Decimals become number cells."""
    return _csv(rows) if form is Form.CSV else _xlsx(rows, made_on)


def read_rows(body: bytes) -> list[list[Cell]]:
    """Rows of the first sheet of whatever this is; raises BankFileRefused when it is nothing."""
    if not body.strip(b"\xef\xbb\xbf \t\r\n"):
        raise refuse(FaultCode.EMPTY)
    if len(body) > BYTES_MAX:
        raise refuse(FaultCode.TOO_LARGE, size=len(body), limit=BYTES_MAX)
    rows = _from_workbook(body) if body[:4] in (_ZIP, _OLE) else _from_csv(body)
    if len(rows) > ROWS_MAX:
        raise refuse(FaultCode.TOO_LARGE, size=len(rows), limit=ROWS_MAX)
    return rows


def _csv(rows: Sequence[Sequence[str | Decimal]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_shielded(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _shielded(cell: str | Decimal) -> str:
    if isinstance(cell, Decimal):
        return f"{cell:.2f}"
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _from_csv(body: bytes) -> list[list[Cell]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = body.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise refuse(FaultCode.UNKNOWN_ENCODING)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as broken:
        raise refuse(FaultCode.NOT_A_SHEET, problem=str(broken)) from None
    return [[_unshielded(cell.strip()) for cell in row] for row in rows]


def _unshielded(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _FORMULA else cell


def _xlsx(rows: Sequence[Sequence[str | Decimal]], made_on: dt.date) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": dt.datetime.combine(made_on, dt.time())})
    sheet = book.add_worksheet("银行")
    head = book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1})
    text, money = book.add_format({"num_format": "@"}), book.add_format({"num_format": "#,##0.00"})
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, Decimal) and len(cell.as_tuple().digits) <= NUMBER_DIGITS:
                sheet.write_number(at, column, cell, money)
            else:
                words = f"{cell:.2f}" if isinstance(cell, Decimal) else cell
                sheet.write_string(at, column, words, text if at else head)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(row) for row in rows) - 1, 18)
    book.close()
    return out.getvalue()


def _from_workbook(body: bytes) -> list[list[Cell]]:
    child = Path(__file__).with_name("workbook_child.py")
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(child)],
            input=body,
            capture_output=True,
            timeout=_SECONDS_MAX,
            check=True,
        )
    except subprocess.SubprocessError as broken:
        raise refuse(FaultCode.NOT_A_SHEET, problem=type(broken).__name__) from None
    rows = msgspec.msgpack.decode(done.stdout, type=list[list[str | tuple[str, str]]])
    return [[_cell(value) for value in row] for row in rows]


def _cell(value: str | tuple[str, str]) -> Cell:
    match value:
        case "number", text:
            return Decimal(text)
        case "date", text:
            return dt.date.fromisoformat(text)
    return str(value)
