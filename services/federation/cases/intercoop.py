"""Lending between cooperatives (P4): match, sign, decline, repay, as acts of the county's case.

Called by intake (what a council said in its own book), console and the county close. Money moves
only by settlement. Sources R-026, R-075, R-076, P4.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
import sqlalchemy as sa

from contracts.ids import custody_book, node_book
from contracts.ledger import Act, Actor
from contracts.rejections import RejectionCode
from journal import store
from journal.perform import Command, Performed, World, perform
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.rules_intercoop import OWN_FUND, owed_on, terms_digest
from services.federation.cases.actors import SETTLEMENT
from services.federation.tables import cooperative

PROCESS = "intercoop"
COUNCIL = "council@node"
"""Who speaks for a village on a loan between cooperatives."""


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """An offer and an ask that fit. Amount fen, rate ppm a month, term whole months."""

    case: str
    lender: str
    borrower: str
    amount: int
    rate_ppm: int
    term_months: int


def match(
    conn: sa.Connection, world: World, asked: Match, actor: Actor, grades: Mapping[str, str]
) -> Performed:
    """Propose one loan and hold its money at the lender at once.

    Raises Rejected: see kernel.rules_intercoop.may_lend, and BALANCE_TOO_LOW.
    """
    both = (asked.lender, asked.borrower)
    facts = {
        **{name: value for name, value in msgspec.structs.asdict(asked).items() if name != "case"},
        "grades": {one: grades.get(one, "") for one in both},
        "own_fund": {one: own_fund(conn, one) for one in both},
        # A village knows the other one by this alone.
        "names": _names(conn, both),
    }
    return perform(
        conn,
        world,
        Command(
            id=f"{asked.case}/match",
            process=PROCESS,
            case=asked.case,
            act="match",
            actor=actor,
            facts=facts,
            parties={"lender": asked.lender, "borrower": asked.borrower},
        ),
    )


def own_fund(conn: sa.Connection, name: str) -> int:
    """The cooperative's own fund (fen) by its proven replica: 301+311+321+322+33201."""
    return sum(store.totals(conn, node_book(name), OWN_FUND).values())


def _names(conn: sa.Connection, both: Sequence[str]) -> dict[str, list[str]]:
    """What two cooperatives are called, in Chinese and in English."""
    row = cooperative.c
    query = sa.select(row.id, row.name, row.name_en).where(row.id.in_(both)).order_by(row.id)
    return {str(one): [str(zh), str(en or zh)] for one, zh, en in conn.execute(query)}


def said(conn: sa.Connection, world: World, act: Act) -> Performed:
    """Take in what a council said about a case in its own book (process ``voice``).

    The side is the cooperative's own, whatever the act claims. Raises Rejected UNKNOWN_CASE,
    SIGNED_OTHER_TERMS, and what the act itself refuses.
    """
    facts = act.facts
    case = store.load(conn, store.COUNTY_SCOPE, str(facts["for"]))
    speaker = act.parties["coop"]
    side = next((s for s, c in (case.parties if case else {}).items() if c == speaker), "")
    if case is None or not side:
        raise Rejected(RejectionCode.UNKNOWN_CASE, case=facts["for"])
    asked = str(facts["act"])
    # The village chose its act's id: in the county's books it could be anybody's.
    said_id = f"{act.book}/{act.seq}"
    if act.actor.role != COUNCIL:
        raise Rejected(
            RejectionCode.ROLE_NOT_ALLOWED, role=act.actor.role, act=asked, needed=COUNCIL
        )
    if asked == "repay":
        return set_aside(conn, world, case, int(facts["amount"]), act_id=said_id)
    if facts.get("terms") != terms_digest(case.terms):
        raise Rejected(RejectionCode.SIGNED_OTHER_TERMS)
    role = f"council@{side}" if asked == "sign" else COUNCIL
    return perform(
        conn,
        world,
        Command(
            id=said_id,
            process=PROCESS,
            case=case.id,
            act=asked,
            actor=Actor(role=role, operator=act.actor.operator, persons=act.actor.persons),
            facts={"votes": facts.get("votes", {}), "said": f"{act.book}/{act.seq}"},
        ),
    )


def sign(
    conn: sa.Connection, world: World, case: Case, actor: Actor, *, terms: str, act_id: str
) -> Performed:
    """A county signature (federation, poverty office) under the exact terms shown."""
    if terms != terms_digest(case.terms):
        raise Rejected(RejectionCode.SIGNED_OTHER_TERMS)
    return perform(
        conn,
        world,
        Command(id=act_id, process=PROCESS, case=case.id, act="sign", actor=actor),
    )


def set_aside(
    conn: sa.Connection, world: World, case: Case, amount: int, *, act_id: str
) -> Performed:
    """Hold a repayment (fen) in the borrower's sub-account for the next settlement.

    Raises Rejected BALANCE_TOO_LOW when more than owed or more than there is.
    """
    return perform(
        conn,
        world,
        Command(
            id=act_id,
            process=PROCESS,
            case=case.id,
            act="set_aside",
            actor=SETTLEMENT,
            facts={"amount": amount},
        ),
    )


def set_aside_due(conn: sa.Connection, world: World, on: date) -> tuple[list[str], list[str]]:
    """On and after the due date, hold what is owed as far as the borrower has it free.

    Returns the cases held for, and the cases that stay short (overdue).
    """
    held: list[str] = []
    short: list[str] = []
    for case in store.in_states(conn, store.COUNTY_SCOPE, PROCESS, ("active",)):
        if date.fromisoformat(str(case.terms["due_on"])) > on:
            continue
        owed = sum(owed_on(case.terms, on)) - int(case.terms["aside"])
        book = custody_book(case.parties["borrower"])
        amount = min(owed, store.totals(conn, book, ["80101"])["80101"])
        if amount > 0:
            set_aside(conn, world, case, amount, act_id=f"{case.id}/due/{on.isoformat()}")
            held.append(case.id)
        if amount < owed:
            short.append(case.id)
    return held, short
