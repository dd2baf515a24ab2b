"""P4.2: what the federation pays a lender with: what that loan's borrower repaid, then its own.

What it has not named yet is nobody's: no lender is paid with it.
"""

from collections.abc import Iterator
from datetime import date

import pytest
import sqlalchemy as sa

from contracts.ids import FEDERATION_BOOK
from contracts.rejections import RejectionCode
from journal import store
from journal.perform import World
from kernel.errors import Rejected
from services.federation.cases import intercoop, lending, proof_queries, settlement
from services.federation.cases.actors import BANK_LINE, SETTLEMENT
from tests.federation.lending import DAY, POVERTY_OFFICE, STAFF, county_act, next_day
from tests.federation.principal import (
    DUE,
    IN,
    LENT,
    OWN,
    council,
    empty,
    enter,
    f,
    lent,
    propose,
    settle,
    sign,
    the,
    world,
)

UNNAMED = 200_000
RECEIPT = "own-line-7"
LATER = "intercoop-2"


@pytest.fixture
def conn(county_engine: sa.Engine) -> Iterator[sa.Connection]:
    with county_engine.connect() as connection:
        with connection.begin():
            enter(connection)
        yield connection


def comes_in(conn: sa.Connection, here: World) -> None:
    """Money nobody announced reaches the federation's own account."""
    county_act(
        conn, here, "own_money", RECEIPT, "wonder", BANK_LINE,
        parties={"federation": FEDERATION_BOOK}, facts={"amount": UNNAMED, "line": "line-7"},
    )  # fmt: skip


def named(conn: sa.Connection, here: World, act: str) -> None:
    county_act(conn, here, "own_money", RECEIPT, act, STAFF, facts={"evidence": "回单 the slip"})


def defaulted(conn: sa.Connection, here: World) -> None:
    """The due day is there, the borrower has nothing, and somebody else's money has come in."""
    lent(conn, here)
    empty(conn, here, "xiaojiaba", 0)
    comes_in(conn, here)
    next_day(conn, DUE)


def test_p4_2_on_the_due_day_the_federation_pays_with_what_is_its_own(
    conn: sa.Connection,
) -> None:
    here = world()
    with conn.begin():
        defaulted(conn, here)
        assert lending.set_aside_due(conn, here, DUE) == ([IN], [IN])
        cycle = settlement.plan(conn, here, DUE)
    assert cycle is not None
    assert cycle.terms["nets"] == {FEDERATION_BOOK: -OWN, "baiguo": OWN}
    assert f(conn, "10201", "10203", "10204", "21109") == [0, OWN, UNNAMED, UNNAMED]


@pytest.mark.parametrize("act", ["is_fund", "is_income"])
def test_p4_2_once_it_is_named_it_pays_what_the_lender_still_waits_for(
    conn: sa.Connection, act: str
) -> None:
    here = world()
    with conn.begin():
        defaulted(conn, here)
        assert settle(conn, here, DUE).state == "final"
        paid = the(conn, IN).terms["outstanding"]
        later = date(2010, 6, 2)
        next_day(conn, later)
        assert lending.set_aside_due(conn, here, later) == ([], [IN])
        named(conn, here, act)
        assert settle(conn, here, later).state == "final"
    assert f(conn, "10201", "10203", "10204", "21109") == [0, 0, 0, 0]
    # A day's fee goes first.
    assert paid - UNNAMED < the(conn, IN).terms["outstanding"] < paid


def test_p4_2_whoever_asks_the_database_lets_no_leg_hold_what_is_not_named(
    conn: sa.Connection,
) -> None:
    here = world()
    facts = {"cycle": "cycle-x", "cooperative": "F", "direction": "in", "amount": OWN + 1}
    with conn.begin():
        comes_in(conn, here)
    with pytest.raises(Rejected) as refused, conn.begin():
        county_act(
            conn, here, "leg", "leg-x-F", "plan", SETTLEMENT, facts=facts,
            parties={"coop": FEDERATION_BOOK, "county": ""},
        )  # fmt: skip
    assert refused.value.code == RejectionCode.BALANCE_TOO_LOW
    with conn.begin():
        named(conn, here, "is_income")
        county_act(
            conn, here, "leg", "leg-x-F", "plan", SETTLEMENT, facts=facts,
            parties={"coop": FEDERATION_BOOK, "county": ""},
        )  # fmt: skip


def test_i19_what_is_kept_of_a_receipt_that_was_named_is_no_hold_of_anything(
    conn: sa.Connection,
) -> None:
    here = world()
    with conn.begin():
        comes_in(conn, here)
        assert store.rows(conn, FEDERATION_BOOK, ["10204"]) == {"10204": {RECEIPT: UNNAMED}}
        assert proof_queries.holds(conn) == [(FEDERATION_BOOK, RECEIPT, UNNAMED, True)]
        named(conn, here, "is_fund")
        assert proof_queries.holds(conn) == []


def test_p4_2_what_a_borrower_repays_pays_its_own_lender_and_no_older_debt(
    conn: sa.Connection,
) -> None:
    """Houba repays on its day; the loan to Xiaojiaba is late for a month, and F has little."""
    here = world()
    with conn.begin():
        for case, borrower, months in (("intercoop-1", "xiaojiaba", 11), (LATER, "houba", 12)):
            made = propose(conn, here, case=case, borrower=borrower, term_months=months)
            speak = (council("lender", "baiguo"), council("borrower", borrower))
            for loan, hand in zip(made, speak, strict=True):
                sign(conn, here, loan.id, hand, STAFF, POVERTY_OFFICE)
        settle(conn, here, DAY)
        empty(conn, here, "xiaojiaba", 0)
        next_day(conn, DUE)
        intercoop.set_aside_due(conn, here, DUE)
        repaid = the(conn, f"{LATER}-out").terms["aside"]
        assert repaid == LENT + 12 * 9_000
        assert lending.set_aside_due(conn, here, DUE) == ([IN, f"{LATER}-in"], [IN])
    assert the(conn, f"{LATER}-in").terms["aside"] == repaid
    assert the(conn, IN).terms["aside"] == OWN
