"""One CSV file of a county directory: bytes into rows of exact values, every problem noted.

Called by ``load``. A cell that cannot be read leaves its row in place with that cell unset, so that
the checks between files still see the row and one run names everything that is wrong.
"""

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar, cast

from infra.county_directory.cells import CellError, read_cell, type_of_value
from infra.county_directory.layout import Column, File
from infra.county_directory.problems import Place, Problems, nearest

BYTES_MOST = 32 * 1024 * 1024
_Value = TypeVar("_Value")


class Row:
    """One row: its place, and the value of each column that could be read."""

    def __init__(self, file: File, number: int, headers: dict[str, str]) -> None:
        self.file, self.number, self._headers = file, number, headers
        self.values: dict[str, type_of_value] = {}

    def place(self, column: str = "") -> Place:
        """Where a problem of this row stands, with the column header as the file spells it."""
        return Place(self.file.name, self.number, self._headers.get(column, column))

    def text(self, column: str) -> str:
        """A text, id or word; empty if the cell is empty or could not be read."""
        return self._typed(column, str) or ""

    def number_of(self, column: str) -> int | None:
        """An amount in fen, a count, or a rate in ppm."""
        return self._typed(column, int)

    def day(self, column: str) -> date | None:
        """A date."""
        return self._typed(column, date)

    def flag(self, column: str) -> bool:
        """A yes; False also where the cell could not be read."""
        return bool(self._typed(column, bool))

    def several(self, column: str) -> tuple[str, ...]:
        """The ids of a cell that holds several."""
        return cast("tuple[str, ...]", self._typed(column, tuple) or ())

    def was_read(self, column: str) -> bool:
        """Whether the cell holds a readable value, `empty` and `all` included."""
        return column in self.values

    def _typed(self, column: str, kind: type[_Value]) -> _Value | None:
        value = self.values.get(column)
        return value if isinstance(value, kind) else None


def read_table(path: Path, file: File, problems: Problems) -> list[Row]:
    """The rows of one file in their order; [] and a problem where the file has no usable header.

    Rows are numbered as a spreadsheet shows them: the header is row 1, empty rows count.
    """
    text = read_text(path, problems)
    if text is None:
        return []
    records = _records(text, file, problems)
    header = next(iter(records), None)
    if header is None or not any(cell.strip() for cell in header):
        names = ", ".join(column.name for column in file.columns)
        problems.note(Place(file.name, 1), "HEADER_MISSING", columns=names)
        return []
    columns = _columns(header, file, problems)
    headers = {c.name: header[i].strip() for i, c in enumerate(columns) if c is not None}
    rows = []
    for number, record in enumerate(records[1:], start=2):
        if not any(cell.strip() for cell in record):
            continue
        row = Row(file, number, headers)
        if any(cell.strip() for cell in record[len(header) :]):
            problems.note(row.place(), "ROW_TOO_LONG", have=len(record), need=len(header))
        _fill(row, columns, record, problems)
        rows.append(row)
    return rows


def read_text(path: Path, problems: Problems) -> str | None:
    """The text of a file in UTF-8 (with or without BOM) or GB18030; None and a problem else."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= BYTES_MOST else b""
    except OSError as error:
        reason = error.strerror or type(error).__name__
        problems.note(Place(path.name), "FILE_UNREADABLE", reason=reason)
        return None
    if size > BYTES_MOST:
        problems.note(Place(path.name), "FILE_TOO_LARGE", bytes=size, most=BYTES_MOST)
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as first:
        try:
            return data.decode("gb18030")
        except UnicodeDecodeError:
            problems.note(Place(path.name), "FILE_ENCODING", byte=first.start + 1)
            return None


def _records(text: str, file: File, problems: Problems) -> list[list[str]]:
    records: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(text, newline=""), strict=True):
            records.append(record)  # noqa: PERF402 (what was read before a bad quote is kept)
    except csv.Error as error:
        problems.note(Place(file.name, len(records) + 1), "CSV_BROKEN", reason=error)
    return records


def _columns(header: Sequence[str], file: File, problems: Problems) -> list[Column | None]:
    """The column each header cell names; None where it names none or one named before."""
    found: list[Column | None] = []
    for position, cell in enumerate(header):
        column = file.known_as(cell)
        place = Place(file.name, 1, cell.strip())
        if column is not None and column in found:
            first = found.index(column) + 1
            problems.note(place, "COLUMN_DOUBLED", first=first, second=position + 1)
            column = None
        elif column is None and cell.strip():
            spellings = [name for c in file.columns for name in (c.name, *c.zh)]
            problems.note(place, "COLUMN_UNKNOWN", nearest=nearest(cell.strip(), spellings))
        found.append(column)
    for column in file.columns:
        if column.required and column not in found:
            place = Place(file.name, 1, column.name)
            problems.note(place, "COLUMN_MISSING", zh=column.zh[0])
    return found


def _fill(
    row: Row, columns: Sequence[Column | None], record: Sequence[str], problems: Problems
) -> None:
    for position, column in enumerate(columns):
        if column is not None:
            cell = record[position] if position < len(record) else ""
            _read(row, column, cell, problems)
    for column in row.file.columns:
        if not column.required and column not in columns:
            _read(row, column, "", problems)


def _read(row: Row, column: Column, cell: str, problems: Problems) -> None:
    try:
        row.values[column.name] = read_cell(column, cell)
    except CellError as error:
        problems.note(row.place(column.name), error.code, **error.facts)
