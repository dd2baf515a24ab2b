"""A list as data: columns and rows once, shown as a page, as Excel and as CSV.

Made by the pages, rendered by ``_list.html`` and by ``export``. Search looks through what is
shown. Amounts are fen until they are written out; a text from outside is never a formula.
"""

import csv
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import xlsxwriter

from contracts.money import show
from services.federation.console.words import LANGUAGES, Pair

SHOWN = 500
"""Rows a page shows; Excel and CSV hold all of them."""
FEN, NUMBER, TEXT, CODE = "fen", "number", "text", "code"
FORMATS = ("xlsx", "csv")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SHEET_NAME = 31
_WIDTH_MAX = 44


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column. ``kind`` says how its cells are written; ``total`` sums fen and numbers."""

    zh: str
    en: str
    kind: str = TEXT
    total: bool = False


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One cell. A pair is shown in the reader's language, None as a dash.

    ``tone`` is a colour of the style sheet, ``title`` what is said on hovering, ``digest`` whether
    the text is cut to its first letters.
    """

    value: Any = None
    href: str = ""
    tone: str = ""
    title: str = ""
    digest: bool = False


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A list with a name for its file, a title, what to say when it is empty, and its rows."""

    name: str
    title: Pair
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: Pair = ("暂无记录。", "Nothing here yet.")
    query: str = ""
    found: int = 0

    def totals(self) -> tuple[int | None, ...]:
        """Sum of each column that has one, over the rows that were found."""
        return tuple(
            sum(row[place].value or 0 for row in self.rows) if column.total else None
            for place, column in enumerate(self.columns)
        )

    def has_totals(self) -> bool:
        """Whether a totals row is shown: one row is its own total."""
        return len(self.rows) > 1 and any(column.total for column in self.columns)

    def shown(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows a page shows."""
        return self.rows[:SHOWN]


def search(listing: Listing, query: str) -> Listing:
    """The rows in which every word of ``query`` stands, in either language."""
    words = query.casefold().split()
    rows = tuple(row for row in listing.rows if all(_holds(row, word) for word in words))
    return msgspec.structs.replace(listing, rows=rows, query=query, found=len(listing.rows))


def text(cell: Cell, column: Column, language: str) -> str:
    """What a cell says."""
    value = cell.value
    if value is None or value == "":
        return "—"
    if isinstance(value, tuple):
        return str(value[LANGUAGES.index(language)])
    if column.kind == FEN:
        return show(value)
    if column.kind == NUMBER:
        return f"{value:,}"
    return str(value)


def export(listing: Listing, kind: str, language: str) -> tuple[bytes, str, str]:
    """Bytes, media type and file name of the whole list, totals last."""
    if kind == "csv":
        return _csv(listing, language), "text/csv; charset=utf-8", f"{listing.name}.csv"
    media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _xlsx(listing, language), media, f"{listing.name}.xlsx"


def _holds(row: Sequence[Cell], word: str) -> bool:
    for cell in row:
        parts = cell.value if isinstance(cell.value, tuple) else (cell.value, cell.title)
        if any(word in str(part).casefold() for part in parts if part is not None):
            return True
        if isinstance(cell.value, int) and word in show(cell.value):
            return True
    return False


def _csv(listing: Listing, language: str) -> bytes:
    place = LANGUAGES.index(language)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([(column.zh, column.en)[place] for column in listing.columns])
    for row in _all_rows(listing, language):
        writer.writerow(
            [_plain(value, column) for value, column in zip(row, listing.columns, strict=True)]
        )
    # The mark lets Excel on a Chinese computer read it as UTF-8.
    return out.getvalue().encode("utf-8-sig")


def _plain(value: Any, column: Column) -> str:
    """A cell of a text file: amounts without separators, and nothing Excel would calculate."""
    if value is None:
        return ""
    if column.kind == FEN and isinstance(value, int):
        return f"{Decimal(value).scaleb(-2):.2f}"
    said = str(value)
    return f"'{said}" if said.startswith(_FORMULA) and column.kind not in (FEN, NUMBER) else said


def _xlsx(listing: Listing, language: str) -> bytes:
    place = LANGUAGES.index(language)
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet(_sheet_name(listing.title[place]))
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    money = book.add_format({"num_format": "#,##0.00"})
    number = book.add_format({"num_format": "#,##0"})
    rows = _all_rows(listing, language)
    for across, column in enumerate(listing.columns):
        sheet.write_string(0, across, (column.zh, column.en)[place], head)
        said = [_plain(row[across], column) for row in rows]
        sheet.set_column(across, across, min(max([10, *map(_width, said)]) + 2, _WIDTH_MAX))
    for down, row in enumerate(rows, 1):
        for across, (value, column) in enumerate(zip(row, listing.columns, strict=True)):
            if column.kind == FEN and isinstance(value, int):
                sheet.write_number(down, across, Decimal(value).scaleb(-2), money)
            elif column.kind == NUMBER and isinstance(value, int):
                sheet.write_number(down, across, value, number)
            elif value is not None:
                sheet.write_string(down, across, str(value))
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_header(f"&L{listing.title[place]}")
    sheet.set_footer("&R&P/&N")
    book.close()
    return out.getvalue()


def _all_rows(listing: Listing, language: str) -> list[list[Any]]:
    """Cells as values: numbers stay numbers, pairs become the reader's word; totals last."""
    place = LANGUAGES.index(language)
    rows = [
        [cell.value[place] if isinstance(cell.value, tuple) else cell.value for cell in row]
        for row in listing.rows
    ]
    if listing.has_totals():
        totals: list[Any] = list(listing.totals())
        totals[0] = ("合计", "Total")[place] if totals[0] is None else totals[0]
        rows.append(totals)
    return rows


def _sheet_name(title: str) -> str:
    return "".join(c for c in title if c not in "[]:*?/\\'")[:_SHEET_NAME] or "list"


def _width(said: str) -> int:
    """Columns of a text; a Chinese character takes two."""
    return sum(2 if ord(c) > 0x2E80 else 1 for c in said)
