"""Reports of a bank as rows: from Excel or CSV, from one form, from JSON; wrong cells by name.

Called by pages and API. Shape is judged here (an amount, a day, a known word), truth by the rules
when the rows are taken; both kinds of fault are told together. Never holds a rule.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from contracts.bank import CellError, LineAnswer, PayoutRow, RepaymentRow, Row, UtilisationRow
from contracts.money import FEN_MAX
from contracts.rejections import RejectionCode
from kernel.errors import Rejected
from kernel.facts import read
from services.federation.bank_files.faults import (
    BankFileRefused,
    Fault,
    FaultCode,
    Faults,
    refuse,
)
from services.federation.bank_files.layout import Column, Record, read_records, sheet_rows
from services.federation.bank_files.sheets import Cell, Form, read_rows, write_rows
from services.federation.bank_files.values import yuan_cell
from services.federation.cases.bank_reports import Numbered, cell

ROWS_MAX = 5000
PAYOUT, REPAYMENT, UTILISATION, ANSWERS = "payout", "repayment", "utilisation", "answers"
_LINE = Column("guarantee", "担保编号", 80)
_WORDS = {
    "同意": "accept", "附条件": "condition", "不同意": "refuse",
    "accept": "accept", "condition": "condition", "refuse": "refuse",
}  # fmt: skip
LAYOUTS: dict[str, tuple[Column, ...]] = {
    PAYOUT: (
        _LINE, Column("amount", "放款金额"), Column("paid_on", "放款日"),
        Column("due_on", "到期日"), Column("contract", "借款合同号", 60),
    ),
    REPAYMENT: (
        _LINE, Column("repaid", "归还本金"), Column("repaid_on", "归还日"),
        Column("arrears_since", "逾期起始日"), Column("arrears_principal", "逾期本金"),
        Column("arrears_interest", "逾期利息"),
    ),
    UTILISATION: (_LINE, Column("drawn", "累计放款"), Column("balance", "在保本金余额")),
    ANSWERS: (_LINE, Column("answer", "答复", choices=_WORDS), Column("reason", "原因", 140)),
}  # fmt: skip
"""Kind of sheet → its columns, amounts in yuan."""
ENGLISH = {
    "guarantee": "guarantee", "amount": "paid out (yuan)", "paid_on": "paid on",
    "due_on": "due on", "contract": "loan contract", "repaid": "principal repaid (yuan)",
    "repaid_on": "repaid on", "arrears_since": "in arrears since",
    "arrears_principal": "principal in arrears (yuan)",
    "arrears_interest": "interest in arrears (yuan)", "drawn": "paid out in all (yuan)",
    "balance": "outstanding principal (yuan)", "answer": "answer", "reason": "reason",
}  # fmt: skip
_ROWS: dict[str, type[PayoutRow | RepaymentRow | UtilisationRow]] = {
    PAYOUT: PayoutRow, REPAYMENT: RepaymentRow, UTILISATION: UtilisationRow,
}  # fmt: skip
_AMOUNTS = frozenset(
    {"amount", "repaid", "drawn", "balance", "arrears_principal", "arrears_interest"}
)


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that have the right shape, and the wrong cells of the others."""

    rows: tuple[Numbered, ...] = ()
    answers: tuple[LineAnswer, ...] = ()
    wrong: tuple[CellError, ...] = ()


def from_file(kind: str, body: bytes) -> Sheet:
    """Rows of an Excel or CSV file; a file that is no such sheet is one wrong cell in row 0."""
    try:
        rows = read_rows(body)
        if len(rows) > ROWS_MAX:
            raise refuse(FaultCode.TOO_LARGE, size=len(rows), limit=ROWS_MAX)
        faults = Faults()
        records = read_records(rows, LAYOUTS[kind], faults)
    except BankFileRefused as refused:
        return Sheet(wrong=cells_of(refused.faults))
    return _made(kind, records, faults)


def from_form(kind: str, form: Mapping[str, str]) -> Sheet:
    """The one row of a form whose fields are named as the columns."""
    columns = {column.field: column for column in LAYOUTS[kind]}
    cells: dict[str, Cell] = {name: form.get(name, "").strip() for name in columns}
    faults = Faults()
    return _made(kind, [Record(cells, columns, 1, faults)], faults)


def from_json(kind: str, rows: Sequence[Mapping[str, Any]]) -> Sheet:
    """Rows of a request, amounts in fen; every wrong field of every row is named."""
    good: list[Numbered] = []
    wrong: list[CellError] = []
    for number, row in enumerate(rows, 1):
        try:
            made = read(row, _ROWS[kind])
        except Rejected as refusal:
            wrong += [cell(number, name, one) for name, one in _by_field(refusal)]
            continue
        outside = [
            name
            for name in _AMOUNTS & set(made.__struct_fields__)
            if not 0 <= (getattr(made, name) or 0) <= FEN_MAX
        ]
        for name in sorted(outside):
            problem = Rejected(RejectionCode.FACTS_INVALID, where=name, problem=f"0…{FEN_MAX}")
            wrong.append(cell(number, name, problem))
        if not outside:
            good.append((number, made))
    return Sheet(rows=tuple(good), wrong=tuple(wrong))


def blank(kind: str, form: Form, rows: Sequence[Mapping[str, Any]], made_on: dt.date) -> bytes:
    """A sheet to be filled in, with what is known already (amounts in fen become yuan)."""
    filled: list[dict[str, str | Decimal]] = [
        {
            name: yuan_cell(value) if name in _AMOUNTS and isinstance(value, int) else str(value)
            for name, value in row.items()
        }
        for row in rows
    ]
    return write_rows(form, sheet_rows(LAYOUTS[kind], filled), made_on)


def cells_of(faults: Sequence[Fault]) -> tuple[CellError, ...]:
    """Faults of a file as wrong cells."""
    return tuple(
        CellError(
            row=fault.place.line,
            column=fault.place.field,
            code=fault.code.value,
            zh=_sentence(fault).text("zh"),
            en=_sentence(fault).text("en"),
        )
        for fault in faults
    )


def titles(kind: str) -> dict[str, tuple[str, str]]:
    """Field → what its column is called, in Chinese and English."""
    columns = LAYOUTS.get(kind, ())
    found = {column.field: (column.title, ENGLISH[column.field]) for column in columns}
    return found | {column.title: (column.title, ENGLISH[column.field]) for column in columns}


def _by_field(refusal: Rejected) -> list[tuple[str, Rejected]]:
    """A refusal of several fields as one of each, with its own problem."""
    facts = refusal.as_struct().facts
    problems = dict(
        part.split(": ", 1) for part in facts.get("problem", "").split("; ") if ": " in part
    )
    return [
        (name[:60], Rejected(RejectionCode.FACTS_INVALID, where=name[:60],
                             problem=problems.get(name, facts.get("problem", ""))[:200]))
        for name in facts.get("where", "").split(", ")
    ]  # fmt: skip


def _sentence(fault: Fault) -> Fault:
    """A fault without its place: row and column stand beside it."""
    return Fault(fault.code, facts=fault.facts)


def _made(kind: str, records: Sequence[Record], faults: Faults) -> Sheet:
    if kind == ANSWERS:
        answers = [(record.row, _answer(record)) for record in records]
        bad = {fault.place.line for fault in faults.found()}
        sound = tuple(one for row, one in answers if row not in bad)
        return Sheet(answers=sound, wrong=cells_of(faults.found()))
    rows = [(record.row, _row(kind, record)) for record in records]
    bad = {fault.place.line for fault in faults.found()}
    return Sheet(
        rows=tuple(one for one in rows if one[0] not in bad), wrong=cells_of(faults.found())
    )


def _answer(record: Record) -> LineAnswer:
    return LineAnswer(
        guarantee=record.text("guarantee"),
        answer=record.choice("answer") or "refuse",  # type: ignore[arg-type]
        reason=record.text("reason", required=False),
    )


def _row(kind: str, record: Record) -> Row:
    name = record.text("guarantee")
    if kind == PAYOUT:
        return PayoutRow(
            guarantee=name,
            amount=record.fen("amount"),
            paid_on=record.date("paid_on"),
            due_on=record.date("due_on"),
            contract=record.text("contract", required=False),
        )
    if kind == UTILISATION:
        return UtilisationRow(
            guarantee=name,
            drawn=record.fen("drawn", positive=False),
            balance=record.fen("balance", positive=False),
        )
    return RepaymentRow(
        guarantee=name,
        repaid=record.fen("repaid", positive=False) if record.filled("repaid") else 0,
        repaid_on=record.date("repaid_on") if record.filled("repaid_on") else None,
        arrears_since=record.date("arrears_since") if record.filled("arrears_since") else None,
        arrears_principal=(
            record.fen("arrears_principal", positive=False)
            if record.filled("arrears_principal")
            else None
        ),
        arrears_interest=(
            record.fen("arrears_interest", positive=False)
            if record.filled("arrears_interest")
            else 0
        ),
    )
