"""P4.2 mode ``principal`` and P4.3 the federation's service fee, on the county's real database."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from contracts.ids import FEDERATION_BOOK
from contracts.ledger import Actor
from contracts.rejections import RejectionCode
from journal import heads, store
from kernel.errors import Rejected
from kernel.intercoop import owed_on, terms_digest
from kernel.rules_intercoop_loss import debt_digest
from services.federation.cases import intercoop, lending, service_fees, settlement
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
    free,
    next_day,
)
from tests.federation.principal import (
    DUE,
    FUND,
    IN,
    LENT,
    OUT,
    OWN,
    council,
    empty,
    enter,
    f,
    lent,
    propose,
    settle,
    sign,
    sign_both,
    the,
    world,
)


@pytest.fixture
def conn(county_engine: sa.Engine) -> Iterator[sa.Connection]:
    with county_engine.connect() as connection:
        with connection.begin():
            enter(connection)
        yield connection


def test_p4_2_a_match_in_mode_principal_makes_the_federation_party_of_two_contracts(
    conn: sa.Connection,
) -> None:
    with conn.begin():
        into, out = propose(conn, world())
    assert (into.id, out.id) == (IN, OUT)
    assert into.parties == {"lender": "baiguo", "borrower": FEDERATION_BOOK}
    assert out.parties == {"lender": FEDERATION_BOOK, "borrower": "xiaojiaba"}
    assert (into.terms["pair"], out.terms["pair"]) == (OUT, IN)
    assert free(conn, "baiguo") == FUND - LENT


def test_p4_2_the_federations_offices_sign_for_it_and_no_council_does(
    conn: sa.Connection,
) -> None:
    here = world()
    with conn.begin():
        propose(conn, here)
        steps = here.policy(conn, "").steps("intercoop.sign", the(conn, OUT).terms)
    assert [step.role for step in steps] == [
        "council@borrower",
        "staff@federation",
        "cpo@federation",
    ]


def test_p4_2_both_are_funded_in_one_cycle_or_neither(conn: sa.Connection) -> None:
    here = world()
    with conn.begin():
        propose(conn, here)
        sign(conn, here, IN, council("lender", "baiguo"), STAFF, POVERTY_OFFICE)
        assert settlement.plan(conn, here, DAY) is None
        sign(conn, here, OUT, council("borrower", "xiaojiaba"), STAFF, POVERTY_OFFICE)
        cycle = settle(conn, here, DAY)
    assert cycle.terms["nets"] == {FEDERATION_BOOK: 0, "baiguo": -LENT, "xiaojiaba": LENT}
    assert f(conn, "10201", "10202", "11301", "20102") == [OWN, 0, LENT, LENT]
    assert (free(conn, "baiguo"), free(conn, "xiaojiaba")) == (FUND - LENT, FUND + LENT)


def test_p4_2_a_contract_whose_pair_came_to_nothing_ends_and_frees_the_lenders_money(
    conn: sa.Connection,
) -> None:
    here = world()
    with conn.begin():
        propose(conn, here)
        county_act(conn, here, "intercoop", OUT, "decline",
                   Actor(role="council@node", operator="p-xiaojiaba"))  # fmt: skip
        assert lending.part(conn, here) == [IN]
    assert the(conn, IN).state == "lapsed"
    assert free(conn, "baiguo") == FUND


def test_p4_2_a_contract_whose_pair_stands_is_not_parted(conn: sa.Connection) -> None:
    here = world()
    with conn.begin():
        propose(conn, here)
        assert lending.part(conn, here) == []
    with pytest.raises(Rejected) as refused, conn.begin():
        intercoop.part(conn, here, the(conn, IN))
    assert refused.value.code == RejectionCode.PAIR_STILL_STANDS


def test_p4_2_what_the_borrower_repays_goes_on_to_the_lender_in_the_same_cycle(
    conn: sa.Connection,
) -> None:
    here = world()
    with conn.begin():
        lent(conn, here)
        later = date(2009, 9, 1)
        next_day(conn, later)
        intercoop.set_aside(conn, here, the(conn, OUT), 1_000_000, act_id="repay")
        cycle = settle(conn, here, later)
    assert cycle.terms["nets"] == {FEDERATION_BOOK: 0, "baiguo": 1_000_000, "xiaojiaba": -1_000_000}
    fee = 27_000
    assert f(conn, "10201", "11301", "20102") == [
        OWN,
        LENT - 1_000_000 + fee,
        LENT - 1_000_000 + fee,
    ]
    assert free(conn, "baiguo") == FUND - LENT + 1_000_000


def test_p4_2_the_federation_bears_the_borrowers_default_and_still_owes_the_lender(
    conn: sa.Connection,
) -> None:
    """The borrower pays nothing: F pays from its own money what it has, and stays short."""
    here = world()
    with conn.begin():
        lent(conn, here)
        empty(conn, here, "xiaojiaba", 0)
        next_day(conn, DUE)
        paid, short = lending.set_aside_due(conn, here, DUE)
        assert (paid, short) == ([IN], [IN])
        cycle = settlement.plan(conn, here, DUE)
        assert cycle is not None
        assert cycle.terms["nets"] == {FEDERATION_BOOK: -OWN, "baiguo": OWN}
        assert f(conn, "10201", "10203") == [0, OWN]
        # A part of it is on its way: it is as late as it was.
        assert lending.set_aside_due(conn, here, DUE + timedelta(days=1)) == ([], [IN])
        settlement.progress(conn, here)
        bank_moves_legs(conn, here, settlement.fileable(conn))
        settlement.progress(conn, here)
        bank_moves_legs(conn, here, settlement.fileable(conn))
        settlement.progress(conn, here)
        fee = owed_on({**the(conn, OUT).terms}, DUE)[1]
    assert free(conn, "baiguo") == FUND - LENT + OWN
    assert f(conn, "10201", "10202", "10203") == [0, 0, 0]
    assert f(conn, "11301", "20102") == [LENT, LENT - (OWN - fee)]
    assert the(conn, IN).state == "active"


def test_p4_2_a_loss_is_the_federations_and_later_money_is_its_income(
    conn: sa.Connection,
) -> None:
    here = world()
    with conn.begin():
        lent(conn, here)
        late = date(2010, 7, 1)
        next_day(conn, late)
        intercoop.suspend(conn, here, the(conn, OUT), "suspend", STAFF, "未还 unpaid")
        terms = debt_digest(the(conn, OUT).terms)
        for role in ("reviewer@federation", "leading_group@federation"):
            hand = Actor(role=role, operator=f"p-{role}")
            intercoop.give_up(conn, here, the(conn, OUT), "write_off", hand, terms=terms)
        assert the(conn, OUT).state == "written_off"
        fee = owed_on(the(conn, OUT).terms, late)[1]
        assert f(conn, "523", "118", "11301", "902", "20102") == [
            LENT + fee_before(the(conn, OUT).terms), 0, 0, LENT, LENT
        ]  # fmt: skip
        intercoop.set_aside(conn, here, the(conn, OUT), LENT + fee, act_id="all")
        settle(conn, here, late)
    assert f(conn, "902", "502") == [0, LENT + fee]
    assert f(conn, "20102") == [0]


def fee_before(terms: dict[str, object]) -> int:
    """Fee of the years before the write-off's (fen): a loss, not less income."""
    return owed_on(terms, date(2009, 12, 31))[1]


@pytest.mark.parametrize("mode", ["bilateral", "principal"])
def test_p4_3_the_service_fee_is_paid_once_through_settlement(
    conn: sa.Connection, mode: str
) -> None:
    """5 ‰ of 30,000 = 150.00: borrower 52104, federation 501, its account at the bank."""
    here = county_world(changes={"intercoop.mode": mode, "intercoop.service_fee": "5"})
    with conn.begin():
        made = propose(conn, here)
        assert [case.terms["service_ppm"] for case in made] == [*[0] * (len(made) - 1), 5000]
        if mode == "principal":
            sign_both(conn, here)
        else:
            hands = (council("lender", "baiguo"), council("borrower", "xiaojiaba"))
            sign(conn, here, made[0].id, *hands, STAFF, POVERTY_OFFICE)
        settle(conn, here, DAY)
        fee = the(conn, f"fee-{made[-1].id}")
        assert (fee.state, fee.terms["amount"]) == ("due", 15_000)
        later = date(2009, 6, 2)
        next_day(conn, later)
        settle(conn, here, later)
    assert the(conn, fee.id).state == "paid"
    assert free(conn, "xiaojiaba") == FUND + LENT - 15_000
    assert f(conn, "10201", "501") == [OWN + 15_000, 15_000]


def test_p4_3_a_fee_its_village_cannot_pay_waits_and_may_be_let_go(conn: sa.Connection) -> None:
    here = county_world(changes={"intercoop.service_fee": "5"})
    with conn.begin():
        (loan,) = propose(conn, here)
        hands = (council("lender", "baiguo"), council("borrower", "xiaojiaba"))
        sign(conn, here, loan.id, *hands, STAFF, POVERTY_OFFICE)
        settle(conn, here, DAY)
        empty(conn, here, "xiaojiaba", 14_999)
        assert service_fees.hold_due(conn, here) == []
    fee = f"fee-{loan.id}"
    with pytest.raises(Rejected) as refused, conn.begin():
        service_fees.waive(conn, here, fee, STAFF, " ")
    assert refused.value.code == RejectionCode.FACTS_INVALID
    with conn.begin():
        assert service_fees.waive(conn, here, fee, STAFF, "灾年 a bad year").case.state == "waived"
        assert service_fees.hold_due(conn, here) == []


def test_i_14_the_service_fee_is_among_what_is_signed(conn: sa.Connection) -> None:
    here = county_world(changes={"intercoop.service_fee": "5"})
    with conn.begin():
        (loan,) = propose(conn, here)
    without = terms_digest({**loan.terms, "service_ppm": 0})
    with pytest.raises(Rejected) as refused, conn.begin():
        intercoop.sign(conn, here, loan, STAFF, terms=without, act_id="sign")
    assert refused.value.code == RejectionCode.SIGNED_OTHER_TERMS


@pytest.mark.parametrize(
    ("mode", "changes"),
    [
        ("bilateral", {"lender": FEDERATION_BOOK, "pair": "intercoop-2"}),
        ("principal", {}),
        ("principal", {"lender": FEDERATION_BOOK}),
    ],
)
def test_p4_2_a_contract_of_the_other_mode_is_refused(
    conn: sa.Connection, mode: str, changes: dict[str, object]
) -> None:
    here = county_world(changes={"intercoop.mode": mode})
    with pytest.raises(Rejected) as refused, conn.begin():
        intercoop.match(conn, here, a_match(**changes), STAFF, GRADES)
    assert refused.value.code == RejectionCode.NOT_THE_COUNTYS_MODE


def test_p4_2_without_an_account_of_its_own_the_federation_is_no_party(
    county_engine: sa.Engine,
) -> None:
    with county_engine.begin() as conn:
        for name in ("baiguo", "xiaojiaba"):
            a_village(conn, county_world(), name, FUND)
        heads.create(conn, FEDERATION_BOOK, DAY)
    with pytest.raises(Rejected) as refused, county_engine.begin() as conn:
        propose(conn, world())
    assert refused.value.code == RejectionCode.FEDERATION_HAS_NO_ACCOUNT


def test_i12_who_owes_the_federation_does_not_lend_to_it(conn: sa.Connection) -> None:
    here = world()
    with conn.begin():
        lent(conn, here)
    with pytest.raises(Rejected) as refused, conn.begin():
        propose(conn, here, case="intercoop-2", lender="xiaojiaba", borrower="houba")
    assert refused.value.code == RejectionCode.LENDING_RING


def test_p4_3_a_fee_of_less_than_half_a_fen_is_none(conn: sa.Connection) -> None:
    here = county_world(changes={"intercoop.service_fee": "1"})
    with conn.begin():
        (loan,) = propose(conn, here, amount=400)
        hands = (council("lender", "baiguo"), council("borrower", "xiaojiaba"))
        sign(conn, here, loan.id, *hands, STAFF)
        settle(conn, here, DAY)
        assert store.load(conn, store.COUNTY_SCOPE, f"fee-{loan.id}") is None
    assert the(conn, loan.id).state == "active"


def test_p4_2_only_its_own_money_takes_the_leading_group_to_waive_whatever_the_mode_is_now(
    conn: sa.Connection,
) -> None:
    here = world()
    with conn.begin():
        lent(conn, here)
    for now in (here, county_world(changes={"intercoop.mode": "bilateral"})):
        policy = now.policy(conn, "")
        roles = {
            name: [one.role for one in policy.steps("intercoop.waive", the(conn, name).terms)]
            for name in (IN, OUT)
        }
        assert "leading_group@federation" in roles[OUT]
        assert "leading_group@federation" not in roles[IN]


def test_p4_2_a_contract_signed_first_waits_for_its_pair_and_does_not_lapse(
    conn: sa.Connection,
) -> None:
    here = world()
    with conn.begin():
        propose(conn, here)
        done = sign(conn, here, IN, council("lender", "baiguo"), STAFF, POVERTY_OFFICE)
        assert done.case.due is not None
        next_day(conn, done.case.due)
    with pytest.raises(Rejected) as refused, conn.begin():
        county_act(conn, here, "intercoop", IN, "lapse",
                   Actor(role="system:deadline", operator="close"))  # fmt: skip
    assert refused.value.code == RejectionCode.PAIR_STILL_STANDS


def test_p4_2_no_more_is_paid_than_the_federation_has(conn: sa.Connection) -> None:
    """Whatever stands set aside already, the budget of a night is never below nothing."""
    here = world()
    with conn.begin():
        lent(conn, here)
        later = date(2009, 9, 1)
        next_day(conn, later)
        intercoop.set_aside(conn, here, the(conn, IN), OWN + 100_000, act_id="early")
        intercoop.set_aside(conn, here, the(conn, OUT), 50_000, act_id="repay")
        assert lending.set_aside_due(conn, here, later) == ([], [])
