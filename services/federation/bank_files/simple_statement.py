"""Statements (对账单) in the county's simple layout: rows for balances, rows for bookings.

Called by the step that takes the bank's files in. Proven exactly as a camt.053 is.
"""

from collections.abc import Sequence

from services.federation.bank_files.faults import FaultCode, Faults
from services.federation.bank_files.layout import Column, Record, Row, read_records, sheet_rows
from services.federation.bank_files.messages import (
    Direction,
    Statement,
    StatementLine,
    SubAccountBalance,
)
from services.federation.bank_files.sheets import Cell, Form, read_rows, write_rows
from services.federation.bank_files.statement import prove_statement
from services.federation.bank_files.values import (
    ACCOUNT_MAX,
    REFERENCE_MAX,
    yuan_cell,
)

_KINDS = {
    "期初": "opening",
    "明细": "line",
    "期末": "closing",
    "子户期初": "sub_opening",
    "子户期末": "sub_closing",
}
_DIRECTIONS = {"收": "in", "支": "out", "贷": "in", "借": "out", "in": "in", "out": "out"}
STATEMENT_COLUMNS = (
    Column("kind", "行别", choices=_KINDS | {kind: kind for kind in _KINDS.values()}),
    Column("statement_id", "对账单号", REFERENCE_MAX, of_file=True),
    Column("sequence", "序号", of_file=True),
    Column("account", "专户", ACCOUNT_MAX, of_file=True),
    Column("date", "对账日期", of_file=True),
    Column("line_id", "流水号", REFERENCE_MAX),
    Column("sub_account", "子账户", ACCOUNT_MAX),
    Column("direction", "收支", choices=_DIRECTIONS),
    Column("amount", "金额"),
    Column("value_date", "起息日"),
    Column("reference", "指令号", REFERENCE_MAX),
    Column("returned_reference", "退回指令号", REFERENCE_MAX),
    Column("reverses_line", "冲正流水号", REFERENCE_MAX),
    Column("counterparty_name", "对方户名"),
    Column("counterparty_account", "对方账号", ACCOUNT_MAX),
    Column("text", "附言"),
)


def write_statement_sheet(statement: Statement, form: Form) -> bytes:
    """A statement as a sheet: what a bank without ISO is asked to send."""
    faults = Faults()
    prove_statement(statement, faults)
    faults.refuse_if_any()
    subs = statement.sub_accounts
    whole: Row = {
        "statement_id": statement.statement_id,
        "sequence": "" if statement.sequence is None else str(statement.sequence),
        "account": statement.account,
        "date": statement.date.isoformat(),
    }
    rows: list[Row] = [{"kind": "opening", "amount": yuan_cell(statement.opening_fen)}]
    rows += [_sub_row("sub_opening", sub.sub_account, sub.opening_fen) for sub in subs]
    rows += [_line_row(line) for line in statement.lines]
    rows += [_sub_row("sub_closing", sub.sub_account, sub.closing_fen) for sub in subs]
    rows.append({"kind": "closing", "amount": yuan_cell(statement.closing_fen)})
    return write_rows(
        form, sheet_rows(STATEMENT_COLUMNS, [whole | row for row in rows]), statement.date
    )


def read_statement_sheet(body: bytes) -> Statement:
    """A proven statement; raises BankFileRefused with every fault by row."""
    return statement_of_rows(read_rows(body))


def statement_of_rows(rows: Sequence[Sequence[Cell]]) -> Statement:
    """The same from rows already read."""
    faults = Faults()
    records = read_records(rows, STATEMENT_COLUMNS, faults)
    kinds = [record.choice("kind") for record in records]
    by_kind: dict[str, list[Record]] = {}
    for record, kind in zip(records, kinds, strict=True):
        by_kind.setdefault(kind, []).append(record)
    if kinds[-1] != "closing":
        faults.add(FaultCode.LAST_ROW, records[-1].place("kind"), kind="期末 closing")
    first = records[0]
    statement = Statement(
        statement_id=first.text("statement_id"),
        sequence=first.count("sequence") if first.filled("sequence") else None,
        account=first.text("account"),
        date=first.date("date"),
        opening_fen=_balance(by_kind, "opening", "期初 opening", faults),
        closing_fen=_balance(by_kind, "closing", "期末 closing", faults),
        lines=_lines(by_kind.get("line", []), faults),
        sub_accounts=_sub_accounts(by_kind, faults),
    )
    if not faults:  # sums of cells that could not be read would only confuse
        prove_statement(statement, faults)
    faults.refuse_if_any()
    return statement


def _sub_row(kind: str, sub_account: str, fen: int) -> Row:
    return {"kind": kind, "sub_account": sub_account, "amount": yuan_cell(fen)}


def _line_row(line: StatementLine) -> Row:
    return {
        "kind": "line",
        "line_id": line.line_id,
        "sub_account": line.sub_account or "",
        "direction": line.direction.value,
        "amount": yuan_cell(line.amount_fen),
        "value_date": line.value_date.isoformat(),
        "reference": line.reference or "",
        "returned_reference": line.returned_reference or "",
        "reverses_line": line.reverses_line or "",
        "counterparty_name": line.counterparty_name,
        "counterparty_account": line.counterparty_account,
        "text": line.text,
    }


def _lines(records: Sequence[Record], faults: Faults) -> tuple[StatementLine, ...]:
    lines = []
    first: dict[str, int] = {}
    for entry, record in enumerate(records, 1):
        line_id = record.text("line_id")
        if line_id and (earlier := first.setdefault(line_id, entry)) != entry:
            faults.add(
                FaultCode.LINE_REPEATED, record.place("line_id"), line=line_id, first=earlier
            )
        lines.append(
            StatementLine(
                line_id=line_id,
                sub_account=record.optional("sub_account"),
                direction=Direction(record.choice("direction") or Direction.IN),
                amount_fen=record.fen("amount"),
                value_date=record.date("value_date"),
                reference=record.optional("reference"),
                counterparty_name=record.text("counterparty_name", required=False),
                counterparty_account=record.text("counterparty_account", required=False),
                text=record.text("text", required=False),
                returned_reference=record.optional("returned_reference"),
                reverses_line=record.optional("reverses_line"),
            )
        )
    return tuple(lines)


def _balance(by_kind: dict[str, list[Record]], kind: str, which: str, faults: Faults) -> int:
    records = by_kind.get(kind, [])
    if len(records) != 1:
        faults.add(FaultCode.BALANCE_COUNT, which=which, count=len(records))
    return records[0].fen("amount", positive=False) if records else 0


def _sub_accounts(
    by_kind: dict[str, list[Record]], faults: Faults
) -> tuple[SubAccountBalance, ...]:
    stated: dict[str, dict[str, int]] = {"sub_opening": {}, "sub_closing": {}}
    for kind, balances in stated.items():
        for record in by_kind.get(kind, []):
            name, fen = record.text("sub_account"), record.fen("amount", positive=False)
            if name in balances:
                faults.add(
                    FaultCode.SUB_ACCOUNT_REPEATED, record.place("sub_account"), sub_account=name
                )
            balances[name] = fen
    opening, closing = stated["sub_opening"], stated["sub_closing"]
    for name in sorted(opening.keys() ^ closing.keys()):
        faults.add(FaultCode.SUB_ACCOUNT_HALF, sub_account=name)
    return tuple(
        SubAccountBalance(
            sub_account=name, opening_fen=opening[name], closing_fen=closing.get(name, 0)
        )
        for name in opening
    )
