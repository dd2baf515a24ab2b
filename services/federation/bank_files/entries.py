"""Entries of camt.053 and camt.054 as statement lines.

Called by statement.py. A booking with several transactions gives one line for each. Which
element feeds which field: docs/bank-exchange.md.
"""

import datetime as dt

from services.federation.bank_files.faults import FaultCode, Faults
from services.federation.bank_files.messages import Direction, StatementLine
from services.federation.bank_files.tree import NOT_PROVIDED, Node

REVERSED_LINE = "REVERSED_LINE"
"""Type of the proprietary reference by which a bank quotes the line it reverses."""


def read_entries(statement: Node, account: str, faults: Faults) -> tuple[StatementLine, ...]:
    """All booked entries of one account, in the order of the file; line ids are unique."""
    lines: list[StatementLine] = []
    first: dict[str, int] = {}
    for entry in statement.entries("Ntry"):
        for line in _lines_of(entry, account, faults):
            if line.line_id in first:
                faults.add(
                    FaultCode.LINE_REPEATED,
                    entry.place("AcctSvcrRef"),
                    line=line.line_id,
                    first=first[line.line_id],
                )
            elif line.line_id:
                first[line.line_id] = entry.entry
            lines.append(line)
    return tuple(lines)


def _lines_of(entry: Node, account: str, faults: Faults) -> list[StatementLine]:
    if (status := entry.text("Sts/Cd", "Sts/Prtry")) != "BOOK":
        faults.add(FaultCode.NOT_BOOKED, entry.place("Sts"), found=status)
    value_date = entry.date("ValDt", faults) or entry.date("BookgDt", faults)
    if value_date is None:
        faults.add(FaultCode.MISSING, entry.place("ValDt"))
        value_date = dt.date.min
    total = entry.fen("Amt", faults)
    booked = total if entry.text("CdtDbtInd") == "CRDT" else -total
    details = entry.all("NtryDtls/TxDtls")
    amounts = [_signed(entry, detail, booked, len(details), faults) for detail in details]
    if details and sum(amounts) != booked:
        faults.add(FaultCode.SUM_DIFFERS, entry.place("Amt"), stated=booked, counted=sum(amounts))
    lines = []
    for number, detail in enumerate(details or [entry], 1):
        line_id = _line_id(entry, detail, number if len(details) > 1 else 0)
        if not line_id:
            faults.add(FaultCode.MISSING, entry.place("AcctSvcrRef"))
        signed = amounts[number - 1] if details else booked
        lines.append(
            _line(entry, detail, account, line_id=line_id, signed=signed, value_date=value_date)
        )
    return lines


def _signed(entry: Node, detail: Node, booked: int, count: int, faults: Faults) -> int:
    """A transaction's own amount (fen, in positive); one alone may leave it to its booking."""
    if detail.first("Amt") is None:
        if count > 1:
            faults.add(FaultCode.MISSING, detail.place("Amt"))
        return booked
    direction = detail.text("CdtDbtInd") or entry.text("CdtDbtInd")
    amount = detail.fen("Amt", faults)
    return amount if direction == "CRDT" else -amount


def _line_id(entry: Node, detail: Node, number: int) -> str:
    """The bank's own reference; within a joint booking the transaction's, else counted."""
    of_entry, of_detail = entry.text("AcctSvcrRef"), detail.text("Refs/AcctSvcrRef")
    if not number:
        return of_entry or of_detail
    return of_detail or (f"{of_entry}/{number}" if of_entry else "")


def _line(
    entry: Node, detail: Node, account: str, *, line_id: str, signed: int, value_date: dt.date
) -> StatementLine:
    inward = signed > 0
    ours, theirs = ("Cdtr", "Dbtr") if inward else ("Dbtr", "Cdtr")
    sub_account = detail.account(f"RltdPties/{ours}Acct") or detail.text(
        f"RltdPties/Ultmt{ours}/Pty/Id/OrgId/Othr/Id"
    )
    reference = detail.text("Refs/EndToEndId")
    known = reference if reference != NOT_PROVIDED else ""
    returned = detail.first("RtrInf") is not None
    reversal = entry.text("RvslInd") in ("true", "1")
    return StatementLine(
        line_id=line_id,
        sub_account=sub_account if sub_account not in ("", account) else None,
        direction=Direction.IN if inward else Direction.OUT,
        amount_fen=abs(signed),
        value_date=value_date,
        reference=None if returned else known or None,
        counterparty_name=detail.text(f"RltdPties/{theirs}/Pty/Nm"),
        counterparty_account=detail.account(f"RltdPties/{theirs}Acct"),
        text="".join(detail.texts("RmtInf/Ustrd")) or detail.text("AddtlTxInf", "AddtlNtryInf"),
        returned_reference=known or None if returned else None,
        reverses_line=_reversed_line(detail) if reversal else None,
    )


def _reversed_line(detail: Node) -> str | None:
    for reference in detail.all("Refs/Prtry"):
        if reference.text("Tp") == REVERSED_LINE:
            return reference.text("Ref") or None
    return None
