"""The federation's service fee (P4.3): charged when a loan is funded, held and paid whole.

Called by settlement when it funds a loan, by the county close and by the console. A village that
has not the money yet pays on a later night; what it owes beside the loan is this and nothing else.
"""

import sqlalchemy as sa

from contracts.facts import Reason, facts_of
from contracts.ids import FEDERATION_BOOK, custody_book, service_fee_case
from contracts.ledger import Actor
from contracts.money import PPM, round_half_up
from journal import store
from journal.perform import Performed, World
from kernel.cases import Case
from services.federation.cases.actors import SETTLEMENT
from services.federation.cases.county_acts import act_on

PROCESS = "service_fee"
DUE, HELD = "due", "held"


def charge(conn: sa.Connection, world: World, loan: Case) -> Case | None:
    """Open the fee of a loan that was funded just now; None where it comes to less than a fen."""
    rate = int(loan.terms.get("service_ppm", 0))
    if not round_half_up(int(loan.terms["amount"]) * rate, PPM):
        return None
    name = service_fee_case(loan.id)
    parties = {"coop": loan.parties["borrower"], "federation": FEDERATION_BOOK}
    return act_on(
        conn, world, PROCESS, name, "charge", SETTLEMENT, {"loan": loan.id},
        act_id=f"{name}/charge", parties=parties,
    ).case  # fmt: skip


def hold_due(conn: sa.Connection, world: World) -> list[str]:
    """Hold every fee its village has the money for; the cases held."""
    held = []
    for fee in store.in_states(conn, store.COUNTY_SCOPE, PROCESS, (DUE,)):
        book = custody_book(fee.parties["coop"])
        if store.totals(conn, book, ["80101"])["80101"] >= int(fee.terms["amount"]):
            act_on(conn, world, PROCESS, fee.id, "hold", SETTLEMENT, act_id=f"{fee.id}/hold")
            held.append(fee.id)
    return held


def waive(conn: sa.Connection, world: World, case: str, actor: Actor, reason: str) -> Performed:
    """The federation lets a fee go that is not held yet. Raises Rejected FACTS_INVALID."""
    facts = facts_of(Reason(reason=reason))
    return act_on(conn, world, PROCESS, case, "waive", actor, facts, act_id=f"{case}/waive")
