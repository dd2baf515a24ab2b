"""Legs of a settlement cycle at the bank: filed like payments, matched by their reference.

One transfer between two sub-accounts gives two bank lines with one reference; the act of the line
that leaves or reaches the cooperative's sub-account posts both books, the other is its
counterpart. Called by the files step and by custody; what is netted, settlement decides.
"""

import sqlalchemy as sa

from contracts.ids import FEDERATION_BOOK
from journal.perform import Command
from kernel.cases import Case
from services.federation.bank_files.messages import PaymentLine, StatementLine
from services.federation.cases import references, registers, settlement
from services.federation.cases.actors import BANK_LINE, FILER
from services.federation.cases.payments import Instruction
from services.federation.county import County

PROCESS = "leg"
INTO, OUT_OF = "in", "out"


def instructions(conn: sa.Connection, county: County) -> list[Instruction]:
    """Every leg whose turn has come: payers into the settlement sub-account, payees out of it."""
    account = registers.the_bank_account(conn)
    if account is None:
        return []
    known = {one.id: (one.sub_account, one.name) for one in registers.cooperatives(conn)}
    known[FEDERATION_BOOK] = (account.federation, county.name)
    found = []
    for leg in settlement.fileable(conn):
        into = leg.terms["direction"] == INTO
        ends = [known[leg.parties["coop"]], (account.settlement, county.name)]
        payer, payee = ends if into else reversed(ends)
        line = PaymentLine(
            reference=references.current(leg),
            cooperative_sub_account=payer[0],
            payee_name=payee[1],
            payee_card=payee[0],
            amount_fen=int(leg.terms["amount"]),
            remark=str(leg.terms["cycle"]),
        )
        command = Command(
            # A leg that bounced is filed again: the step makes each filing an act of its own.
            id=f"{leg.id}/file/{leg.step + 1}",
            process=PROCESS,
            case=leg.id,
            act="file",
            actor=FILER,
        )
        found.append(Instruction(line=line, command=command))
    return found


def fits(leg: Case, line: StatementLine, own: str) -> str:
    """Why the line at the cooperative's own sub-account is not this leg's; "" when it is."""
    if leg.state != "in_file":
        return "doubled" if leg.state == "settled" else "unexpected"
    if line.signed_fen != signed(leg):
        return "wrong_amount"
    return "" if line.sub_account == own else "wrong_sub_account"


def signed(leg: Case) -> int:
    """The line's amount at the cooperative's own sub-account: out negative (fen)."""
    amount = int(leg.terms["amount"])
    return -amount if leg.terms["direction"] == INTO else amount


def matched(leg: Case, line: StatementLine) -> Command:
    """The act by which a line settles its leg."""
    act = "paid_in" if leg.terms["direction"] == INTO else "paid_out"
    return Command(
        id=f"{leg.id}/{act}",
        process=PROCESS,
        case=leg.id,
        act=act,
        actor=BANK_LINE,
        facts={"line": line.line_id},
        value_date=line.value_date,
    )
