"""Custody: every line of the bank has one identity and one door, and this is the door.

A step of the county close takes the bank's files of the day: answers to our payment files, then
statements, line by line. A line that is certain is posted in K; what is not stays open in the
register as a break, with a finding that has an owner. Nothing is ever matched silently, and a
line that came before changes nothing.
"""

from collections import Counter
from datetime import date
from typing import Any

import sqlalchemy as sa

from journal.perform import Command, perform
from services.federation.bank_files.faults import BankFileRefused
from services.federation.bank_files.inbox import read_bank_file
from services.federation.bank_files.messages import (
    AnswerStatus,
    BankMessage,
    Statement,
    StatementLine,
    StatusReport,
)
from services.federation.cases import bank_register, findings, lines, references, registers
from services.federation.cases.actors import BANK_LINE
from services.federation.cases.bank_register import OPEN, Place, StoredFile, StoredLine
from services.federation.cases.matching import Books
from services.federation.county import County


def take_files(conn: sa.Connection, county: County, on: date) -> Counter[str]:
    """Apply every file of the bank received so far that speaks of ``on`` or an earlier day.

    Answers go before statements: a rejection releases its hold before money is looked at. A file
    that cannot be read is refused as a whole, with a finding.
    """
    counts: Counter[str] = Counter()
    books = Books(conn, county)
    read: list[tuple[StoredFile, tuple[BankMessage, ...]]] = []
    for file in bank_register.files_in(conn, bank_register.IN, bank_register.RECEIVED):
        try:
            read.append((file, read_bank_file(file.body)))
        except BankFileRefused as refused:
            _refuse(conn, county, file, refused)
            counts["files_refused"] += 1
    for file, messages in sorted(read, key=_order):
        if any(isinstance(one, Statement) and one.date > on for one in messages):
            continue
        for message in messages:
            if isinstance(message, StatusReport):
                counts.update(_answers(conn, county, message))
            elif isinstance(message, Statement):
                counts.update(_statement(conn, county, books, message, file.id, on))
        bank_register.mark_file(conn, file.id, bank_register.APPLIED)
        counts["files"] += 1
    return counts


def _order(read: tuple[StoredFile, tuple[BankMessage, ...]]) -> tuple[bool, str, int, str]:
    """Answers first, then statements by date and number, whatever their files are called."""
    file, messages = read
    stated = [one for one in messages if isinstance(one, Statement)]
    first = min((one.date.isoformat(), one.sequence or 0) for one in stated) if stated else ("", 0)
    return (bool(stated), *first, file.name)


def _refuse(conn: sa.Connection, county: County, file: StoredFile, why: BankFileRefused) -> None:
    codes = sorted({code.value for code in why.codes})
    bank_register.mark_file(conn, file.id, bank_register.REFUSED, {"faults": codes})
    findings.open_once(
        conn, county, "bank_file_refused", file.id[:16], facts={"file": file.name, "faults": codes}
    )


def _answers(conn: sa.Connection, county: County, report: StatusReport) -> Counter[str]:
    """A rejected line releases its hold; every other answer is only a courtesy."""
    counts: Counter[str] = Counter()
    told = bank_register.references_of(conn, report.file_id)
    if told is None:
        findings.open_once(
            conn, county, "answer_to_unknown_file", report.report_id,
            facts={"file": report.file_id},
        )  # fmt: skip
        return counts
    for reference in told:
        answer = report.answer(reference)
        if answer is None or answer.status is not AnswerStatus.REJECTED:
            continue
        case = references.find(conn, reference)
        late = case is not None and reference != references.current(case)
        if case is None or case.state != "in_file" or late:
            findings.open_once(
                conn, county, "answer_unexpected", f"{report.report_id}-{reference}",
                cooperative=case.parties.get("coop", "") if case else "",
                facts={"case": reference, "state": case.state if case else "", **_said(report)},
            )  # fmt: skip
            continue
        perform(conn, county.world, Command(
            id=f"{case.id}/bounce/{case.step + 1}", process=case.process, case=case.id,
            act="bounce", actor=BANK_LINE,
            facts={"reason": answer.reason, "answer": report.report_id},
        ))  # fmt: skip
        counts["bounced"] += 1
    return counts


def _said(report: StatusReport) -> dict[str, Any]:
    return {"answer": report.report_id, "reason": report.reason}


def _statement(
    conn: sa.Connection,
    county: County,
    books: Books,
    statement: Statement,
    file_id: str,
    on: date,
) -> Counter[str]:
    """Enter a statement and find the place of each of its lines."""
    counts: Counter[str] = Counter()
    account = registers.the_bank_account(conn)
    if account is None or statement.account != account.account:
        findings.open_once(
            conn, county, "statement_of_unknown_account", statement.statement_id,
            facts={"statement": statement.statement_id},
        )  # fmt: skip
        return counts
    if not bank_register.keep_statement(conn, statement, file_id):
        counts["statements_known"] += 1
    for line in statement.lines:
        known = bank_register.find_line(conn, statement.account, line.line_id)
        if known is not None:
            counts["lines_known"] += 1
            _same(conn, county, known, line)
            continue
        place = lines.place(conn, county, books, account, line)
        stored = StoredLine(
            account=statement.account,
            line=line,
            business_date=on.isoformat(),
            state=place.state,
            matched=place.matched,
            reason=place.reason,
        )
        bank_register.keep_line(conn, statement.account, statement.statement_id, stored)
        counts["lines"] += 1
        if place.state == OPEN:
            counts["breaks"] += 1
            _break(conn, county, line, place)
    return counts


def _same(conn: sa.Connection, county: County, known: StoredLine, line: StatementLine) -> None:
    """A line that is told again says the same, or it is a break."""
    if known.line != bank_register.unnamed(line):
        findings.open_once(
            conn, county, "bank_line_changed", line.line_id,
            facts={
                "line": line.line_id,
                "amount": line.amount_fen,
                "before": known.line.amount_fen,
            },
        )  # fmt: skip


def _break(conn: sa.Connection, county: County, line: StatementLine, place: Place) -> None:
    findings.open_once(
        conn, county, f"bank_{place.reason}", line.line_id, cooperative=place.cooperative,
        facts={
            "line": line.line_id,
            "amount": line.amount_fen,
            "direction": line.direction.value,
            "case": place.matched,
        },
    )  # fmt: skip
