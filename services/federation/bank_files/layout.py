"""The county's simple layout: a sheet with named columns and a kind in each row.

Called by simple_payments.py and simple_statement.py. Every row names the file it belongs to,
and total rows prove that none is missing. Headers are read in Chinese or by field name.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from services.federation.bank_files.faults import FaultCode, Faults, Place, refuse
from services.federation.bank_files.sheets import NUMBER_DIGITS, Cell
from services.federation.bank_files.values import (
    TEXT_MAX,
    check_text,
    date_of_cell,
    fen_of_cell,
)

_FEN = Decimal("0.01")
Row = dict[str, str | Decimal]
"""A row to be written, by field."""


class Column(msgspec.Struct, frozen=True):
    """One column: field name, Chinese header, longest text; a choice lists word → meaning.

    ``of_file``: the same in every row of a file.
    """

    field: str
    title: str
    limit: int = TEXT_MAX
    choices: Mapping[str, str] = {}
    of_file: bool = False


class Record:
    """One row of a sheet. Asking for a field checks it; what is wrong goes to the faults."""

    def __init__(
        self, cells: Mapping[str, Cell], columns: Mapping[str, Column], row: int, faults: Faults
    ) -> None:
        self._cells = cells
        self._columns = columns
        self._faults = faults
        self.row = row

    def place(self, field: str = "") -> Place:
        """Row and column title."""
        return Place(self.row, 0, self._columns[field].title if field else "")

    def text(self, field: str, *, required: bool = True) -> str:
        """Text of a cell; a number cell is refused, since long numbers lose digits in it."""
        cell = self._cells.get(field, "")
        if isinstance(cell, Decimal):
            self._faults.add(FaultCode.NUMBER_IN_TEXT_CELL, self.place(field))
            return ""
        text = str(cell)
        limit = self._columns[field].limit
        check_text(text, self.place(field), self._faults, limit=limit, required=required)
        return text

    def optional(self, field: str) -> str | None:
        """Text of a cell, None when it is empty."""
        return self.text(field, required=False) or None

    def filled(self, field: str) -> bool:
        """True when the cell holds anything."""
        return self._cells.get(field, "") != ""

    def fen(self, field: str, *, positive: bool = True) -> int:
        """Amount of a cell in fen."""
        cell = self._cells.get(field, "")
        text = f"{cell:f}" if isinstance(cell, Decimal) else str(cell)
        if not text:
            self._faults.add(FaultCode.MISSING, self.place(field))
            return 0
        # A number cell may show 12.0; its value is what counts, to the last decimal it has.
        if isinstance(cell, Decimal) and _is_fen(cell):
            text = f"{cell:.2f}"
        return fen_of_cell(text, self.place(field), self._faults, positive=positive)

    def date(self, field: str) -> dt.date:
        """Date of a cell."""
        cell = self._cells.get(field, "")
        if isinstance(cell, dt.date):
            return cell
        if cell == "":
            self._faults.add(FaultCode.MISSING, self.place(field))
            return dt.date.min
        text = f"{cell:f}" if isinstance(cell, Decimal) else cell
        return date_of_cell(text.removesuffix(".0"), self.place(field), self._faults)

    def count(self, field: str) -> int:
        """Whole number of a cell."""
        cell = self._cells.get(field, "")
        text = f"{cell:f}".removesuffix(".0") if isinstance(cell, Decimal) else str(cell)
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            self._faults.add(FaultCode.NOT_A_NUMBER, self.place(field))
            return -1
        return int(text)

    def choice(self, field: str) -> str:
        """The meaning of one of the column's words; empty when it is none of them."""
        word = str(self._cells.get(field, ""))
        choices = self._columns[field].choices
        if word not in choices:
            expected = " ".join(choices)
            self._faults.add(
                FaultCode.NOT_A_CHOICE, self.place(field), found=word[:20], expected=expected
            )
        return choices.get(word, "")


def _is_fen(cell: Decimal) -> bool:
    """True for a number that a cell keeps to the fen, with no part smaller than one."""
    sensible = cell.is_finite() and cell.adjusted() < NUMBER_DIGITS - 2
    return sensible and cell == cell.quantize(_FEN)


def read_records(
    rows: Sequence[Sequence[Cell]], columns: Sequence[Column], faults: Faults
) -> list[Record]:
    """Records below the header; raises BankFileRefused at once when the header does not fit."""
    header, body = _header(rows, columns)
    known = {column.field: column for column in columns}
    records = []
    first: dict[str, Cell] = {}
    for number, row in enumerate(rows[body:], body + 1):
        if not any(row):
            continue
        cells = {field: row[at] for field, at in header.items() if at < len(row)}
        record = Record(cells, known, number, faults)
        named = header.values()
        if extra := sum(bool(cell) for at, cell in enumerate(row) if at not in named):
            faults.add(FaultCode.ROW_TOO_WIDE, Place(number), extra=extra)
        for column in columns:
            if column.of_file:
                cell = cells.get(column.field, "")
                if first.setdefault(column.field, cell) != cell:
                    faults.add(FaultCode.FILE_CELL_DIFFERS, record.place(column.field))
        records.append(record)
    if not records:
        raise refuse(FaultCode.NO_LINES)
    return records


def sheet_rows(columns: Sequence[Column], rows: Sequence[Row]) -> list[list[str | Decimal]]:
    """Header and rows as they are written: a choice by its first word for that meaning."""
    table: list[list[str | Decimal]] = [[column.title for column in columns]]
    for row in rows:
        cells = []
        for column in columns:
            cell = row.get(column.field, "")
            words = [word for word, meaning in column.choices.items() if meaning == cell]
            cells.append(words[0] if words else cell)
        table.append(cells)
    return table


def header_fits(rows: Sequence[Sequence[Cell]], columns: Sequence[Column]) -> bool:
    """True when the first filled row has every column, so that the sheet is of this layout."""
    for row in rows:
        if any(row):
            words = {str(cell) for cell in row}
            return all(column.title in words or column.field in words for column in columns)
    return False


def _header(
    rows: Sequence[Sequence[Cell]], columns: Sequence[Column]
) -> tuple[dict[str, int], int]:
    """Field to column position, and the index of the first row below the header."""
    at = next((number for number, row in enumerate(rows) if any(row)), None)
    if at is None:
        raise refuse(FaultCode.EMPTY)
    faults = Faults()
    names = {column.title: column.field for column in columns}
    names |= {column.field: column.field for column in columns}
    found: dict[str, int] = {}
    for position, cell in enumerate(rows[at]):
        word = str(cell)
        field = names.get(word)
        if not word:
            continue
        if field is None:
            expected = " ".join(column.title for column in columns)
            faults.add(FaultCode.COLUMN_UNKNOWN, Place(at + 1), column=word[:40], expected=expected)
        elif field in found:
            faults.add(FaultCode.COLUMN_REPEATED, Place(at + 1), column=word)
        else:
            found[field] = position
    for column in columns:
        if column.field not in found:
            faults.add(FaultCode.COLUMN_MISSING, Place(at + 1), column=column.title)
    faults.refuse_if_any()
    return found, at + 1
