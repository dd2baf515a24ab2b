"""The Excel list (借款人清单): writes the cells of verifier/sheet.py into a workbook.

Called by build.py. A function of its arguments: fixed times, no compressor, text that looks like
a formula stays text; the only formula is the sum at the foot.
"""

import datetime as dt
import io
import zipfile
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from verifier.container import pack
from verifier.sheet import FIRST_LINE, HEADER, LIST, SUMMARY, Cell, Grid, Yuan, grids

_WIDTHS = (6, 27, 12, 21, 22, 14, 8, 14, 18, 9, 15, 22, 11, 11, 44)
_FONT = {"font_name": "宋体", "font_size": 11}
_AMOUNT = "#,##0.00"


def workbook(package: dict[str, Any], made_on: dt.date) -> bytes:
    """The bytes of ``borrowers.xlsx`` for the JSON value of a package."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False,
                                     "strings_to_urls": False})  # fmt: skip
    book.set_properties({
        "title": f"{LIST} {package['id']}",
        "company": package["county"],
        "created": dt.datetime.combine(made_on, dt.time(), tzinfo=dt.UTC),
    })  # fmt: skip
    formats = _formats(book)
    sheets = grids(package)
    _list(book.add_worksheet(LIST), sheets[LIST], formats)
    _summary(book.add_worksheet(SUMMARY), sheets[SUMMARY], formats)
    book.close()
    with zipfile.ZipFile(out) as made:
        # Laid again without a compressor: another zlib would make other bytes.
        return pack({name: made.read(name) for name in made.namelist()})


def _formats(book: xlsxwriter.Workbook) -> dict[str, Format]:
    cell = {**_FONT, "border": 1, "valign": "vcenter"}
    return {
        "title": book.add_format({**_FONT, "bold": True, "font_size": 16}),
        "plain": book.add_format(_FONT),
        "header": book.add_format({**cell, "bold": True, "bg_color": "#E7EEF7", "align": "center",
                                   "text_wrap": True}),
        "text": book.add_format(cell),
        "reason": book.add_format({**cell, "text_wrap": True, "font_size": 9}),
        "number": book.add_format({**cell, "num_format": "0"}),
        "amount": book.add_format({**cell, "num_format": _AMOUNT}),
        "total": book.add_format({**cell, "num_format": _AMOUNT, "bold": True}),
    }  # fmt: skip


def _list(sheet: Worksheet, grid: Grid, formats: dict[str, Format]) -> None:
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.set_row(0, 28)
    sheet.set_row(FIRST_LINE - 2, 32)
    for row, cells in enumerate(grid):
        for column, cell in enumerate(cells):
            _write(sheet, row, column, cell, formats, _style(row, column))
    sheet.freeze_panes(FIRST_LINE - 1, 3)
    sheet.autofilter(FIRST_LINE - 2, 0, len(grid) - 2, len(HEADER) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(FIRST_LINE - 2)
    sheet.set_footer("&C第 &P 页 / 共 &N 页")


def _summary(sheet: Worksheet, grid: Grid, formats: dict[str, Format]) -> None:
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 3, 26)
    for row, cells in enumerate(grid):
        for column, cell in enumerate(cells):
            _write(sheet, row, column, cell, formats, "text" if column else "header")


def _style(row: int, column: int) -> str:
    if row == 0:
        return "title"
    if row < FIRST_LINE - 2:
        return "plain"
    if row == FIRST_LINE - 2:
        return "header"
    return "reason" if column == len(HEADER) - 1 else "text"


def _write(
    sheet: Worksheet,
    row: int,
    column: int,
    cell: Cell,
    formats: dict[str, Format],
    style: str,
) -> None:
    if isinstance(cell, Yuan):
        yuan = cell.fen / 100
        if not cell.total:
            sheet.write_number(row, column, yuan, formats["amount"])
            return
        first = xl_rowcol_to_cell(FIRST_LINE - 1, column)
        last = xl_rowcol_to_cell(row - 1, column)
        sheet.write_formula(row, column, f"=SUM({first}:{last})", formats["total"], yuan)
    elif isinstance(cell, int):
        sheet.write_number(row, column, cell, formats["number"])
    elif cell:
        sheet.write_string(row, column, cell, formats[style])
