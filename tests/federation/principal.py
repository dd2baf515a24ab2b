"""Builders of mode ``principal``: the federation between villages, its own book, cycles (P4.2)."""

from datetime import date

import sqlalchemy as sa

from contracts.ids import FEDERATION_BOOK
from contracts.ledger import Actor
from journal import store
from journal.perform import Performed, World
from kernel.cases import Case
from kernel.rules_intercoop_loss import debt_digest
from services.federation.cases import intercoop, lending, proof_queries, service_fees, settlement
from tests.federation.lending import (
    DAY,
    GRADES,
    POVERTY_OFFICE,
    STAFF,
    a_match,
    a_village,
    bank_moves_legs,
    county_act,
    county_world,
    enter_federation,
    free,
    in_transit,
)

FUND = 25_000_000
OWN = 500_000
LENT = 3_000_000
IN, OUT = "intercoop-1-in", "intercoop-1-out"
DUE = date(2010, 6, 1)
PRINCIPAL = {"intercoop.mode": "principal"}


def world(**changes: object) -> World:
    return county_world(changes={**PRINCIPAL, **changes})


def enter(conn: sa.Connection) -> None:
    """Three villages, and a federation with money of its own."""
    for name in ("baiguo", "houba", "xiaojiaba"):
        a_village(conn, county_world(), name, FUND)
    enter_federation(conn, county_world(), OWN)


def f(conn: sa.Connection, *accounts: str) -> list[int]:
    """Balances of the federation's own book (fen)."""
    found = store.totals(conn, FEDERATION_BOOK, accounts)
    return [found[account] for account in accounts]


def the(conn: sa.Connection, name: str) -> Case:
    case = store.load(conn, store.COUNTY_SCOPE, name)
    assert case is not None, name
    return case


def propose(conn: sa.Connection, here: World, **changes: object) -> tuple[Case, ...]:
    return lending.match(conn, here, a_match(**changes), STAFF, GRADES)


def council(side: str, village: str) -> Actor:
    return Actor(role=f"council@{side}", operator=f"p-{village}")


def sign(conn: sa.Connection, here: World, name: str, *hands: Actor) -> Performed:
    return [county_act(conn, here, "intercoop", name, "sign", hand) for hand in hands][-1]


def sign_both(conn: sa.Connection, here: World) -> None:
    offices = (STAFF, POVERTY_OFFICE)
    assert sign(conn, here, IN, council("lender", "baiguo"), *offices).case.state == "approved"
    done = sign(conn, here, OUT, council("borrower", "xiaojiaba"), *offices)
    assert done.case.state == "approved"


def settle(conn: sa.Connection, here: World, on: date) -> Case:
    """One cycle of a date to its end, as the county close moves it."""
    intercoop.set_aside_due(conn, here, on)
    service_fees.hold_due(conn, here)
    lending.set_aside_due(conn, here, on)
    cycle = settlement.plan(conn, here, on)
    assert cycle is not None
    assert sum(cycle.terms["nets"].values()) == 0
    settlement.progress(conn, here)
    bank_moves_legs(conn, here, settlement.fileable(conn))
    assert proof_queries.in_transit(conn)[1] == 0
    settlement.progress(conn, here)
    assert proof_queries.in_transit(conn)[1] == 0
    bank_moves_legs(conn, here, settlement.fileable(conn))
    settlement.progress(conn, here)
    assert f(conn, "10202", "10203") == [0, 0]
    assert in_transit(conn, "baiguo", "houba", "xiaojiaba") == [0, 0, 0, 0]
    return the(conn, cycle.id)


def lent(conn: sa.Connection, here: World) -> None:
    """30,000 from Baiguo to the federation, on to Xiaojiaba, funded on the first day."""
    propose(conn, here)
    sign_both(conn, here)
    assert settle(conn, here, DAY).state == "final"


def empty(conn: sa.Connection, here: World, village: str, left: int) -> None:
    """Move what a village has free out of reach, but for ``left`` fen."""
    county_act(
        conn, here, "payment", f"pay-{village}", "queue",
        Actor(role="system:intake", operator="intake"), parties={"coop": village},
        facts={"for": "cost-1", "amount": free(conn, village) - left, "person": "p-1", "said": 1,
               "recipe": "payment.cost", "back": "payment.cost_back", "funding": "own"},
    )  # fmt: skip


def debt_digest_of(conn: sa.Connection, name: str) -> str:
    """What a signature that gives a debt up quotes, as the debt stands now."""
    return debt_digest(the(conn, name).terms)
