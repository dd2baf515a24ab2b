"""The federation's own money: what its account at the bank receives, and the month-end of F (P4.2).

Called by custody for lines on that account, by the console and by the county close. What is moved
between villages and the federation is settlement's; here is what comes from outside.
"""

from datetime import date
from typing import Any

import sqlalchemy as sa

from contracts.facts import facts_of
from contracts.facts.federation import OwnMoneyNamed
from contracts.ids import FEDERATION_BOOK
from contracts.ledger import Actor
from journal import store
from journal.perform import Command, Performed, World, perform
from kernel.rules_federation import COUNTY_FUND
from services.federation.bank_files.messages import Direction, StatementLine
from services.federation.cases import findings, matching, registers
from services.federation.cases.actors import BANK_LINE, CLOSER
from services.federation.cases.bank_register import BOOKED, OPEN, Place
from services.federation.cases.county_acts import act_on
from services.federation.county import County

PROCESS, BOOK = "own_money", "federation_book"
PARTIES = {"federation": FEDERATION_BOOK}
UNNAMED = "bank_own_unnamed"
"""Kind of the finding a receipt nobody announced is told by."""


def book_line(conn: sa.Connection, county: County, line: StatementLine) -> Place:
    """A line on the federation's own account that is no leg: a receipt is booked, else a break."""
    if line.direction is Direction.OUT:
        return Place(state=OPEN, reason="unknown_out")
    announced = matching.announced(conn, FEDERATION_BOOK, line)
    case = f"own-{line.line_id}"
    facts: dict[str, Any] = {"line": line.line_id, "amount": line.amount_fen}
    if announced:
        facts |= {"source": COUNTY_FUND, "expected": announced.id}
    perform(conn, county.world, Command(
        id=f"{case}/receive", process=PROCESS, case=case,
        act="receive" if announced else "wonder", actor=BANK_LINE, facts=facts, parties=PARTIES,
        value_date=line.value_date,
    ))  # fmt: skip
    if announced:
        registers.receipt_came(conn, announced.id, line.line_id)
        findings.announced_came(conn, county, announced.id, line.line_id)
    else:
        told = {"line": line.line_id, "amount": line.amount_fen, "case": case}
        findings.open_once(conn, county, UNNAMED, line.line_id, facts=told)
    return Place(state=BOOKED, matched=case)


def name(
    conn: sa.Connection, county: County, case: str, act: str, actor: Actor, evidence: str
) -> Performed:
    """Staff says what a receipt was: ``is_fund`` or ``is_income``; its finding is settled.

    Raises Rejected FACTS_INVALID without an evidence.
    """
    facts = facts_of(OwnMoneyNamed(evidence=evidence))
    done = act_on(conn, county.world, PROCESS, case, act, actor, facts, act_id=f"{case}/named")
    line = str(done.case.terms["line"])
    findings.settled(conn, county, UNNAMED, line, {"case": case, "as": act})
    return done


def month_end(conn: sa.Connection, world: World, on: date, following: date) -> bool:
    """Book fee and provision of F on the last business day of a month; whether there was any."""
    lookup = store.DatabaseLookup(conn, store.COUNTY_SCOPE)
    if (on.year, on.month) == (following.year, following.month):
        return False
    if not lookup.all("intercoop", FEDERATION_BOOK):
        return False
    act_on(
        conn, world, BOOK, "federation", "accrue", CLOSER,
        act_id=f"federation/accrue/{on.isoformat()}", parties=PARTIES,
    )  # fmt: skip
    return True
