"""P4 inter-cooperative lending and its settlement, on the county's real database."""

from collections.abc import Iterator
from datetime import date

import pytest
import sqlalchemy as sa

from contracts.codec import decode
from contracts.ids import custody_book
from contracts.ledger import Act, Actor
from contracts.rejections import RejectionCode
from journal import heads, store
from journal.perform import World
from kernel.errors import Rejected
from kernel.intercoop import owed_on, terms_digest
from services.federation.cases import intercoop, settlement
from tests.federation.lending import (
    DAY,
    POVERTY_OFFICE,
    STAFF,
    a_village,
    bank_moves_legs,
    county_act,
    county_world,
    free,
    in_transit,
    next_day,
    propose,
    sign_all,
    signers,
)

FUND = 25_000_000
DEADLINE = Actor(role="system:deadline", operator="close")


@pytest.fixture
def conn(county_engine: sa.Engine) -> Iterator[sa.Connection]:
    with county_engine.connect() as connection:
        with connection.begin():
            for name in ("baiguo", "houba", "xiaojiaba", "shuihaoping"):
                a_village(connection, county_world(), name, FUND)
        yield connection


def refusal(conn: sa.Connection, **changes: object) -> Rejected:
    with pytest.raises(Rejected) as refused, conn.begin():
        propose(conn, county_world(), **changes)
    return refused.value


def test_a_match_holds_the_lenders_money_at_once(conn: sa.Connection) -> None:
    with conn.begin():
        done = propose(conn, county_world())
    assert done.case.state == "proposed"
    assert free(conn, "baiguo") == FUND - 3_000_000
    assert store.rows(conn, custody_book("baiguo"), ["80102"]) == {
        "80102": {"intercoop-1": 3_000_000}
    }
    assert [act.book for act in done.acts] == ["K-baiguo", "K-xiaojiaba"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"borrower": "baiguo"}, RejectionCode.SAME_COOPERATIVE),
        ({"amount": 0}, RejectionCode.AMOUNT_NOT_POSITIVE),
        ({"rate_ppm": 0}, RejectionCode.RATE_NOT_POSITIVE),
        ({"term_months": 13}, RejectionCode.TERM_TOO_LONG),
        ({"borrower": "shuihaoping"}, RejectionCode.GRADE_NOT_ALLOWED),
        ({"amount": 20_000_001}, RejectionCode.LENDER_FLOOR),
        ({"amount": 7_500_001}, RejectionCode.LEND_MAX),
    ],
)
def test_r_076_every_limit_refuses_by_its_name(
    conn: sa.Connection, changes: dict[str, object], code: RejectionCode
) -> None:
    assert refusal(conn, **changes).code == code
    assert free(conn, "baiguo") == FUND


def test_r_076_limits_count_what_is_in_flight(conn: sa.Connection) -> None:
    with conn.begin():
        propose(conn, county_world(), amount=7_500_000)
    assert refusal(conn, case="intercoop-2", amount=1).code == RejectionCode.LEND_MAX
    with conn.begin():
        propose(conn, county_world(), case="intercoop-3", lender="houba", amount=5_000_000)
    again = refusal(conn, case="intercoop-4", lender="houba", amount=1)
    assert again.code == RejectionCode.BORROW_MAX


def test_r_026_a_county_that_forbids_it_refuses(conn: sa.Connection) -> None:
    with pytest.raises(Rejected) as refused, conn.begin():
        propose(conn, county_world("LINYI"))
    assert refused.value.code == RejectionCode.INTERCOOP_OFF


def test_r_075_above_the_cap_the_poverty_office_signs_too(conn: sa.Connection) -> None:
    world = county_world()
    with conn.begin():
        case = propose(conn, world).case
        for actor in signers(case)[:-1]:
            done = county_act(conn, world, "intercoop", case.id, "sign", actor)
            assert done.case.state == "proposed"
        done = county_act(conn, world, "intercoop", "intercoop-1", "sign", POVERTY_OFFICE)
    assert done.case.state == "approved"


def test_i_14_a_signature_under_other_terms_is_refused(conn: sa.Connection) -> None:
    world = county_world()
    with conn.begin():
        case = propose(conn, world).case
    other = terms_digest({**case.terms, "amount": 3_000_001})
    with pytest.raises(Rejected) as refused, conn.begin():
        intercoop.sign(conn, world, case, STAFF, terms=other, act_id="sign-1")
    assert refused.value.code == RejectionCode.SIGNED_OTHER_TERMS


def test_an_unsigned_match_lapses_and_gives_the_hold_back(conn: sa.Connection) -> None:
    world = county_world()
    with conn.begin():
        case = propose(conn, world).case
        days = world.policy(conn, "baiguo").days("intercoop.sign_days")
        assert case.due == world.calendar.add_business_days(DAY, days)
        next_day(conn, case.due)
        done = county_act(conn, world, "intercoop", case.id, case.due_act, DEADLINE)
    assert done.case.state == "lapsed"
    assert free(conn, "baiguo") == FUND


def test_p4_funding_moves_through_settlement_and_709_returns_to_zero(
    conn: sa.Connection,
) -> None:
    world = county_world()
    with conn.begin():
        propose(conn, world)
        sign_all(conn, world)
        cycle = settlement.plan(conn, world, DAY)
        assert cycle is not None
        assert cycle.terms["nets"] == {"baiguo": -3_000_000, "xiaojiaba": 3_000_000}
        settlement.progress(conn, world)
        [payer] = settlement.fileable(conn)
        assert payer.terms["direction"] == "in"
        bank_moves_legs(conn, world, [payer])
        assert in_transit(conn, "baiguo", "xiaojiaba") == [3_000_000, 0, -3_000_000]
        settlement.progress(conn, world)
        loan = store.load(conn, "K", "intercoop-1")
        assert loan is not None
        assert (loan.state, loan.terms["funded_on"]) == ("active", DAY.isoformat())
        assert in_transit(conn, "baiguo", "xiaojiaba") == [0, 3_000_000, -3_000_000]
        bank_moves_legs(conn, world, settlement.fileable(conn))
        [final] = settlement.progress(conn, world)
    assert final.state == "final"
    assert in_transit(conn, "baiguo", "xiaojiaba") == [0, 0, 0]
    assert (free(conn, "baiguo"), free(conn, "xiaojiaba")) == (FUND - 3_000_000, FUND + 3_000_000)


def test_a_loan_in_a_cycle_does_not_lapse(conn: sa.Connection) -> None:
    world = county_world()
    with conn.begin():
        propose(conn, world)
        due = sign_all(conn, world).case.due
        assert due is not None
        settlement.plan(conn, world, DAY)
        next_day(conn, due)
    with pytest.raises(Rejected) as refused, conn.begin():
        county_act(conn, world, "intercoop", "intercoop-1", "lapse", DEADLINE)
    assert refused.value.code == RejectionCode.ACT_NOT_ALLOWED_NOW


def test_i_10_an_obligation_is_in_one_cycle_and_planning_again_changes_nothing(
    conn: sa.Connection,
) -> None:
    world = county_world()
    with conn.begin():
        propose(conn, world)
        sign_all(conn, world)
        assert settlement.plan(conn, world, DAY) is not None
    before = heads.read(conn, custody_book("baiguo")).seq
    conn.rollback()
    with conn.begin():
        assert settlement.plan(conn, world, DAY) is None
    assert heads.read(conn, custody_book("baiguo")).seq == before


def test_e5_netting_pays_net_and_posts_gross(conn: sa.Connection) -> None:
    """E5; what xiaojiaba pays baiguo is a repayment, since nobody lends to himself in a ring."""
    world = county_world()
    later = date(2009, 6, 2)
    with conn.begin():
        _propose_all(conn, world, [("c", "baiguo", "xiaojiaba", 3)])
        _settle(conn, world, DAY)
        next_day(conn, later)
        _propose_all(conn, world, [("a", "baiguo", "houba", 10), ("b", "houba", "xiaojiaba", 8)])
        loan = store.load(conn, "K", "intercoop-c")
        assert loan is not None
        intercoop.set_aside(conn, world, loan, 300_000, act_id="repay-c")
        cycle = settlement.plan(conn, world, later)
        assert cycle is not None
        assert cycle.terms["nets"] == {
            "baiguo": -700_000, "houba": 200_000, "xiaojiaba": 500_000
        }  # fmt: skip
        settlement.progress(conn, world)
        bank_moves_legs(conn, world, settlement.fileable(conn))
        settlement.progress(conn, world)
        bank_moves_legs(conn, world, settlement.fileable(conn))
        settlement.progress(conn, world)
    assert in_transit(conn, "baiguo", "houba", "xiaojiaba") == [0, 0, 0, 0]
    assert free(conn, "baiguo") == FUND - 300_000 - 700_000
    held = store.totals(conn, custody_book("baiguo"), ["80102"])
    assert held == {"80102": 0}


def test_i12_nobody_lends_to_himself_in_a_ring(conn: sa.Connection) -> None:
    world = county_world()
    with conn.begin():
        _propose_all(conn, world, [("a", "baiguo", "houba", 10), ("b", "houba", "xiaojiaba", 8)])
    for lender, borrower in (("xiaojiaba", "baiguo"), ("houba", "baiguo"), ("xiaojiaba", "houba")):
        ring = refusal(conn, case="intercoop-c", lender=lender, borrower=borrower, amount=1)
        assert ring.code == RejectionCode.LENDING_RING
        assert ring.facts["ring"].startswith(lender)
        assert ring.facts["ring"].endswith(lender)
    with conn.begin():
        propose(conn, world, case="intercoop-c", lender="baiguo", borrower="xiaojiaba", amount=1)


def test_p4_a_part_repayment_pays_the_fee_first(conn: sa.Connection) -> None:
    world = county_world()
    with conn.begin():
        _funded(conn, world)
        loan = store.load(conn, "K", "intercoop-1")
        assert loan is not None
        later = date(2009, 9, 1)
        assert owed_on(loan.terms, later) == (3_000_000, 27_000)
        next_day(conn, later)
        intercoop.set_aside(conn, world, loan, 1_027_000, act_id="repay-1")
        _settle(conn, world, later)
        loan = store.load(conn, "K", "intercoop-1")
        assert loan is not None
        assert owed_on(loan.terms, later) == (2_000_000, 0)
        assert loan.terms["aside"] == 0
        [repay] = [
            act
            for _, _, body in store.history(conn, loan)
            if (act := decode(body, Act)).act == "repay" and act.book == "K-baiguo"
        ]
        assert repay.lines[0].amounts == {"principal": 1_000_000, "fee": 27_000}
        assert settlement.finished(conn, world, later) == []


def test_p4_a_cycle_moves_what_it_planned_and_the_rest_waits_for_the_next(
    conn: sa.Connection,
) -> None:
    world, later = county_world(), date(2009, 9, 1)
    with conn.begin():
        _funded(conn, world)
        loan = store.load(conn, "K", "intercoop-1")
        assert loan is not None
        next_day(conn, later)
        intercoop.set_aside(conn, world, loan, 500_000, act_id="repay-1")
        settlement.plan(conn, world, later)
        intercoop.set_aside(conn, world, loan, 300_000, act_id="repay-2")
        for _ in range(3):
            settlement.progress(conn, world)
            bank_moves_legs(conn, world, settlement.fileable(conn), tag="planned")
        loan = store.load(conn, "K", "intercoop-1")
        assert loan is not None
        assert loan.terms["aside"] == 300_000
        assert sum(owed_on(loan.terms, later)) == 3_027_000 - 500_000
        assert in_transit(conn, "baiguo", "xiaojiaba") == [0, 0, 0]


def test_what_is_set_aside_already_is_not_owed_again(conn: sa.Connection) -> None:
    world = county_world()
    with conn.begin():
        _funded(conn, world)
        loan = store.load(conn, "K", "intercoop-1")
        assert loan is not None
        intercoop.set_aside(conn, world, loan, 2_000_000, act_id="repay-1")
    with pytest.raises(Rejected) as refused, conn.begin():
        intercoop.set_aside(conn, world, loan, 1_000_001, act_id="repay-2")
    assert refused.value.code == RejectionCode.BALANCE_TOO_LOW


def test_p45_a_loan_is_not_overdue_on_its_due_day(conn: sa.Connection) -> None:
    world, due = county_world(), date(2010, 6, 1)
    with conn.begin():
        _funded(conn, world)
        next_day(conn, due)
        loan = store.load(conn, "K", "intercoop-1")
        assert loan is not None
    with pytest.raises(Rejected) as refused, conn.begin():
        intercoop.suspend(conn, world, loan, "suspend", STAFF, "late")
    assert refused.value.code == RejectionCode.NOT_OVERDUE
    with conn.begin():
        next_day(conn, date(2010, 6, 2))
        done = intercoop.suspend(conn, world, loan, "suspend", STAFF, "late")
    assert done.case.state == "suspended"


def test_on_the_due_date_what_is_owed_is_set_aside_by_itself(conn: sa.Connection) -> None:
    world = county_world()
    due = date(2010, 6, 1)
    with conn.begin():
        _funded(conn, world)
        next_day(conn, due)
        held, short = intercoop.set_aside_due(conn, world, due)
        assert (held, short) == (["intercoop-1"], [])
        _settle(conn, world, due)
        assert settlement.finished(conn, world, due) == ["intercoop-1"]
        loan = store.load(conn, "K", "intercoop-1")
    assert loan is not None
    assert loan.state == "repaid"
    assert free(conn, "baiguo") == FUND + 108_000


def _propose_all(conn: sa.Connection, world: World, loans: list[tuple[str, str, str, int]]) -> None:
    """Match and sign loans: name, lender, borrower, thousands of yuan."""
    for name, lender, borrower, thousand in loans:
        case = f"intercoop-{name}"
        propose(conn, world, case=case, lender=lender, borrower=borrower, amount=thousand * 100_000)
        sign_all(conn, world, case)


def _funded(conn: sa.Connection, world: World) -> None:
    propose(conn, world)
    sign_all(conn, world)
    _settle(conn, world, DAY)


def _settle(conn: sa.Connection, world: World, on: date) -> None:
    settlement.plan(conn, world, on)
    for _ in range(3):
        settlement.progress(conn, world)
        bank_moves_legs(conn, world, settlement.fileable(conn), tag=on.isoformat())
