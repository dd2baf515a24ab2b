"""Ways to lose, invent or strand a fen of the pool that an auditor or a thief would try (P6)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.support.pool import AGREEMENT, BANK, COVENANTS_SAID, CUSTODY, SIGNERS, PoolVillage
from tests.support.village import fen, policy_of


@pytest.fixture
def village(engine: sa.Engine) -> Iterator[PoolVillage]:
    with engine.connect() as conn, conn.begin():
        yield PoolVillage(conn, policy_of(conc__max_household_pct="100")).founded()


@pytest.fixture
def staked(village: PoolVillage) -> PoolVillage:
    """E1: 200,000 staked at five times, 60,000 matched."""
    village.fund("300_000.00")
    village.agree()
    village.stake("200_000.00")
    village.match()
    return village


def lost(village: PoolVillage, principal: str) -> str:
    """A default of ``principal`` that the pool has paid."""
    claim = village.defaulted(village.running(1, principal), principal)
    village.accept(claim, principal)
    village.pay_claim(claim)
    return claim


def recovered(village: PoolVillage, claim: str, amount: str, share: str) -> None:
    """The bank tells a recovery and pays the pool's share of it."""
    village.act("claim.recovered", claim, "checker@bank",
                {"bank": BANK, "amount": fen(amount)}, person="b2")  # fmt: skip
    village.act("claim.receive", claim, "system:bank_line", {"amount": fen(share)})


def test_p66_many_small_recoveries_give_no_member_more_than_he_paid(village: PoolVillage) -> None:
    village.agree(variant="v1", match_ppm=0, grades=["A"], bank_part_ppm=0)
    for number in range(2, 5):
        village.act("receipt.pooled", f"line-{number}", "system:bank_line", {
            "line": f"line-{number}", "amount": fen("10_000.00"), "agreement": AGREEMENT,
            "member": f"m{number}", "pooling": f"pooling-{number}",
        })  # fmt: skip
    claim = lost(village, "0.03")
    paid = village.county_case(claim).terms["others"]
    assert paid == {"m2": 1, "m3": 1, "m4": 1}
    for _ in range(3):
        recovered(village, claim, "0.01", "0.01")
    assert [village.held("805", f"m{number}") for number in (2, 3, 4)] == [fen("10_000.00")] * 3


def test_r090_a_match_goes_back_once_with_its_own_stake(staked: PoolVillage) -> None:
    ask = {"agreement": AGREEMENT, "kind": "stake", "amount": fen("20_000.00")}
    staked.act("transfer.ask", "transfer-2", "staff@federation", ask)
    match = {"agreement": AGREEMENT, "kind": "match", "amount": fen("6_000.00"),
             "of": "transfer-2"}  # fmt: skip
    alone = {**match, "of": ""}
    assert staked.refused("transfer.ask", "payback-1", "staff@federation", alone) == (
        "RELEASE_TOO_LARGE"
    )
    staked.act("transfer.ask", "payback-2", "staff@federation", match)
    again = staked.refused("transfer.ask", "payback-3", "staff@federation", match)
    assert again == "RELEASE_TOO_LARGE"
    staked.act("transfer.drop", "payback-2", "staff@federation", {"reason": "x"})
    staked.act("transfer.drop", "transfer-2", "staff@federation", {"reason": "x"})
    dropped = staked.refused("transfer.ask", "payback-4", "staff@federation", match)
    assert dropped == "UNKNOWN_CASE"


def test_r090_a_match_without_any_stake_left_goes_back_by_itself(village: PoolVillage) -> None:
    village.fund("16_000.00")
    village.agree()
    village.stake("16_000.00")
    village.match()
    lost(village, "20_000.00")
    assert (village.held("802"), village.held("803")) == (0, fen("4_800.00"))
    ask = {"agreement": AGREEMENT, "kind": "match", "amount": fen("4_800.00")}
    village.act("transfer.ask", "payback-1", "staff@federation", ask)
    village.signed("transfer.sign", "payback-1", (("checker@bank", "b2"),
                                                  ("staff@federation", "f1")))  # fmt: skip
    village.act("transfer.file", "payback-1", "system:file")
    village.act("transfer.released", "payback-1", "system:bank_line")
    village.act("agreement.end", AGREEMENT, "staff@federation", {"reason": "over"})
    assert village.held("702") == 0


def test_p6_an_agreement_does_not_end_over_money_on_its_way(village: PoolVillage) -> None:
    village.fund("1_000.00")
    village.agree()
    village.act("transfer.stake", "transfer-1", "system:intake",
                {"agreement": AGREEMENT, "amount": fen("1_000.00")})  # fmt: skip
    ending = ("agreement.end", AGREEMENT, "staff@federation", {"reason": "over"})
    assert village.refused(*ending) == "POOL_NOT_EMPTY"
    village.act("transfer.cancel", "transfer-1", "staff@federation", {"reason": "x"})
    village.act(*ending)


def test_p66_what_comes_back_after_the_end_goes_home_or_carries_the_next_line(
    village: PoolVillage,
) -> None:
    village.fund("10_000.00")
    village.agree()
    village.stake("10_000.00")
    village.match()
    claim = lost(village, "20_000.00")
    village.act("agreement.end", AGREEMENT, "staff@federation", {"reason": "over"})
    recovered(village, claim, "10_000.00", "6_500.00")
    assert (village.held("802"), village.held("803")) == (fen("3_500.00"), fen("3_000.00"))
    assert village.held("903") == village.held("909", "") == 0
    ask = {"agreement": AGREEMENT, "kind": "stake", "amount": fen("500.00")}
    village.act("transfer.ask", "transfer-2", "staff@federation", ask)
    assert village.held("8021") == fen("500.00")
    said = {"variant": "v2", "bank": BANK, "grade": "A", **COVENANTS_SAID}
    village.act("agreement.propose", "agreement-baiguo-2", "staff@federation", said, person="f2")
    village.signed("agreement.sign", "agreement-baiguo-2", SIGNERS)
    assert village.held("903", "", CUSTODY) == fen("15_000.00")
    recovered(village, claim, "2_000.00", "1_300.00")
    assert village.held("903", "", CUSTODY) == fen("21_500.00")


def test_p63_a_loan_older_than_its_letter_is_not_under_it(staked: PoolVillage) -> None:
    guarantee = staked.reserve(1, "20_000.00")
    staked.act("guarantee.send", guarantee, "system:package", {"manifest": "a" * 64})
    staked.act("guarantee.accept", guarantee, "checker@bank", {"bank": BANK}, person="b2")
    said = staked.payout("20_000.00")
    before = {**said, "paid_on": (staked.today - timedelta(days=1)).isoformat()}
    found = staked.refused("guarantee.paid", guarantee, "maker@bank", before)
    assert found == "PAID_OUTSIDE_LETTER"
    staked.act("guarantee.paid", guarantee, "maker@bank", said, person="b1")
    for on in (staked.today - timedelta(days=1), staked.today + timedelta(days=1)):
        repaid = {"bank": BANK, "amount": 1, "repaid_on": on.isoformat()}
        found = staked.refused("guarantee.repaid", guarantee, "maker@bank", repaid)
        assert found == "FACTS_INVALID", on
