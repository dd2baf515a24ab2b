"""Ways to lose, invent or strand a fen of the pool that an auditor or a thief would try (P6)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from contracts.ledger import Actor
from journal import store
from kernel.pool_agreement import claim_rate
from services.federation.cases import claims, pool_money
from tests.support.pool import (
    AGREEMENT,
    BANK,
    COVENANTS_SAID,
    CUSTODY,
    PAPERS,
    SIGNERS,
    PoolVillage,
)
from tests.support.village import fen, policy_of

RELEASERS = (("checker@bank", "b2"), ("staff@federation", "f1"))


@pytest.fixture
def village(engine: sa.Engine) -> Iterator[PoolVillage]:
    with engine.connect() as conn, conn.begin():
        yield PoolVillage(conn, policy_of(conc__max_household_pct="100")).founded()


@pytest.fixture
def staked(village: PoolVillage) -> PoolVillage:
    """E1's pool, and 100,000 left in the village's own account."""
    village.fund("300_000.00")
    return village.e1()


def paying_back(village: PoolVillage) -> dict[str, Any]:
    """A member's deposit of 10,000 asked back, signed for and in the file; how it was asked."""
    village.agree(variant="v1", match_ppm=0, grades=["A"])
    pooled(village, 1, "10_000.00")
    ask = {"agreement": AGREEMENT, "kind": "deposit", "amount": fen("10_000.00"), "member": "m1",
           "person": "p1"}  # fmt: skip
    village.act("transfer.ask", "payback-1", "staff@federation", ask)
    village.signed("transfer.sign", "payback-1", RELEASERS)
    village.act("transfer.file", "payback-1", "system:file")
    return ask


def recovered(village: PoolVillage, claim: str, amount: str, share: str) -> None:
    """The bank tells a recovery and pays the pool's share of it."""
    village.act("claim.recovered", claim, "checker@bank",
                {"bank": BANK, "amount": fen(amount)}, person="b2")  # fmt: skip
    village.act("claim.receive", claim, "system:bank_line", {"amount": fen(share)})


def pooled(village: PoolVillage, number: int, amount: str) -> None:
    """A member's pooled deposit came in (variant 1)."""
    village.act("receipt.pooled", f"line-{number}", "system:bank_line", {
        "line": f"line-{number}", "amount": fen(amount), "agreement": AGREEMENT,
        "member": f"m{number}", "pooling": f"pooling-{number}",
    })  # fmt: skip


def test_p66_many_small_recoveries_give_no_member_more_than_he_paid(village: PoolVillage) -> None:
    village.agree(variant="v1", match_ppm=0, grades=["A"], bank_part_ppm=0)
    for number in range(2, 5):
        pooled(village, number, "10_000.00")
    _, claim = village.lost(1, "0.03")
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
    village.lost(1, "20_000.00")
    assert (village.held("802"), village.held("803")) == (0, fen("4_800.00"))
    ask = {"agreement": AGREEMENT, "kind": "match", "amount": fen("4_800.00")}
    village.act("transfer.ask", "payback-1", "staff@federation", ask)
    village.signed("transfer.sign", "payback-1", RELEASERS)
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
    _, claim = village.lost(1, "20_000.00")
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
        assert found == "DAY_OUTSIDE", on


def test_r090_a_release_nobody_can_be_paid_returns_to_the_pool(village: PoolVillage) -> None:
    ask = paying_back(village)
    village.act("transfer.bounce", "payback-1", "system:bank_line")
    village.act("transfer.drop", "payback-1", "staff@federation", {"reason": "card closed"})
    assert (village.held("805"), village.held("8051")) == (fen("10_000.00"), 0)
    village.act("transfer.ask", "payback-2", "staff@federation", ask)


def test_p61_a_stake_on_its_way_in_is_cancelled_and_never_dropped(village: PoolVillage) -> None:
    village.fund("1_000.00")
    village.agree()
    village.act("transfer.stake", "transfer-1", "system:intake",
                {"agreement": AGREEMENT, "amount": fen("1_000.00")})  # fmt: skip
    why = {"reason": "x"}
    found = village.refused("transfer.drop", "transfer-1", "staff@federation", why)
    assert found == "ACT_NOT_ALLOWED_NOW"


def test_r085_a_match_that_is_never_paid_may_be_refused_and_claimed_again(
    village: PoolVillage,
) -> None:
    village.fund("10_000.00")
    village.agree()
    village.stake("10_000.00")
    village.act("match.claim", "match-1", "staff@federation", {"agreement": AGREEMENT})
    village.act("match.approve", "match-1", "cfb@federation", person="o2")
    village.act("match.refuse", "match-1", "cfb@federation", {"reason": "no money this year"})
    village.match("match-2")
    assert village.held("803") == fen("3_000.00")


def test_p63_only_its_end_takes_an_accepted_line_from_the_bank(staked: PoolVillage) -> None:
    guarantee = staked.reserve(1, "20_000.00")
    staked.act("guarantee.send", guarantee, "system:package", {"manifest": "a" * 64})
    staked.act("guarantee.accept", guarantee, "checker@bank", {"bank": BANK}, person="b2")
    why = {"reason": "x"}
    found = staked.refused("guarantee.release", guarantee, "staff@federation", why)
    assert found == "ROLE_NOT_ALLOWED"
    staked.forward(staked.county_case(guarantee).due or staked.today)
    assert staked.county_case(guarantee).state == "released"


def test_i14_who_signed_another_sum_may_sign_what_the_committee_agrees_on(
    staked: PoolVillage,
) -> None:
    claim = staked.defaulted(staked.running(1, "20_000.00"), "20_000.00")
    staked.called(claim)
    staked.act("claim.check", claim, "staff@federation", {"papers": dict.fromkeys(PAPERS, True)})
    staff = Actor(role="staff@federation", operator="f1", persons=("f1",))
    office = Actor(role="cpo@federation", operator="o1", persons=("o1",))
    for actor, sum_ in ((staff, "20_000.00"), (office, "15_000.00"), (staff, "15_000.00")):
        case = staked.county_case(claim)
        claims.accept(staked.conn, staked.county, case, fen(sum_), actor)
    accepted = staked.county_case(claim)
    assert (accepted.state, accepted.terms["called"]) == ("accepted", fen("15_000.00"))


def test_r090_with_a_stake_that_stays_its_match_stays(staked: PoolVillage) -> None:
    staff = Actor(role="staff@federation", operator="f1", persons=("f1",))
    agreement = staked.county_case(AGREEMENT)
    wish = pool_money.Wish(name="transfer-2", amount=fen("20_000.00"))
    first, match = pool_money.release(staked.conn, staked.county, agreement, wish, staff)
    assert staked.held("8031") == fen("6_000.00")
    pool_money.decide(staked.conn, staked.county, first.case, "drop", staff, "no longer wanted")
    assert staked.county_case(match.case.id).state == "dropped"
    assert (staked.held("803"), staked.held("8031")) == (fen("60_000.00"), 0)


def test_p65_a_claim_the_bank_sends_back_is_frozen_and_paid_once_more(
    village: PoolVillage,
) -> None:
    village.agree(variant="v1", match_ppm=0, grades=["A"])
    for number in range(1, 4):
        pooled(village, number, "10_000.00")
    _, claim = village.lost(1, "20_000.00")
    rate = claim_rate(village_lookup(village), village.county_case(AGREEMENT))
    assert rate == 800_000
    short = {"amount": fen("15_999.99")}
    assert village.refused("claim.come_back", claim, "system:bank_line", short) == "MORE_THAN_OWED"
    village.act("claim.come_back", claim, "system:bank_line", {"amount": fen("16_000.00")})
    assert (village.held("8051"), village.held("805")) == (fen("16_000.00"), fen("14_000.00"))
    assert claim_rate(village_lookup(village), village.county_case(AGREEMENT)) == 0
    village.pay_claim(claim)
    assert (village.held("8051"), village.held("702")) == (0, fen("14_000.00"))
    recovered(village, claim, "1.00", "0.60")
    whole = {"amount": fen("16_000.00")}
    found = village.refused("claim.come_back", claim, "system:bank_line", whole)
    assert found == "MORE_THAN_OWED"


def test_r090_a_deposit_the_bank_sends_back_is_held_and_paid_once_more(
    village: PoolVillage,
) -> None:
    paying_back(village)
    back = {"recipe": "pool.deposit_returned", "returns": "payback-1", "amount": fen("10_000.00")}
    early = village.refused("transfer.returned", "payback-1-again", "system:bank_line", back)
    assert early == "UNKNOWN_CASE"
    village.act("transfer.released", "payback-1", "system:bank_line")
    other = {**back, "amount": fen("9_999.99")}
    found = village.refused("transfer.returned", "payback-1-again", "system:bank_line", other)
    assert found == "MORE_THAN_OWED"
    village.act("transfer.returned", "payback-1-again", "system:bank_line", back)
    assert (village.held("8051"), village.held("702")) == (fen("10_000.00"), fen("10_000.00"))
    village.act("transfer.file", "payback-1-again", "system:file")
    village.act("transfer.released", "payback-1-again", "system:bank_line")
    assert (village.held("8051"), village.held("702")) == (0, 0)


def village_lookup(village: PoolVillage) -> store.DatabaseLookup:
    """The county's cases."""
    return store.DatabaseLookup(village.conn, store.COUNTY_SCOPE)


def test_p65_no_new_version_makes_deposits_answer_for_others_than_their_forms_say(
    village: PoolVillage,
) -> None:
    village.agree(variant="v1", match_ppm=0, grades=["A"], mutual=False)
    covenants = {**COVENANTS_SAID, "match_ppm": 0, "grades": ["A"]}
    village.act("agreement.offer", AGREEMENT, "staff@federation", covenants)
    pooled(village, 1, "10_000.00")
    terms = {"terms": village.county_case(AGREEMENT).terms["offer"]["digest"]}
    assert village.refused("agreement.amend", AGREEMENT, "cpo@federation", terms) == "FACTS_INVALID"
    again = village.refused("agreement.offer", AGREEMENT, "staff@federation", covenants)
    assert again == "FACTS_INVALID"


def test_r089_the_claim_rate_stops_and_after_a_resumption_only_a_higher_one_stops_again(
    staked: PoolVillage,
) -> None:
    staked.second_group()
    first, second = staked.running(1, "20_000.00"), staked.running(4, "20_000.00")
    staked.running(5, "40_000.00")

    def defaults(guarantee: str) -> str:
        claim = staked.defaulted(guarantee, "20_000.00")
        staked.accept(claim, "20_000.00")
        staked.pay_claim(claim)
        return claim

    def watched() -> str:
        claims.watch(staked.conn, staked.county, staked.county_case(AGREEMENT))
        return staked.county_case(AGREEMENT).state

    assert watched() == "open"
    claim = defaults(first)  # 16,000 of 80,000 paid out
    assert watched() == "suspended"
    stopped = staked.county_case(AGREEMENT).terms
    assert stopped["stopped"] == "claim_rate"
    assert claim_rate(village_lookup(staked), staked.county_case(AGREEMENT)) == 200_000
    assert staked.held("903") == 0
    again = (("checker@bank", "b2"), ("staff@federation", "f1"), ("cpo@federation", "o1"))
    assert staked.signed("agreement.resume", AGREEMENT, again).state == "open"
    assert watched() == "open"
    assert staked.held("909", "") == fen("920_000.00")
    recovered(staked, claim, "5_000.00", "4_000.00")
    assert watched() == "open"
    assert staked.county_case(AGREEMENT).terms["resumed_at_ppm"] == 200_000
    defaults(second)  # 28,000 of 80,000
    assert watched() == "suspended"


def test_r089_a_rate_that_came_back_within_its_limit_forgets_what_was_resumed_at(
    staked: PoolVillage,
) -> None:
    staked.second_group()
    _, claim = staked.lost(1, "20_000.00")
    other = staked.running(4, "50_000.00")

    def watched() -> str:
        claims.watch(staked.conn, staked.county, staked.county_case(AGREEMENT))
        return staked.county_case(AGREEMENT).state

    assert watched() == "suspended"  # 16,000 of 70,000
    again = (("checker@bank", "b2"), ("staff@federation", "f1"), ("cpo@federation", "o1"))
    staked.signed("agreement.resume", AGREEMENT, again)
    recovered(staked, claim, "20_000.00", "16_000.00")
    assert watched() == "open"
    terms = staked.county_case(AGREEMENT).terms
    assert (terms["resumed_at_ppm"], terms["version"]) == (0, 1)
    assert watched() == "open"
    second = staked.defaulted(other, "10_000.00")
    staked.accept(second, "10_000.00")
    staked.pay_claim(second)  # 8,000 of 70,000: above 5 %, below what was seen then
    assert watched() == "suspended"
