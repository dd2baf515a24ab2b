"""The pool's money in the village's book: each K(i) act followed, the mirror exact after it."""

from datetime import timedelta

import pytest

from contracts.rejections import RejectionCode
from journal import store
from journal.engine import reading
from kernel.errors import Rejected
from services.cooperative_node import api
from tests.node.pool_county import AGREEMENT, PoolCounty, apply, claimed, granted, told
from tests.node.village import Village, member
from tests.support.pool import BANK
from tests.support.village import fen


@pytest.fixture
def pool(village: Village) -> PoolCounty:
    """A founded village with 500,000 of grant and an agreement of variant 2 in force."""
    found = granted(village.founded())
    found.agree()
    village.synchronise()
    return found


def test_e1_stake_claim_and_recovery_are_followed_to_the_fen(pool: PoolCounty) -> None:
    village = pool.village
    told(pool, lambda: pool.stake("200000.00"), pool.match)
    assert village.balances("10901", "10201") == {
        "10901": fen("200000.00"), "10201": fen("360000.00"),
    }  # fmt: skip
    claim = claimed(pool)
    told(pool, lambda: pool.accept(claim, "20000.00"), lambda: pool.pay_claim(claim))
    assert village.balances("10901", "11304") == {
        "10901": fen("184000.00"), "11304": fen("16000.00"),
    }  # fmt: skip
    state = api.pool(village.node)
    assert (state.line, state.used, state.free) == (fen("920000.00"), 0, fen("920000.00"))
    assert (state.owed, state.mirrored) == (fen("16000.00"), True)
    told(pool, lambda: pool.recover(claim, "10000.00", "8000.00"))
    assert village.balances("10901", "11304") == {
        "10901": fen("192000.00"), "11304": fen("8000.00"),
    }  # fmt: skip


def test_p66_a_claim_written_off_comes_back_as_income_and_memo_902_goes_down(
    pool: PoolCounty,
) -> None:
    village = pool.village
    told(pool, lambda: pool.stake("200000.00"))
    claim = claimed(pool)
    told(pool, lambda: pool.accept(claim, "20000.00"), lambda: pool.pay_claim(claim),
         lambda: pool.write_off(claim))  # fmt: skip
    expected = {"11304": 0, "902": fen("16000.00"), "523": fen("16000.00"), "50202": 0}
    assert village.balances(*expected) == expected
    told(pool, lambda: pool.recover(claim, "5000.00", "4000.00"))
    expected = {"11304": 0, "902": fen("12000.00"), "50202": fen("4000.00"),
                "10901": fen("188000.00")}  # fmt: skip
    assert village.balances(*expected) == expected


def test_p14_what_the_pool_paid_is_provisioned_by_days_since_it_paid(pool: PoolCounty) -> None:
    village = pool.village
    told(pool, lambda: pool.stake("200000.00"))
    claim = claimed(pool)
    told(pool, lambda: pool.accept(claim, "20000.00"), lambda: pool.pay_claim(claim))
    before = village.balances("118")["118"]
    first = village.county_day
    village.catch_up(first + timedelta(days=31))
    with reading(village.node.engine).connect() as conn:
        found = store.load(conn, store.COUNTY_SCOPE, claim)
    assert found is not None
    assert found.terms["paid_on"] == first.isoformat()
    # Some days old at the month's end: attention, 2 % of 16,000; the day itself would be 1 %.
    assert village.balances("118")["118"] - before == fen("320.00")


def test_p67_stake_and_match_go_back(pool: PoolCounty) -> None:
    told(pool, lambda: pool.stake("100000.00"), pool.match,
         lambda: pool.release("stake", "40000.00", "r1"),
         lambda: pool.release("match", "12000.00", "r2", of="r1"))  # fmt: skip
    assert pool.village.balances("10901", "10201") == {
        "10901": fen("60000.00"), "10201": fen("500000.00"),
    }  # fmt: skip


def test_interest_on_the_pool_is_income_and_stays_in_it(pool: PoolCounty) -> None:
    told(pool, lambda: pool.stake("100000.00"), lambda: pool.act(
        "receipt.pool_interest", "line-i1", "system:bank_line",
        {"line": "i1", "amount": fen("50.00"), "agreement": AGREEMENT},
    ))  # fmt: skip
    assert pool.village.balances("50201", "10901") == {
        "50201": fen("50.00"), "10901": fen("100050.00"),
    }  # fmt: skip


def test_r054_what_guarantors_paid_the_bank_stands_in_memo_907(pool: PoolCounty) -> None:
    told(pool, lambda: pool.stake("200000.00"))
    claim = claimed(pool)
    told(pool, lambda: pool.guarantors(claim, "5000.00"))
    assert pool.village.balances("907", "909") == {"907": fen("5000.00"), "909": fen("5000.00")}


def test_r003_leaving_waits_for_everything_of_the_pool(pool: PoolCounty) -> None:
    village = pool.village
    told(pool, lambda: pool.stake("200000.00"))
    application = apply(village)

    def open_for(number: int) -> str:
        with pytest.raises(Rejected) as refused:
            village.do("member", member(number), "ask_leave", "member", by=(f"m{number}",))
        assert refused.value.code is RejectionCode.NOT_FREE_TO_LEAVE
        return str(refused.value.facts["open"])

    assert open_for(1) == application
    assert open_for(2) == application
    guarantee = pool.guarantee(application)
    village.synchronise()
    assert guarantee in open_for(1)
    assert guarantee in open_for(2)
    pool.pay_out(guarantee, "20000.00")
    village.next_day()
    pool.act("guarantee.repaid", guarantee, "maker@bank", {
        "bank": BANK, "amount": fen("20000.00"), "repaid_on": village.county_day.isoformat(),
    })  # fmt: skip
    pool.act("guarantee.finish", guarantee, "system:county")
    village.synchronise()
    village.do("member", member(1), "ask_leave", "member", by=("m1",))
    assert village.case(member(1)).state == "leave_asked"


def test_r054_the_borrower_pays_his_guarantors_back_and_memo_907_comes_down(
    pool: PoolCounty,
) -> None:
    village = pool.village
    told(pool, lambda: pool.stake("200000.00"))
    claim = claimed(pool)
    told(pool, lambda: pool.guarantors(claim, "20000.00"),
         lambda: pool.act("claim.withdraw", claim, "checker@bank", {"bank": BANK}))  # fmt: skip
    pool.act("guarantee.finish", str(pool.case(claim).terms["guarantee"]), "system:county")
    village.synchronise()
    name = "bank_loan-baiguo-0001"

    def repaid(payer: str, amount: str, by: str) -> str:
        facts = {"payer": payer, "amount": fen(amount)}
        try:
            village.do("bank_loan", name, "guarantor_repaid", "guarantor", facts, by=(by,))
        except Rejected as refused:
            return refused.code.value
        return "done"

    with pytest.raises(Rejected) as refused:
        village.do("member", member(2), "ask_leave", "member", by=("m2",))
    assert str(refused.value.facts["open"]).startswith("907 guarantee")
    assert repaid(member(1), "1.00", "m2") == "NOT_IN_GROUP"
    assert repaid(member(2), "20000.01", "m2") == "MORE_THAN_OWED"
    assert repaid(member(2), "12000.00", "m2") == "done"
    assert village.balances("907") == {"907": fen("8000.00")}
    assert repaid(member(3), "8000.00", "m3") == "done"
    assert village.balances("907", "909") == {"907": 0, "909": 0}
    village.do("member", member(2), "ask_leave", "member", by=("m2",))
