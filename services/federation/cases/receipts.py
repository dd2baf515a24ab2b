"""What staff decide about bank lines: whose an unknown receipt is, and what left for good.

An owner is named: the amount leaves 80109 at once (80108, keyed by the identification), so nobody
gets it twice; it reaches K(i) only when the bank has moved it, so every sub-account agrees on every
day (I9). What the bank rejects is nobody's again, and a new identification has a reference of its
own. Called by the console, by the files step and by custody; decision 0034.
"""

import sqlalchemy as sa

from contracts.facts import facts_of
from contracts.facts.custody import ReceiptOwner
from contracts.ids import receipt_case
from contracts.ledger import Actor
from contracts.rejections import RejectionCode
from journal import store
from journal.perform import Command, Performed, perform
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.rules_custody import IDENTIFICATION_OVER
from services.federation.bank_files.messages import Direction, PaymentLine, StatementLine
from services.federation.cases import bank_register, findings, references, registers
from services.federation.cases.actors import BANK_LINE, FILER
from services.federation.cases.bank_register import OPEN, StoredLine
from services.federation.cases.county_acts import act_on
from services.federation.cases.payments import Instruction
from services.federation.county import County

PROCESS, RECEIPT = "identification", "receipt"
UNKNOWN_IN = "bank_unknown_in"
"""Kind of the finding a receipt nobody is named for is told by."""


def gone(conn: sa.Connection, line_id: str) -> StoredLine | None:
    """An open line of money that left a cooperative's sub-account, if this is one."""
    account = registers.the_bank_account(conn)
    found = bank_register.find_line(conn, account.account, line_id) if account else None
    open_out = found and found.state == OPEN and found.line.direction is Direction.OUT
    owned = found and found.line.sub_account in registers.by_sub_account(conn)
    return found if open_out and owned else None


def book_gone(
    conn: sa.Connection, county: County, line_id: str, reason: str, actor: Actor
) -> Performed:
    """The bank will not take a line back: the money is gone, and its village says who owes it.

    Dr 11309 / Cr 10201 there. Raises Rejected LINE_NOT_OPEN, ROLE_NOT_ALLOWED, BALANCE_TOO_LOW.
    """
    found = gone(conn, line_id)
    if found is None:
        raise Rejected(RejectionCode.LINE_NOT_OPEN, line=line_id)
    case = receipt_case(line_id)
    done = perform(conn, county.world, Command(
        id=f"{case}/error", process=RECEIPT, case=case, act="error", actor=actor,
        facts={"line": line_id, "amount": found.line.amount_fen, "reason": reason,
               "about": found.matched},
        parties={"coop": registers.by_sub_account(conn)[found.line.sub_account or ""]},
        value_date=found.line.value_date,
    ))  # fmt: skip
    bank_register.move_line(conn, found.account, line_id, bank_register.BOOKED, matched=case)
    findings.settled(conn, county, f"bank_{found.reason}", line_id, {"case": case})
    return done


def waiting(conn: sa.Connection) -> list[Case]:
    """Unknown receipts that nobody is named for yet, in id order."""
    known = store.in_states(conn, store.COUNTY_SCOPE, RECEIPT, ("unknown",))
    return [one for one in known if identification_of(conn, one.id) is None]


def identification_of(conn: sa.Connection, receipt: str) -> Case | None:
    """The identification under way or done for a receipt; one that came to nothing is none."""
    found = _identifications(conn, receipt)
    return next((one for one in found if one.state not in IDENTIFICATION_OVER), None)


def identify(
    conn: sa.Connection, county: County, receipt: str, cooperative: str, evidence: str, actor: Actor
) -> Performed:
    """Name the cooperative a receipt belongs to; its money is set aside for it in K(0).

    Raises Rejected COOPERATIVE_UNKNOWN, FACTS_INVALID, RECEIPT_NOT_UNKNOWN, ROLE_NOT_ALLOWED.
    """
    registers.find_cooperative(conn, cooperative)
    before = len(_identifications(conn, receipt))
    case = f"ident-{receipt}" + (f"-{before + 1}" if before else "")
    facts = ReceiptOwner(receipt=receipt, evidence=evidence)
    return act_on(
        conn, county.world, PROCESS, case, "name", actor, facts_of(facts),
        act_id=f"{case}/name", parties={"coop": cooperative, "county": ""},
    )  # fmt: skip


def withdraw(
    conn: sa.Connection, county: County, case: str, actor: Actor, reason: str
) -> Performed:
    """Take an identification back before it is in a file; the money is nobody's again.

    Raises Rejected ACT_NOT_ALLOWED_NOW once it is in a file: then only the bank can stop it.
    """
    facts = {"reason": reason}
    return act_on(
        conn, county.world, PROCESS, case, "withdraw", actor, facts, act_id=f"{case}/withdraw"
    )


def instructions(conn: sa.Connection, _county: County) -> list[Instruction]:
    """Every identification whose transfer the bank is to be asked for."""
    account = registers.the_bank_account(conn)
    named = store.in_states(conn, store.COUNTY_SCOPE, PROCESS, ("named",))
    if account is None or not named:
        return []
    known = {entry.id: entry for entry in registers.cooperatives(conn)}
    found = []
    for one in named:
        cooperative = known[one.parties["coop"]]
        line = PaymentLine(
            reference=references.reference_of(one.id),
            cooperative_sub_account=_lies_in(conn, one, account),
            payee_name=cooperative.name,
            payee_card=cooperative.sub_account,
            amount_fen=int(one.terms["amount"]),
            remark=str(one.terms["item"]),
        )
        command = Command(
            id=f"{one.id}/file", process=PROCESS, case=one.id, act="file", actor=FILER
        )
        found.append(Instruction(line=line, command=command))
    return found


def leaves(conn: sa.Connection, one: Case, line: StatementLine) -> bool:
    """Whether a line is the half of the transfer that leaves where the money lay."""
    account = registers.the_bank_account(conn)
    return (
        account is not None
        and line.direction is Direction.OUT
        and line.amount_fen == int(one.terms["amount"])
        and line.sub_account == _lies_in(conn, one, account)
    )


def fits(one: Case, line: StatementLine, own: str) -> str:
    """Why a line is not this identification's arrival; "" when it is."""
    if one.state != "in_file":
        return "doubled" if one.state == "booked" else "unexpected"
    if line.signed_fen != int(one.terms["amount"]):
        return "wrong_amount"
    return "" if line.sub_account == own else "wrong_sub_account"


def arrived(conn: sa.Connection, county: County, one: Case, line: StatementLine) -> None:
    """The bank has moved it: booked to the village as unclaimed, the receipt and finding end."""
    perform(conn, county.world, Command(
        id=f"{one.id}/arrive", process=PROCESS, case=one.id, act="arrive", actor=BANK_LINE,
        facts={"line": line.line_id}, value_date=line.value_date,
    ))  # fmt: skip
    receipt = str(one.terms["receipt"])
    perform(conn, county.world, Command(
        id=f"{receipt}/identified", process=RECEIPT, case=receipt, act="identified",
        actor=BANK_LINE, facts={"identification": one.id},
    ))  # fmt: skip
    told = {"identification": one.id, "line": line.line_id}
    findings.settled(conn, county, UNKNOWN_IN, str(one.terms["item"]), told)


def _identifications(conn: sa.Connection, receipt: str) -> tuple[Case, ...]:
    return store.DatabaseLookup(conn, store.COUNTY_SCOPE).linked(PROCESS, "receipt", receipt)


def _lies_in(conn: sa.Connection, one: Case, account: registers.BankAccount) -> str:
    """The sub-account the receipt reached; the unallocated one where the bank named none."""
    lines = bank_register.lines_for(conn, str(one.terms["receipt"]))
    told = next((stored.line.sub_account for stored in lines if stored.line.sub_account), "")
    return told or account.unallocated
