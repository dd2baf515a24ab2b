"""双到 money from the household's card and back: in, lent, repaid, refunded (R-068, P8.1, S09)."""

import pytest
import sqlalchemy as sa

from contracts.ids import node_book
from contracts.rejections import RejectionCode as Code
from journal import store
from journal.engine import reading
from kernel.errors import Rejected
from tests.federation.life import Life
from tests.federation.money import proven
from tests.federation.villager import Villager

LOAN = "loan-baiguo-0001"


def cash(village: Villager) -> dict[str, int]:
    """10201 by funding, fen."""
    with reading(village.node.engine).connect() as conn:
        return store.rows(conn, node_book(village.name), ["10201"], by="funding")["10201"]


def nights(life: Life, count: int) -> None:
    for _ in range(count):
        assert proven(life.everyone_closes())
    assert life.findings() == []


def apply(village: Villager, amount: int, by: int = 1) -> None:
    facts = {
        "member": village.member(by), "person": village.person[f"m{by}"], "amount": amount,
        "group": f"group-{village.name}-01", "purpose": "养殖", "term_months": 12,
        "funding": "shuangdao",
    }  # fmt: skip
    village.do("loan", LOAN, "apply", "member", facts, by=(f"m{by}",))


def test_r068_shuangdao_money_is_lent_repaid_and_refunded_in_its_own_funding(life: Life) -> None:
    baiguo = life.villages["baiguo"].elected().joined(poor=(1,))
    baiguo.pays(1, "5000.00", f"双到 {baiguo.member(1)}")
    nights(life, 2)
    assert cash(baiguo) == {"own": 6_000_000, "shuangdao": 500_000}
    assert baiguo.balances("30102") == {"30102": 500_000}
    apply(baiguo, 500_000)
    baiguo.do("loan", LOAN, "sign", "guarantor", by=("m2", "m3"))
    baiguo.do("loan", LOAN, "vote", "council", by=("chair", "accountant"))
    baiguo.after_approval(LOAN)
    nights(life, 3)
    assert (baiguo.case(LOAN).state, cash(baiguo)) == ("active", {"own": 6_000_000})
    baiguo.pays(1, "5100.00", f"还款 {LOAN}")
    nights(life, 2)
    assert baiguo.case(LOAN).terms["outstanding"] == 0
    assert cash(baiguo)["shuangdao"] == 500_000
    assert cash(baiguo)["own"] > 6_000_000
    assert sum(cash(baiguo).values()) == sum(life.custody("baiguo"))


def test_r068_a_member_who_leaves_gets_both_kinds_back_by_one_payment(life: Life) -> None:
    baiguo = life.villages["baiguo"].elected().joined(share="8000.00", poor=(1,))
    baiguo.pays(1, "5000.00", f"双到 {baiguo.member(1)}")
    nights(life, 2)
    one = baiguo.member(1)
    baiguo.do("member", one, "expel", "meeting", {}, by=("chair",))
    assert baiguo.case(one).state == "expelled"
    baiguo.do("member", one, "refund", "cashier", by=("cashier",))
    nights(life, 3)
    assert baiguo.case(one).state == "left"
    assert cash(baiguo) == {"own": 1_600_000}
    assert baiguo.balances("30101", "30102", "23503") == {
        "30101": 1_600_000, "30102": 0, "23503": 0,
    }  # fmt: skip
    assert sum(life.custody("baiguo")) == 1_600_000


def test_s09_a_shuangdao_loan_above_10_000_or_for_no_poor_household_is_refused(life: Life) -> None:
    baiguo = life.villages["baiguo"].elected().joined(share="40000.00", poor=(1,))
    with pytest.raises(Rejected) as refused:
        apply(baiguo, 500_000, by=2)
    assert refused.value.code is Code.SHUANGDAO_FOR_POOR
    with pytest.raises(Rejected) as refused:
        apply(baiguo, 1_000_001)
    assert refused.value.code is Code.OVER_LOAN_CAP
    apply(baiguo, 1_000_000)


def test_i12_finds_shuangdao_money_lent_twice(life: Life) -> None:
    with life.engine.begin() as conn:
        for account, amount in (("115", 500_001), ("30102", 500_000)):
            conn.execute(
                sa.text(
                    "INSERT INTO balance (book, account, key, funding, side, amount)"
                    " VALUES ('N-baiguo', :account, 'x', 'shuangdao', 1, :amount)"
                ),
                {"account": account, "amount": amount},
            )
    assert "I12" in life.night()["prove"].names
