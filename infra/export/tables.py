"""A book as a table for people: CSV (one row a movement) and Excel (movements, balances, accounts).

Called by `lianhe export`. Headings are Chinese and English; an act that moves no money has one row
with the money left blank. Text that a spreadsheet would run as a formula is made harmless.
"""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO

import xlsxwriter

from contracts.ledger import Act, Movement
from contracts.money import plain
from infra.export.rows import Book
from kernel.chart import DEBIT

HEADINGS = (
    "序号 seq", "业务日 business date", "起息日 value date", "编号 act id", "事项 case",
    "流程 process", "动作 act", "状态 state", "角色 role", "经办 operator", "决定人 persons",
    "分录模板 recipe", "行 line", "借方 debit", "借方科目", "debit account", "借方户 debit key",
    "贷方 credit", "贷方科目", "credit account", "贷方户 credit key", "资金 funding",
    "金额(元) amount CNY",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(book: Book) -> Iterator[str]:
    """The file, row by row; starts with a byte-order mark so that Excel reads UTF-8."""
    yield "\ufeff" + _line(HEADINGS)
    for cells in _rows(book):
        yield _line([_harmless(str(cell)) for cell in cells])


def to_xlsx(book: Book, sink: BinaryIO) -> None:
    """Write the workbook; rows are written as they come, so a book of any size fits."""
    workbook = xlsxwriter.Workbook(sink, {"constant_memory": True, "strings_to_formulas": False})
    bold, money = (
        workbook.add_format({"bold": True}),
        workbook.add_format({"num_format": "#,##0.00"}),
    )
    sheet = workbook.add_worksheet("凭证 movements")
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, HEADINGS, bold)
    for number, cells in enumerate(_rows(book), 1):
        _write(sheet, number, cells, money)
    sheet = workbook.add_worksheet("余额 balances")
    sheet.write_row(
        0, 0, ("科目 account", "名称", "name", "资金 funding", "借方 debit", "贷方 credit"), bold
    )
    for number, row in enumerate(book.trial(), 1):
        account = book.accounts[row.account]
        cells = (row.account, account.zh, account.en, row.funding, row.debit_fen, row.credit_fen)
        _write(sheet, number, (*cells[:4], *(_yuan(fen) for fen in cells[4:])), money)
    sheet = workbook.add_worksheet("科目 accounts")
    sheet.write_row(0, 0, ("科目 account", "名称", "name", "方向 side", "户 key"), bold)
    for number, account in enumerate(book.accounts.values(), 1):
        side = "借 debit" if account.side == DEBIT else "贷 credit"
        _write(sheet, number, (account.code, account.zh, account.en, side, account.key), money)
    workbook.close()


def _rows(book: Book) -> Iterator[tuple[str | int | Decimal, ...]]:
    for act in book.acts():
        if not act.movements:
            yield (*_of_act(act), *[""] * (len(HEADINGS) - 12))
        for line, movement in enumerate(act.movements, 1):
            yield (*_of_act(act), line, *_of_movement(book, movement))


def _of_act(act: Act) -> tuple[str | int, ...]:
    return (
        act.seq, act.business_date.isoformat(), act.value_date.isoformat(), act.id, act.case,
        act.process, act.act, act.state, act.actor.role, act.actor.operator,
        " ".join(act.actor.persons), act.recipe,
    )  # fmt: skip


def _of_movement(book: Book, m: Movement) -> tuple[str | Decimal, ...]:
    debit, credit = book.accounts[m.debit], book.accounts[m.credit]
    return (
        m.debit, debit.zh, debit.en, m.debit_key, m.credit, credit.zh, credit.en, m.credit_key,
        m.funding, _yuan(m.amount),
    )  # fmt: skip


def _yuan(fen: int) -> Decimal:
    """Exact yuan, for a cell that a spreadsheet can add up."""
    return Decimal(plain(fen))


def _write(sheet: Any, number: int, cells: tuple[Any, ...], money: Any) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, Decimal):
            sheet.write_number(number, column, cell, money)
        elif isinstance(cell, int):
            sheet.write_number(number, column, cell)
        else:
            sheet.write_string(number, column, cell)


def _line(cells: Any) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
