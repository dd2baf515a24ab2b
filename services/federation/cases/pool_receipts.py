"""Bank lines of the pool: transfers matched by reference, money in known by what the payer wrote.

Called by lines for every line at the pool's sub-account or under the reference of one of its
cases. What is not certain stays open with its reason; nothing is matched silently (R-028).
"""

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from contracts.ids import node_book, receipt_case
from contracts.rejections import RejectionCode
from journal import store
from journal.perform import Command, perform
from kernel.cases import Case
from kernel.errors import Rejected
from services.federation.bank_files.messages import Direction, StatementLine
from services.federation.cases import (
    agreements,
    claims,
    findings,
    pool_money,
    references,
    registers,
)
from services.federation.cases.actors import BANK_LINE
from services.federation.cases.bank_register import BOOKED, OPEN, Place, other_half
from services.federation.county import County

PROCESSES = (pool_money.TRANSFER, pool_money.CLAIM, pool_money.MATCH)
INTEREST = "利息"
"""What the bank writes beside an agreement's id when it pays interest on the pool (P17)."""
_NAMED = re.compile(r"(?<![a-z0-9-])(?:match|claim|pooling|agreement)-[a-z0-9]+(?:-[a-z0-9]+)*")


def book(
    conn: sa.Connection, county: County, owners: Mapping[str, str],
    account: registers.BankAccount, case: Case | None, line: StatementLine,
) -> Place | None:  # fmt: skip
    """Book a line of the pool; None when it is no business of the pool."""
    if case is not None and is_recovery(case, line):
        # What the cooperative itself receives is passed on, not in the pool yet (P6.6).
        inside = line.sub_account in (account.pool, None)
        return _recovered(conn, county, case, line) if inside else None
    if case is not None:
        return _referred(conn, county, owners, account, case, line)
    if line.sub_account != account.pool:
        return None
    if line.direction is Direction.OUT:
        return Place(state=OPEN, reason="unknown_out")
    return _named(conn, county, owners, account, line)


def is_recovery(case: Case, line: StatementLine) -> bool:
    """Money in under a claim's name is what the bank recovered, however often it was filed."""
    return case.process == pool_money.CLAIM and line.direction is Direction.IN


def returned(
    conn: sa.Connection, county: County, account: registers.BankAccount, case: Case,
    line: StatementLine,
) -> Place:  # fmt: skip
    """What the bank paid out of the pool and sends back, whole, is held and filed again."""
    cooperative = case.parties["coop"]
    strange = Place(
        state=OPEN, matched=case.id, reason="unexpected_return", cooperative=cooperative
    )
    command = pool_money.came_back(case, line)
    current = line.returned_reference == references.current(case)
    if command is None or not current or line.sub_account not in (account.pool, None):
        return strange
    try:
        with conn.begin_nested():
            perform(conn, county.world, command)
    except Rejected:
        return strange
    findings.open_once(
        conn, county, "bank_returned", line.line_id, cooperative=cooperative,
        facts={"case": case.id, "line": line.line_id, "amount": line.amount_fen},
    )  # fmt: skip
    return Place(state=BOOKED, matched=command.case)


def _referred(
    conn: sa.Connection, county: County, owners: Mapping[str, str],
    account: registers.BankAccount, case: Case, line: StatementLine,
) -> Place:  # fmt: skip
    """One of our own references: the transfer, the claim's payment, or the match."""
    if pool_money.counterpart(case, line, account):
        return other_half(conn, case, line, -pool_money.signed(case))
    cooperative = case.parties["coop"]
    numbers = {name: number for number, name in owners.items()}
    reason = pool_money.fits(case, line, account, numbers[cooperative])
    if not reason and pool_money.payee_differs(conn, county, case, line):
        reason = "wrong_payee"
    if reason:
        return Place(state=OPEN, matched=case.id, reason=reason, cooperative=cooperative)
    try:
        with conn.begin_nested():
            done = perform(conn, county.world, pool_money.matched(case, line))
    except Rejected as refusal:
        told = refusal.code.value.lower()
        return Place(state=OPEN, matched=case.id, reason=told, cooperative=cooperative)
    agreement = store.load(conn, store.COUNTY_SCOPE, str(case.terms["agreement"]))
    if done.case.process == pool_money.CLAIM and agreement is not None:
        claims.watch(conn, county.world, agreement)
    return Place(state=BOOKED, matched=case.id)


def _named(
    conn: sa.Connection, county: County, owners: Mapping[str, str],
    account: registers.BankAccount, line: StatementLine,
) -> Place:  # fmt: skip
    """Money that came into the pool: a match, a recovery, a deposit, or interest."""
    told = " ".join(filter(None, (line.reference, line.text)))
    names = sorted(set(_NAMED.findall(told.lower())))
    if len(names) != 1:
        return Place(state=OPEN, reason="unknown_pool_in")
    name = names[0]
    if name.startswith("pooling-"):
        return _deposit(conn, county, owners, name, line)
    case = store.load(conn, store.COUNTY_SCOPE, name)
    if case is None:
        return Place(state=OPEN, reason="unknown_pool_in")
    if case.process == pool_money.MATCH:
        return _referred(conn, county, owners, account, case, line)
    if case.process == pool_money.CLAIM:
        return _recovered(conn, county, case, line)
    if case.process == agreements.PROCESS and INTEREST in told:
        return _receipt(conn, county, case.parties["coop"], "pool_interest", line, {
            "agreement": case.id,
        })  # fmt: skip
    return Place(state=OPEN, reason="unknown_pool_in", cooperative=case.parties["coop"])


def _recovered(conn: sa.Connection, county: County, case: Case, line: StatementLine) -> Place:
    cooperative = case.parties["coop"]
    try:
        with conn.begin_nested():
            claims.receive(conn, county.world, case, line)
    except Rejected as refusal:
        reason = "wrong_amount" if refusal.code is RejectionCode.MORE_THAN_OWED else "unexpected"
        return Place(state=OPEN, matched=case.id, reason=reason, cooperative=cooperative)
    return Place(state=BOOKED, matched=case.id)


def _deposit(
    conn: sa.Connection, county: County, owners: Mapping[str, str], name: str, line: StatementLine
) -> Place:
    """A member's pooled deposit (variant 1), under the number of his form."""
    found = {
        cooperative: form
        for cooperative in sorted(set(owners.values()))
        if (form := store.load(conn, node_book(cooperative), name)) and form.process == "pooling"
    }
    # A village chooses the ids of its own book: one that takes another's form takes no money.
    if len(found) != 1:
        return Place(state=OPEN, reason="unknown_pool_in")
    ((cooperative, form),) = found.items()
    return _receipt(conn, county, cooperative, "pooled", line, {
        "agreement": form.terms["agreement"], "member": form.terms["member"], "pooling": name,
    })  # fmt: skip


def _receipt(
    conn: sa.Connection, county: County, cooperative: str, act: str, line: StatementLine,
    facts: dict[str, Any],
) -> Place:  # fmt: skip
    case = receipt_case(line.line_id)
    try:
        with conn.begin_nested():
            perform(conn, county.world, Command(
                id=f"{case}/{act}", process="receipt", case=case, act=act, actor=BANK_LINE,
                facts={"line": line.line_id, "amount": line.amount_fen, **facts},
                parties=agreements.parties(cooperative), value_date=line.value_date,
            ))  # fmt: skip
    except Rejected as refusal:
        reason = refusal.code.value.lower()
        return Place(state=OPEN, reason=reason, cooperative=cooperative)
    return Place(state=BOOKED, matched=case)
