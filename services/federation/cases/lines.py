"""What becomes of one bank line: posted in K when it is certain, else open with its reason.

Called by custody for each new line. A payment is paid only by the right amount to the right card
out of the right sub-account; money that came is booked for what it certainly is (R-049, R-028).
"""

from typing import Any

import sqlalchemy as sa

from contracts.ids import FEDERATION_BOOK, receipt_case
from journal import store
from journal.perform import Command, perform
from kernel.cases import Case
from kernel.errors import Rejected
from services.federation.bank_files.messages import Direction, StatementLine
from services.federation.cases import (
    bank_register,
    findings,
    legs,
    own_money,
    payees,
    pool_receipts,
    receipts,
    references,
    registers,
)
from services.federation.cases.actors import BANK_LINE
from services.federation.cases.bank_register import BOOKED, OPEN, REVERSED, Place, other_half
from services.federation.cases.matching import Books, receipt_of
from services.federation.county import County


def place(
    conn: sa.Connection,
    county: County,
    books: Books,
    account: registers.BankAccount,
    line: StatementLine,
) -> Place:
    """Where a new line belongs; what is certain is posted here."""
    owner = books.sub_accounts.get(line.sub_account or "", "")
    if line.reverses_line:
        return _reversal(conn, county, account.account, line, owner)
    if line.returned_reference:
        return _returned(conn, county, account, line, owner)
    case = references.find(conn, line.reference) if line.reference else None
    recovery = case is not None and pool_receipts.is_recovery(case, line)
    if case is not None and not recovery and line.reference != references.current(case):
        # The bank rejected this filing and moved its money all the same.
        cooperative = case.parties.get("coop", "")
        return Place(state=OPEN, matched=case.id, reason="stale_filing", cooperative=cooperative)
    if case is not None and case.process == legs.PROCESS:
        return _leg(conn, county, books, account, case, line)
    if case is not None and case.process == receipts.PROCESS:
        return _identified(conn, county, books, case, line)
    if account.pool and (case is None or case.process in pool_receipts.PROCESSES):
        found = pool_receipts.book(conn, county, books.sub_accounts, account, case, line)
        if found is not None:
            return found
    own = account.federation and line.sub_account == account.federation
    # Whatever a payer wrote: what reached the federation's own account is in its own book.
    if own and (case is None or line.direction is Direction.IN):
        return own_money.book_line(conn, county, line)
    if line.direction is Direction.OUT:
        return _out(conn, county, books, case, line, owner)
    return _in(conn, county, books, line)


def _out(
    conn: sa.Connection,
    county: County,
    books: Books,
    case: Case | None,
    line: StatementLine,
    owner: str,
) -> Place:
    """Money that left: our payment of this reference, exactly, or a break."""
    if case is None or case.process != "payment":
        return Place(state=OPEN, reason="unknown_out", cooperative=owner)
    cooperative = case.parties["coop"]
    reason = _differs(conn, county, books, case, line)
    if reason:
        return Place(state=OPEN, matched=case.id, reason=reason, cooperative=cooperative)
    perform(conn, county.world, Command(
        id=f"{case.id}/pay", process="payment", case=case.id, act="pay", actor=BANK_LINE,
        facts={"line": line.line_id}, value_date=line.value_date,
    ))  # fmt: skip
    return Place(state=BOOKED, matched=case.id)


def _differs(
    conn: sa.Connection, county: County, books: Books, case: Case, line: StatementLine
) -> str:
    """Why the line is not this payment; "" when it is."""
    if case.state != "in_file":
        return "doubled" if case.state == "paid" else "unexpected"
    if line.amount_fen != int(case.terms["amount"]):
        return "wrong_amount"
    cooperative = case.parties["coop"]
    if line.sub_account is not None and books.sub_accounts.get(line.sub_account) != cooperative:
        return "wrong_sub_account"
    payee = payees.of_payment(conn, county, case)
    return "" if payee.got(county, line.counterparty_account) else "wrong_payee"


def _returned(
    conn: sa.Connection,
    county: County,
    account: registers.BankAccount,
    line: StatementLine,
    owner: str,
) -> Place:
    """A paid payment that comes back, whole; anything else is a break."""
    case = references.find(conn, line.returned_reference or "")
    if case is not None and case.process in pool_receipts.PROCESSES:
        return pool_receipts.returned(conn, county, account, case, line)
    if case is None or case.process != "payment":
        return Place(state=OPEN, reason="unknown_return", cooperative=owner)
    cooperative = case.parties["coop"]
    if case.state != "paid" or line.amount_fen != int(case.terms["amount"]):
        return Place(state=OPEN, matched=case.id, reason="unexpected_return",
                     cooperative=cooperative)  # fmt: skip
    return _come_back(conn, county, case, line)


def _come_back(conn: sa.Connection, county: County, case: Case, line: StatementLine) -> Place:
    perform(conn, county.world, Command(
        id=f"{case.id}/come_back", process="payment", case=case.id, act="come_back",
        actor=BANK_LINE, facts={"line": line.line_id}, value_date=line.value_date,
    ))  # fmt: skip
    findings.open_once(
        conn, county, "bank_returned", case.id, cooperative=case.parties["coop"],
        facts={"case": case.id, "line": line.line_id, "amount": line.amount_fen},
    )  # fmt: skip
    return Place(state=BOOKED, matched=case.id)


def _reversal(
    conn: sa.Connection, county: County, account: str, line: StatementLine, owner: str
) -> Place:
    """The bank undoes a line of its own: an open one is settled, a paid payment comes back."""
    undone = bank_register.find_line(conn, account, line.reverses_line or "")
    if undone is None or undone.line.signed_fen != -line.signed_fen:
        return Place(state=OPEN, reason="unknown_reversal", cooperative=owner)
    if undone.state == OPEN:
        told = {"line": line.line_id, "reversed": undone.line.line_id}
        bank_register.move_line(
            conn, account, undone.line.line_id, REVERSED, matched=undone.matched
        )
        findings.settled(conn, county, f"bank_{undone.reason}", undone.line.line_id, told)
        return Place(state=REVERSED, matched=undone.matched)
    case = store.load(conn, store.COUNTY_SCOPE, undone.matched)
    if case is not None and case.process == "payment" and case.state == "paid":
        return _come_back(conn, county, case, line)
    return Place(state=OPEN, matched=undone.matched, reason="reversal", cooperative=owner)


def _leg(
    conn: sa.Connection,
    county: County,
    books: Books,
    account: registers.BankAccount,
    leg: Case,
    line: StatementLine,
) -> Place:
    """One of the two lines of a settlement leg."""
    if line.sub_account == account.settlement:
        return other_half(conn, leg, line, -legs.signed(leg))
    owner = leg.parties["coop"]
    numbers = {name: number for number, name in books.sub_accounts.items()}
    reason = legs.fits(leg, line, account.of(owner, numbers))
    if reason:
        cooperative = "" if owner == FEDERATION_BOOK else owner
        return Place(state=OPEN, matched=leg.id, reason=reason, cooperative=cooperative)
    perform(conn, county.world, legs.matched(leg, line))
    return Place(state=BOOKED, matched=leg.id)


def _identified(
    conn: sa.Connection, county: County, books: Books, named: Case, line: StatementLine
) -> Place:
    """One of the two lines of a transfer to the cooperative an unknown receipt belongs to."""
    if receipts.leaves(conn, named, line):
        return other_half(conn, named, line, -int(named.terms["amount"]))
    cooperative = named.parties["coop"]
    numbers = {name: number for number, name in books.sub_accounts.items()}
    reason = receipts.fits(named, line, numbers[cooperative])
    if reason:
        return Place(state=OPEN, matched=named.id, reason=reason, cooperative=cooperative)
    receipts.arrived(conn, county, named, line)
    return Place(state=BOOKED, matched=named.id)


def _in(conn: sa.Connection, county: County, books: Books, line: StatementLine) -> Place:
    """Money that came: booked for what it certainly is; a payer's slip is told as a finding."""
    receipt = receipt_of(books, line)
    case = receipt_case(line.line_id)
    parties = {"coop": receipt.cooperative} if receipt.cooperative else {"county": ""}
    facts: dict[str, Any] = {"line": line.line_id, "amount": line.amount_fen, **receipt.keys}
    if receipt.source:
        facts |= {"source": receipt.source, "expected": receipt.expected}
    try:
        perform(conn, county.world, Command(
            id=f"{case}/{receipt.act}", process="receipt", case=case, act=receipt.act,
            actor=BANK_LINE, facts=facts, parties=parties, value_date=line.value_date,
        ))  # fmt: skip
    except Rejected as refusal:
        return Place(state=OPEN, reason=refusal.code.value.lower(), cooperative=receipt.cooperative)
    if receipt.expected:
        registers.receipt_came(conn, receipt.expected, line.line_id)
        findings.announced_came(conn, county, receipt.expected, line.line_id)
    if receipt.act == "unknown" or receipt.elsewhere:
        kind = "bank_wrong_sub_account" if receipt.elsewhere else receipts.UNKNOWN_IN
        findings.open_once(
            conn, county, kind, line.line_id, cooperative=receipt.cooperative,
            facts={"line": line.line_id, "amount": line.amount_fen, "case": case,
                   "named": receipt.elsewhere},
        )  # fmt: skip
    return Place(state=BOOKED, matched=case)
